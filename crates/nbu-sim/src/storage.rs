//! Storage units, disk pools and storage servers: data that tests may change, and the truth about it.

mod draw;
mod list;

pub(crate) use draw::draw;
pub(crate) use list::{Listed, Read, list, pool, pools, servers, text, units};

/// How much storage a simulated primary has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageCounts {
    /// `/storage/storage-units`
    pub units: usize,
    /// `/storage/disk-pools`
    pub pools: usize,
    /// `/storage/storage-servers`
    pub servers: usize,
}

impl Default for StorageCounts {
    fn default() -> Self {
        Self {
            units: 24,
            pools: 10,
            servers: 6,
        }
    }
}

/// All storage of a primary, as its records will say it. Sizes are bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Storage {
    /// In the order of their names.
    pub units: Vec<StorageUnit>,
    /// In the order of their names.
    pub pools: Vec<DiskPool>,
    /// In the order of their names.
    pub servers: Vec<StorageServer>,
}

/// One record of `/storage/storage-units`.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "as many flags as the record has"
)]
pub struct StorageUnit {
    /// `name` and `id`.
    pub name: String,
    /// `storageCategory`: MSDP, ADVANCED_DISK, BASIC_DISK, CLOUD, TAPE, …
    pub category: String,
    /// `storageType`: what the category is made of.
    pub storage_type: String,
    /// `None` for cloud and tape: the attributes are then absent.
    pub capacity: Option<Capacity>,
    /// `maxConcurrentJobs`, or for tape `maxConcurrentDrives`.
    pub max_concurrent: u32,
    /// `maxFragmentSizeMegabytes`.
    pub max_fragment_mib: u32,
    /// `isCloudSTU`.
    pub is_cloud: bool,
    /// `useWorm`.
    pub use_worm: bool,
    /// `onDemandOnly`.
    pub on_demand_only: bool,
    /// `accelerator`.
    pub accelerator: bool,
    /// `replicationCapable`.
    pub replication: bool,
    /// `instantAccessEnabled`.
    pub instant_access: bool,
    /// The related disk pool's id.
    pub pool: Option<String>,
}

/// `totalCapacityBytes`, `usedCapacityBytes`, `freeCapacityBytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// All of it.
    pub total: u64,
    /// Written.
    pub used: u64,
    /// Left.
    pub free: u64,
}

/// One record of `/storage/disk-pools`.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskPool {
    /// `name`.
    pub name: String,
    /// `id`.
    pub id: String,
    /// `storageCategory`.
    pub category: String,
    /// `sType`, the type of its storage server.
    pub server_type: String,
    /// `diskPoolState`: UP, DOWN, TRANSIENT.
    pub state: String,
    /// `None` for cloud.
    pub size: Option<PoolSize>,
    /// `highWaterMark`, percent.
    pub high_water_mark: u8,
    /// `lowWaterMark`, percent.
    pub low_water_mark: u8,
    /// `readOnly`.
    pub read_only: bool,
    /// `diskVolumes`.
    pub volumes: Vec<DiskVolume>,
    /// The id of its storage server.
    pub server: String,
}

/// `rawSizeBytes`, `usableSizeBytes`, `usedCapacityBytes`, `availableSpaceBytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSize {
    /// All there is.
    pub raw: u64,
    /// What backups may use.
    pub usable: u64,
    /// Written.
    pub used: u64,
    /// Left.
    pub available: u64,
}

/// One of a pool's volumes.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskVolume {
    /// `name`.
    pub name: String,
    /// `id`.
    pub id: String,
    /// `state`: UP, DOWN, UNKNOWN.
    pub state: String,
    /// `rawSizeBytes` and `freeSizeBytes`; `None` for cloud.
    pub size: Option<(u64, u64)>,
}

/// One record of `/storage/storage-servers`.
#[derive(Clone, Debug, PartialEq)]
pub struct StorageServer {
    /// `name`.
    pub name: String,
    /// `id`.
    pub id: String,
    /// `storageCategory`.
    pub category: String,
    /// `sType`.
    pub server_type: String,
    /// `storageServerState`: UP, DOWN.
    pub state: String,
    /// `msdpAttributes`; `None` for what is not MSDP.
    pub msdp: Option<Msdp>,
}

/// What an MSDP storage server says of its deduplication pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Msdp {
    /// `storagePoolDetails.rawSizeBytes`
    pub raw: u64,
    /// `storagePoolDetails.sizeBytes`
    pub size: u64,
    /// `storagePoolDetails.usedSpaceBytes`
    pub used: u64,
    /// `storagePoolDetails.availableSpaceBytes`
    pub available: u64,
    /// `catalogLogicalSizeBytes`, before deduplication.
    pub logical: u64,
    /// `catalogFilesCount`
    pub files: u64,
    /// `deduplicationRatioPercentage` in tenths of a percent.
    pub dedup_tenths: u16,
}

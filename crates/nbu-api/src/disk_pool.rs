//! Disk pools and their volumes: `GET /storage/disk-pools`.

use std::borrow::Cow;

use crate::capacity::Capacity;
use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};
use crate::storage_category::StorageCategory;
use crate::up_down::UpDown;

object! {
    /// A disk pool.
    pub struct DiskPool<'a> {
        @own {
            /// The element's `id`.
            id: Option<Cow<'a, str>>,
        }
        /// `name`, or the `id` where that is missing. Always there in a visited record.
        name: Option<Cow<'a, str>> = "name",
        /// `sType`: the type of its storage servers.
        storage_server_type: Option<Cow<'a, str>> = "sType",
        /// `storageCategory`.
        category: Option<StorageCategory<'a>> = "storageCategory",
        /// `diskPoolState`.
        state: Option<UpDown<'a>> = "diskPoolState",
        /// `diskVolumes`.
        volumes: Vec<DiskVolume<'a>> = "diskVolumes",
        /// `highWaterMark`, in percent: NetBackup stops writing there.
        high_water_mark: Option<u64> = "highWaterMark",
        /// `lowWaterMark`, in percent: clean-up stops there.
        low_water_mark: Option<u64> = "lowWaterMark",
        /// `maximumIoStreams`.
        maximum_io_streams: Option<MaximumIoStreams> = "maximumIoStreams",
        /// `rawSizeBytes` as told.
        raw_size_bytes: Option<u64> = "rawSizeBytes",
        /// `usableSizeBytes` as told; see [`DiskPool::capacity`].
        usable_size_bytes: Option<u64> = "usableSizeBytes",
        /// `availableSpaceBytes` as told; see [`DiskPool::capacity`].
        available_space_bytes: Option<u64> = "availableSpaceBytes",
        /// `usedCapacityBytes` as told; see [`DiskPool::capacity`].
        used_capacity_bytes: Option<u64> = "usedCapacityBytes",
        /// `wormCapable`.
        worm_capable: Option<bool> = "wormCapable",
        /// `readOnly`.
        read_only: Option<bool> = "readOnly",
        /// `mediaServersCount`.
        media_servers: Option<u64> = "mediaServersCount",
    }
}

object! {
    /// A volume of a disk pool.
    pub struct DiskVolume<'a> {
        /// `name`.
        name: Option<Cow<'a, str>> = "name",
        /// `id`.
        id: Option<Cow<'a, str>> = "id",
        /// `diskMediaId`.
        disk_media_id: Option<Cow<'a, str>> = "diskMediaId",
        /// `state`.
        state: Option<UpDown<'a>> = "state",
        /// `rawSizeBytes`; not applicable in a cloud, see [`DiskPool::volume_capacity`].
        raw_size_bytes: Option<u64> = "rawSizeBytes",
        /// `freeSizeBytes`; not applicable in a cloud, see [`DiskPool::volume_capacity`].
        free_size_bytes: Option<u64> = "freeSizeBytes",
        /// `isReplicationSource`.
        replication_source: Option<bool> = "isReplicationSource",
        /// `isReplicationTarget`.
        replication_target: Option<bool> = "isReplicationTarget",
    }
}

object! {
    /// How many streams a volume takes at once.
    pub struct MaximumIoStreams {
        /// `limitIoStreams`: whether there is a limit.
        limited: Option<bool> = "limitIoStreams",
        /// `streamsPerVolume`, meaningful with a limit.
        streams_per_volume: Option<u64> = "streamsPerVolume",
    }
}

impl DiskPool<'_> {
    /// The usable size of the pool, or `None` in a cloud, where it has no meaning.
    pub fn capacity(&self) -> Option<Capacity> {
        (!self.is_cloud()).then_some(Capacity {
            total: self.usable_size_bytes,
            free: self.available_space_bytes,
            used: self.used_capacity_bytes,
        })
    }

    /// The raw size of one of its volumes, or `None` in a cloud, where it has no meaning.
    pub fn volume_capacity(&self, volume: &DiskVolume<'_>) -> Option<Capacity> {
        (!self.is_cloud()).then(|| Capacity {
            total: volume.raw_size_bytes,
            free: volume.free_size_bytes,
            used: volume
                .raw_size_bytes
                .zip(volume.free_size_bytes)
                .and_then(|(raw, free)| raw.checked_sub(free)),
        })
    }

    fn is_cloud(&self) -> bool {
        self.category
            .as_ref()
            .is_some_and(StorageCategory::is_cloud)
    }
}

impl MaximumIoStreams {
    /// Streams per volume, `None` when unlimited or not told.
    pub fn limit(&self) -> Option<u64> {
        self.streams_per_volume
            .filter(|_| self.limited != Some(false))
    }
}

impl Sealed for DiskPool<'_> {}

impl Record for DiskPool<'_> {
    type Of<'a> = DiskPool<'a>;

    const KIND: &'static str = "disk pool";
}

impl<'de> Resource<'de> for DiskPool<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.id = identity.id;
        self.name = self.name.take().or_else(|| self.id.clone());
        self.name.is_some()
    }
}

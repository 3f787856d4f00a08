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
        high_water_mark: Option<u64> = "highWaterMark" in Percent,
        /// `lowWaterMark`, in percent: clean-up stops there.
        low_water_mark: Option<u64> = "lowWaterMark" in Percent,
        /// `maximumIoStreams`.
        maximum_io_streams: Option<MaximumIoStreams> = "maximumIoStreams",
        /// `rawSizeBytes` as told.
        raw_size_bytes: Option<u64> = "rawSizeBytes" in Bytes,
        /// `usableSizeBytes` as told; see [`DiskPool::capacity`].
        usable_size_bytes: Option<u64> = "usableSizeBytes" in Bytes,
        /// `availableSpaceBytes` as told; see [`DiskPool::capacity`].
        available_space_bytes: Option<u64> = "availableSpaceBytes" in Bytes,
        /// `usedCapacityBytes` as told; see [`DiskPool::capacity`].
        used_capacity_bytes: Option<u64> = "usedCapacityBytes" in Bytes,
        /// `totalCapacityBytes`: the usable size under the name that storage units have for it.
        total_capacity_bytes: Option<u64> = "totalCapacityBytes" in Bytes,
        /// `sizeBytes`: the usable size under the name that storage servers have for it.
        size_bytes: Option<u64> = "sizeBytes" in Bytes,
        /// `freeCapacityBytes`: the available space under the name that storage units have for it.
        free_capacity_bytes: Option<u64> = "freeCapacityBytes" in Bytes,
        /// `freeSizeBytes`: the available space under the name that volumes have for it.
        free_size_bytes: Option<u64> = "freeSizeBytes" in Bytes,
        /// `usedSpaceBytes`: the used capacity under the name that storage servers have for it.
        used_space_bytes: Option<u64> = "usedSpaceBytes" in Bytes,
        /// `wormCapable`.
        worm_capable: Option<bool> = "wormCapable",
        /// `readOnly`.
        read_only: Option<bool> = "readOnly",
        /// `mediaServersCount`.
        media_servers: Option<u64> = "mediaServersCount" in Setting,
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
        raw_size_bytes: Option<u64> = "rawSizeBytes" in Bytes,
        /// `freeSizeBytes`; not applicable in a cloud, see [`DiskPool::volume_capacity`].
        free_size_bytes: Option<u64> = "freeSizeBytes" in Bytes,
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
        streams_per_volume: Option<u64> = "streamsPerVolume" in Setting,
    }
}

/// Sums over the volumes of a pool, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VolumeSum {
    /// Of the raw sizes.
    pub raw: Option<u64>,
    /// Of the free sizes.
    pub free: Option<u64>,
}

impl DiskPool<'_> {
    /// The usable size of the pool, or `None` in a cloud and for tape, where it has no meaning.
    pub fn capacity(&self) -> Option<Capacity> {
        let total = self.usable_size_bytes.or(self.total_capacity_bytes);
        let free = self.available_space_bytes.or(self.free_capacity_bytes);
        self.has_capacity().then_some(Capacity {
            total: total.or(self.size_bytes),
            free: free.or(self.free_size_bytes),
            used: self.used_capacity_bytes.or(self.used_space_bytes),
        })
    }

    /// The sizes of all volumes together, as far as they are those of the pool: its raw size and its available space, each only if
    /// every volume tells its own. `None` in a cloud and for tape.
    pub fn sum_of_volumes(&self) -> Option<VolumeSum> {
        let sum = |size: fn(&DiskVolume<'_>) -> Option<u64>| {
            let mut sizes = self.volumes.iter().map(size);
            let sum = sizes.try_fold(0_u64, |sum, size| sum.checked_add(size?));
            sum.filter(|_| !self.volumes.is_empty())
        };
        self.has_capacity().then(|| VolumeSum {
            raw: sum(|volume| volume.raw_size_bytes),
            free: sum(|volume| volume.free_size_bytes),
        })
    }

    /// The raw size of one of its volumes, or `None` in a cloud and for tape, where it has no meaning.
    pub fn volume_capacity(&self, volume: &DiskVolume<'_>) -> Option<Capacity> {
        self.has_capacity().then(|| Capacity {
            total: volume.raw_size_bytes,
            free: volume.free_size_bytes,
            used: volume
                .raw_size_bytes
                .zip(volume.free_size_bytes)
                .and_then(|(raw, free)| raw.checked_sub(free)),
        })
    }

    /// Without a `storageCategory`, the type of its storage servers tells.
    fn has_capacity(&self) -> bool {
        let of_type = || StorageCategory::of_words([self.storage_server_type.as_deref()]);
        match &self.category {
            Some(StorageCategory::Other(_)) | None => of_type().is_none(),
            Some(category) => category.has_capacity(),
        }
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

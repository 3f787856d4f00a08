//! Storage units: `GET /storage/storage-units`.

use std::borrow::Cow;

use serde::de::Deserializer;

use crate::capacity::Capacity;
use crate::lenient::{Field, Notes, object};
use crate::page::{Identity, Record, Resource, sealed::Sealed};
use crate::storage_category::StorageCategory;

object! {
    /// A storage unit: where policies send their data.
    ///
    /// Several units may share one disk pool; sum disk pools, not units.
    pub struct StorageUnit<'a> {
        @own {
            /// `relationships.diskPool.data.id`: the pool behind the unit, where there is one.
            disk_pool: Option<Cow<'a, str>>,
        }
        /// `name`, or the element's `id` where that is missing. Always there in a visited record.
        name: Option<Cow<'a, str>> = "name",
        /// `storageCategory`.
        category: Option<StorageCategory<'a>> = "storageCategory",
        /// `storageType`.
        storage_type: Option<Cow<'a, str>> = "storageType",
        /// `storageSubType`.
        storage_sub_type: Option<Cow<'a, str>> = "storageSubType",
        /// `storageServerType`.
        storage_server_type: Option<Cow<'a, str>> = "storageServerType",
        /// `totalCapacityBytes` as told; see [`StorageUnit::capacity`].
        total_capacity_bytes: Option<u64> = "totalCapacityBytes" in Bytes,
        /// `freeCapacityBytes` as told; see [`StorageUnit::capacity`].
        free_capacity_bytes: Option<u64> = "freeCapacityBytes" in Bytes,
        /// `usedCapacityBytes` as told; see [`StorageUnit::capacity`].
        used_capacity_bytes: Option<u64> = "usedCapacityBytes" in Bytes,
        /// `maxConcurrentJobs`; tape units have drives instead.
        max_concurrent_jobs: Option<u64> = "maxConcurrentJobs" in Setting,
        /// `maxConcurrentDrives` of tape units.
        max_concurrent_drives: Option<u64> = "maxConcurrentDrives" in Setting,
        /// `maxFragmentSizeMegabytes`.
        max_fragment_size_megabytes: Option<u64> = "maxFragmentSizeMegabytes" in Megabytes,
        /// `isCloudSTU`.
        is_cloud: Option<bool> = "isCloudSTU",
        /// `onDemandOnly`.
        on_demand_only: Option<bool> = "onDemandOnly",
        /// `accelerator`: supports NetBackup Accelerator.
        accelerator: Option<bool> = "accelerator",
        /// `replicationCapable`.
        replication_capable: Option<bool> = "replicationCapable",
        /// `instantAccessEnabled`.
        instant_access: Option<bool> = "instantAccessEnabled",
        /// `wormCapable`: could be write-once.
        worm_capable: Option<bool> = "wormCapable",
        /// `useWorm`: is write-once.
        use_worm: Option<bool> = "useWorm",
    }
}

impl StorageUnit<'_> {
    /// The unit's size, or `None` where it has no meaning: for tape, and for cloud storage, whose
    /// numbers the API declares not applicable even when it sends some. A unit without `storageCategory` is of the category
    /// that its types tell.
    pub fn capacity(&self) -> Option<Capacity> {
        let applies = match &self.category {
            Some(StorageCategory::Other(_)) | None => self.category_of_types().is_none(),
            Some(category) => category.has_capacity(),
        };
        (applies && self.is_cloud != Some(true)).then_some(Capacity {
            total: self.total_capacity_bytes,
            free: self.free_capacity_bytes,
            used: self.used_capacity_bytes,
        })
    }

    fn category_of_types(&self) -> Option<StorageCategory<'static>> {
        let types = [
            self.storage_type.as_deref(),
            self.storage_sub_type.as_deref(),
            self.storage_server_type.as_deref(),
        ];
        StorageCategory::of_words(types)
    }
}

impl Sealed for StorageUnit<'_> {}

impl Record for StorageUnit<'_> {
    type Of<'a> = StorageUnit<'a>;

    const KIND: &'static str = "storage unit";
}

object! {
    /// `relationships`, as far as it is read.
    struct Relationships<'a> {
        /// To the pool.
        disk_pool: Option<Relation<'a>> = "diskPool",
    }
}

object! {
    /// One relationship to one resource.
    struct Relation<'a> {
        /// The resource named.
        data: Option<Reference<'a>> = "data",
    }
}

object! {
    /// Type and id of a resource.
    struct Reference<'a> {
        /// The id.
        id: Option<Cow<'a, str>> = "id",
    }
}

impl<'de> Resource<'de> for StorageUnit<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.name = self.name.take().or(identity.id);
        self.name.is_some()
    }

    fn relationships<D: Deserializer<'de>>(
        &mut self,
        source: D,
        notes: &Notes,
    ) -> Result<(), D::Error> {
        let relationships = Option::<Relationships<'de>>::read(source, "relationships", notes)?;
        let relation = relationships
            .and_then(|all| all.disk_pool)
            .and_then(|pool| pool.data);
        self.disk_pool = relation.and_then(|reference| reference.id);
        Ok(())
    }
}

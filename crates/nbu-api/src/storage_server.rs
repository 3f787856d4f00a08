//! Storage servers: `GET /storage/storage-servers`.

use std::borrow::Cow;

use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};
use crate::storage_category::StorageCategory;
use crate::up_down::UpDown;

object! {
    /// A storage server. The figures of deduplication live here.
    pub struct StorageServer<'a> {
        @own {
            /// The element's `id`, type and name joined by a colon.
            id: Option<Cow<'a, str>>,
        }
        /// `name`, or the `id` where that is missing. Always there in a visited record.
        name: Option<Cow<'a, str>> = "name",
        /// `sType`.
        server_type: Option<Cow<'a, str>> = "sType",
        /// `storageCategory`.
        category: Option<StorageCategory<'a>> = "storageCategory",
        /// `storageServerState`.
        state: Option<UpDown<'a>> = "storageServerState",
        /// `nbuHostVersion`: release of the host, for MSDP and advanced disk.
        nbu_host_version: Option<Cow<'a, str>> = "nbuHostVersion",
        /// `encryptionEnabled`.
        encryption_enabled: Option<bool> = "encryptionEnabled",
        /// `kmsEnabled`.
        kms_enabled: Option<bool> = "kmsEnabled",
        /// `isWormSupported`.
        worm_supported: Option<bool> = "isWormSupported",
        /// `nbuStatusCode`, after a partial success.
        nbu_status_code: Option<i64> = "nbuStatusCode" in Status,
        /// `msdpAttributes`, of deduplication servers.
        msdp: Option<MsdpAttributes> = "msdpAttributes",
    }
}

object! {
    /// `msdpAttributes`: what a deduplication server says about itself.
    pub struct MsdpAttributes {
        /// `deduplicationRatioPercentage`: the ratio as the server reports it. Absent, never 0, when not told.
        deduplication_ratio: Option<f64> = "deduplicationRatioPercentage" in Percent,
        /// `catalogLogicalSizeBytes`: data before deduplication.
        catalog_logical_size_bytes: Option<u64> = "catalogLogicalSizeBytes" in Bytes,
        /// `catalogFilesCount`.
        catalog_files_count: Option<u64> = "catalogFilesCount" in Count,
        /// `storagePoolDetails`.
        storage_pool: Option<StoragePoolDetails> = "storagePoolDetails",
        /// `availDiskspaceCapacityInBytes`.
        available_disk_space_bytes: Option<u64> = "availDiskspaceCapacityInBytes" in Bytes,
        /// `defaultCloudCacheCapacityInBytes`.
        default_cloud_cache_bytes: Option<u64> = "defaultCloudCacheCapacityInBytes" in Bytes,
        /// `requestCloudCacheCapacityInBytes`.
        request_cloud_cache_bytes: Option<u64> = "requestCloudCacheCapacityInBytes" in Bytes,
        /// `fipsEnabled`.
        fips_enabled: Option<bool> = "fipsEnabled",
    }
}

object! {
    /// `storagePoolDetails`: the space of a deduplication pool, in bytes.
    pub struct StoragePoolDetails {
        /// `rawSizeBytes`.
        raw_size_bytes: Option<u64> = "rawSizeBytes" in Bytes,
        /// `reservedSpaceBytes`.
        reserved_space_bytes: Option<u64> = "reservedSpaceBytes" in Bytes,
        /// `sizeBytes`.
        size_bytes: Option<u64> = "sizeBytes" in Bytes,
        /// `usedSpaceBytes`.
        used_space_bytes: Option<u64> = "usedSpaceBytes" in Bytes,
        /// `availableSpaceBytes`.
        available_space_bytes: Option<u64> = "availableSpaceBytes" in Bytes,
    }
}

impl Sealed for StorageServer<'_> {}

impl Record for StorageServer<'_> {
    type Of<'a> = StorageServer<'a>;

    const KIND: &'static str = "storage server";
}

impl<'de> Resource<'de> for StorageServer<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.id = identity.id;
        self.name = self.name.take().or_else(|| self.id.clone());
        self.name.is_some()
    }
}

//! What kind of storage something is.

use crate::open_enum::open_enum;

open_enum! {
    /// `storageCategory` of storage units, disk pools and storage servers.
    StorageCategory {
        AdvancedDisk = "ADVANCED_DISK",
        BasicDisk = "BASIC_DISK",
        Cloud = "CLOUD",
        CloudCatalyst = "CLOUD_CATALYST",
        /// Media server deduplication pool.
        Msdp = "MSDP",
        OpenStorage = "OPEN_STORAGE",
        Tape = "TAPE",
    }
}

impl StorageCategory<'_> {
    /// Whether the storage lies in a cloud, where the API's capacities mean nothing.
    pub const fn is_cloud(&self) -> bool {
        matches!(self, Self::Cloud | Self::CloudCatalyst)
    }
}

//! Kinds of storage.

use crate::open_enum::open_enum;
use crate::spelling::is_same;

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

impl StorageCategory<'static> {
    /// The category of storage whose record does not tell it, from the other words about it (`storageType`, `storageSubType`,
    /// `storageServerType`): whether it is tape or lies in a cloud. `None` if none of them says so.
    pub fn of_words<'w>(words: impl IntoIterator<Item = Option<&'w str>>) -> Option<Self> {
        words.into_iter().flatten().find_map(|word| {
            if TAPE.iter().any(|tape| is_same(tape, word)) {
                Some(Self::Tape)
            } else {
                is_cloud_type(word).then_some(Self::Cloud)
            }
        })
    }
}

/// Words for tape storage.
const TAPE: [&str; 4] = ["TAPE", "MEDIA_MANAGER", "NDMP", "TAPE_STORAGE"];

/// Beginnings of types of storage servers that stand in front of a cloud.
const PROVIDERS: [&str; 4] = ["amazon", "azure", "google", "s3"];

/// Whether a type is one of cloud storage: `Cloud`, `CloudCatalyst`, or a type of server such as `amazon_raw` or
/// `swiftstack_cryptc`, whose last part says how it stores.
fn is_cloud_type(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let stores = word.rsplit_once('_').map_or("", |(_, last)| last);
    word.contains("cloud")
        || matches!(
            stores,
            "raw" | "rawc" | "rawd" | "crypt" | "cryptc" | "cryptd"
        )
        || PROVIDERS.iter().any(|name| word.starts_with(name))
}

impl StorageCategory<'_> {
    /// Whether the storage lies in a cloud, where the API's capacities mean nothing.
    pub const fn is_cloud(&self) -> bool {
        matches!(self, Self::Cloud | Self::CloudCatalyst)
    }

    /// Tells that the API's capacities mean something: they do neither in a cloud nor for tape.
    pub(crate) const fn has_capacity(&self) -> bool {
        !self.is_cloud() && !matches!(self, Self::Tape)
    }
}

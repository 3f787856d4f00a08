//! Attributes of `GET /storage/storage-units`.

use super::{Attribute, EqualContains, EqualOnly, Flag, Strings, Text};

/// `name`: the name.
pub const NAME: Attribute<Text, Strings> = Attribute::new("name");
/// `storageServerType`: the type of its storage server.
pub const STORAGE_SERVER_TYPE: Attribute<Text, Strings> = Attribute::new("storageServerType");
/// `storageCategory`: the category.
pub const STORAGE_CATEGORY: Attribute<Text, EqualContains> = Attribute::new("storageCategory");
/// `useWorm`: whether write-once storage is used.
pub const USE_WORM: Attribute<Flag, EqualOnly> = Attribute::new("useWorm");
/// `wormCapable`: whether it could be.
pub const WORM_CAPABLE: Attribute<Flag, EqualOnly> = Attribute::new("wormCapable");
/// `isCloudSTU`: whether it lies in a cloud.
pub const IS_CLOUD_STU: Attribute<Flag, EqualOnly> = Attribute::new("isCloudSTU");

/// The names of all attributes here, for checks against the vendor's documents.
pub const NAMES: [&str; 6] = [
    NAME.name(),
    STORAGE_SERVER_TYPE.name(),
    STORAGE_CATEGORY.name(),
    USE_WORM.name(),
    WORM_CAPABLE.name(),
    IS_CLOUD_STU.name(),
];

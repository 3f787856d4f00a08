//! Attributes of `GET /storage/storage-servers`.

use super::{Attribute, EqualContains, EqualOnly, Flag, Strings, Text};

/// `name`: the name.
pub const NAME: Attribute<Text, Strings> = Attribute::new("name");
/// `sType`: the type.
pub const S_TYPE: Attribute<Text, Strings> = Attribute::new("sType");
/// `storageCategory`: the category.
pub const STORAGE_CATEGORY: Attribute<Text, EqualContains> = Attribute::new("storageCategory");
/// `isWormSupported`: whether write-once storage is set up.
pub const IS_WORM_SUPPORTED: Attribute<Flag, EqualOnly> = Attribute::new("isWormSupported");

/// The names of all attributes here, for checks against the vendor's documents.
pub const NAMES: [&str; 4] = [
    NAME.name(),
    S_TYPE.name(),
    STORAGE_CATEGORY.name(),
    IS_WORM_SUPPORTED.name(),
];

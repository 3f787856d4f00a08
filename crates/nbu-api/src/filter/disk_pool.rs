//! Attributes of `GET /storage/disk-pools`.

use super::{Attribute, EqualContains, EqualOnly, Flag, Strings, Text};

/// `name`: the name.
pub const NAME: Attribute<Text, Strings> = Attribute::new("name");
/// `sType`: the type of its storage servers.
pub const S_TYPE: Attribute<Text, Strings> = Attribute::new("sType");
/// `storageCategory`: the category.
pub const STORAGE_CATEGORY: Attribute<Text, EqualContains> = Attribute::new("storageCategory");
/// `wormCapable`: whether write-once storage is possible.
pub const WORM_CAPABLE: Attribute<Flag, EqualOnly> = Attribute::new("wormCapable");

/// The names of all attributes here, for checks against the vendor's documents.
pub const NAMES: [&str; 4] = [
    NAME.name(),
    S_TYPE.name(),
    STORAGE_CATEGORY.name(),
    WORM_CAPABLE.name(),
];

//! Keys of objects: borrowed, and told apart without comparing them with every name.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// Reads a key without copying it, unless it has escapes.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Length and three characters of a key, as one number to switch on.
///
/// A job has some seventy keys and this crate reads half of them: comparing each with each name costs
/// as much as parsing the JSON. Equal fingerprints of different keys are harmless, the caller compares.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a longer key only shares its fingerprint"
)]
pub(crate) const fn fingerprint(key: &str) -> u32 {
    let bytes = key.as_bytes();
    let length = bytes.len();
    if length == 0 {
        return 0;
    }
    let (first, middle, last) = (bytes[0], bytes[length / 2], bytes[length - 1]);
    u32::from_le_bytes([length as u8, first, middle, last])
}

//! Keys of objects: borrowed, and told apart without comparing them with every name.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

/// Reads a key without copying it, unless it has escapes.
///
/// As bytes: keys are only ever compared, so there is no need to prove that they are text.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, [u8]>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, [u8]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_bytes<E: Error>(self, key: &'de [u8]) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_bytes<E: Error>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Length and three bytes of a key, as one number to switch on.
///
/// A job has some seventy keys and this crate reads half of them: comparing each with each name costs
/// as much as parsing the JSON. Equal fingerprints of different keys are harmless, the caller compares.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a longer key only shares its fingerprint"
)]
pub(crate) const fn fingerprint(key: &[u8]) -> u32 {
    let length = key.len();
    if length == 0 {
        return 0;
    }
    u32::from_le_bytes([length as u8, key[0], key[length / 2], key[length - 1]])
}

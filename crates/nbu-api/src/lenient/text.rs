//! Text, borrowed from the body where it has no escapes.

use std::borrow::Cow;

use super::{Read, Scalar};
use crate::paging::Next;

impl<'de> Scalar<'de> for Cow<'de, str> {
    /// Names and ids made of digits do arrive without quotes.
    fn integer(value: i128) -> Read<Self> {
        Read::Value(value.to_string().into())
    }

    fn float(value: f64) -> Read<Self> {
        Read::Value(value.to_string().into())
    }

    fn text(text: &str) -> Read<Self> {
        if text.is_empty() {
            Read::Absent
        } else {
            Read::Value(text.to_owned().into())
        }
    }

    fn borrowed(text: &'de str) -> Read<Self> {
        if text.is_empty() {
            Read::Absent
        } else {
            Read::Value(Cow::Borrowed(text))
        }
    }
}

impl Scalar<'_> for Next {
    fn integer(value: i128) -> Read<Self> {
        u64::try_from(value).map_or(Read::Mismatch, |offset| Read::Value(Self::Offset(offset)))
    }

    fn float(value: f64) -> Read<Self> {
        match u64::float(value) {
            Read::Value(offset) => Read::Value(Self::Offset(offset)),
            _ => Read::Mismatch,
        }
    }

    fn text(text: &str) -> Read<Self> {
        if text.is_empty() {
            Read::Absent
        } else {
            Read::Value(Self::Cursor(text.to_owned()))
        }
    }
}

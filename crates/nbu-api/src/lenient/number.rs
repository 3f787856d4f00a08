//! Numbers and flags.

use super::{Field, Notes, Read, Scalar};
use serde::de::Deserializer;

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Scalar<'_> for $integer {
            fn integer(value: i128) -> Read<Self> {
                Self::try_from(value).map_or(Read::Mismatch, Read::Value)
            }

            fn float(value: f64) -> Read<Self> {
                whole(value).map_or(Read::Mismatch, Self::integer)
            }

            fn text(text: &str) -> Read<Self> {
                let text = text.trim();
                if text.is_empty() {
                    return Read::Absent;
                }
                match text.parse::<i128>() {
                    Ok(value) => Self::integer(value),
                    Err(_) => text.parse().map_or(Read::Mismatch, Self::float),
                }
            }
        }
    )*};
}

integers!(i64 u64);

impl Scalar<'_> for f64 {
    fn integer(value: i128) -> Read<Self> {
        Read::Value(value as Self)
    }

    fn float(value: f64) -> Read<Self> {
        if value.is_finite() {
            Read::Value(value)
        } else {
            Read::Mismatch
        }
    }

    fn text(text: &str) -> Read<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Read::Absent;
        }
        text.parse().map_or(Read::Mismatch, Self::float)
    }
}

impl Scalar<'_> for bool {
    fn integer(value: i128) -> Read<Self> {
        match value {
            0 => Read::Value(false),
            1 => Read::Value(true),
            _ => Read::Mismatch,
        }
    }

    fn float(value: f64) -> Read<Self> {
        whole(value).map_or(Read::Mismatch, Self::integer)
    }

    fn boolean(value: bool) -> Read<Self> {
        Read::Value(value)
    }

    fn text(text: &str) -> Read<Self> {
        let is = |words: &[&str]| {
            words
                .iter()
                .any(|word| text.trim().eq_ignore_ascii_case(word))
        };
        if is(&["true", "yes", "on", "1"]) {
            Read::Value(true)
        } else if is(&["false", "no", "off", "0"]) {
            Read::Value(false)
        } else if is(&[""]) {
            Read::Absent
        } else {
            Read::Mismatch
        }
    }
}

/// An identity that is numbered from 1: 0 stands for one that is missing or unreadable.
impl<'de> Field<'de> for u64 {
    fn read<D: Deserializer<'de>>(
        source: D,
        field: &'static str,
        notes: &Notes,
    ) -> Result<Self, D::Error> {
        Option::<Self>::read(source, field, notes).map(Option::unwrap_or_default)
    }
}

/// The value of a float without a fraction, within the range where floats hold every whole number.
///
/// The JSON parser may miss the last digit of floats with 16 digits and more; sizes bear that, and ids
/// do not grow so long.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn whole(value: f64) -> Option<i128> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (value.abs() <= EXACT && value.fract() == 0.0).then_some(value as i128)
}

//! Quantities that numbers measure, and the largest value of each that can be meant.

use super::{Notes, Read};

/// A quantity that a number measures. Each has a largest believable value: primaries send numbers such as 2^63−1, 2^64−1 or −1 where there
/// is no limit, or where they do not know. Such a field is absent and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Bytes: up to 1 EiB.
    Bytes,
    /// Kilobytes of 1024 bytes, or kilobytes per second: as many as [`Quantity::Bytes`].
    Kilobytes,
    /// Megabytes of 1024 kilobytes: as many as [`Quantity::Bytes`].
    Megabytes,
    /// Things that are counted, such as files: up to 10^13.
    Count,
    /// Things of which a setting allows so many, such as streams or concurrent jobs: below 2^31−1, which means "no limit".
    Setting,
    /// Seconds: up to ten years.
    Seconds,
    /// Percent of a whole: 0 to 100.
    Percent,
    /// Seconds since the epoch: before the year 2101.
    Time,
    /// A status code: up to six digits.
    Status,
    /// A number that identifies a record: up to 2^53, as far as JSON numbers are exact everywhere.
    Identity,
    /// A number that is only compared with others of its kind and measures nothing; it may be negative.
    Opaque,
}

impl Quantity {
    /// The largest value that is believed.
    pub const fn largest(self) -> u64 {
        match self {
            Self::Bytes => 1 << 60,
            Self::Kilobytes => 1 << 50,
            Self::Megabytes => 1 << 40,
            Self::Count => 10_000_000_000_000,
            Self::Setting => 0x7fff_fffe,
            Self::Seconds => 10 * 366 * 86_400,
            Self::Percent => 100,
            Self::Time => 4_133_980_799,
            Self::Status => 999_999,
            Self::Identity => 1 << 53,
            Self::Opaque => u64::MAX,
        }
    }
}

/// Numbers of which those that are not believed can be dropped.
pub(crate) trait Measured {
    /// Drops what is not believed; returns how many.
    fn drop_unbelievable(&mut self, quantity: Quantity) -> usize;
}

/// Drops what is not believed, and counts it.
#[inline]
pub(crate) fn believe<T: Measured>(
    value: &mut T,
    quantity: Quantity,
    field: &'static str,
    notes: &Notes,
) {
    for _ in 0..value.drop_unbelievable(quantity) {
        notes.mismatch(field);
    }
}

impl Measured for u64 {
    #[inline]
    fn drop_unbelievable(&mut self, quantity: Quantity) -> usize {
        let drop = *self > quantity.largest();
        if drop {
            *self = 0;
        }
        usize::from(drop)
    }
}

macro_rules! optional {
    ($($number:ty, |$value:ident, $quantity:ident| $believed:expr;)*) => {$(
        impl Measured for Option<$number> {
            #[inline]
            fn drop_unbelievable(&mut self, $quantity: Quantity) -> usize {
                let drop = self.is_some_and(|$value| !$believed);
                if drop {
                    *self = None;
                }
                usize::from(drop)
            }
        }
    )*};
}

optional! {
    u64, |value, quantity| value <= quantity.largest();
    i64, |value, quantity| matches!(quantity, Quantity::Opaque)
        || u64::try_from(value).is_ok_and(|value| value <= quantity.largest());
    f64, |value, quantity| value >= 0.0 && value <= quantity.largest() as f64;
}

impl Measured for Vec<u64> {
    fn drop_unbelievable(&mut self, quantity: Quantity) -> usize {
        let before = self.len();
        self.retain(|&value| value <= quantity.largest());
        before - self.len()
    }
}

/// A value that is believed, or a mismatch.
pub(crate) fn believed<T>(value: T, measure: u64, quantity: Quantity) -> Read<T> {
    if measure <= quantity.largest() {
        Read::Value(value)
    } else {
        Read::Mismatch
    }
}

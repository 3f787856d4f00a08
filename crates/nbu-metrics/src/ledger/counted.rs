//! What is remembered of one counted job: its end, and a mark that tells a changed record from the same one.

use jiff::Timestamp;

use super::instant;

/// Bits of the mark; the rest of the word is the end in milliseconds.
const MARK_BITS: u32 = 16;

/// The end that was counted and the mark of the record, in eight bytes.
///
/// The mark is a 16-bit digest of everything that was counted. Two different records share one by chance once in
/// 65,536, in which case a change after the end goes unreported; it is never used to decide whether to count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted(u64);

impl Counted {
    /// A job that ended then, to the millisecond, and the digest of what was counted of it.
    pub fn new(end: Timestamp, mark: u16) -> Self {
        let millis = end.as_millisecond().cast_unsigned();
        Self(millis << MARK_BITS | u64::from(mark))
    }

    /// When the counted job ended, on the primary's clock, to the millisecond.
    pub fn end(self) -> Timestamp {
        // The shift must carry the sign: ends before 1970 exist on damaged primaries.
        instant::from_millis(self.0.cast_signed() >> MARK_BITS)
    }

    /// The digest of what was counted.
    pub fn mark(self) -> u16 {
        u16::try_from(self.0 & u64::from(u16::MAX)).unwrap_or(0)
    }

    /// The eight bytes a store keeps.
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// Reads back what [`Counted::to_bits`] gave.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_and_mark_survive_packing() {
        for millis in [-5_000, 0, 1, 1_790_000_000_123, 4_102_444_800_000] {
            let end = instant::from_millis(millis);
            let counted = Counted::new(end, 0xBEEF);
            assert_eq!(
                (counted.end(), counted.mark()),
                (end, 0xBEEF),
                "{millis} ms"
            );
            assert_eq!(Counted::from_bits(counted.to_bits()), counted);
        }
    }
}

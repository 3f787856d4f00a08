//! One counted job as it is remembered: the later of its end and start, and a mark that tells a changed record from the same
//! one.

use jiff::Timestamp;

use super::{instant, reuse};

/// Bits of the mark; the rest of the word is a point in time in milliseconds.
const MARK_BITS: u32 = 16;
/// The latest point in time that fits, in the year 6429. What is later, or as far before 1970, counts as that.
const LATEST: i64 = i64::MAX >> MARK_BITS;
/// The earliest.
const EARLIEST: i64 = i64::MIN >> MARK_BITS;

/// The later of the end and the start that were counted, and the mark of the record, in eight bytes.
///
/// The mark is a 16-bit digest of everything that was counted. Two different records share one by chance once in
/// 65,536, in which case a change after the end goes unreported; it is never used to decide whether to count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted(u64);

impl Counted {
    /// A job of which this is the later of end and start, to the millisecond, and the digest of what was counted of it.
    pub fn new(latest: Timestamp, mark: u16) -> Self {
        let millis = fitting(latest).cast_unsigned();
        Self(millis << MARK_BITS | u64::from(mark))
    }

    /// The later of the counted job's end and start, on the primary's clock, to the millisecond.
    pub fn latest(self) -> Timestamp {
        instant::from_millis(self.millis())
    }

    /// `true` if the job lies before this horizon, and can be forgotten.
    pub fn is_before(self, horizon: Timestamp) -> bool {
        self.millis() < fitting(horizon)
    }

    /// `true` if a record with these times is of another job, which was given the same id.
    pub(super) fn is_of_another_than(self, start: Option<Timestamp>, end: Timestamp) -> bool {
        reuse::is_another_job(start.map(fitting), fitting(end), self.millis())
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

    fn millis(self) -> i64 {
        // The shift must carry the sign: times before 1970 exist on damaged primaries.
        self.0.cast_signed() >> MARK_BITS
    }
}

/// The milliseconds since the epoch, or the nearest that fit. Two that are compared must both have been fitted.
fn fitting(point: Timestamp) -> i64 {
    point.as_millisecond().clamp(EARLIEST, LATEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_mark_survive_packing() {
        for millis in [-5_000, 0, 1, 1_790_000_000_123, 4_102_444_800_000] {
            let latest = instant::from_millis(millis);
            let counted = Counted::new(latest, 0xBEEF);
            assert_eq!(
                (counted.latest(), counted.mark()),
                (latest, 0xBEEF),
                "{millis} ms"
            );
            assert_eq!(Counted::from_bits(counted.to_bits()), counted);
        }
    }

    #[test]
    fn no_record_is_another_job_than_itself_or_before_its_own_time() {
        let micro = Timestamp::from_microsecond(1_790_000_000_000_007).unwrap();
        let now = instant::from_millis(1_790_000_000_000);
        for end in [
            Timestamp::MIN,
            Timestamp::UNIX_EPOCH,
            now,
            micro,
            Timestamp::MAX,
        ] {
            for start in [
                None,
                Some(Timestamp::MIN),
                Some(now),
                Some(micro),
                Some(Timestamp::MAX),
            ] {
                let counted = Counted::new(reuse::latest(start, end), 7);
                assert!(
                    !counted.is_of_another_than(start, end),
                    "{start:?} to {end}"
                );
                assert!(!counted.is_before(end), "{start:?} to {end}");
                assert_eq!(counted.mark(), 7);
            }
        }
    }
}

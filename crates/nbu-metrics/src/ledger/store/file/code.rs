//! Marks and totals as bytes. A change of any of these forms takes a new [`FORMAT`](super::tables::FORMAT).

use jiff::Timestamp;

use super::reader::{Malformed, Reader};
use crate::histogram::{Histogram, Native};
use crate::ledger::{Amount, Birth, Marks, Measure, Rewalk, RewalkCause, Total};

pub(super) fn marks_to_bytes(marks: &Marks) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    put_optional(&mut bytes, marks.watermark, put_timestamp);
    put_optional(&mut bytes, marks.horizon, put_timestamp);
    put_optional(&mut bytes, marks.rewalk, |bytes, rewalk| {
        bytes.push(match rewalk.cause {
            RewalkCause::ClockStep => 0,
            RewalkCause::Reconcile => 1,
        });
        put_timestamp(bytes, rewalk.position);
        put_timestamp(bytes, rewalk.clock);
    });
    put_optional(&mut bytes, marks.reconciled, put_timestamp);
    for count in [marks.gap_millis, marks.changed_after_done] {
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    bytes
}

pub(super) fn marks_from_bytes(bytes: &[u8]) -> Option<Marks> {
    let mut reader = Reader(bytes);
    let marks = Marks {
        watermark: reader.optional(Reader::timestamp).ok()?,
        horizon: reader.optional(Reader::timestamp).ok()?,
        rewalk: reader.optional(rewalk).ok()?,
        reconciled: reader.optional(Reader::timestamp).ok()?,
        gap_millis: reader.u64()?,
        changed_after_done: reader.u64()?,
    };
    reader.end(marks)
}

/// The key of a total: its measure and the text of its labels.
pub(super) fn total_key(measure: Measure, labels: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + labels.len());
    key.push(measure as u8);
    key.extend_from_slice(labels.as_bytes());
    key
}

/// The measure and the labels of a total's key.
pub(super) fn total_of_key(key: &[u8]) -> Option<(Measure, &str)> {
    let (measure, labels) = key.split_first()?;
    let measure = Measure::ALL.get(usize::from(*measure))?;
    Some((*measure, std::str::from_utf8(labels).ok()?))
}

pub(super) fn total_to_bytes(total: &Total) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(32);
    match total.birth {
        Birth::Unborn => bytes.push(0),
        Birth::Exposed(since) => {
            bytes.push(1);
            put_timestamp(&mut bytes, since);
        }
        Birth::Born => bytes.push(2),
    }
    match &total.amount {
        Amount::Count(count) => {
            bytes.push(0);
            bytes.extend_from_slice(&count.to_le_bytes());
        }
        Amount::Histogram(histogram) => {
            bytes.push(1);
            put_histogram(&mut bytes, histogram);
        }
    }
    bytes
}

/// The total of this measure. Where it is a histogram whose buckets the catalogue has changed since, an empty one: a
/// counter that was reset, which is what such a change means to whoever adds up buckets.
pub(super) fn total_from_bytes(measure: Measure, bytes: &[u8]) -> Option<Total> {
    let mut reader = Reader(bytes);
    let birth = match reader.u8()? {
        0 => Birth::Unborn,
        1 => Birth::Exposed(reader.timestamp()?),
        2 => Birth::Born,
        _ => return None,
    };
    let mut total = Total::new(measure);
    total.birth = birth;
    match (reader.u8()?, &mut total.amount) {
        (0, Amount::Count(count)) => *count = reader.u64()?,
        (1, Amount::Histogram(histogram)) => {
            if let Some(kept) = histogram_of(&mut reader, histogram.bounds()).ok()? {
                *histogram = kept;
            }
        }
        _ => return None,
    }
    reader.end(total)
}

fn rewalk(reader: &mut Reader<'_>) -> Option<Rewalk> {
    let cause = match reader.u8()? {
        0 => RewalkCause::ClockStep,
        1 => RewalkCause::Reconcile,
        _ => return None,
    };
    Some(Rewalk {
        cause,
        position: reader.timestamp()?,
        clock: reader.timestamp()?,
    })
}

fn put_histogram(bytes: &mut Vec<u8>, histogram: &Histogram) {
    put_list(bytes, histogram.bounds(), |bytes, bound| {
        bytes.extend_from_slice(&bound.to_bits().to_le_bytes());
    });
    put_list(bytes, histogram.counts(), |bytes, count| {
        bytes.extend_from_slice(&count.to_le_bytes());
    });
    bytes.extend_from_slice(&histogram.sum().to_bits().to_le_bytes());
    let native = histogram.native();
    bytes.extend_from_slice(&native.zeros().to_le_bytes());
    put_list(bytes, native.positive(), |bytes, (index, count)| {
        bytes.extend_from_slice(&index.to_le_bytes());
        bytes.extend_from_slice(&count.to_le_bytes());
    });
}

/// The histogram; `None` if it was kept with other bounds.
fn histogram_of(
    reader: &mut Reader<'_>,
    bounds: &'static [f64],
) -> Result<Option<Histogram>, Malformed> {
    let kept = reader.list(8, Reader::u64).ok_or(Malformed)?;
    let counts = reader.list(8, Reader::u64).ok_or(Malformed)?;
    let sum = f64::from_bits(reader.u64().ok_or(Malformed)?);
    let zeros = reader.u64().ok_or(Malformed)?;
    let positive = reader
        .list(12, |reader| Some((reader.i32()?, reader.u64()?)))
        .ok_or(Malformed)?;
    let same = bounds.iter().map(|bound| bound.to_bits()).eq(kept);
    if !same {
        return Ok(None);
    }
    let native = Native::restore(zeros, positive);
    let histogram = Histogram::restore(bounds, &counts, sum, native);
    histogram.map(Some).ok_or(Malformed)
}

fn put_timestamp(bytes: &mut Vec<u8>, at: Timestamp) {
    bytes.extend_from_slice(&at.as_nanosecond().to_le_bytes());
}

fn put_optional<T>(bytes: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        None => bytes.push(0),
        Some(value) => {
            bytes.push(1);
            put(bytes, value);
        }
    }
}

fn put_list<T>(bytes: &mut Vec<u8>, list: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    let len = u32::try_from(list.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&len.to_le_bytes());
    for one in list {
        put(bytes, one);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::instant::from_millis;

    fn at() -> impl Strategy<Value = Timestamp> {
        (-62_000_000_000_000_i64..250_000_000_000_000).prop_map(from_millis)
    }

    fn marks() -> impl Strategy<Value = Marks> {
        let maybe = || prop::option::of(at());
        let rewalk = prop::option::of((any::<bool>(), at(), at()).prop_map(
            |(step, position, clock)| Rewalk {
                cause: if step {
                    RewalkCause::ClockStep
                } else {
                    RewalkCause::Reconcile
                },
                position,
                clock,
            },
        ));
        (maybe(), maybe(), maybe(), rewalk, any::<[u64; 2]>()).prop_map(
            |(watermark, horizon, reconciled, rewalk, counts)| Marks {
                watermark,
                horizon,
                rewalk,
                reconciled,
                gap_millis: counts[0],
                changed_after_done: counts[1],
            },
        )
    }

    fn total() -> impl Strategy<Value = (Measure, Total)> {
        let birth = prop_oneof![
            Just(Birth::Unborn),
            Just(Birth::Born),
            at().prop_map(Birth::Exposed)
        ];
        let values = prop::collection::vec(0.0..1e15_f64, 0..20);
        (0..Measure::ALL.len(), birth, any::<u64>(), values).prop_map(
            |(measure, birth, count, values)| {
                let measure = Measure::ALL[measure];
                let mut total = Total::new(measure);
                total.birth = birth;
                match &mut total.amount {
                    Amount::Count(value) => *value = count,
                    Amount::Histogram(histogram) => {
                        for value in values {
                            histogram.observe(value);
                        }
                    }
                }
                (measure, total)
            },
        )
    }

    proptest! {
        #[test]
        fn marks_come_back(marks in marks()) {
            prop_assert_eq!(marks_from_bytes(&marks_to_bytes(&marks)), Some(marks));
        }

        #[test]
        fn totals_come_back((measure, total) in total(), labels in ".{0,20}") {
            let key = total_key(measure, &labels);
            prop_assert_eq!(total_of_key(&key), Some((measure, labels.as_str())));
            prop_assert_eq!(total_from_bytes(measure, &total_to_bytes(&total)), Some(total));
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = marks_from_bytes(&bytes);
            let _ = total_of_key(&bytes);
            for measure in Measure::ALL {
                let _ = total_from_bytes(measure, &bytes);
            }
        }
    }

    #[test]
    fn a_part_of_a_value_is_no_value() {
        let mut total = Total::new(Measure::Duration);
        if let Amount::Histogram(histogram) = &mut total.amount {
            histogram.observe(90.0);
        }
        let bytes = total_to_bytes(&total);
        for len in 0..bytes.len() {
            assert_eq!(total_from_bytes(Measure::Duration, &bytes[..len]), None);
        }
        assert_eq!(total_from_bytes(Measure::Finished, &bytes), None);
    }

    #[test]
    fn a_histogram_with_other_buckets_starts_again() {
        let mut total = Total::new(Measure::Duration);
        if let Amount::Histogram(histogram) = &mut total.amount {
            histogram.observe(90.0);
        }
        let bytes = total_to_bytes(&total);
        let size = total_from_bytes(Measure::Size, &bytes);
        assert_eq!(size, Some(Total::new(Measure::Size)));
    }
}

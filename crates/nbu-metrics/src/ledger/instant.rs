//! Arithmetic on points in time that saturates instead of failing.

use std::time::Duration;

use jiff::Timestamp;

/// The point in time with this many milliseconds since the epoch, or the nearest one that exists.
pub(crate) fn from_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// `span` before `point`.
pub(crate) fn before(point: Timestamp, span: Duration) -> Timestamp {
    from_millis(point.as_millisecond().saturating_sub(millis(span)))
}

/// `span` after `point`.
pub(crate) fn after(point: Timestamp, span: Duration) -> Timestamp {
    from_millis(point.as_millisecond().saturating_add(millis(span)))
}

/// The time from `earlier` to `later`; zero if `later` is not later.
pub(crate) fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    let span = later
        .as_millisecond()
        .saturating_sub(earlier.as_millisecond());
    Duration::from_millis(u64::try_from(span).unwrap_or(0))
}

/// Seconds since the epoch, as the `*_timestamp_seconds` families carry them.
pub(crate) fn seconds(point: Timestamp) -> f64 {
    point.as_millisecond() as f64 / 1000.0
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(before(Timestamp::MIN, Duration::MAX), Timestamp::MIN);
        assert_eq!(after(Timestamp::MAX, Duration::MAX), Timestamp::MAX);
        assert_eq!(between(from_millis(5), from_millis(3)), Duration::ZERO);
        assert_eq!(
            between(from_millis(3), from_millis(5)),
            Duration::from_millis(2)
        );
    }
}

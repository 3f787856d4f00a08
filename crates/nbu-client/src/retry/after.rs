//! The `Retry-After` header in all the forms that NetBackup's documents and HTTP know.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// How long the primary asks to wait.
///
/// `value` is a number of seconds, an HTTP date or an ISO-8601 time. The two last are compared with the answer's own
/// `Date` where there is one, so that a primary with a wrong clock is understood, else with `now`. A time that has
/// passed means no wait. `None` when the value is none of these, or a time without anything to compare it with.
pub(crate) fn parse_retry_after(
    value: &str,
    date: Option<&str>,
    now: Option<Timestamp>,
) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are still a number of seconds: a very long time.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = http_date(value).or_else(|| value.parse().ok())?;
    let now = date.and_then(http_date).or(now)?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// A date as HTTP writes it, in any of its three forms.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    let time: SystemTime = httpdate::parse_http_date(text.trim()).ok()?;
    Timestamp::try_from(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn parse(value: &str) -> Option<Duration> {
        parse_retry_after(value, Some(DATE), None)
    }

    #[test]
    fn reads_seconds() {
        assert_eq!(parse(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(parse("0"), Some(Duration::ZERO));
        assert_eq!(
            parse("99999999999999999999999"),
            Some(Duration::from_secs(u64::MAX))
        );
    }

    #[test]
    fn reads_http_dates_and_iso_8601_on_the_clock_of_the_answer() {
        assert_eq!(
            parse("Sun, 06 Nov 1994 08:50:07 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            parse("1994-11-06T08:49:47.500Z"),
            Some(Duration::from_millis(10_500))
        );
        assert_eq!(
            parse("1994-11-06T10:49:47+02:00"),
            Some(Duration::from_secs(10))
        );
    }

    #[test]
    fn a_time_that_has_passed_means_no_wait() {
        assert_eq!(parse("1994-11-06T08:00:00Z"), Some(Duration::ZERO));
    }

    #[test]
    fn without_a_date_the_given_clock_is_asked() {
        let now = "1994-11-06T08:49:37Z".parse().ok();
        assert_eq!(
            parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", None, now),
            Some(Duration::from_secs(30))
        );
        assert_eq!(
            parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", None, None),
            None
        );
    }

    #[test]
    fn nonsense_is_nothing() {
        for value in [
            "",
            "soon",
            "-5",
            "1.5",
            "12 s",
            "NaN",
            "99999-01-01T00:00:00Z",
            "\u{660}",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }
}

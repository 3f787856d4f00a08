//! Durations as Prometheus writes them: `30s`, `1m30s`, `1h30m`, `7d`, `500ms`.

use std::fmt::Write as _;
use std::time::Duration;

use thiserror::Error;

/// Unit and milliseconds, largest first: the order in which units must be written.
const UNITS: [(&str, u64); 7] = [
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads a duration. Units go from large to small, each at most once; `0` needs none.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let wrong = || DurationError::Form;
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut millis = 0_u64;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.bytes().take_while(u8::is_ascii_lowercase).count();
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() {
            return Err(wrong());
        }
        // Searching on from the last unit refuses both a wrong order and a repetition.
        let (_, scale) = units.find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let part = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*scale));
        let sum = part
            .and_then(|part| millis.checked_add(part))
            .filter(|sum| i64::try_from(*sum).is_ok());
        millis = sum.ok_or(DurationError::TooLong)?;
        rest = tail;
    }
    if text.is_empty() {
        Err(wrong())
    } else {
        Ok(Duration::from_millis(millis))
    }
}

/// [`parse`], or a number of seconds without a unit, such as `0.5`: some exporters have flags of that form.
pub fn parse_or_seconds(text: &str) -> Result<Duration, DurationError> {
    let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if !text.bytes().all(is_number) {
        return parse(text);
    }
    let seconds: f64 = text.parse().map_err(|_| DurationError::Form)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| DurationError::TooLong)
}

/// Text that is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DurationError {
    /// Not a row of numbers with units.
    #[error("is not a duration; write for example 30s, 1m30s, 1h30m or 7d")]
    Form,
    /// More milliseconds than can be counted.
    #[error("is longer than 292 million years; write a shorter duration")]
    TooLong,
}

/// Writes a duration so that [`parse`] gives the same milliseconds: the shortest form without weeks and years
/// unless they fit exactly.
pub fn format(duration: Duration) -> String {
    let mut millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, scale) in UNITS {
        let count = millis / scale;
        // 90d is clearer than 12w6d, and 8d than 1w1d.
        let awkward = matches!(unit, "y" | "w") && !millis.is_multiple_of(scale);
        if count > 0 && !awkward {
            // Writing to a string cannot fail.
            let _ = write!(text, "{count}{unit}");
            millis %= scale;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_read_as_prometheus_reads_them() {
        for (text, millis) in [
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("1h30m", 5_400_000),
            ("7d", 604_800_000),
            ("500ms", 500),
            ("1w2d", 777_600_000),
            ("1y", 31_536_000_000),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "30",
            "s",
            "30 s",
            "1s1m",
            "1s1s",
            "1.5h",
            "-1s",
            "+1s",
            "1S",
            "soon",
            "1s ",
            "٣s",
            "99999999999999999999s",
            "9999999999y",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn common_durations_keep_their_form() {
        for text in [
            "30s", "1m30s", "1h30m", "6h", "1d", "3d", "1w", "90d", "500ms", "0s",
        ] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis in 0..=i64::MAX.cast_unsigned()) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}

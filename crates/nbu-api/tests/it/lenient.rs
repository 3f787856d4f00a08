//! Fields that never fail, each through a job that holds nothing else.

use std::time::Duration;

use nbu_api::{Job, fold_page};
use proptest::prelude::*;

/// What a job's field became, and how many mismatches were counted.
fn field<T>(key: &str, json: &str, pick: impl Fn(&Job<'_>) -> T) -> (T, u32) {
    let body = format!(r#"{{"data":[{{"id":"1","attributes":{{"{key}":{json}}}}}]}}"#);
    let mut value = None;
    let page = fold_page::<Job<'_>>(body.as_bytes(), |job| value = Some(pick(&job))).unwrap();
    (value.unwrap(), page.mismatches.count())
}

#[test]
fn whole_numbers() {
    let priority = |json| field("priority", json, |job| job.priority);
    for (json, value) in [
        ("12", 12),
        ("12.0", 12),
        ("\"12\"", 12),
        ("\" 12.0 \"", 12),
        ("-1", -1),
        ("1e3", 1000),
        ("-0.0", 0),
    ] {
        assert_eq!(priority(json), (Some(value), 0), "{json}");
    }
    for json in ["null", "\"\"", "\"  \""] {
        assert_eq!(priority(json), (None, 0), "{json}");
    }
    for json in [
        "12.5",
        "\"NaN\"",
        "\"inf\"",
        "\"twelve\"",
        "true",
        "[1]",
        "{\"a\":{}}",
        "1e300",
        "18446744073709551615",
        "99999999999999999999999",
        "\"99999999999999999999999999999999999999999\"",
    ] {
        assert_eq!(priority(json), (None, 1), "{json}");
    }
    assert_eq!(priority("9223372036854775807"), (Some(i64::MAX), 0));
    assert_eq!(
        field("kilobytesTransferred", "-1", |job| job
            .kilobytes_transferred),
        (None, 1)
    );
}

#[test]
fn ratios() {
    let ratio = |json| field("dedupRatio", json, |job| job.dedup_ratio);
    for (json, value) in [
        ("0", 0.0),
        ("97.5", 97.5),
        ("\"97.5\"", 97.5),
        ("100", 100.0),
    ] {
        assert_eq!(ratio(json), (Some(value), 0), "{json}");
    }
    for json in ["\"NaN\"", "\"infinity\"", "false", "[]", "\"97,5\""] {
        assert_eq!(ratio(json), (None, 1), "{json}");
    }
    assert_eq!(ratio("null"), (None, 0));
}

#[test]
fn times() {
    let end = |json: &str| {
        let (time, count) = field("endTime", json, |job| job.end_time);
        (time.map(|time| time.to_string()), count)
    };
    for (json, value) in [
        ("2026-07-09T08:11:06.123Z", "2026-07-09T08:11:06.123Z"),
        ("2026-07-09T08:11:06Z", "2026-07-09T08:11:06Z"),
        (
            "2026-07-09T08:11:06.123456789Z",
            "2026-07-09T08:11:06.123456789Z",
        ),
        ("2024-02-29T23:59:59.9Z", "2024-02-29T23:59:59.9Z"),
        ("2026-07-09T10:11:06+02:00", "2026-07-09T08:11:06Z"),
        ("2026-07-09T08:11:06.5", "2026-07-09T08:11:06.5Z"),
        ("2026-07-09 08:11:06Z", "2026-07-09T08:11:06Z"),
    ] {
        assert_eq!(
            end(&format!("\"{json}\"")),
            (Some(value.to_owned()), 0),
            "{json}"
        );
    }
    for json in [
        "null",
        "\"\"",
        "\"1970-01-01T00:00:00.000Z\"",
        "\"1970-01-01T00:00:00Z\"",
        "\"1970-01-01T01:00:00+01:00\"",
        "\"1969-12-31T16:00:00Z\"",
        "\"2038-01-19T03:14:07.000Z\"",
        "0",
    ] {
        assert_eq!(end(json), (None, 0), "{json}");
    }
    for json in [
        "\"soon\"",
        "\"2026-13-01T00:00:00Z\"",
        "\"2025-02-29T00:00:00Z\"",
        "\"2026-07-09T24:00:00Z\"",
        "\"2026-07-09T08:11:06.Z\"",
        "\"2101-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59.999Z\"",
        "1783591866000",
        "-1",
        "9223372036854775807",
        "true",
        "{}",
    ] {
        assert_eq!(end(json), (None, 1), "{json}");
    }
}

#[test]
fn durations() {
    let elapsed = |json: &str| {
        field("elapsedTime", &format!("\"{json}\""), |job| {
            job.elapsed_time
        })
    };
    for (text, milliseconds) in [
        ("PT8.416S", 8_416),
        ("P1DT2H", 93_600_000),
        ("PT0S", 0),
        ("P2W", 1_209_600_000),
        ("PT36H", 129_600_000),
        ("PT1H2M3S", 3_723_000),
        ("00:00:06", 6_000),
        ("100:00:01", 360_001_000),
        ("PT1,5S", 1_500),
    ] {
        assert_eq!(
            elapsed(text),
            (Some(Duration::from_millis(milliseconds)), 0),
            "{text}"
        );
    }
    assert_eq!(elapsed(""), (None, 0));
    for text in [
        "P",
        "PT",
        "P1DT",
        "8.416S",
        "PT-3S",
        "P1Y",
        "P1M",
        "PT1.5H",
        "PT1S2M",
        "PT.5S",
        "PT1.S",
        "00:61:00",
        "1:2",
        "1:2:3:4",
        "PT99999999999999999999S",
        "PT5124095576030432H",
        "PT2147483647S",
        "P3661D",
        "596523:14:07",
        "PTé",
        "P1é",
    ] {
        assert_eq!(elapsed(text), (None, 1), "{text}");
    }
}

#[test]
fn text_is_borrowed_unless_it_has_escapes() {
    let name = |json: &str| {
        field("policyName", json, |job| {
            let borrowed = matches!(job.policy_name, Some(std::borrow::Cow::Borrowed(_)));
            (job.policy_name.as_deref().map(str::to_owned), borrowed)
        })
    };
    assert_eq!(name("\"gold\""), ((Some("gold".to_owned()), true), 0));
    assert_eq!(
        name("\"g\\u00f6ld\""),
        ((Some("göld".to_owned()), false), 0)
    );
    assert_eq!(name("12"), ((Some("12".to_owned()), false), 0));
    assert_eq!(name("\"\""), ((None, false), 0));
    assert_eq!(name("true"), ((None, false), 1));
}

proptest! {
    /// The fast path for times and the general parser agree on every instant and precision.
    #[test]
    fn times_read_back(seconds in 1_i64..4_133_980_800, nanoseconds in 0_i32..1_000_000_000, digits in 0_u8..10) {
        let time = jiff::Timestamp::new(seconds, nanoseconds).unwrap();
        let text = format!("{time:.*}", usize::from(digits));
        let (read, mismatches) = field("endTime", &format!("\"{text}\""), |job| job.end_time);
        prop_assert_eq!(read, Some(text.parse().unwrap()));
        prop_assert_eq!(mismatches, 0);
    }

    /// Text that is nearly a time is accepted or refused exactly as the general parser does it.
    #[test]
    fn near_times_agree_with_the_general_parser(text in "[0-9]{4}-[0-3][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,3})?Z") {
        let (read, _) = field("endTime", &format!("\"{text}\""), |job| job.end_time);
        let general = text.parse::<jiff::Timestamp>().ok().filter(|time| (1..=4_133_980_799).contains(&time.as_second()) || time.as_second() == 0 && time.subsec_nanosecond() > 0);
        prop_assert_eq!(read, general);
    }

    #[test]
    fn durations_never_panic(text in "P?[0-9WDTHMS.,:é-]{0,24}") {
        let _ = field("elapsedTime", &format!("\"{text}\""), |job| job.elapsed_time);
    }

    #[test]
    fn integers_read_back_however_they_are_written(value in -900_000_000_000_000_i64..=900_000_000_000_000) {
        for json in [format!("{value}"), format!("{value}.0"), format!("\"{value}\"")] {
            prop_assert_eq!(field("priority", &json, |job| job.priority), (Some(value), 0), "{}", json);
        }
    }
}

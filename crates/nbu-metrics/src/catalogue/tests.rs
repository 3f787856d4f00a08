use std::collections::BTreeSet;

use super::*;

/// Names that collide with labels which Prometheus or its users attach to targets, or which it reserves.
const FORBIDDEN_LABELS: &[&str] = &[
    "primary",
    "type",
    "env",
    "environment",
    "region",
    "zone",
    "cluster",
    "datacenter",
    "dc",
    "owner",
    "customer",
    "stage",
    "service",
    "site",
    "job",
    "instance",
    "le",
    "quantile",
];

/// Endings that a format gives a meaning of its own.
const RESERVED_SUFFIXES: &[&str] = &["_sum", "_count", "_bucket", "_created", "_gsum", "_gcount"];

/// Units that are not base units, and words that say how a number was made.
const FORBIDDEN_WORDS: &[&str] = &[
    "ms",
    "milliseconds",
    "minutes",
    "hours",
    "days",
    "kb",
    "kilobytes",
    "megabytes",
    "gb",
    "percent",
    "percentage",
    "rate",
    "avg",
    "min",
];

fn every() -> impl Iterator<Item = &'static Family> {
    ALL.iter().chain(PLANNED).copied()
}

#[test]
fn names_follow_the_conventions() {
    for family in every() {
        let name = family.name;
        let own = name.starts_with("netbackup_");
        assert!(
            own || (name.starts_with("process_") && !family.per_primary),
            "{name}: prefix"
        );
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "{name}: characters"
        );
        assert_eq!(
            name.ends_with("_total"),
            family.kind == Kind::Counter,
            "{name}: _total"
        );
        assert_eq!(
            name.ends_with("_info"),
            family.kind == Kind::Info,
            "{name}: _info"
        );
        for suffix in RESERVED_SUFFIXES {
            assert!(
                !family.stem().ends_with(suffix),
                "{name}: reserved suffix {suffix}"
            );
        }
        for word in name.split('_') {
            assert!(!FORBIDDEN_WORDS.contains(&word), "{name}: {word}");
        }
    }
}

#[test]
fn a_unit_in_a_name_ends_it() {
    for family in every() {
        for unit in ["bytes", "seconds", "ratio"] {
            if family.name.split('_').any(|word| word == unit) {
                assert_eq!(family.unit(), Some(unit), "{}", family.name);
            }
        }
    }
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<_> = every().map(Family::stem).collect();
    assert_eq!(names.len(), every().count());
}

#[test]
fn labels_are_words_that_nobody_else_uses() {
    for family in every() {
        let unique: BTreeSet<_> = family.labels.iter().collect();
        assert_eq!(
            unique.len(),
            family.labels.len(),
            "{}: repeated label",
            family.name
        );
        for label in family.labels {
            assert!(
                !FORBIDDEN_LABELS.contains(label),
                "{}: {label}",
                family.name
            );
            assert!(
                label.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                    && !label.starts_with('_'),
                "{}: {label}",
                family.name
            );
        }
        if family.kind == Kind::StateSet {
            assert_eq!(family.labels.last(), Some(&"state"), "{}", family.name);
        }
    }
}

#[test]
fn help_is_one_sentence_and_names_its_source() {
    for family in every() {
        let Family {
            name,
            help,
            endpoint,
            ..
        } = family;
        assert!(help.len() > 10 && help.ends_with('.'), "{name}: {help}");
        assert!(
            !help.contains(['\n', '\r', '\\', '"']),
            "{name}: needs no escape in any format"
        );
        if help.contains("GET ") || help.contains("POST ") {
            assert!(help.contains('/'), "{name}: {help}");
        }
        let of_a_field = family.per_primary && !endpoint.is_empty();
        let exempt = ["netbackup_jobs_gap_seconds_total"].contains(name);
        assert!(
            exempt || !of_a_field || help.contains("GET "),
            "{name}: {help}"
        );
    }
}

#[test]
fn only_gauges_of_the_moment_are_dropped() {
    for family in every() {
        let name = family.name;
        let never = matches!(family.kind, Kind::Counter | Kind::Histogram | Kind::Info)
            || name.ends_with("_timestamp_seconds")
            || name.contains("expected_interval")
            || name.contains("consecutive_failures")
            || name.starts_with("netbackup_exporter_")
            || name == "netbackup_up"
            || !family.per_primary;
        if never {
            assert_eq!(family.retention, Retention::Lasting, "{name}");
        }
        if family.kind == Kind::StateSet {
            assert_eq!(family.retention, Retention::Moment, "{name}");
        }
    }
}

#[test]
fn only_histograms_have_buckets_and_theirs_ascend() {
    for family in every() {
        let histogram = family.kind == Kind::Histogram;
        assert_eq!(!family.buckets.is_empty(), histogram, "{}", family.name);
        assert!(family.buckets.is_sorted_by(|a, b| a < b), "{}", family.name);
        assert!(
            family.buckets.iter().all(|bound| bound.is_finite()),
            "{}",
            family.name
        );
    }
}

#[test]
fn process_wide_families_are_those_of_the_exporter() {
    for family in every() {
        assert_eq!(
            family.per_primary,
            family.collector != "exporter",
            "{}",
            family.name
        );
    }
}

#[test]
fn a_family_is_found_by_its_whole_name() {
    assert_eq!(find("netbackup_up"), Some(&collection::UP));
    assert_eq!(find("netbackup_jobs_finished"), None);
    assert_eq!(
        PLANNED.first().and_then(|family| find(family.name)),
        None,
        "not exported yet"
    );
}

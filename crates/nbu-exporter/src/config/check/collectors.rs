//! Collector settings.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::JobResult;
use crate::config::collectors::{CollectorSettings, Collectors, Jobs, Protection};
use crate::config::effective::Effective;
use crate::config::section::Section;
use crate::config::{duration, schema, value};

/// Below it a collector asks much of a primary.
const BUSY: Duration = Duration::from_secs(10);

/// Above it a single walk asks much of a primary.
const FAR: Duration = Duration::from_secs(31 * 24 * 3600);

/// Far above the largest status code there is.
const STATUS: u64 = 1_000_000;

/// All collectors of one layer over another.
pub(super) fn collectors(section: &Section<'_>) -> Collectors {
    let mut others = BTreeMap::new();
    for name in schema::SIMPLE_COLLECTORS {
        others.insert(*name, section.nested(name, settings));
    }
    Collectors {
        primary: section.nested("primary", settings),
        jobs: section.nested("jobs", jobs),
        storage: section.nested("storage", settings),
        protection: section.nested("protection", protection),
        others,
    }
}

fn settings(section: &Section<'_>) -> CollectorSettings {
    let enabled = section.flag("enabled");
    let interval = section.duration("interval");
    let timeout = section.duration_or("timeout", interval.max(Duration::from_secs(60)));
    let max_stale = section.duration_or(
        "max_stale",
        interval.saturating_mul(5).max(Duration::from_secs(900)),
    );
    if enabled && interval < BUSY {
        let interval = duration::format(interval);
        section.warning(
            "interval",
            format!("every {interval} asks much of a primary; 30s or more is kinder"),
        );
    }
    if max_stale < interval {
        let what =
            "is shorter than the interval: states and sizes will come and go between two runs";
        section.warning("max_stale", what);
    }
    CollectorSettings {
        enabled,
        interval,
        timeout,
        max_stale,
    }
}

fn jobs(section: &Section<'_>) -> Jobs {
    let jobs = Jobs {
        settings: settings(section),
        overlap: section.duration("overlap"),
        look_back: section.duration("look_back"),
        reconcile_interval: section.duration("reconcile_interval"),
        reconcile_window: section.duration("reconcile_window"),
        max_catch_up: section.duration("max_catch_up"),
        stalled_after: section.duration("stalled_after"),
        results: results(section),
    };
    let reaches = [
        ("look_back", jobs.look_back),
        ("reconcile_window", jobs.reconcile_window),
        ("max_catch_up", jobs.max_catch_up),
    ];
    for (name, reach) in reaches.into_iter().filter(|(_, reach)| *reach > FAR) {
        let what = format!(
            "walking {} of jobs asks much of a primary",
            duration::format(reach)
        );
        section.warning(name, what);
    }
    jobs
}

fn results(section: &Section<'_>) -> BTreeMap<i64, JobResult> {
    // `unknown` is for records without a status.
    const RESULTS: [JobResult; 6] = [
        JobResult::Success,
        JobResult::Partial,
        JobResult::Cancelled,
        JobResult::Missed,
        JobResult::Skipped,
        JobResult::Failed,
    ];
    let words = RESULTS.map(JobResult::as_str);
    let mut results = BTreeMap::new();
    for (path, entry) in section.pairs("results", "write for example {190: failed}") {
        let code =
            value::count(&entry.key, 0, STATUS).map(|code| i64::try_from(code).unwrap_or(i64::MAX));
        let code = section.accept(&entry.place, &path, code);
        let result = section.scalar_at(&entry.value, &path, false, |text| {
            value::word(text, &words).map(|index| RESULTS[index])
        });
        if let (Some(code), Some(result)) = (code, result) {
            results.insert(code, result);
        }
    }
    let shown = results
        .iter()
        .map(|(code, result)| (code.to_string(), Effective::Text(result.to_string())));
    section.record("results", Effective::Map(shown.collect()));
    results
}

fn protection(section: &Section<'_>) -> Protection {
    let pattern = |name| {
        section.optional(name, value::pattern, |pattern| {
            Effective::Text(pattern.as_str().to_owned())
        })
    };
    Protection {
        settings: settings(section),
        max_clients: section.count("max_clients"),
        client_include: pattern("client_include"),
        client_exclude: pattern("client_exclude"),
        seed_from_catalog: section.flag("seed_from_catalog"),
    }
}

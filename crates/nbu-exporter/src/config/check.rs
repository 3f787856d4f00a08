//! From the tree to the checked configuration.

mod collectors;
mod primary;
mod unused_proxy;

use std::collections::HashMap;

use super::JobLabel;
use super::findings::Findings;
use super::limits::{Limits, Metrics};
use super::problem::Place;
use super::section::Section;
use super::sources::Sources;
use super::value::Fault;
use super::{Config, Effective, Primary, named_files, schema};
use crate::environment::Environment;
use crate::log::Level;

/// Checks all sources together. The result is worth something only if no problem was found.
pub(super) fn check(sources: &Sources, environment: &Environment, findings: &Findings) -> Config {
    let root = Section::new(findings, schema::ROOT, &sources.main, "");
    let common = Common {
        collectors: root.child("collectors"),
        limits: root.nested("limits", limits),
        metrics: root.nested("metrics", metrics),
    };
    // Read on their own as well, so that they are checked where no primary uses them.
    root.nested("collectors", collectors::collectors);
    let mut found = root.list("primaries");
    for file in &sources.included {
        found.extend(
            Section::new(findings, schema::PRIMARIES_FILE_ROOT, file, "").list("primaries"),
        );
    }
    let listed = root.given("primaries").is_some() || root.given("primaries_file").is_some();
    if !listed {
        root.problem(
            "primaries",
            "no primary server is given",
            "list at least one, with name, url and api_key_file",
        );
    } else if found.is_empty() {
        root.warning(
            "primaries",
            "no primary server is listed: nothing will be watched",
        );
    }
    let mut primaries = Vec::new();
    let mut files = Vec::new();
    let mut shown = Vec::new();
    let mut names = HashMap::new();
    let mut names_proxy = Vec::new();
    for section in found {
        let checked = primary::primary(&section, &common);
        if checked.is_some() {
            names_proxy.push(section.given("proxy_url").is_some());
        }
        unique(&mut names, &section, findings);
        files.extend(named_files::of_primary(&section));
        shown.push(section.into_effective());
        primaries.extend(checked);
    }
    twice_the_same_address(&primaries, &root);
    let without_proxy = primaries.iter().zip(names_proxy);
    let without_proxy = without_proxy.filter(|(_, names_proxy)| !names_proxy);
    unused_proxy::warn(
        without_proxy.map(|(primary, _)| primary),
        environment,
        &root,
    );
    root.record("primaries", Effective::List(shown));
    root.items("primaries_file", |text| Ok(text.to_owned()));
    // Open: only that it is a map is known of it.
    drop(root.child("telemetry"));
    let auth_exempt = root.nested("web", auth_exempt);
    let log_level = root.nested("log", log_level);
    let effective = root.into_effective();
    Config {
        primaries,
        log_level,
        metrics: common.metrics,
        auth_exempt,
        warnings: Vec::new(),
        effective,
        files,
    }
}

/// What holds for every primary.
#[derive(Debug)]
struct Common<'a> {
    collectors: Section<'a>,
    limits: Limits,
    metrics: Metrics,
}

fn unique(names: &mut HashMap<String, Place>, section: &Section<'_>, findings: &Findings) {
    let Some(name) = section.text("name") else {
        return;
    };
    let (place, path) = section.locate("name");
    match names.get(&name) {
        Some(first) => {
            let what = format!(
                "the name {} is taken by the primary at {first}",
                super::quote::always(&name)
            );
            findings.problem(
                &place,
                &path,
                Fault::new(what, "give each primary its own name"),
            );
        }
        None => {
            names.insert(name, place);
        }
    }
}

fn twice_the_same_address(primaries: &[Primary], root: &Section<'_>) {
    let mut seen = HashMap::new();
    for primary in primaries {
        if let Some(first) = seen.insert(primary.url.as_str(), &primary.name) {
            let what = format!(
                "{first} and {} have the same url: its jobs will be counted twice",
                primary.name
            );
            root.warning("primaries", what);
        }
    }
}

fn limits(section: &Section<'_>) -> Limits {
    Limits {
        response_bytes: section.size("response_bytes"),
        header_count: section.count("header_count"),
        header_bytes: section.size("header_bytes"),
        pages: section.count("pages"),
        records_per_page: section.count("records_per_page"),
        label_length: section.count("label_length"),
    }
}

fn metrics(section: &Section<'_>) -> Metrics {
    let words = JobLabel::ALL.map(JobLabel::as_str);
    let mut job_labels = section.items("job_labels", |text| {
        super::value::word(text, &words).map(|index| JobLabel::ALL[index])
    });
    job_labels.sort_unstable();
    job_labels.dedup();
    Metrics {
        max_series: section.count("max_series"),
        max_series_per_family: section.count("max_series_per_family"),
        counter_birth: section.duration("counter_birth"),
        job_labels,
    }
}

fn auth_exempt(section: &Section<'_>) -> Vec<String> {
    section.items("auth_exempt", |path| {
        let remedy = "write a path such as /-/healthy";
        if path.starts_with('/') {
            Ok(path.to_owned())
        } else {
            Err(Fault::new("is not a path", remedy))
        }
    })
}

fn log_level(section: &Section<'_>) -> Option<Level> {
    let levels = [Level::Debug, Level::Info, Level::Warn, Level::Error];
    section
        .word("level")
        .and_then(|index| levels.get(index).copied())
}

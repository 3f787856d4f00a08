//! The exporter's own counters begin at 0.

use std::collections::BTreeMap;

use nbu_sim::{Fault, Malformed, Route};

use super::harness::{Exporter, primary, sim};

/// The counters that this run makes grow.
const GROW: [&str; 8] = [
    "netbackup_exporter_api_requests_total",
    "netbackup_exporter_api_request_duration_seconds",
    "netbackup_exporter_api_retries_total",
    "netbackup_exporter_api_response_bytes_total",
    "netbackup_exporter_records_skipped_total",
    "netbackup_exporter_series_dropped_total",
    "netbackup_exporter_http_requests_total",
    "netbackup_exporter_http_request_duration_seconds",
];

/// The lines of all counters and histograms but those of the operating system, by family; each with its value.
fn counters(page: &str) -> BTreeMap<&str, Vec<(&str, f64)>> {
    let mut families = BTreeMap::<_, Vec<_>>::new();
    let mut family = None;
    for line in page.lines() {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            let (name, kind) = declared.split_once(' ').unwrap_or((declared, ""));
            let counts = ["counter", "histogram"].contains(&kind) && !name.starts_with("process_");
            family = counts.then_some(name);
        } else if let Some(name) = family.filter(|_| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').unwrap_or((line, ""));
            let value = value.parse().unwrap_or(f64::NAN);
            families.entry(name).or_default().push((series, value));
        }
    }
    families
}

#[tokio::test]
async fn every_counter_of_a_run_shows_0_before_its_value() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let malformed = Fault::Malformed {
        every: 5,
        how: Malformed::NotAnObject,
    };
    sim.faults().always(Route::StorageUnits, malformed);
    sim.faults().next(Route::DiskPools, 1, Fault::Status(503));
    let config = |time| {
        primary("paris", &sim, &directory, "")
            + "collectors: {primary: {interval: 1s}, jobs: {interval: 1s}, storage: {interval: 1s}}\n"
            + &format!("metrics: {{max_series_per_family: 3, counter_birth: {time}}}\n")
    };
    // So long that no scraper can be too late.
    let exporter = Exporter::start(&config("1h"), &directory, |_| ()).await;
    let born = |page: &str| {
        GROW.iter()
            .all(|family| counters(page).contains_key(family))
    };
    let page = exporter.until_page("every counter", born).await;
    for (series, value) in counters(&page).into_values().flatten() {
        assert!(value == 0.0, "{series} begins at {value}");
    }

    exporter.rewrite(&format!("primaries:\n{}", config("0s")));
    assert_eq!(exporter.request("POST", "/-/reload", "").await.status, 200);
    let grown = |page: &str| {
        let counters = counters(page);
        let has_grown = |family: &&str| counters[family].iter().any(|(_, value)| *value > 0.0);
        born(page) && GROW.iter().all(has_grown)
    };
    exporter.until_page("every counter grow", grown).await;
    exporter.terminated().await;
}

//! What the log says about failures: when they begin and when they end, with everything needed to act, and nothing between.

use nbu_sim::{Fault, Population, Route, Sim};
use nbu_tests::{Exporter, Launch, Watched, configuration};
use serde_json::Value;

/// Enough runs to see that not every run is told.
const RUNS: usize = 8;

async fn watched() -> Watched {
    Watched::start("paris", Sim::builder().population(Population::empty())).await
}

/// Waits until the primary was asked so often for the storage units.
async fn asked(watched: &Watched, exporter: &Exporter, times: usize) {
    let before = watched.sim.requests_to(Route::StorageUnits).len();
    exporter
        .scrape_until("more requests", |_| {
            watched.sim.requests_to(Route::StorageUnits).len() >= before + times
        })
        .await;
}

fn lines(exporter: &Exporter, part: &str) -> Vec<String> {
    let log = exporter.log();
    let lines = log.lines().filter(|line| line.contains(part));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_failure_is_told_when_it_begins_and_when_it_ends_with_everything_to_act_on() {
    let watched = watched().await;
    // What is refused in part is asked again at each interval.
    watched
        .sim
        .faults()
        .always(Route::StorageUnits, Fault::Status(404));
    let exporter = Launch::with_config(configuration([&watched]))
        .arguments(["--log.format", "json"])
        .start()
        .await;
    exporter.logged("collector fails").await;
    asked(&watched, &exporter, RUNS).await;
    watched.sim.faults().clear();
    exporter.logged("collector works again").await;
    asked(&watched, &exporter, RUNS).await;

    let [begin] = &lines(&exporter, "collector fails")[..] else {
        panic!("it begins once:\n{}", exporter.log())
    };
    let begin: Value = serde_json::from_str(begin).unwrap();
    for (field, value) in [
        ("level", Value::from("warn")),
        ("primary", "paris".into()),
        ("collector", "storage".into()),
        ("endpoint", "/storage/storage-units".into()),
        ("reason", "not_supported".into()),
        ("http_status", 404.into()),
        ("error_code", 404.into()),
        ("error_message", "Scripted failure.".into()),
    ] {
        assert_eq!(begin[field], value, "{field} in {begin:#}");
    }
    assert!(!begin["remedy"].as_str().unwrap().is_empty(), "{begin:#}");
    let id = begin["request_id"].as_str().unwrap();
    let first = &watched.sim.requests_to(Route::StorageUnits)[0];
    assert_eq!(first.header("x-request-id"), Some(id));
    let error = begin["error"].as_str().unwrap();
    assert!(error.contains(id) && error.contains("404"), "{error}");

    let [end] = &lines(&exporter, "collector works again")[..] else {
        panic!("it ends once:\n{}", exporter.log())
    };
    let end: Value = serde_json::from_str(end).unwrap();
    assert_eq!(end["level"], "info");
    assert_eq!(end["primary"], "paris");
    assert_eq!(end["collector"], "storage");
    assert!(end["failures"].as_u64().unwrap() >= RUNS as u64, "{end:#}");
    assert!(end["lasted"].as_str().is_some(), "{end:#}");
}

#[tokio::test]
async fn failures_of_two_kinds_that_take_turns_are_told_once_each() {
    let watched = watched().await;
    let faults = watched.sim.faults();
    faults.sometimes(Route::StorageUnits, 7, 0.5, Fault::Status(403));
    faults.always(Route::StorageUnits, Fault::Status(404));
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    exporter.logged("collector fails").await;
    asked(&watched, &exporter, RUNS).await;
    let told = lines(&exporter, "collector fails");
    assert_eq!(told.len(), 2, "{}", exporter.log());
    for status in ["http_status=403", "http_status=404"] {
        assert!(told.iter().any(|line| line.contains(status)), "{told:#?}");
    }
    assert!(lines(&exporter, "collector works again").is_empty());
}

#[tokio::test]
async fn a_missing_permission_is_told_with_its_name_and_a_dead_key_with_its_file() {
    let watched = watched().await;
    watched
        .sim
        .set_key(nbu_tests::API_KEY, &[nbu_sim::Permission::Jobs], None);
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let told = exporter.logged("collector=storage reason=forbidden").await;
    assert!(
        told.contains("VIEW operation on |STORAGE|STORAGE-UNITS|"),
        "{told}"
    );
    assert!(told.contains("http_status=401"), "{told}");
    watched.sim.revoke(nbu_tests::API_KEY);
    let told = exporter
        .logged("collector=primary reason=unauthorized")
        .await;
    let remedy = told.split("remedy=").nth(1).unwrap();
    assert!(
        remedy.contains("create a new one") && remedy.contains("/key"),
        "{told}"
    );
}

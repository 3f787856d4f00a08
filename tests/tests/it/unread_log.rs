//! A log that is not read, or cannot be written, holds up nothing.

use nbu_sim::{JobSpec, Population, Sim};
use nbu_tests::{Exporter, Launch, Page, Watched, configuration};
use nix::sys::signal::Signal;
use std::time::Duration;

const DROPPED: &str = "netbackup_exporter_log_lines_dropped_total";
const SUCCESS: &str = "netbackup_exporter_collector_last_success_timestamp_seconds";

/// A primary whose jobs under way take a hundred requests to list, and as many lines of the log.
async fn busy() -> Watched {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    for client in 0..200 {
        let client = format!("client-{client}");
        let job = JobSpec::backup("night", "STANDARD", &client);
        watched.sim.add_active(&job);
    }
    watched
}

fn launch(watched: &Watched) -> Launch {
    Launch::with_config(configuration([watched]) + "limits: {records_per_page: 2}\n")
        .arguments(["--log.level", "debug"])
}

fn successes(page: &Page) -> Vec<f64> {
    ["primary", "jobs", "storage"]
        .into_iter()
        .flat_map(|collector| page.values(SUCCESS, &[("collector", collector)]))
        .collect()
}

/// Waits until every collector has succeeded once more.
async fn goes_on(exporter: &Exporter) {
    let before = successes(&exporter.scrape().await);
    exporter
        .scrape_until("another success of every collector", |page| {
            let after = successes(page);
            after.len() == 3
                && before
                    .iter()
                    .zip(&after)
                    .all(|(before, after)| before < after)
        })
        .await;
}

#[tokio::test]
async fn a_reader_of_the_log_that_stops_stops_nothing() {
    for format in ["logfmt", "json"] {
        let watched = busy().await;
        let mut exporter = launch(&watched)
            .arguments(["--log.format", format])
            .arguments(["--shutdown.grace", "20s"])
            .start()
            .await;
        let page = exporter
            .scrape_until("all collectors", |page| successes(page).len() == 3)
            .await;
        assert_eq!(
            page.value(DROPPED, &[]),
            Some(0.0),
            "shown before the first"
        );

        exporter.stop_reading_log();
        watched.sim.forget_requests();
        exporter
            .scrape_until("more requests than a pipe holds lines", |_| {
                watched.sim.requests().len() > 1_000
            })
            .await;
        goes_on(&exporter).await;
        exporter.signal(Signal::SIGTERM);
        let ended = exporter.ended_within(Duration::from_secs(30)).await;
        assert_eq!(ended.code(), Some(0), "{format}");
    }
}

#[tokio::test]
async fn a_reader_that_comes_back_finds_the_rest_and_the_end() {
    let watched = busy().await;
    let mut exporter = launch(&watched).start().await;
    exporter.stop_reading_log();
    watched.sim.forget_requests();
    exporter
        .scrape_until("more requests than a pipe holds lines", |_| {
            watched.sim.requests().len() > 1_000
        })
        .await;
    exporter.read_log_again();
    goes_on(&exporter).await;
    assert_eq!(exporter.scrape().await.value(DROPPED, &[]), Some(0.0));
    assert_eq!(exporter.terminated().await.code(), Some(0));
    exporter.logged("msg=stopped").await;
}

#[tokio::test]
async fn lines_that_cannot_be_written_are_counted() {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    let mut exporter = Launch::with_config(configuration([&watched])).start().await;
    exporter.close_log().await;
    exporter.signal(Signal::SIGHUP);
    exporter
        .scrape_until("lines dropped", |page| {
            page.value(DROPPED, &[])
                .is_some_and(|dropped| dropped > 0.0)
        })
        .await;
    goes_on(&exporter).await;
    assert_eq!(exporter.terminated().await.code(), Some(0));
}

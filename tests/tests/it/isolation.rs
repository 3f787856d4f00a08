//! One primary cannot delay, blind or stop another.

use nbu_sim::{Fault, Outage, Population, Route, Sim};
use nbu_tests::{Launch, Page, Watched, configuration};

#[tokio::test]
async fn a_black_holed_primary_does_not_keep_the_healthy_one_waiting() {
    healthy_beside(Outage::BlackHole).await;
}

#[tokio::test]
async fn an_unreachable_primary_does_not_keep_the_healthy_one_waiting() {
    healthy_beside(Outage::Down).await;
}

#[tokio::test]
async fn a_primary_that_never_answers_is_down_with_a_reason_and_the_other_stays_up() {
    let sick = Watched::start("sick", Sim::builder().population(Population::empty()))
        .await
        .setting("request_timeout: 1s");
    let well = Watched::start("well", Sim::builder().population(Population::empty())).await;
    sick.sim.faults().always(Route::Any, Fault::Hang);
    let exporter = Launch::with_config(configuration([&sick, &well]))
        .start()
        .await;
    let reason = [
        ("primary", "sick"),
        ("collector", "primary"),
        ("reason", "timeout"),
    ];
    let page = exporter
        .scrape_until("a reason", |page| {
            page.value("netbackup_exporter_collector_status", &reason) == Some(1.0)
        })
        .await;
    assert_eq!(
        page.value("netbackup_up", &[("primary", "sick")]),
        Some(0.0)
    );
    assert_eq!(
        page.value("netbackup_up", &[("primary", "well")]),
        Some(1.0)
    );
}

#[tokio::test]
async fn more_than_a_primary_answers_in_time_is_said_to_be_too_much() {
    let slow = Watched::start("slow", Sim::builder().population(Population::empty()))
        .await
        .setting("request_timeout: 1s")
        .setting("max_in_flight: 1");
    // The first request has the only slot for as long as it may take, the second after it; the third comes too late.
    slow.sim.faults().always(Route::Any, Fault::Hang);
    let exporter = Launch::with_config(configuration([&slow])).start().await;
    let saturated = [("primary", "slow"), ("reason", "saturated")];
    let page = exporter
        .scrape_until("a collector that found no slot", |page| {
            page.has("netbackup_exporter_collector_status", &saturated)
        })
        .await;
    assert_eq!(
        page.value("netbackup_up", &[("primary", "slow")]),
        Some(0.0)
    );
}

/// The broken primary's requests never end within this test, so whatever of the healthy one shows did not wait for them.
async fn healthy_beside(outage: Outage) {
    let broken = Watched::start("broken", Sim::builder().population(Population::empty()))
        .await
        .setting("request_timeout: 10m");
    let healthy = Watched::start(
        "healthy",
        Sim::builder().population(Population::finished(500)),
    )
    .await;
    broken.sim.set_outage(outage);
    let exporter = Launch::with_config(configuration([&broken, &healthy]))
        .start()
        .await;
    let page = exporter
        .scrape_until("the healthy primary, complete", complete)
        .await;
    assert_eq!(
        page.value("netbackup_up", &[("primary", "broken")]),
        Some(0.0)
    );
    assert!(!page.has("netbackup_jobs", &[("primary", "broken")]));
}

fn complete(page: &Page) -> bool {
    let of = [("primary", "healthy")];
    page.value("netbackup_up", &of) == Some(1.0)
        && page.has("netbackup_storage_unit_info", &of)
        && page.has("netbackup_jobs_watermark_timestamp_seconds", &of)
}

//! What a walk over finished jobs does when it does not come through.

use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_client::Reason;
use nbu_sim::{Edit, Fault, JobSpec, Population, Route, Sim};

use super::bench::{Bench, series};

async fn with(version: ApiVersion, fault: Fault, nth: usize) -> (Bench, Option<Reason>) {
    let sim = Sim::builder().population(Population::empty());
    let mut bench = Bench::start(sim.api_version(version)).await;
    bench.finish("jobs").await;
    for _ in 0..250 {
        bench.primary.add_done(&JobSpec::new("BACKUP"), 0);
    }
    bench.primary.advance(Duration::from_secs(3000));
    // The live walk is one page.
    let live = bench.collect("jobs").await.unwrap();
    bench.keep("jobs", &live);
    bench.primary.faults().nth(Route::Jobs, nth, fault);
    let failed = bench.collect("jobs").await.err();
    bench.primary.forget_requests();
    bench.finish("jobs").await;
    let counters = bench.counters().await;
    let counted: f64 = series(&counters, "netbackup_jobs_finished_total")
        .values()
        .sum();
    assert_eq!(counted, 250.0);
    (bench, failed.map(|error| error.reason()))
}

/// Whether a slice was asked for that has an end, and not all of the 50 minutes at once.
fn is_narrower(bench: &Bench) -> bool {
    let asked = bench.primary.requests_to(Route::Jobs);
    asked.iter().any(|seen| {
        seen.parameter("filter")
            .unwrap_or_default()
            .contains("lastUpdateTime lt")
    })
}

#[tokio::test]
async fn pages_that_lead_nowhere_narrow_the_slice() {
    let (bench, failed) = with(ApiVersion::V12_0, Fault::EmptyPageWithNext, 1).await;
    assert_eq!((failed, is_narrower(&bench)), (Some(Reason::Parse), true));
}

#[tokio::test]
async fn a_list_that_was_cut_narrows_the_slice() {
    let edit = Edit::new(|body: Vec<u8>| {
        let text = String::from_utf8(body).unwrap();
        text.replace(
            r#""pagination":{"#,
            r#""pagination":{"rangeTruncated":true,"#,
        )
        .into_bytes()
    });
    let (bench, failed) = with(ApiVersion::V12_0, Fault::Edit(edit), 3).await;
    assert_eq!((failed, is_narrower(&bench)), (Some(Reason::Limit), true));
}

#[tokio::test]
async fn a_server_that_fails_does_not_narrow_the_slice() {
    let (bench, failed) = with(ApiVersion::V12_0, Fault::Status(500), 2).await;
    assert_eq!((failed, is_narrower(&bench)), (Some(Reason::Http), false));
}

#[tokio::test]
async fn a_lost_cursor_is_found_again_by_id() {
    for status in [400, 404] {
        let (_, failed) = with(ApiVersion::V12_0, Fault::Status(status), 2).await;
        assert_eq!(failed, None, "{status}");
    }
}

//! What a walk over finished jobs does when it does not come through.

use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_client::Reason;
use nbu_sim::{Edit, Fault, JobSpec, Population, Route, Sim};

use super::bench::{Bench, series};

/// `jobs` have finished, and the `nth` request for them meets the fault, or every one for `None`.
async fn with(
    version: ApiVersion,
    jobs: u32,
    fault: Fault,
    nth: Option<usize>,
) -> (Bench, Option<Reason>) {
    let sim = Sim::builder().population(Population::empty());
    let mut bench = Bench::start(sim.api_version(version)).await;
    bench.finish("jobs").await;
    for _ in 0..jobs {
        bench.primary.add_done(&JobSpec::new("BACKUP"), 0);
    }
    bench.primary.advance(Duration::from_secs(3000));
    // The live walk is one page.
    let live = bench.collect("jobs").await.unwrap();
    bench.keep("jobs", &live);
    match nth {
        Some(nth) => bench.primary.faults().nth(Route::Jobs, nth, fault),
        None => bench.primary.faults().always(Route::Jobs, fault),
    }
    let failed = bench.collect("jobs").await.err();
    bench.primary.faults().clear();
    bench.primary.forget_requests();
    bench.finish("jobs").await;
    let counters = bench.counters().await;
    let counted: f64 = series(&counters, "netbackup_jobs_finished_total")
        .values()
        .sum();
    assert_eq!(counted, f64::from(jobs));
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
    let (bench, failed) = with(ApiVersion::V12_0, 250, Fault::EmptyPageWithNext, Some(1)).await;
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
    let (bench, failed) = with(ApiVersion::V12_0, 150, Fault::Edit(edit), None).await;
    assert_eq!((failed, is_narrower(&bench)), (Some(Reason::Limit), true));
}

#[tokio::test]
async fn a_server_that_fails_does_not_narrow_the_slice() {
    let (bench, failed) = with(ApiVersion::V12_0, 250, Fault::Status(500), Some(2)).await;
    assert_eq!((failed, is_narrower(&bench)), (Some(Reason::Http), false));
}

#[tokio::test]
async fn a_lost_cursor_is_found_again_by_id() {
    for status in [400, 404] {
        let (_, failed) = with(ApiVersion::V12_0, 250, Fault::Status(status), Some(2)).await;
        assert_eq!(failed, None, "{status}");
    }
}

/// The width of the slice that was asked for last, in seconds; `None` if it was open.
fn width(bench: &Bench) -> Option<i64> {
    let asked = bench.primary.requests_to(Route::Jobs);
    let filter = asked.last()?.parameter("filter")?.to_owned();
    let bound = |comparison: &str| -> Option<jiff::Timestamp> {
        let (_, rest) = filter.split_once(&format!("lastUpdateTime {comparison} "))?;
        rest.split_whitespace().next()?.parse().ok()
    };
    let (from, to) = (bound("ge")?, bound("lt")?);
    Some(to.as_second() - from.as_second())
}

#[tokio::test]
async fn a_slice_that_does_not_fit_its_deadline_is_halved_until_it_does() {
    let sim = Sim::builder().population(Population::empty());
    let mut bench = Bench::start(sim).await;
    bench.finish("jobs").await;
    let begun = bench.primary.now();
    for place in 0..600 {
        let ended = begun + Duration::from_secs(place * 5);
        let job = JobSpec::new("BACKUP").ended(ended).updated(ended);
        bench.primary.add_done(&job, 0);
    }
    bench.primary.advance(Duration::from_secs(3000));
    let live = bench.collect("jobs").await.unwrap();
    bench.keep("jobs", &live);
    let mut widths = Vec::new();
    for _ in 0..4 {
        bench.primary.forget_requests();
        // The deadline passes while the first page is awaited.
        let clock = || bench.primary.now();
        let asked = || !bench.primary.requests_to(Route::Jobs).is_empty();
        assert!(bench.collect_until("jobs", &clock, asked).await.is_none());
        widths.push(width(&bench));
    }
    assert_eq!(widths[0], None, "everything that is due, at first");
    let widths: Vec<i64> = widths.into_iter().flatten().collect();
    // The overlap comes before each.
    let overlap = 120;
    assert_eq!(widths.len(), 3);
    for pair in widths.windows(2) {
        let halved = (pair[0] - overlap) / 2;
        assert!(
            (pair[1] - overlap).abs_diff(halved) <= overlap.unsigned_abs(),
            "{widths:?}"
        );
    }
    // Nothing was counted and no mark has moved; then it fits, slice by slice.
    assert!(bench.ledger.marks().watermark <= Some(begun));
    bench.finish("jobs").await;
    let counters = bench.counters().await;
    let counted: f64 = series(&counters, "netbackup_jobs_finished_total")
        .values()
        .sum();
    assert_eq!(counted, 600.0);
}

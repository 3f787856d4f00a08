//! Slices that several cursors read at once.

use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_client::{Limits, Reason};
use nbu_sim::{Edit, Fault, JobSpec, Population, RecordSize, Route, Sim, SimBuilder};
use proptest::prelude::*;

use super::bench::Bench;
use super::jobs::{counted, expected};

/// So that a slice of some hundred jobs has many pages.
const PAGE: u32 = 10;

/// A primary of which `jobs` finish in the hour that is due next. The live jobs have been read, so that is the next run.
async fn due(sim: SimBuilder, jobs: usize) -> Bench {
    let mut bench = small_pages(sim.population(Population::empty()), 20_000).await;
    bench.finish("jobs").await;
    for _ in 0..jobs {
        bench.primary.add_done(&JobSpec::new("BACKUP"), 0);
    }
    bench.primary.advance(Duration::from_secs(3000));
    let live = bench.collect("jobs").await.unwrap();
    bench.keep("jobs", &live);
    bench.primary.forget_requests();
    bench
}

async fn small_pages(sim: SimBuilder, pages: u32) -> Bench {
    let mut limits = Limits::default();
    limits.records_per_page = PAGE;
    limits.pages = pages;
    Bench::start_with(sim, |client| client.limits(limits)).await
}

fn living(version: ApiVersion, seed: u64) -> SimBuilder {
    let population = Population {
        preloaded: 0,
        jobs_per_day: 20_000,
        record: RecordSize::Lean,
        ..Population::default()
    };
    let sim = Sim::builder().seed(seed).api_version(version);
    sim.population(population)
}

/// Requests for a part of the ids that is bounded on both sides: by id alone, pages go on with one bound.
fn parts(bench: &Bench) -> usize {
    let asked = bench.primary.requests_to(Route::Jobs);
    let part = |filter: Option<&str>| filter.unwrap_or_default().matches("jobId").count() > 1;
    asked
        .iter()
        .filter(|seen| part(seen.parameter("filter")))
        .count()
}

/// A run, while its requests are held and let go.
async fn both<T>(walk: impl Future<Output = T>, held: impl Future<Output = ()>) -> T {
    let together = async { tokio::join!(walk, held).0 };
    let hang = Duration::from_secs(120);
    tokio::time::timeout(hang, together).await.unwrap()
}

async fn total(bench: &Bench) -> f64 {
    counted(bench).await[0].values().sum()
}

#[tokio::test]
async fn a_large_slice_is_read_by_as_many_cursors_as_may_be_in_flight() {
    let mut bench = due(Sim::builder(), 600).await;
    // What one knows before the first page is that there is one.
    let first = bench.primary.hold(Route::Jobs);
    let clock = || bench.primary.now();
    let walk = bench.collect_at("jobs", &clock, None);
    let held = async {
        first.reached().await;
        let more = bench.primary.hold(Route::Jobs);
        first.release();
        // The second page, and the last one.
        more.reached_by(2).await;
        let all = bench.primary.hold(Route::Jobs);
        more.release();
        all.reached_by(4).await;
    };
    let walked = both(walk, held).await;
    let collected = walked.unwrap().unwrap();
    bench.keep("jobs", &collected);
    assert_eq!(total(&bench).await, 600.0);
    assert_eq!(bench.primary.max_concurrent(), 4);
    let asked = bench.primary.requests_to(Route::Jobs).len();
    assert!((60..=72).contains(&asked), "{asked} requests for 60 pages");

    // The next slice is read like that from its very beginning.
    for _ in 0..600 {
        bench.primary.add_done(&JobSpec::new("BACKUP"), 0);
    }
    bench.primary.advance(Duration::from_secs(600));
    let live = bench.collect("jobs").await.unwrap();
    bench.keep("jobs", &live);
    let first = bench.primary.hold(Route::Jobs);
    let clock = || bench.primary.now();
    let walk = bench.collect_at("jobs", &clock, None);
    let held = async {
        first.reached_by(2).await;
        first.release();
    };
    let walked = both(walk, held).await;
    walked.unwrap().unwrap();
    assert_eq!(total(&bench).await, 1200.0);
}

#[tokio::test]
async fn a_slice_of_a_page_costs_one_request_and_one_of_two_pages_three() {
    for (jobs, requests) in [(0, 1), (10, 1), (20, 3)] {
        let mut bench = due(Sim::builder(), jobs).await;
        bench.collect("jobs").await.unwrap();
        let asked = bench.primary.requests_to(Route::Jobs).len();
        assert_eq!((asked, total(&bench).await), (requests, jobs as f64));
    }
}

#[tokio::test]
async fn another_collector_gets_its_turn_before_any_cursor_has_read_two_pages_more() {
    let mut bench = due(Sim::builder(), 600).await;
    bench.finish("primary").await;
    let first = bench.primary.hold(Route::Jobs);
    let clock = || bench.primary.now();
    let walk = bench.collect_at("jobs", &clock, None);
    let storage = async {
        first.reached().await;
        let more = bench.primary.hold(Route::Jobs);
        first.release();
        more.reached_by(2).await;
        let all = bench.primary.hold(Route::Jobs);
        more.release();
        all.reached_by(4).await;
        bench.primary.forget_requests();
        let storage = bench.collect_at("storage", &clock, None);
        let release = async {
            // In this task: after the storage request stood in line.
            all.release();
        };
        let (collected, ()) = tokio::join!(storage, release);
        collected.unwrap().unwrap();
    };
    let walked = both(walk, storage).await;
    walked.unwrap().unwrap();
    let asked = bench.primary.requests();
    let place = asked
        .iter()
        .position(|seen| seen.route == Route::StorageUnits)
        .unwrap();
    assert!(place <= 8, "after {place} requests of {}", asked.len());
}

#[tokio::test]
async fn every_finished_job_is_counted_once_whoever_reads_it() {
    for (version, divided) in [
        (ApiVersion::V12_0, true),
        (ApiVersion::V8_0, true),
        // Without `childCount` the order tells parents from leaves.
        (ApiVersion::V4_0, false),
    ] {
        let mut bench = small_pages(living(version, 3), 20_000).await;
        bench.finish("jobs").await;
        let horizon = bench.ledger.marks().horizon.unwrap();
        for minutes in [3, 30, 200, 10] {
            bench.primary.advance(Duration::from_secs(60 * minutes));
            bench.primary.forget_requests();
            bench.finish("jobs").await;
            assert_eq!(
                counted(&bench).await,
                expected(&bench.primary.truth(), horizon),
                "{version} after {minutes} min"
            );
        }
        assert_eq!(parts(&bench) > 0, divided, "{version}");
    }
}

#[tokio::test]
async fn jobs_that_finish_and_change_while_they_are_walked_are_counted_once() {
    let mut bench = small_pages(living(ApiVersion::V12_0, 8), 20_000).await;
    bench.finish("jobs").await;
    let horizon = bench.ledger.marks().horizon.unwrap();
    bench.primary.advance(Duration::from_secs(2 * 3600));
    for _ in 0..12 {
        let clock = || bench.primary.now();
        let moved = || {
            bench.primary.advance(Duration::from_millis(700));
            false
        };
        let collected = bench.collect_until("jobs", &clock, moved).await.unwrap();
        bench.keep("jobs", &collected.unwrap());
    }
    assert!(parts(&bench) > 0);
    bench.finish("jobs").await;
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    assert_eq!(
        counted(&bench).await,
        expected(&bench.primary.truth(), horizon)
    );
}

#[tokio::test]
async fn ids_far_apart_cost_few_requests_more() {
    let mut bench = due(Sim::builder(), 300).await;
    let far = [1 << 40, (1 << 52) + 1, (1 << 52) + 2];
    for id in far {
        bench.primary.add_done(&JobSpec::new("BACKUP").id(id), 0);
    }
    for _ in 0..100 {
        bench.primary.add_done(&JobSpec::new("BACKUP"), 0);
    }
    bench.finish("jobs").await;
    assert_eq!(total(&bench).await, 403.0);
    let asked = bench.primary.requests_to(Route::Jobs).len();
    assert!(asked <= 42 + 64, "{asked} requests for 41 pages");
}

/// The slice is read completely while the primary goes on like that.
async fn is_borne(version: ApiVersion, fault: Fault) {
    let mut bench = due(Sim::builder().api_version(version), 300).await;
    let name = format!("{version} {fault:?}");
    bench.primary.faults().always(Route::Jobs, fault);
    let collected = bench.collect("jobs").await.unwrap();
    bench.keep("jobs", &collected);
    assert_eq!(total(&bench).await, 300.0, "{name}");
    let asked = bench.primary.requests_to(Route::Jobs).len();
    assert!(asked < 90, "{name}: {asked} requests");
    // What was learnt of the primary is not tried again.
    bench.primary.advance(Duration::from_secs(10));
    bench.primary.forget_requests();
    bench.collect("jobs").await.unwrap();
    assert!(bench.primary.max_concurrent() <= 4);
}

#[tokio::test]
async fn a_primary_that_ignores_the_filter_or_the_order_is_read_by_one_cursor() {
    is_borne(ApiVersion::V12_0, Fault::IgnoreFilter).await;
    is_borne(ApiVersion::V12_0, Fault::IgnoreSort).await;
    for lie in [-400, 400] {
        is_borne(ApiVersion::V12_0, Fault::CountLies(lie)).await;
        is_borne(ApiVersion::V8_0, Fault::CountLies(lie)).await;
    }
    // Every page says that it is the last one, and is full.
    let lie = i64::from(PAGE) - 300;
    is_borne(ApiVersion::V8_0, Fault::CountLies(lie)).await;
}

#[tokio::test]
async fn a_primary_that_refuses_filters_by_id_is_read_by_one_cursor() {
    let mut bench = due(Sim::builder(), 300).await;
    let refusal = br#"{"errorCode": 9401, "errorMessage": "no"}"#;
    // Refuses whatever is asked for but the pages of one cursor.
    let answer = Fault::Answer {
        status: 400,
        content_type: Some("application/vnd.netbackup+json;version=12.0".to_owned()),
        headers: Vec::new(),
        body: refusal.as_slice().into(),
    };
    bench.primary.faults().nth(Route::Jobs, 5, answer);
    let collected = bench.collect("jobs").await.unwrap();
    bench.keep("jobs", &collected);
    assert_eq!(total(&bench).await, 300.0);
    for _ in 0..300 {
        bench.primary.add_done(&JobSpec::new("BACKUP"), 0);
    }
    bench.primary.advance(Duration::from_secs(10));
    bench.primary.forget_requests();
    bench.collect("jobs").await.unwrap();
    assert_eq!((total(&bench).await, parts(&bench)), (600.0, 0));
}

/// Ends with an error, soon, and the slice is read once the primary is itself again.
async fn is_noticed(version: ApiVersion, fault: Fault, reason: Reason) {
    let mut bench = due(Sim::builder().api_version(version), 300).await;
    let name = format!("{version} {fault:?}");
    bench.primary.faults().always(Route::Jobs, fault);
    let error = bench.collect("jobs").await.unwrap_err();
    assert_eq!(error.reason(), reason, "{name}");
    let asked = bench.primary.requests_to(Route::Jobs).len();
    // A page that leads back to its own first record goes on one record further each time.
    assert!(asked < 320, "{name}: {asked} requests");
    let watermark = bench.ledger.marks().watermark;
    assert!(watermark < Some(bench.primary.now()), "{name}");
    bench.primary.faults().clear();
    bench.finish("jobs").await;
    bench.finish("jobs").await;
    assert_eq!(total(&bench).await, 300.0, "{name}");
}

#[tokio::test]
async fn a_primary_that_leads_nowhere_is_noticed() {
    for fault in [
        Fault::RepeatCursor,
        Fault::AlternateCursors,
        Fault::EmptyPageWithNext,
    ] {
        is_noticed(ApiVersion::V12_0, fault, Reason::Parse).await;
    }
    let empty = Fault::EmptyPageWithNext;
    is_noticed(ApiVersion::V8_0, empty, Reason::Parse).await;
    is_noticed(ApiVersion::V8_0, Fault::IgnoreFilter, Reason::Parse).await;
    is_noticed(ApiVersion::V8_0, Fault::IgnoreSort, Reason::Parse).await;
    is_noticed(ApiVersion::V12_0, Fault::Status(500), Reason::Http).await;
}

#[tokio::test]
async fn the_pages_of_all_cursors_together_are_bounded() {
    for version in [ApiVersion::V12_0, ApiVersion::V8_0, ApiVersion::V4_0] {
        let mut bench = small_pages(
            Sim::builder()
                .api_version(version)
                .population(Population::empty()),
            12,
        )
        .await;
        bench.finish("jobs").await;
        let started = bench.primary.now();
        for place in 0..300 {
            let ended = started + Duration::from_secs(place * 5);
            let job = JobSpec::new("BACKUP").ended(ended).updated(ended);
            bench.primary.add_done(&job, 0);
        }
        bench.primary.advance(Duration::from_secs(3000));
        let live = bench.collect("jobs").await.unwrap();
        bench.keep("jobs", &live);
        bench.primary.forget_requests();
        let error = bench.collect("jobs").await.unwrap_err();
        assert_eq!(error.reason(), Reason::Limit, "{version}");
        let asked = bench.primary.requests_to(Route::Jobs).len();
        assert!((12..=16).contains(&asked), "{version}: {asked} requests");
        // Slices become as narrow as it takes.
        for _ in 0..40 {
            if let Ok(collected) = bench.collect("jobs").await {
                bench.keep("jobs", &collected);
            }
        }
        assert_eq!(total(&bench).await, 300.0, "{version}");
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::IgnoreFilter),
        Just(Fault::IgnoreSort),
        Just(Fault::RepeatCursor),
        Just(Fault::AlternateCursors),
        Just(Fault::EmptyPageWithNext),
        (-30..30_i64).prop_map(Fault::CountLies),
        prop_oneof![Just(400_u16), Just(404), Just(429), Just(500)].prop_map(Fault::Status),
        Just(Fault::Truncate),
        Just(Fault::Reset),
        Just(Fault::Html),
        Just(Fault::Edit(Edit::new(|mut body: Vec<u8>| {
            body.truncate(body.len() / 2);
            body
        }))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever goes wrong and wherever it is broken off, in the end each job was counted once.
    #[test]
    fn whatever_goes_wrong_each_job_is_counted_once(
        seed in 0..1_000_u64,
        old: bool,
        script in prop::collection::vec(
            (1..40_usize, fault(), prop::option::of(0..200_usize), 1..30_u64),
            1..8,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let version = if old { ApiVersion::V8_0 } else { ApiVersion::V12_0 };
            let mut bench = small_pages(living(version, seed), 20_000).await;
            bench.finish("jobs").await;
            let horizon = bench.ledger.marks().horizon.unwrap();
            let mut unsorted = false;
            for (nth, fault, waits, minutes) in script {
                unsorted |= matches!(fault, Fault::IgnoreSort);
                bench.primary.advance(Duration::from_secs(60 * minutes));
                bench.primary.faults().nth(Route::Jobs, nth, fault);
                for _ in 0..2 {
                    let clock = || bench.primary.now();
                    if let Some(Ok(collected)) = bench.collect_at("jobs", &clock, waits).await {
                        bench.keep("jobs", &collected);
                    }
                }
                bench.primary.faults().clear();
            }
            bench.primary.advance(Duration::from_secs(60));
            // The live jobs, then the finished ones.
            bench.finish("jobs").await;
            bench.finish("jobs").await;
            if unsorted {
                reconcile(&mut bench).await;
            }
            assert_eq!(counted(&bench).await, expected(&bench.primary.truth(), horizon));
        });
    }
}

/// Lets the time of a reconciliation come, and it run to its end: one page of the wrong order may by chance look like one of
/// the right order, and nobody can tell then what it left out.
async fn reconcile(bench: &mut Bench) {
    bench.primary.advance(Duration::from_secs(6 * 3600));
    for _ in 0..60 {
        bench.finish("jobs").await;
        if bench.ledger.marks().rewalk.is_none() {
            return;
        }
    }
    panic!("the reconciliation never ends: {:?}", bench.ledger.marks());
}

#[tokio::test]
async fn a_divided_walk_that_is_dropped_at_any_await_counts_nothing_twice() {
    let mut divided = false;
    for waits in 0.. {
        let mut bench = due(Sim::builder(), 120).await;
        let clock = || bench.primary.now();
        let collected = bench.collect_at("jobs", &clock, Some(waits)).await;
        let before = total(&bench).await;
        divided |= parts(&bench) > 0;
        if let Some(collected) = collected {
            collected.unwrap();
            assert!(divided && before == 120.0, "{before}");
            break;
        }
        assert!(before <= 120.0, "{before} after {waits}");
        let watermark = bench.ledger.marks().watermark;
        assert!(
            watermark < Some(bench.primary.now()),
            "dropped, but told complete"
        );
        bench.finish("jobs").await;
        assert_eq!(total(&bench).await, 120.0, "after {waits}");
    }
}

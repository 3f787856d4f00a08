use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use nbu_api::{ApiVersion, QueueReason};
use nbu_client::Reason;
use nbu_sim::{Fault, Malformed, Population, Route, Sim, SimBuilder, Truth};

use super::bench::{Bench, Series, series};

fn living() -> SimBuilder {
    Sim::builder().seed(11).population(Population {
        preloaded: 300,
        jobs_per_day: 20_000,
        ..Population::default()
    })
}

fn empty() -> SimBuilder {
    Sim::builder().population(Population::empty())
}

fn word(word: &str) -> &str {
    if word.is_empty() { "none" } else { word }
}

/// What the counters are to say, from the truth: sums per job type and policy type.
pub(super) fn expected(truth: &Truth, horizon: Timestamp) -> [Series; 4] {
    let mut sums = [const { Series::new() }; 4];
    for job in truth.leaves_ended_since(horizon) {
        let policy = job.policy_type.as_deref().unwrap_or_default();
        let kind = format!("{} {}", job.job_type, word(policy));
        *sums[0]
            .entry(format!("{kind} {}", job.status.unwrap()))
            .or_default() += 1.0;
        *sums[1].entry(kind.clone()).or_default() += (job.kib * 1024) as f64;
        *sums[2].entry(kind.clone()).or_default() += (job.kib_sent * 1024) as f64;
        *sums[3].entry(kind).or_default() += job.files as f64;
    }
    // Records without a size or files have no series; jobs whose sum is 0 are of no interest here.
    for sum in &mut sums[1..] {
        sum.retain(|_, value| *value > 0.0);
    }
    sums
}

/// What they say.
pub(super) async fn counted(bench: &Bench) -> [Series; 4] {
    let samples = bench.counters().await;
    let finished = series(&samples, "netbackup_jobs_finished_total")
        .into_iter()
        .map(|(labels, value)| (labels.rsplit_once(' ').unwrap().0.to_owned(), value))
        .collect();
    let positive = |name| {
        let mut all = series(&samples, name);
        all.retain(|_, value| *value > 0.0);
        all
    };
    [
        finished,
        positive("netbackup_jobs_backup_bytes_total"),
        positive("netbackup_jobs_transferred_bytes_total"),
        positive("netbackup_jobs_files_total"),
    ]
}

async fn counters_equal_the_truth(version: ApiVersion) {
    let mut bench = Bench::start(living().api_version(version)).await;
    bench.finish("jobs").await;
    let horizon = bench.ledger.marks().horizon.unwrap();
    for minutes in [1, 1, 7, 30, 200, 1] {
        bench.primary.advance(Duration::from_secs(60 * minutes));
        bench.finish("jobs").await;
        assert_eq!(
            counted(&bench).await,
            expected(&bench.primary.truth(), horizon),
            "{version}"
        );
    }
    let truth = bench.primary.truth();
    let parents = series(
        &*bench.counters().await,
        "netbackup_parent_jobs_finished_total",
    );
    let expected = truth.parents_ended_since(horizon).count();
    assert!(expected > 0, "there are parents to be told apart");
    assert_eq!(parents.values().sum::<f64>(), expected as f64, "{version}");
    assert_eq!(bench.ledger.marks().watermark, Some(truth.now));
}

#[tokio::test]
async fn every_finished_job_is_counted_once_by_cursor() {
    counters_equal_the_truth(ApiVersion::V12_0).await;
}

/// No `childCount`, no filter by `lastUpdateTime`, pages by offset.
#[tokio::test]
async fn every_finished_job_is_counted_once_on_8_3() {
    counters_equal_the_truth(ApiVersion::V4_0).await;
}

#[tokio::test]
async fn every_finished_job_is_counted_once_with_offsets() {
    counters_equal_the_truth(ApiVersion::V8_0).await;
}

#[tokio::test]
async fn live_jobs_are_told_by_state_and_reason() {
    let mut bench = Bench::start(living()).await;
    let live = bench.finish("jobs").await;
    let truth = bench.primary.truth();
    let states: Series = truth
        .live_by_state()
        .into_iter()
        .map(|((job_type, state), count)| (format!("{job_type} {state}"), count as f64))
        .collect();
    assert!(states.len() > 1, "{states:?}");
    assert_eq!(series(&live, "netbackup_jobs"), states);
    let mut reasons: BTreeMap<String, f64> = QueueReason::known()
        .map(|(_, name)| (name.to_owned(), 0.0))
        .collect();
    for (reason, count) in truth.queued_by_reason() {
        let name = reason.map_or("none".to_owned(), |reason| {
            QueueReason(reason.into()).to_string()
        });
        *reasons.entry(name).or_default() += count as f64;
    }
    assert_eq!(series(&live, "netbackup_jobs_queued"), reasons);
    let oldest = truth
        .live()
        .filter(|job| job.state == "QUEUED")
        .map(|job| job.start)
        .min();
    let shown = series(&live, "netbackup_jobs_oldest_queued_timestamp_seconds");
    assert_eq!(
        shown.get("").copied(),
        oldest.map(|at| at.as_second() as f64)
    );
}

#[tokio::test]
async fn nothing_queued_is_no_timestamp_and_every_reason_at_zero() {
    let mut bench = Bench::start(empty()).await;
    let live = bench.finish("jobs").await;
    assert!(series(&live, "netbackup_jobs_oldest_queued_timestamp_seconds").is_empty());
    assert!(series(&live, "netbackup_jobs").is_empty());
    let reasons = series(&live, "netbackup_jobs_queued");
    assert_eq!(reasons.len(), QueueReason::known().count());
    assert!(reasons.values().all(|count| *count == 0.0));
}

#[tokio::test]
async fn a_stalled_job_is_active_and_silent_and_neither_a_parent_nor_instant_access() {
    let mut bench = Bench::start(empty()).await;
    let now = bench.primary.now();
    let [silent, lively] = [1800, 1799].map(|seconds| now - Duration::from_secs(seconds));
    let job = |id: u64, job_type, updated: Timestamp, more| {
        format!(
            r#"{{"id": "{id}", "attributes": {{"jobId": {id}, "jobType": "{job_type}", "state": "ACTIVE",
                "startTime": "{silent}", "lastUpdateTime": "{updated}"{more}}}}}"#
        )
    };
    let jobs = [
        job(1, "BACKUP", silent, r#", "childCount": 1"#),
        job(
            2,
            "BACKUP",
            silent,
            r#", "childCount": 0, "parentJobId": 1"#,
        ),
        job(3, "BACKUP", lively, ""),
        job(4, "INSTANT_ACCESS", silent, ""),
        job(5, "DUPLICATE", silent, ""),
        job(6, "DUPLICATE", lively, r#", "parentJobId": 5"#),
    ];
    let page = format!(
        r#"{{"data": [{}], "meta": {{"pagination": {{"limit": 100}}}}}}"#,
        jobs.join(",")
    );
    bench
        .primary
        .faults()
        .always(Route::Jobs, Fault::Body(page.into()));
    let live = bench.finish("jobs").await;
    let stalled = series(&live, "netbackup_jobs_stalled");
    let expected = [("BACKUP", 1.0), ("DUPLICATE", 0.0), ("INSTANT_ACCESS", 0.0)];
    assert_eq!(
        stalled,
        expected
            .map(|(name, count)| (name.to_owned(), count))
            .into()
    );
    let oldest = series(&live, "netbackup_jobs_oldest_active_timestamp_seconds");
    assert_eq!(oldest["BACKUP"], silent.as_second() as f64);
    // They are not done, whatever the filter should have done.
    let counters = bench.counters().await;
    assert!(series(&counters, "netbackup_jobs_finished_total").is_empty());
}

#[tokio::test]
async fn faults_lose_nothing() {
    let mut bench = Bench::start(living()).await;
    bench.finish("jobs").await;
    let horizon = bench.ledger.marks().horizon.unwrap();
    let faults = [
        Fault::Status(500),
        Fault::Truncate,
        Fault::Reset,
        Fault::Html,
        Fault::RepeatCursor,
        Fault::EmptyPageWithNext,
    ];
    for (round, fault) in faults.iter().cycle().take(24).enumerate() {
        bench.primary.advance(Duration::from_secs(20 * 60));
        bench
            .primary
            .faults()
            .nth(Route::Jobs, round % 6, fault.clone());
        for _ in 0..3 {
            if let Ok(collected) = bench.collect("jobs").await {
                bench.keep("jobs", &collected);
            }
        }
        bench.primary.faults().clear();
    }
    assert!(bench.primary.faults().struck() > 10);
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    assert_eq!(
        counted(&bench).await,
        expected(&bench.primary.truth(), horizon)
    );
}

#[tokio::test]
async fn the_steady_state_asks_for_what_is_new_only() {
    let mut bench = Bench::start(Sim::builder().population(Population::finished(5_000))).await;
    bench.finish("jobs").await;
    bench.primary.advance(Duration::from_secs(60));
    bench.primary.forget_requests();
    bench.finish("jobs").await;
    let asked = bench.primary.requests().len();
    assert!(asked <= 6, "{asked} requests for nothing new");
}

#[tokio::test]
async fn a_lost_job_database_and_a_clock_set_back_change_no_count() {
    let mut bench = Bench::start(living()).await;
    bench.finish("jobs").await;
    let horizon = bench.ledger.marks().horizon.unwrap();
    bench.primary.advance(Duration::from_secs(3 * 3600));
    bench.finish("jobs").await;
    bench.primary.step_clock(SignedDuration::from_hours(-1));
    bench.finish("jobs").await;
    bench.primary.advance(Duration::from_secs(2 * 3600));
    bench.finish("jobs").await;
    bench.primary.lose_job_database();
    bench.primary.advance(Duration::from_secs(2 * 3600));
    bench.finish("jobs").await;
    let [finished, ..] = counted(&bench).await;
    let [truth, ..] = expected(&bench.primary.truth(), horizon);
    assert_eq!(finished.values().sum::<f64>(), truth.values().sum::<f64>());
}

#[tokio::test]
async fn without_permission_it_says_so() {
    let mut bench = Bench::start(empty()).await;
    bench.primary.set_key(super::bench::KEY, &[], None);
    let error = bench.collect("jobs").await.unwrap_err();
    assert_eq!(
        (error.reason(), error.endpoint()),
        (Reason::Forbidden, Some("/admin/jobs"))
    );
}

#[tokio::test]
async fn an_old_primary_whose_counts_lie_is_read_to_its_end() {
    for lie in [-400, 400] {
        let sim = Sim::builder().population(Population::finished(450));
        let mut bench = Bench::start(sim.api_version(ApiVersion::V4_0)).await;
        bench
            .primary
            .faults()
            .always(Route::Jobs, Fault::CountLies(lie));
        bench.finish("jobs").await;
        let horizon = bench.ledger.marks().horizon.unwrap();
        for _ in 0..250 {
            bench.primary.add_done(&nbu_sim::JobSpec::new("BACKUP"), 0);
        }
        bench.primary.advance(Duration::from_secs(60));
        bench.finish("jobs").await;
        assert_eq!(
            counted(&bench).await,
            expected(&bench.primary.truth(), horizon),
            "{lie}"
        );
    }
}

#[tokio::test]
async fn other_spellings_make_no_other_series() {
    let mut bench = Bench::start(living()).await;
    let how = Malformed::OtherSpellings;
    let fault = Fault::Malformed { every: 2, how };
    bench.primary.faults().always(Route::Jobs, fault);
    bench.finish("jobs").await;
    let horizon = bench.ledger.marks().horizon.unwrap();
    bench.primary.advance(Duration::from_secs(7_200));
    bench.finish("jobs").await;
    let truth = bench.primary.truth();
    assert_eq!(counted(&bench).await, expected(&truth, horizon));
}

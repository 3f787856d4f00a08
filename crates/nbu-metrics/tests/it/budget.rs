//! How many series a primary may have, whatever it has.

#![expect(
    clippy::float_cmp,
    reason = "what is compared are whole numbers, or the result of the same arithmetic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_metrics::budget::{Admissions, Budget, OTHER};
use nbu_metrics::catalogue::{collection, jobs, storage};
use nbu_metrics::ledger::{FinishedJob, JobLabel, JobsSettings, Ledger, MemoryStore};
use nbu_metrics::samples::{Samples, Value};
use nbu_metrics::snapshot::Snapshot;
use proptest::prelude::*;

const STATES: [&str; 3] = ["UP", "DOWN", "TRANSIENT"];

/// Series by family and labels.
type Shown = BTreeMap<String, BTreeSet<Vec<String>>>;

fn shown(snapshot: &Snapshot) -> Shown {
    let labels =
        |series: &nbu_metrics::samples::Series| series.labels.values().map(str::to_owned).collect();
    snapshot
        .families()
        .map(|one| {
            (
                one.family.name.to_owned(),
                one.series.iter().map(labels).collect(),
            )
        })
        .collect()
}

async fn open(store: &Arc<MemoryStore>, settings: JobsSettings) -> Ledger {
    Ledger::open(Arc::clone(store) as _, settings)
        .await
        .unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// What a primary has: names that come and go, and do not come back.
#[derive(Clone, Debug)]
struct Step {
    pools: usize,
    kinds: usize,
    gone: Vec<usize>,
    restart: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let gone = prop::collection::vec(any::<usize>(), 0..4);
    (0..3_usize, 0..4_usize, gone, prop::bool::weighted(0.2)).prop_map(
        |(pools, kinds, gone, restart)| Step {
            pools,
            kinds,
            gone,
            restart,
        },
    )
}

/// Names whose order is not that in which they come.
fn name(number: usize) -> String {
    format!("{:03}-{number}", number * 617 % 1_000)
}

async fn play(steps: &[Step], budget: Budget, counters: usize) -> Vec<Shown> {
    let settings = JobsSettings {
        series: budget,
        ..JobsSettings::default()
    };
    let store = Arc::new(MemoryStore::new());
    let mut ledger = open(&store, settings.clone()).await;
    let (mut pools, mut kinds): (Vec<String>, Vec<String>) = Default::default();
    let mut names = (0..).map(name);
    let mut all = Vec::new();
    for step in steps {
        for gone in &step.gone {
            let from = if gone % 2 == 0 {
                &mut pools
            } else {
                &mut kinds
            };
            if !from.is_empty() {
                from.remove(gone / 2 % from.len());
            }
        }
        pools.extend(names.by_ref().take(step.pools));
        kinds.extend(names.by_ref().take(step.kinds));
        if step.restart {
            ledger.publish(Timestamp::UNIX_EPOCH).await.unwrap();
            ledger = open(&store, settings.clone()).await;
        }
        let mut samples = Samples::new();
        samples.gauge(&collection::UP, &[], 1.0);
        for number in 0..counters {
            samples.counter(&jobs::JOBS_FILES_TOTAL, &[&name(number), ""], 1.0);
        }
        for pool in &pools {
            samples.state_set(&storage::DISK_POOL_STATE, &[pool], &STATES, "UP");
        }
        for kind in &kinds {
            samples.gauge(&jobs::JOBS, &[kind, "ACTIVE"], 1.0);
        }
        let builder = Snapshot::builder(Some("paris".into())).add(&samples);
        let snapshot = ledger.snapshot(builder);
        let full = shown(
            &Snapshot::builder(Some("paris".into()))
                .add(&samples)
                .build(),
        );
        let cut = shown(&snapshot);
        check(&full, &cut, budget, counters + 1);
        all.push(full);
        all.push(cut);
    }
    all
}

fn check(full: &Shown, cut: &Shown, budget: Budget, fixed: usize) {
    let dropped = collection::SERIES_DROPPED_TOTAL.name;
    let told = cut.get(dropped).map_or(0, BTreeSet::len);
    let total: usize = cut.values().map(BTreeSet::len).sum();
    assert!(total - told <= budget.series.max(fixed), "{total} series");
    for (family, series) in full {
        let left = cut.get(family).cloned().unwrap_or_default();
        assert!(left.is_subset(series));
        if family.ends_with("_total") || family == collection::UP.name {
            assert_eq!(&left, series, "{family} is never cut");
            continue;
        }
        assert!(left.len() <= budget.series_per_family, "{family}");
        let is_told = cut
            .get(dropped)
            .is_some_and(|told| told.contains(&vec![family.clone()]));
        assert!(
            is_told || left.len() == series.len(),
            "{family} was cut and nobody told"
        );
        if family == storage::DISK_POOL_STATE.name {
            assert!(left.len().is_multiple_of(STATES.len()), "half a state set");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gauges_are_admitted_in_the_order_in_which_they_came_and_stay(
        steps in prop::collection::vec(step(), 1..60),
        series in 60..120_usize,
        series_per_family in 36..80_usize,
        counters in prop_oneof![0..30_usize, 0..120_usize],
    ) {
        let budget = Budget { series, series_per_family };
        let all = block_on(play(&steps, budget, counters));
        for pair in all.chunks(2).collect::<Vec<_>>().windows(2) {
            let [before, after] = pair else { unreachable!() };
            for (family, series) in before[1].iter().filter(|(family, _)| after[0].contains_key(*family)) {
                for one in series.iter().filter(|one| after[0][family].contains(*one)) {
                    let stays = after[1].get(family).is_some_and(|left| left.contains(one));
                    prop_assert!(stays, "{family} {one:?} was shown and is there");
                }
            }
        }
        prop_assert_eq!(&all, &block_on(play(&steps, budget, counters)), "the same again");
    }
}

#[test]
fn half_a_budget_costs_nothing_to_remember() {
    block_on(async {
        let store = Arc::new(MemoryStore::new());
        let ledger = open(&store, JobsSettings::default()).await;
        ledger.publish(Timestamp::UNIX_EPOCH).await.unwrap();
        let before = nbu_metrics::ledger::Store::bytes(&*store);
        let mut samples = Samples::new();
        for number in 0..1_000 {
            samples.gauge(&jobs::JOBS, &[&name(number), "ACTIVE"], 1.0);
        }
        let snapshot = ledger.snapshot(Snapshot::builder(Some("paris".into())).add(&samples));
        ledger.publish(Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(snapshot.len(), 1_000);
        assert_eq!(nbu_metrics::ledger::Store::bytes(&*store), before);
    });
}

#[test]
fn what_was_left_out_is_counted_once_for_as_long_as_it_is() {
    let mut admissions = Admissions::default();
    let budget = Budget {
        series: 100,
        series_per_family: 3,
    };
    // Two of five are left out, then a third, then none for a while, then two again.
    for (count, told) in [(5, 2.0), (5, 2.0), (6, 3.0), (3, 3.0), (5, 5.0), (5, 5.0)] {
        let mut samples = Samples::new();
        for number in 0..count {
            samples.gauge(&jobs::JOBS, &[&format!("{number}"), "ACTIVE"], 1.0);
        }
        let builder = Snapshot::builder(Some("paris".into())).add(&samples);
        let snapshot = builder.build_within(budget, &mut admissions);
        let dropped = snapshot
            .families()
            .find(|one| one.family.name == collection::SERIES_DROPPED_TOTAL.name)
            .unwrap();
        assert_eq!(dropped.series.len(), 1);
        assert_eq!(
            dropped.series[0].labels.values().collect::<Vec<_>>(),
            ["netbackup_jobs"]
        );
        assert_eq!(dropped.series[0].value, Value::Number(told), "{count}");
    }
}

#[test]
fn the_series_of_a_state_set_are_counted_one_by_one() {
    let mut admissions = Admissions::default();
    let budget = Budget {
        series: 100,
        series_per_family: STATES.len(),
    };
    for _ in 0..2 {
        let mut samples = Samples::new();
        for pool in ["a", "b"] {
            samples.state_set(&storage::DISK_POOL_STATE, &[pool], &STATES, "UP");
        }
        let builder = Snapshot::builder(Some("paris".into())).add(&samples);
        let snapshot = builder.build_within(budget, &mut admissions);
        let mut families = snapshot.families();
        let dropped = families.find(|one| one.family.name == collection::SERIES_DROPPED_TOTAL.name);
        assert_eq!(dropped.unwrap().series[0].value, Value::Number(3.0));
    }
}

/// A job, by what tells its series from others.
#[derive(Clone, Copy, Debug)]
struct Done {
    kind: u8,
    policy: u8,
    status: i64,
    parent: bool,
}

fn done() -> impl Strategy<Value = Done> {
    (0..12_u8, 0..40_u8, 0..6_i64, prop::bool::weighted(0.2)).prop_map(
        |(kind, policy, status, parent)| Done {
            kind,
            policy,
            status,
            parent,
        },
    )
}

/// Counts the jobs; gives what is shown of counters, and the sum of the finished ones.
async fn count(
    ledger: &Ledger,
    jobs: &[Done],
    first: u64,
    clock: Timestamp,
) -> BTreeMap<String, f64> {
    let agenda = ledger.begin(clock).await.unwrap();
    let walk = ledger.walk(agenda.advance, clock);
    let mut page = ledger.page();
    for (id, job) in (first..).zip(jobs) {
        page.take(FinishedJob {
            id,
            child_count: Some(u64::from(job.parent)),
            job_type: format!("KIND_{}", job.kind).into(),
            policy_type: "STANDARD".into(),
            policy: format!("policy-{}", job.policy).into(),
            client: format!("client-{}", job.policy).into(),
            schedule_type: format!("SCHEDULE_{}", job.policy).into(),
            media_server: format!("media-{}", job.policy).into(),
            storage_unit: format!("unit-{}", job.policy).into(),
            status: Some(job.status),
            end: Some(clock),
            elapsed: Some(Duration::from_secs(60)),
            kilobytes: Some(1),
            ..FinishedJob::default()
        });
    }
    page.commit().await.unwrap();
    walk.complete().await.unwrap();
    let samples = ledger.publish(clock).await.unwrap();
    let mut counters = BTreeMap::new();
    for (family, series) in samples
        .families()
        .filter(|(family, _)| family.collector == "jobs")
    {
        for one in series {
            let labels: Vec<&str> = one.labels.values().collect();
            let value = match &one.value {
                Value::Number(value) => *value,
                Value::Histogram(histogram) => histogram.count() as f64,
            };
            let name = format!("{} {}", family.name, labels.join(" "));
            assert_eq!(counters.insert(name, value), None);
        }
    }
    counters
}

fn of<'c>(
    counters: &'c BTreeMap<String, f64>,
    family: &'c str,
) -> impl Iterator<Item = (&'c str, f64)> {
    let prefix = format!("{family} ");
    counters
        .iter()
        .filter(move |(name, _)| name.starts_with(&prefix))
        .map(|(name, value)| (name.as_str(), *value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counters_are_folded_and_neither_lost_nor_go_back(
        pages in prop::collection::vec((prop::collection::vec(done(), 0..30), any::<bool>()), 1..12),
        series_per_family in 1..60_usize,
        series in 120..400_usize,
        labels in prop::sample::subsequence(vec![JobLabel::Policy, JobLabel::Client], 0..=2),
    ) {
        let budget = Budget { series, series_per_family };
        let settings = JobsSettings {
            series: budget,
            counter_birth: Duration::ZERO,
            job_labels: labels.into_iter().collect(),
            ..JobsSettings::default()
        };
        block_on(async {
            let store = Arc::new(MemoryStore::new());
            let mut ledger = open(&store, settings.clone()).await;
            let (mut leaves, mut parents, mut first) = (0.0, 0.0, 1);
            let mut before = BTreeMap::new();
            for (place, (jobs, restart)) in (0..).zip(&pages) {
                if *restart {
                    ledger = open(&store, settings.clone()).await;
                }
                let clock = Timestamp::from_second(1_800_000_000 + place * 60).unwrap();
                let counters = count(&ledger, jobs, first, clock).await;
                first += jobs.len() as u64;
                parents += jobs.iter().filter(|job| job.parent).count() as f64;
                leaves += jobs.iter().filter(|job| !job.parent).count() as f64;
                let sum = |family| of(&counters, family).map(|(_, value)| value).sum::<f64>();
                assert_eq!(sum(jobs::JOBS_FINISHED_TOTAL.name) + 0.0, leaves);
                assert_eq!(sum(jobs::PARENT_JOBS_FINISHED_TOTAL.name) + 0.0, parents);
                assert_eq!(sum(jobs::JOBS_BACKUP_BYTES_TOTAL.name) + 0.0, leaves * 1024.0);
                assert_eq!(sum(jobs::JOB_DURATION_SECONDS.name) + 0.0, leaves);
                let mut all = 0;
                for (family, lines) in [
                    (&jobs::JOBS_FINISHED_TOTAL, 1),
                    (&jobs::PARENT_JOBS_FINISHED_TOTAL, 1),
                    (&jobs::JOBS_BACKUP_BYTES_TOTAL, 1),
                    (&jobs::JOB_SIZE_BYTES, jobs::JOB_SIZE_BYTES.buckets.len() + 3),
                    (&jobs::JOB_DURATION_SECONDS, jobs::JOB_DURATION_SECONDS.buckets.len() + 3),
                ] {
                    let lines = of(&counters, family.name).count() * lines;
                    let least = if family.buckets.is_empty() { 1 } else { lines.min(family.buckets.len() + 3) };
                    assert!(lines <= series_per_family.max(least), "{lines} of {}", family.name);
                    all += lines;
                }
                // The last resorts of all measures may be all that there is room for.
                assert!(all <= (series / 2).max(60), "{all} series");
                for (name, value) in &before {
                    assert!(counters.get(name).is_some_and(|now| now >= value), "{name} went back");
                }
                before = counters;
            }
        });
    }
}

#[test]
fn the_optional_labels_are_folded_first_and_the_result_last() {
    for label in JobLabel::ALL {
        block_on(folded_by(label));
    }
}

async fn folded_by(label: JobLabel) {
    let settings = JobsSettings {
        series: Budget {
            series: 10_000,
            series_per_family: 40,
        },
        counter_birth: Duration::ZERO,
        job_labels: [label].into_iter().collect(),
        ..JobsSettings::default()
    };
    let store = Arc::new(MemoryStore::new());
    let ledger = open(&store, settings).await;
    let job = |kind, policy, status| Done {
        kind,
        policy,
        status,
        parent: false,
    };
    let clock = Timestamp::from_second(1_800_000_000).unwrap();
    let policies: Vec<Done> = (0..40).map(|policy| job(0, policy, 0)).collect();
    let counters = count(&ledger, &policies, 1, clock).await;
    let folded = format!("netbackup_jobs_finished_total KIND_0 STANDARD 0 success {OTHER}");
    assert_eq!(counters[&folded], 10.0, "three quarters have their own");
    let kinds: Vec<Done> = (1..40).map(|kind| job(kind, 0, 6)).collect();
    let counters = count(&ledger, &kinds, 100, clock + Duration::from_secs(60)).await;
    let folded = format!("netbackup_jobs_finished_total {OTHER} {OTHER} {OTHER} failed {OTHER}");
    assert!(counters[&folded] > 30.0, "{counters:?}");
    let told = |samples: &Samples| {
        let (_, series) = samples
            .families()
            .find(|(family, _)| family.name == collection::SERIES_DROPPED_TOTAL.name)
            .unwrap();
        let mut series = series.iter();
        let of_jobs = series.find(|one| one.labels.values().eq(["netbackup_jobs_finished_total"]));
        of_jobs.unwrap().value.clone()
    };
    let once = told(&ledger.published());
    assert!(
        matches!(once, Value::Number(series) if (40.0..=49.0).contains(&series)),
        "ten policies and most of 39 kinds: {once:?}"
    );
    count(&ledger, &kinds, 200, clock + Duration::from_secs(120)).await;
    assert_eq!(told(&ledger.published()), once, "each counts once");
}

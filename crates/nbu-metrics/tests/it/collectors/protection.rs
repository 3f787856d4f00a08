//! When each client was backed up last, and what the configuration expects.

mod catalog;
mod failures;
mod hidden;
mod inventory;
mod restart;
mod texts;
mod unreadable;

use std::sync::Arc;
use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_metrics::samples::Samples;
use nbu_sim::{JobSpec, Policy, Population, Rhythm, Sim, Subject, Truth};

use super::bench::{Bench, Series, series};

const HOUR: Duration = Duration::from_secs(3600);
const NEVER: &str = "netbackup_client_never_succeeded";
const SUCCESS: &str = "netbackup_client_last_success_timestamp_seconds";

/// A primary with two policies of hosts and one of virtual machines, and no jobs.
async fn bench() -> Bench {
    let bench = Bench::start(Sim::builder().population(Population::empty())).await;
    bench.primary.edit_configuration(|configuration| {
        configuration.paused = vec!["host9".to_owned()];
        configuration.policies = vec![
            Policy::new("daily", "STANDARD")
                .client("host1")
                .client("host2")
                .schedule("full", "FULL_BACKUP", Rhythm::Every(604_800))
                .schedule(
                    "incr",
                    "DIFFERENTIAL_INCREMENTAL_BACKUP",
                    Rhythm::Every(86_400),
                ),
            Policy::new("windows", "WINDOWS_NT")
                .client("host3")
                .client("host1")
                .schedule(
                    "sunday",
                    "FULL_BACKUP",
                    Rhythm::DaysOfWeek((1..=5).map(|n| format!("{n}:1")).collect()),
                ),
            Policy::new("vm", "VMWARE").client("vcenter"),
        ];
    });
    bench
}

fn backup(policy: &str, client: &str) -> JobSpec {
    JobSpec::backup(policy, "STANDARD", client).schedule("full", "FULL_BACKUP")
}

/// Counts what finished, then reads the inventory; the ledger's samples and the collector's.
async fn collect(bench: &mut Bench) -> (Arc<Samples>, Samples) {
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    let found = bench.finish("protection").await;
    (bench.counters().await, found)
}

fn names(series: &Series) -> Vec<&str> {
    series.keys().map(String::as_str).collect()
}

fn seconds(at: jiff::Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// What the truth says, in the shape of the samples.
fn expected(truth: &Truth, since: jiff::Timestamp) -> [Series; 3] {
    let label = |subject: &Subject| {
        let words = [&subject.client, &subject.policy, &subject.schedule_type];
        words
            .map(|word| {
                if word.is_empty() {
                    "none"
                } else {
                    word.as_str()
                }
            })
            .join(" ")
    };
    let mut known: [Series; 3] = Default::default();
    for (subject, protected) in truth.protection(since) {
        let label = label(&subject);
        if let Some(success) = protected.last_success {
            known[0].insert(label.clone(), seconds(success));
        }
        known[1].insert(label.clone(), seconds(protected.last_attempt));
        known[2].insert(label, f64::from(protected.last_status));
    }
    known
}

fn shown(samples: &Samples) -> [Series; 3] {
    [
        SUCCESS,
        "netbackup_client_last_attempt_timestamp_seconds",
        "netbackup_client_last_attempt_status",
    ]
    .map(|family| series(samples, family))
}

#[tokio::test]
async fn the_last_runs_of_a_living_primary_are_the_true_ones() {
    for version in [ApiVersion::V12_0, ApiVersion::V4_0] {
        let population = Population {
            preloaded: 0,
            warm_up: Duration::ZERO,
            ..Population::living(20_000)
        };
        let sim = Sim::builder()
            .seed(5)
            .api_version(version)
            .population(population);
        let mut bench = Bench::start(sim).await;
        let since = bench.primary.now();
        bench.finish("jobs").await;
        for _ in 0..8 {
            bench.primary.advance(HOUR);
            bench.finish("jobs").await;
        }
        let samples = bench.counters().await;
        let truth = bench.primary.truth();
        let known = expected(&truth, since);
        assert!(known[0].len() > 100, "{} runs prove little", known[0].len());
        assert_eq!(shown(&samples), known, "{version}");
        let failures: Series = truth
            .consecutive_failures(since)
            .into_iter()
            .map(|((client, policy), count)| (format!("{client} {policy}"), count as f64))
            .collect();
        assert!(failures.values().any(|count| *count > 1.0));
        assert_eq!(
            series(&samples, "netbackup_client_consecutive_failures"),
            failures,
            "{version}"
        );
        let copies: Series = truth
            .last_copies(since)
            .into_iter()
            .map(|((client, policy, kind), end)| {
                (format!("{client} {policy} {kind}"), seconds(end))
            })
            .collect();
        assert!(!copies.is_empty());
        assert_eq!(
            series(&samples, "netbackup_last_copy_timestamp_seconds"),
            copies,
            "{version}"
        );
    }
}

#[tokio::test]
async fn what_the_first_start_looks_back_on_is_known_and_not_counted() {
    let mut bench = Bench::start(Sim::builder().population(Population::finished(2_000))).await;
    let horizon = bench.primary.now();
    bench.finish("jobs").await;
    let samples = bench.counters().await;
    let truth = bench.primary.truth();
    let known = expected(&truth, horizon - 2 * HOUR * 24);
    assert!(known[0].len() > 100);
    assert_eq!(shown(&samples), known);
    assert_eq!(
        series(&samples, "netbackup_jobs_finished_total")
            .values()
            .sum::<f64>(),
        truth.leaves_ended_since(horizon).count() as f64
    );
}

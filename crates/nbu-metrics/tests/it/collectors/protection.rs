use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_client::Reason;
use nbu_metrics::ledger::{JobsSettings, Ledger, MemoryStore, NameFilter, ProtectionSettings};
use nbu_metrics::samples::Samples;
use nbu_sim::{Fault, JobSpec, Permission, Policy, Population, Rhythm, Route, Sim, Subject, Truth};

use super::bench::{Bench, KEY, Series, series};

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

#[tokio::test]
async fn the_configuration_says_who_should_have_a_backup_and_how_often() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("daily", "host1"), 0);
    bench.primary.add_done(&backup("daily", "host2"), 13);
    let (_, found) = collect(&mut bench).await;
    assert_eq!(
        names(&series(&found, NEVER)),
        ["host1 windows", "host2 daily", "host3 windows"]
    );
    let info = series(&found, "netbackup_policy_info");
    assert_eq!(
        names(&info),
        [
            "daily STANDARD true",
            "vm VMWARE true",
            "windows WINDOWS_NT true"
        ]
    );
    let day = 86_400.0;
    let intervals: Series = [
        ("daily DIFFERENTIAL_INCREMENTAL_BACKUP", day),
        ("daily FULL_BACKUP", 7.0 * day),
        ("windows FULL_BACKUP", 7.0 * day),
    ]
    .map(|(labels, seconds)| (labels.to_owned(), seconds))
    .into();
    assert_eq!(
        series(&found, "netbackup_policy_expected_interval_seconds"),
        intervals
    );
    assert_eq!(series(&found, "netbackup_clients_paused")[""], 1.0);
    let untracked = series(&found, "netbackup_clients_not_trackable");
    assert_eq!(
        (untracked["virtual_machine"], untracked["other"]),
        (1.0, 0.0)
    );

    bench.primary.edit_configuration(|configuration| {
        configuration.edit("windows", |policy| policy.active = false);
        configuration.edit("daily", |policy| policy.client_kind = "INSTANCE".to_owned());
    });
    let (_, found) = collect(&mut bench).await;
    assert_eq!(series(&found, NEVER), Series::new());
    assert!(series(&found, "netbackup_policy_info").contains_key("windows WINDOWS_NT false"));
    let intervals = series(&found, "netbackup_policy_expected_interval_seconds");
    assert!(
        !intervals.contains_key("windows FULL_BACKUP"),
        "nothing is expected of it"
    );
    assert_eq!(
        series(&found, "netbackup_clients_not_trackable")["instance"],
        2.0
    );
}

#[tokio::test]
async fn schedules_are_read_again_only_when_a_policy_changes() {
    let mut bench = bench().await;
    collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::Policy).len(), 3);
    collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::Policy).len(), 3);
    bench.primary.edit_configuration(|configuration| {
        configuration.edit("daily", |policy| {
            policy.schedules[1].rhythm = Rhythm::Every(3_600);
        });
    });
    let (_, found) = collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::Policy).len(), 4);
    let intervals = series(&found, "netbackup_policy_expected_interval_seconds");
    assert_eq!(intervals["daily DIFFERENTIAL_INCREMENTAL_BACKUP"], 3_600.0);
}

#[tokio::test]
async fn what_is_gone_disappears_after_one_complete_inventory_and_no_incomplete_one() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    for (policy, client) in [
        ("daily", "host1"),
        ("daily", "host2"),
        ("windows", "host3"),
        ("vm", "vm-7"),
        ("old", "host1"),
    ] {
        bench.primary.add_done(&backup(policy, client), 0);
    }
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    let known = series(&*bench.counters().await, SUCCESS);
    assert_eq!(known.len(), 5);

    let faults = bench.primary.faults();
    bench.primary.edit_configuration(|configuration| {
        configuration
            .policies
            .retain(|policy| policy.name != "windows");
        configuration.edit("daily", |policy| {
            policy.clients.retain(|client| client != "host2");
        });
    });
    faults.always(Route::UniquePolicyClients, Fault::Status(500));
    bench.collect("protection").await.unwrap();
    assert_eq!(
        series(&*bench.counters().await, SUCCESS),
        known,
        "half an inventory"
    );
    faults.clear();
    faults.always(Route::Policies, Fault::Status(403));
    bench.collect("protection").await.unwrap();
    assert_eq!(
        series(&*bench.counters().await, SUCCESS),
        known,
        "the other half"
    );
    faults.clear();
    bench.finish("protection").await;
    let left = series(&*bench.counters().await, SUCCESS);
    // A policy of virtual machines does not name them.
    assert_eq!(
        names(&left),
        ["host1 daily FULL_BACKUP", "vm-7 vm FULL_BACKUP"]
    );
    bench.primary.advance(40 * 24 * HOUR);
    bench.finish("jobs").await;
    bench.finish("protection").await;
    let left = series(&*bench.counters().await, SUCCESS);
    assert_eq!(
        names(&left),
        ["host1 daily FULL_BACKUP"],
        "nobody has heard of it for 35 days"
    );
}

#[tokio::test]
async fn an_inventory_without_any_policy_removes_nothing() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("daily", "host1"), 0);
    collect(&mut bench).await;
    bench
        .primary
        .edit_configuration(|configuration| configuration.policies.clear());
    let (ledger, _) = collect(&mut bench).await;
    assert_eq!(series(&ledger, SUCCESS).len(), 1);
}

#[tokio::test]
async fn without_permission_for_policies_what_jobs_tell_is_there() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("daily", "host1"), 0);
    bench
        .primary
        .set_key(KEY, &[Permission::Jobs, Permission::HostProperties], None);
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    let collected = bench.collect("protection").await.unwrap();
    let refused = collected.refused.unwrap();
    assert_eq!(
        (refused.reason(), refused.endpoint()),
        (Reason::Forbidden, Some("/config/policies"))
    );
    assert_eq!(
        series(&collected.samples, "netbackup_clients_paused")[""],
        1.0
    );
    assert_eq!(series(&collected.samples, NEVER), Series::new());
    assert_eq!(series(&*bench.counters().await, SUCCESS).len(), 1);
}

#[tokio::test]
async fn a_primary_that_is_down_fails_the_run_and_removes_nothing() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("gone", "host1"), 0);
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    bench
        .primary
        .faults()
        .always(Route::PausedClients, Fault::Reset);
    let error = bench.collect("protection").await.unwrap_err();
    assert_eq!(error.reason(), Reason::Connect);
    assert_eq!(series(&*bench.counters().await, SUCCESS).len(), 1);
}

#[tokio::test]
async fn clients_beyond_the_limit_and_unwanted_ones_are_cut_and_counted() {
    let mut bench = bench().await;
    let filter = |text: &str| {
        let text = text.to_owned();
        NameFilter::new(text.clone(), move |name| name == text)
    };
    bench.ledger.configure(JobsSettings {
        protection: ProtectionSettings {
            max_clients: 1,
            exclude: Some(filter("host3")),
            ..ProtectionSettings::default()
        },
        ..bench.ledger.settings()
    });
    bench.finish("jobs").await;
    for (policy, client) in [("daily", "host1"), ("daily", "host2"), ("windows", "host3")] {
        bench.primary.add_done(&backup(policy, client), 0);
    }
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    let ledger = bench.counters().await;
    assert_eq!(
        names(&series(&ledger, SUCCESS)),
        ["host1 daily FULL_BACKUP"]
    );
    let (_, found) = collect(&mut bench).await;
    let untracked = series(&found, "netbackup_clients_not_trackable");
    assert_eq!(
        (untracked["max_clients"], untracked["excluded"]),
        (1.0, 1.0)
    );
    assert_eq!(
        names(&series(&found, NEVER)),
        ["host1 windows"],
        "of the others nothing is known"
    );
}

#[tokio::test]
async fn what_is_known_outlives_the_process_and_the_primary_s_memory() {
    let mut bench = bench().await;
    let store = Arc::new(MemoryStore::new());
    let open = || async {
        Ledger::open(Arc::clone(&store) as _, JobsSettings::default())
            .await
            .unwrap()
    };
    bench.ledger = open().await;
    bench.finish("jobs").await;
    let root = bench.primary.add_done(&backup("daily", "host1"), 0);
    for stream in 0..20 {
        bench.primary.add_done(
            &backup("daily", "host1").child_of(root),
            if stream == 7 { 13 } else { 0 },
        );
    }
    bench.primary.add_done(&backup("daily", "host2"), 0);
    let (before, _) = collect(&mut bench).await;
    assert_eq!(
        names(&series(&before, SUCCESS)),
        ["host2 daily FULL_BACKUP"],
        "one stream of twenty failed"
    );
    let statuses = series(&before, "netbackup_client_last_attempt_status");
    assert_eq!(statuses["host1 daily FULL_BACKUP"], 13.0);
    let texts = series(&before, "netbackup_status_code_info");
    assert!(
        texts.keys().any(|labels| labels.starts_with("13 reading")),
        "{texts:?}"
    );

    bench.ledger = open().await;
    bench.primary.lose_job_database();
    bench.primary.forget_requests();
    bench.primary.advance(200 * HOUR);
    let (after, _) = collect(&mut bench).await;
    assert_eq!(shown(&after), shown(&before));
    assert_eq!(series(&after, "netbackup_status_code_info"), texts);
    assert_eq!(
        bench.primary.requests_to(Route::StatusCode).len(),
        0,
        "the texts are kept"
    );
}

#[tokio::test]
async fn texts_are_asked_for_once_and_their_absence_is_no_failure() {
    let mut bench = bench().await;
    bench.finish("jobs").await;
    for status in [0, 13, 7_777] {
        bench.primary.add_done(&backup("daily", "host1"), status);
    }
    for _ in 0..3 {
        collect(&mut bench).await;
    }
    let (ledger, _) = collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::StatusCode).len(), 3);
    let texts = series(&ledger, "netbackup_status_code_info");
    assert_eq!(
        names(&texts),
        [
            "0 the operation was successful success",
            "13 reading a file failed failed",
            "7777 none failed",
        ]
    );
    bench.primary.advance(25 * HOUR);
    collect(&mut bench).await;
    assert_eq!(
        bench.primary.requests_to(Route::StatusCode).len(),
        4,
        "the unknown one, a day later"
    );
}

#[tokio::test]
async fn an_older_primary_has_no_texts_and_is_not_asked() {
    let sim = Sim::builder()
        .api_version(ApiVersion::V10_0)
        .population(Population::empty());
    let mut bench = Bench::start(sim).await;
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("daily", "host1"), 2_106);
    let (ledger, _) = collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::StatusCode).len(), 0);
    assert_eq!(
        names(&series(&ledger, "netbackup_status_code_info")),
        ["2106 none failed"]
    );
}

#[tokio::test]
async fn the_catalog_tells_of_backups_older_than_the_look_back() {
    let mut bench = bench().await;
    let long_ago = bench.primary.now() - 10 * 24 * HOUR;
    let old = backup("daily", "host1")
        .started(long_ago)
        .ended(long_ago + HOUR)
        .updated(long_ago + HOUR);
    let job = bench.primary.add_done(&old, 0);
    let older = long_ago - 24 * HOUR;
    bench.primary.add_done(
        &backup("daily", "host1")
            .started(older)
            .ended(older)
            .updated(older),
        0,
    );
    bench.primary.add_done(
        &backup("daily", "host2")
            .started(older)
            .ended(older)
            .updated(older),
        13,
    );
    bench.primary.purge(job);
    let (ledger, _) = collect(&mut bench).await;
    assert_eq!(series(&ledger, SUCCESS), Series::new(), "it was not asked");
    assert_eq!(bench.primary.requests_to(Route::CatalogImages).len(), 0);

    bench.ledger.configure(JobsSettings {
        protection: ProtectionSettings {
            seed_from_catalog: true,
            ..ProtectionSettings::default()
        },
        ..bench.ledger.settings()
    });
    let (ledger, found) = collect(&mut bench).await;
    let known: BTreeMap<_, _> = [(
        "host1 daily FULL_BACKUP".to_owned(),
        seconds(long_ago + HOUR),
    )]
    .into();
    assert_eq!(series(&ledger, SUCCESS), known);
    assert!(!series(&found, NEVER).contains_key("host1 daily"));
    let asked = bench.primary.requests_to(Route::CatalogImages).len();
    assert_eq!(asked, 4, "each client of the inventory, once");
    collect(&mut bench).await;
    assert_eq!(bench.primary.requests_to(Route::CatalogImages).len(), asked);
}

#[tokio::test]
async fn a_catalog_that_may_not_be_read_is_said_and_asked_again_later() {
    let mut bench = bench().await;
    bench.ledger.configure(JobsSettings {
        protection: ProtectionSettings {
            seed_from_catalog: true,
            ..ProtectionSettings::default()
        },
        ..bench.ledger.settings()
    });
    let most = Permission::ALL
        .into_iter()
        .filter(|one| *one != Permission::Images);
    bench.primary.set_key(KEY, &most.collect::<Vec<_>>(), None);
    bench.finish("jobs").await;
    let refused = loop {
        let collected = bench.collect("protection").await.unwrap();
        bench.keep("protection", &collected);
        if !collected.more {
            break collected.refused.unwrap();
        }
    };
    assert_eq!(
        (refused.reason(), refused.endpoint()),
        (Reason::Forbidden, Some("/catalog/images"))
    );
    assert!(!bench.ledger.is_seeded());
    bench.primary.set_key(KEY, &Permission::ALL, None);
    bench.finish("protection").await;
    assert!(bench.ledger.is_seeded());
}

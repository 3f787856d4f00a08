//! What is known outlives the process.

use std::sync::Arc;
use std::time::Duration;

use nbu_metrics::collector;
use nbu_metrics::ledger::{JobsSettings, Ledger, MemoryStore};
use nbu_metrics::samples::Samples;
use nbu_sim::{Fault, Route};

use super::super::bench::{Bench, Series, series};
use super::{HOUR, NEVER, SUCCESS, backup, bench, collect, names, shown};

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

/// A ledger on what the ones before it left, and a client whose collectors remember nothing.
async fn restart(bench: &mut Bench, store: &Arc<MemoryStore>) {
    bench.ledger.close().await.unwrap();
    let ledger = Ledger::open(Arc::clone(store) as _, JobsSettings::default());
    bench.ledger = ledger.await.unwrap();
    bench.forget();
}

/// What the collector tells before its first run.
fn recalled(bench: &Bench) -> Option<Samples> {
    let protection = collector::find("protection").unwrap();
    let recalled = protection.recall(&bench.ledger, bench.primary.now());
    recalled.map(|recalled| recalled.samples)
}

const LASTING: [&str; 3] = [
    NEVER,
    "netbackup_policy_info",
    "netbackup_policy_expected_interval_seconds",
];

fn lasting(samples: &Samples) -> [Series; 3] {
    LASTING.map(|family| series(samples, family))
}

#[tokio::test]
async fn what_the_configuration_said_is_there_before_the_primary_is_asked_again() {
    let mut bench = bench().await;
    let store = Arc::new(MemoryStore::new());
    restart(&mut bench, &store).await;
    assert!(
        recalled(&bench).is_none(),
        "nothing is known at the first start"
    );
    bench.finish("jobs").await;
    bench.primary.add_done(&backup("daily", "host1"), 0);
    let (_, found) = collect(&mut bench).await;
    let before = lasting(&found);
    assert!(before.iter().all(|family| family.len() >= 3), "{before:?}");

    for _ in 0..2 {
        restart(&mut bench, &store).await;
        assert_eq!(lasting(&recalled(&bench).unwrap()), before);
        // Also when the primary is down: nothing takes its place.
        bench.primary.faults().always(Route::Policies, Fault::Reset);
        bench.collect("protection").await.unwrap_err();
        assert_eq!(lasting(&recalled(&bench).unwrap()), before);
        bench.primary.faults().clear();
    }
    let schedules = bench.primary.requests_to(Route::Policy).len();
    let (_, found) = collect(&mut bench).await;
    assert_eq!(lasting(&found), before);
    let asked = bench.primary.requests_to(Route::Policy).len() - schedules;
    assert_eq!(asked, 0, "schedules that did not change are not read again");
}

#[tokio::test]
async fn what_is_gone_goes_from_what_is_kept_after_one_complete_inventory_and_no_incomplete_one() {
    let mut bench = bench().await;
    let store = Arc::new(MemoryStore::new());
    restart(&mut bench, &store).await;
    bench.finish("jobs").await;
    let (_, found) = collect(&mut bench).await;
    let before = lasting(&found);
    bench.primary.edit_configuration(|configuration| {
        configuration.edit("daily", |policy| {
            policy.clients.retain(|client| client != "host2");
        });
        configuration
            .policies
            .retain(|policy| policy.name != "windows");
    });
    for route in [Route::Policies, Route::UniquePolicyClients] {
        restart(&mut bench, &store).await;
        bench.primary.faults().always(route, Fault::Status(403));
        let half = bench.finish("protection").await;
        bench.primary.faults().clear();
        let policies = series(&half, LASTING[1]);
        assert_eq!(policies, before[1], "half an inventory");
        restart(&mut bench, &store).await;
        let kept = lasting(&recalled(&bench).unwrap());
        assert_eq!(kept[1..], before[1..]);
        assert!(kept[0].contains_key("host2 daily"), "{kept:?}");
    }
    let after = lasting(&bench.finish("protection").await);
    assert_eq!(names(&after[0]), ["host1 daily"]);
    assert_eq!(names(&after[1]), ["daily STANDARD true", "vm VMWARE true"]);
    restart(&mut bench, &store).await;
    assert_eq!(lasting(&recalled(&bench).unwrap()), after);
}

#[tokio::test]
async fn a_success_of_a_moment_ago_is_no_client_that_never_succeeded_after_a_restart() {
    let mut bench = bench().await;
    let store = Arc::new(MemoryStore::new());
    restart(&mut bench, &store).await;
    bench.finish("jobs").await;
    let (_, found) = collect(&mut bench).await;
    assert!(series(&found, NEVER).contains_key("host1 daily"));
    bench.primary.add_done(&backup("daily", "host1"), 0);
    bench.primary.advance(Duration::from_secs(60));
    bench.finish("jobs").await;
    bench.counters().await;
    restart(&mut bench, &store).await;
    let never = series(&recalled(&bench).unwrap(), NEVER);
    assert!(!never.contains_key("host1 daily"), "{never:?}");
    assert!(never.contains_key("host2 daily"));
}

#[tokio::test]
async fn where_protection_is_disabled_nothing_is_kept() {
    let mut bench = bench().await;
    let store = Arc::new(MemoryStore::new());
    restart(&mut bench, &store).await;
    bench.finish("jobs").await;
    collect(&mut bench).await;
    let mut settings = bench.ledger.settings();
    settings.protection.enabled = false;
    bench.ledger.configure(settings);
    bench.counters().await;
    restart(&mut bench, &store).await;
    assert!(recalled(&bench).is_none());
}

#[tokio::test]
async fn policies_are_there_again_also_where_their_clients_may_not_be_read() {
    let mut bench = bench().await;
    let store = Arc::new(MemoryStore::new());
    restart(&mut bench, &store).await;
    bench.finish("jobs").await;
    let faults = bench.primary.faults();
    faults.always(Route::UniquePolicyClients, Fault::Status(403));
    let before = lasting(&bench.finish("protection").await);
    assert!(before[0].is_empty() && before[1].len() == 3 && before[2].len() == 3);
    restart(&mut bench, &store).await;
    assert_eq!(lasting(&recalled(&bench).unwrap()), before);
}

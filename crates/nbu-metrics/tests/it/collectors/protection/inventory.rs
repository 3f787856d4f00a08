//! What the configuration says: who should have a backup, how often, and who is gone.

use nbu_metrics::ledger::{JobsSettings, NameFilter, ProtectionSettings};
use nbu_sim::{Fault, Rhythm, Route};

use super::super::bench::{Series, series};
use super::{HOUR, NEVER, SUCCESS, backup, bench, collect, names};
use std::time::Duration;

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
async fn nobody_never_succeeded_before_the_look_back_is_over() {
    let mut bench = bench().await;
    let before = bench.primary.now() - HOUR;
    let job = backup("daily", "host1").started(before).ended(before);
    bench.primary.add_done(&job.updated(before), 0);
    let found = bench.finish("protection").await;
    assert_eq!(series(&found, NEVER), Series::new());
    assert!(series(&found, "netbackup_policy_info").len() > 2);
    bench.finish("jobs").await;
    let found = bench.finish("protection").await;
    let never = series(&found, NEVER);
    assert!(!never.contains_key("host1 daily") && never.contains_key("host2 daily"));
}

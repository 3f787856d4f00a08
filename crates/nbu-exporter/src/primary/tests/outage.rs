//! What alerts on age stand on must be there for as long as the primary is not.

use nbu_metrics::catalogue::protection;
use nbu_metrics::ledger::FinishedJob;

use super::*;

const ALERTED_ON: [&str; 6] = [
    "netbackup_client_last_success_timestamp_seconds[\"host1\", \"daily\", \"FULL_BACKUP\"]",
    "netbackup_client_last_attempt_timestamp_seconds[\"host1\", \"daily\", \"FULL_BACKUP\"]",
    "netbackup_client_last_attempt_status[\"host1\", \"daily\", \"FULL_BACKUP\"] Number(13.0)",
    "netbackup_client_consecutive_failures[\"host1\", \"daily\"] Number(1.0)",
    "netbackup_policy_expected_interval_seconds[\"daily\", \"FULL_BACKUP\"] Number(86400.0)",
    "netbackup_exporter_collector_last_success_timestamp_seconds[",
];

/// A good backup, and after it one that failed.
pub(super) async fn count_two_backups(estate: &Estate, clock: Timestamp) {
    let (ledger, _) = estate.open(&JobsSettings::default()).await.unwrap();
    let agenda = ledger.begin(clock).await.unwrap();
    let walk = ledger.walk(agenda.advance, clock);
    let mut page = ledger.page();
    for (id, status, ago) in [(1, 0, 120), (2, 13, 60)] {
        page.take(FinishedJob {
            id,
            job_type: "BACKUP".into(),
            client: "host1".into(),
            policy: "daily".into(),
            schedule_type: "FULL_BACKUP".into(),
            status: Some(status),
            end: Some(clock - Duration::from_secs(ago)),
            child_count: Some(0),
            root: Some(id),
            ..FinishedJob::default()
        });
    }
    page.commit().await.unwrap();
    walk.complete().await.unwrap();
    ledger.publish(clock).await.unwrap();
}

fn alerted_on(estate: &Estate, slots: &[Slot]) -> Vec<String> {
    let mut lines = exposed_by(estate, slots);
    lines.retain(|line| ALERTED_ON.iter().any(|start| line.starts_with(start)));
    lines
}

#[tokio::test(start_paused = true)]
async fn a_day_without_the_primary_keeps_every_series_that_alerts_on_age_stand_on() {
    let begin = AT + Duration::from_secs(1_000_000);
    let estate = estate();
    count_two_backups(&estate, begin).await;
    let mut policies = Samples::new();
    policies.gauge(
        &protection::POLICY_EXPECTED_INTERVAL_SECONDS,
        &["daily", "FULL_BACKUP"],
        86_400.0,
    );
    let mut slots = ["primary", "jobs", "protection"].map(slot);
    let last = slots.len() - 1;
    for (place, slot) in slots.iter_mut().enumerate() {
        let samples = if place == last {
            policies.clone()
        } else {
            Samples::new()
        };
        let collected = Collected {
            samples,
            ..Collected::default()
        };
        slot.finish(&config(), Ok(collected), begin);
    }
    let before = alerted_on(&estate, &slots);
    for start in ALERTED_ON {
        assert!(has(&before, start), "{start} is missing from {before:#?}");
    }
    assert!(has(
        &exposed_by(&estate, &slots),
        "netbackup_up[] Number(1.0)"
    ));

    let pause = Duration::from_secs(600);
    let ledger = estate.open_ledger().unwrap();
    for attempt in 1..=24 * 6 {
        advance(pause).await;
        let now = begin + pause * attempt;
        for slot in &mut slots {
            slot.finish(&config(), failure(Reason::Connect), now);
        }
        ledger.publish(now).await.unwrap();
        assert_eq!(alerted_on(&estate, &slots), before, "attempt {attempt}");
    }
    let after = exposed_by(&estate, &slots);
    for line in [
        "netbackup_up[] Number(0.0)",
        "netbackup_exporter_collector_stale[\"protection\"] Number(1.0)",
    ] {
        assert!(has(&after, line), "{line} is missing from {after:#?}");
    }
}

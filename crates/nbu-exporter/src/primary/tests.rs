mod disk;
mod outage;
mod restart;

use std::path::Path;

use jiff::Timestamp;
use nbu_client::Reason;
use nbu_metrics::catalogue::{collection, storage};
use nbu_metrics::collector::{self, CollectError};
use nbu_metrics::samples::Samples;
use tokio::time::advance;

use super::*;
use crate::board::Board;
use crate::clock::Clock;
use crate::config::Config;
use crate::environment::Environment;
use crate::storage::Storage;

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn config() -> Arc<config::Primary> {
    let text =
        "primaries: [{name: paris, url: 'https://nbu.example.com:1556/netbackup', api_key: k}]";
    let mut config = Config::parse(Path::new("c.yml"), text, &Environment::of([])).unwrap();
    Arc::new(config.primaries.remove(0))
}

fn slot(name: &str) -> Slot {
    let config = config();
    let settings = config.collectors.settings(name).unwrap().clone();
    Slot::new(
        collector::find(name).unwrap(),
        settings,
        1,
        slot::Memory::default(),
    )
}

fn found() -> Collected {
    let mut samples = Samples::new();
    samples.gauge(
        &storage::STORAGE_UNIT_USED_BYTES,
        &["one", "BasicDisk"],
        1.0,
    );
    samples.info(
        &collection::PRIMARY_INFO,
        &["10.5", "12.0", "nbu.example.com"],
    );
    Collected {
        samples,
        ..Collected::default()
    }
}

fn failure(reason: Reason) -> Result<Collected, Failure> {
    Err(Failure {
        reason,
        endpoint: "/ping",
        error: "it failed".into(),
        facts: Box::default(),
    })
}

fn estate() -> Arc<Estate> {
    estate_on(&Board::default())
}

fn estate_on(board: &Board) -> Arc<Estate> {
    Estate::new(
        "paris".into(),
        board.clone(),
        Clock::manual(AT).0,
        Storage::Memory,
    )
}

/// The series as `name{label values} value`.
fn exposed(slots: &[Slot]) -> Vec<String> {
    exposed_by(&estate(), slots)
}

fn exposed_by(estate: &Estate, slots: &[Slot]) -> Vec<String> {
    let config = config();
    let status = Status {
        estate,
        config: &config,
        slots,
        obstacle: None,
        api_version: None,
    };
    let snapshot = status.entry().snapshot;
    let series = snapshot.families().flat_map(|family| {
        family
            .series
            .iter()
            .map(move |one| (family.family.name, one))
    });
    series
        .map(|(name, one)| {
            format!(
                "{name}{:?} {:?}",
                one.labels.values().collect::<Vec<_>>(),
                one.value
            )
        })
        .collect()
}

fn has(exposed: &[String], start: &str) -> bool {
    exposed.iter().any(|line| line.starts_with(start))
}

#[tokio::test(start_paused = true)]
async fn at_max_stale_only_what_was_true_at_the_moment_goes() {
    let mut slot = slot("storage");
    slot.finish(&config(), Ok(found()), AT);
    slot.finish(&config(), failure(Reason::Timeout), AT);
    let max_stale = slot.settings.max_stale;
    advance(max_stale.saturating_sub(Duration::from_millis(1))).await;
    let fresh = exposed(std::slice::from_ref(&slot));
    assert!(
        has(&fresh, "netbackup_storage_unit_used_bytes"),
        "a failure alone drops nothing"
    );
    assert!(
        has(
            &fresh,
            "netbackup_exporter_collector_stale[\"storage\"] Number(0.0)"
        ),
        "{fresh:#?}"
    );

    advance(Duration::from_millis(1)).await;
    let stale = exposed(std::slice::from_ref(&slot));
    assert!(!has(&stale, "netbackup_storage_unit_used_bytes"));
    for line in [
        "netbackup_primary_info",
        "netbackup_up",
        "netbackup_exporter_collector_stale[\"storage\"] Number(1.0)",
        "netbackup_exporter_collector_status[\"storage\", \"timeout\"] Number(1.0)",
        "netbackup_exporter_collector_last_success_timestamp_seconds[\"storage\"]",
    ] {
        assert!(has(&stale, line), "{line} is missing from {stale:#?}");
    }

    slot.finish(&config(), Ok(found()), AT);
    assert!(
        has(&exposed(&[slot]), "netbackup_storage_unit_used_bytes"),
        "a success brings them back"
    );
}

#[tokio::test(start_paused = true)]
async fn only_the_current_reason_is_shown_and_a_close_of_ours_is_no_outage() {
    let mut slot = slot("primary");
    assert!(
        has(
            &exposed(std::slice::from_ref(&slot)),
            "netbackup_up[] Number(0.0)"
        ),
        "before the first success"
    );
    for (outcome, reason, up) in [
        (Ok(found()), "ok", true),
        (failure(Reason::Closed), "closed", true),
        (failure(Reason::Forbidden), "forbidden", true),
        (failure(Reason::Connect), "connect", false),
        (failure(Reason::Closed), "closed", false),
    ] {
        slot.finish(&config(), outcome, AT);
        let exposed = exposed(std::slice::from_ref(&slot));
        let reasons: Vec<_> = exposed
            .iter()
            .filter(|line| line.contains("collector_status"))
            .collect();
        assert_eq!(
            reasons,
            [&format!(
                "netbackup_exporter_collector_status[\"primary\", \"{reason}\"] Number(1.0)"
            )]
        );
        assert!(
            has(
                &exposed,
                &format!("netbackup_up[] Number({}.0)", u8::from(up))
            ),
            "{reason}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_more_goes_on_at_once_and_a_failing_one_waits_longer_each_time() {
    let mut slot = slot("jobs");
    slot.finish(
        &config(),
        Ok(Collected {
            more: true,
            ..Collected::default()
        }),
        AT,
    );
    assert_eq!(slot.due(), Some(Instant::now()));
    let mut wait = Duration::ZERO;
    for _ in 0..3 {
        slot.finish(&config(), failure(Reason::Timeout), AT);
        let next = slot.due().unwrap() - Instant::now();
        assert!(next > wait, "{next:?} after {wait:?}");
        wait = next;
    }
    slot.finish(&config(), failure(Reason::Forbidden), AT);
    assert!(
        slot.due().unwrap() - Instant::now() > Duration::from_secs(1800),
        "refused ones are asked rarely"
    );
}

#[tokio::test(start_paused = true)]
async fn the_probe_is_never_put_off_for_an_hour_and_its_success_wakes_those_that_failed() {
    let mut probe = slot("primary");
    for reason in [Reason::NotSupported, Reason::Forbidden] {
        probe.finish(&config(), failure(reason), AT);
        let wait = probe.due().unwrap() - Instant::now();
        assert!(wait <= Duration::from_secs(330), "{reason}: {wait:?}");
    }
    let mut refused = slot("storage");
    refused.finish(&config(), failure(Reason::NotSupported), AT);
    assert!(refused.due().unwrap() - Instant::now() > Duration::from_secs(1800));
    refused.try_again();
    assert_eq!(refused.due(), Some(Instant::now()));

    let mut well = slot("storage");
    well.finish(&config(), Ok(found()), AT);
    let due = well.due();
    well.try_again();
    assert_eq!(well.due(), due, "what works keeps its rhythm");
}

#[tokio::test(start_paused = true)]
async fn a_first_piece_that_goes_well_does_not_hide_that_the_second_keeps_failing() {
    let mut slots = [slot("jobs")];
    let success = "netbackup_exporter_collector_last_success_timestamp_seconds";
    let piece = || {
        Ok(Collected {
            more: true,
            ..found()
        })
    };
    let later = AT + Duration::from_secs(3600);
    slots[0].finish(&config(), Ok(found()), AT);
    let then = exposed(&slots);
    slots[0].finish(&config(), piece(), AT);
    slots[0].finish(&config(), failure(Reason::Timeout), AT);
    slots[0].finish(&config(), piece(), later);
    let now = exposed(&slots);
    let of = |exposed: &[String]| {
        exposed
            .iter()
            .find(|series| series.starts_with(success))
            .cloned()
    };
    assert!(of(&then).is_some());
    assert_eq!(of(&now), of(&then), "the last success stands still");
    assert!(
        has(
            &now,
            "netbackup_exporter_collector_success[\"jobs\"] Number(0.0)"
        ),
        "{now:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_refused_a_part_is_no_success_but_what_it_found_is_fresh() {
    let refused = || Collected {
        refused: Some(CollectError::NoClock),
        ..found()
    };
    let mut slot = slot("storage");
    slot.finish(&config(), Ok(refused()), AT);
    advance(
        slot.settings
            .max_stale
            .saturating_sub(Duration::from_millis(1)),
    )
    .await;
    slot.finish(&config(), Ok(refused()), AT);
    assert!(
        slot.due().unwrap() - Instant::now() <= slot.settings.interval * 2,
        "it runs as often as any"
    );
    advance(Duration::from_millis(1)).await;
    let exposed = exposed(&[slot]);
    for line in [
        "netbackup_storage_unit_used_bytes",
        "netbackup_up[] Number(1.0)",
        "netbackup_exporter_collector_success[\"storage\"] Number(0.0)",
        "netbackup_exporter_collector_stale[\"storage\"] Number(0.0)",
        "netbackup_exporter_collector_status[\"storage\", \"parse\"] Number(1.0)",
    ] {
        assert!(has(&exposed, line), "{line} is missing from {exposed:#?}");
    }
    let success = "netbackup_exporter_collector_last_success_timestamp_seconds";
    assert!(!has(&exposed, success), "{exposed:#?}");
}

#[tokio::test(start_paused = true)]
async fn collections_that_have_ended_are_published_together() {
    let board = Board::default();
    let mut life = Life::new(estate_on(&board), config());
    for slot in &mut life.slots {
        slot.started(life.running.spawn(async { Ok(found()) }).id());
    }
    let first = life.running.join_next_with_id().await.unwrap();
    // All of them have had their turn by now: they wait for nothing.
    tokio::task::yield_now().await;
    life.finish(first);
    assert!(life.running.is_empty());
    assert_eq!(board.reader().borrow().generation, 1);
    assert!(life.slots.iter().all(|slot| slot.running.is_none()));
}

//! One test per law that the great property does not show by itself.

use std::sync::Arc;
use std::time::Duration;

use nbu_metrics::ledger::{
    FinishedJob, JobLabel, JobResult, JobsSettings, Ledger, MemoryStore, ResultRules, Store as _,
};
use nbu_metrics::samples::Samples;

use super::driver::{Driver, poll_once};
use super::faulty_store::{Fault, FaultyStore};
use super::truth::{self, Totals};
use super::world::{HOUR, Kind, MINUTE, START, Times, World, at};

const KIND: Kind = Kind {
    status: Some(0),
    kilobytes: Some(1000),
    seconds: 90,
    parent: false,
    vmware: true,
    times: Times::Usual,
};
const FINISHED: &str = "netbackup_jobs_finished_total BACKUP VMWARE 0 success";
const CHANGED: &str = "netbackup_exporter_jobs_changed_after_done_total ";

fn settings() -> JobsSettings {
    JobsSettings {
        counter_birth: Duration::ZERO,
        ..JobsSettings::default()
    }
}

fn ledger(store: &Arc<MemoryStore>, settings: JobsSettings) -> Ledger {
    poll_once(Ledger::open(Arc::clone(store) as _, settings))
        .unwrap()
        .unwrap()
}

/// A ledger whose first start was at [`START`].
fn started(settings: JobsSettings) -> Ledger {
    let ledger = ledger(&Arc::default(), settings);
    poll_once(ledger.begin(at(START))).unwrap().unwrap();
    ledger
}

fn take(ledger: &Ledger, job: FinishedJob<'static>) {
    let mut page = ledger.page();
    page.take(job);
    poll_once(page.commit()).unwrap().unwrap();
}

fn publish(ledger: &Ledger, now: i64) -> Arc<Samples> {
    poll_once(ledger.publish(at(now))).unwrap().unwrap()
}

fn shown(ledger: &Ledger) -> Totals {
    truth::published(&publish(ledger, START))
}

fn job(id: u64) -> FinishedJob<'static> {
    FinishedJob {
        id,
        child_count: Some(0),
        job_type: "BACKUP".into(),
        policy_type: "VMWARE".into(),
        status: Some(0),
        start: Some(at(START)),
        end: Some(at(START + MINUTE)),
        last_update: Some(at(START + MINUTE)),
        ..FinishedJob::default()
    }
}

#[test]
fn a_new_series_shows_zero_before_its_value_and_is_born_once() {
    let store = Arc::default();
    let first = ledger(&store, JobsSettings::default());
    poll_once(first.begin(at(START))).unwrap().unwrap();
    let mut record = job(1);
    record.elapsed = Some(Duration::from_secs(90));
    take(&first, record.clone());
    let value = |ledger: &Ledger, now| {
        let totals = truth::published(&publish(ledger, now));
        let duration = "netbackup_job_duration_seconds";
        ["_count", "_sum"]
            .map(|part| totals[&format!("{duration}{part} BACKUP VMWARE")])
            .into_iter()
            .chain([totals[FINISHED]])
            .collect::<Vec<_>>()
    };
    assert_eq!(value(&first, START), [0.0, 0.0, 0.0]);
    assert_eq!(first.next_birth(), Some(at(START + 2 * MINUTE)));
    assert_eq!(value(&first, START + MINUTE), [0.0, 0.0, 0.0]);
    assert_eq!(value(&first, START + 2 * MINUTE), [1.0, 90.0, 1.0]);
    assert_eq!(first.next_birth(), None);
    // After a restart it returns at its value, whatever the clock says.
    let second = ledger(&store, JobsSettings::default());
    assert_eq!(value(&second, START + MINUTE), [1.0, 90.0, 1.0]);
}

#[test]
fn a_job_keeps_the_values_of_the_first_record_and_a_change_is_said_once() {
    let ledger = started(settings());
    take(&ledger, job(1));
    let mut changed = job(1);
    changed.status = Some(71);
    changed.end = Some(at(START + 2 * MINUTE));
    for _ in 0..3 {
        take(&ledger, changed.clone());
    }
    let totals = shown(&ledger);
    assert_eq!((totals[FINISHED], totals[CHANGED]), (1.0, 1.0));
    assert!(
        !totals.keys().any(|series| series.contains("71")),
        "{totals:?}"
    );
}

#[test]
fn what_ended_before_the_horizon_is_not_counted_and_no_record_that_could_not_be_read() {
    let ledger = started(settings());
    let mut old = job(1);
    old.end = Some(at(START - 1));
    take(&ledger, old);
    let mut endless = job(2);
    (endless.end, endless.last_update) = (None, None);
    take(&ledger, endless);
    let mut by_update = job(3);
    by_update.end = None;
    take(&ledger, by_update);
    let totals = shown(&ledger);
    let skipped: Vec<_> = totals
        .iter()
        .filter(|(series, _)| series.starts_with("netbackup_exporter_records_skipped_total"))
        .collect();
    let without_end = "netbackup_exporter_records_skipped_total /admin/jobs without_end".to_owned();
    assert_eq!(skipped, [(&without_end, &1.0)]);
    assert_eq!(totals[FINISHED], 1.0, "an absent end is the last update");
}

#[test]
fn without_a_count_of_children_a_parent_is_who_is_named_as_one() {
    let ledger = started(settings());
    for (id, parent) in [(9, Some(5)), (7, Some(7)), (5, Some(0))] {
        let mut record = job(id);
        record.child_count = None;
        record.parent = parent;
        take(&ledger, record);
    }
    let totals = shown(&ledger);
    assert_eq!(totals[FINISHED], 2.0);
    assert_eq!(
        totals["netbackup_parent_jobs_finished_total BACKUP 0 success"],
        1.0
    );
}

#[test]
fn deduplication_counts_only_jobs_that_report_a_share() {
    let ledger = started(settings());
    for (id, percent) in [
        (1, None),
        (2, Some(97.5)),
        (3, Some(-4.0)),
        (4, Some(0.0)),
        (5, Some(140.0)),
    ] {
        let mut record = job(id);
        record.kilobytes = Some(1000);
        record.dedup_percent = percent;
        take(&ledger, record);
    }
    let totals = shown(&ledger);
    assert_eq!(
        totals["netbackup_jobs_backup_bytes_total BACKUP VMWARE"],
        5.0 * 1_024_000.0
    );
    assert_eq!(
        totals["netbackup_jobs_dedup_input_bytes_total VMWARE"],
        2.0 * 1_024_000.0
    );
    assert_eq!(
        totals["netbackup_jobs_dedup_saved_bytes_total VMWARE"],
        0.975 * 1_024_000.0
    );
}

#[test]
fn other_results_and_labels_start_new_series_and_take_nothing_away() {
    let ledger = started(settings());
    let with_policy = |id, policy: &'static str| FinishedJob {
        status: Some(71),
        policy: policy.into(),
        ..job(id)
    };
    take(&ledger, with_policy(1, "gold"));
    ledger.configure(JobsSettings {
        results: ResultRules::new([(71, JobResult::Skipped)]),
        job_labels: [JobLabel::Policy].into_iter().collect(),
        ..settings()
    });
    take(&ledger, with_policy(2, "gold"));
    take(&ledger, with_policy(3, "silver"));
    let name = "netbackup_jobs_finished_total BACKUP VMWARE 71";
    let totals = shown(&ledger);
    assert_eq!(totals[&format!("{name} failed none")], 1.0);
    assert_eq!(totals[&format!("{name} skipped gold")], 1.0);
    assert_eq!(totals[&format!("{name} skipped silver")], 1.0);
    ledger.configure(settings());
    let totals = shown(&ledger);
    assert_eq!(totals[&format!("{name} skipped")], 2.0, "added up again");
}

#[test]
fn every_label_can_be_chosen_after_jobs_were_counted_without_it() {
    for label in JobLabel::ALL {
        let store = Arc::default();
        let before = ledger(&store, settings());
        poll_once(before.begin(at(START))).unwrap().unwrap();
        let labelled = |id, name: &'static str| FinishedJob {
            policy: name.into(),
            schedule_type: name.into(),
            media_server: name.into(),
            storage_unit: name.into(),
            client: name.into(),
            ..job(id)
        };
        take(&before, labelled(1, "one"));
        assert_eq!(shown(&before)[FINISHED], 1.0);
        let chosen = JobsSettings {
            job_labels: [label].into_iter().collect(),
            ..settings()
        };
        let with = ledger(&store, chosen);
        take(&with, labelled(2, "one"));
        take(&with, labelled(3, "two"));
        let totals = shown(&with);
        for name in ["none", "one", "two"] {
            assert_eq!(totals[&format!("{FINISHED} {name}")], 1.0, "{label:?}");
        }
        let after = ledger(&store, settings());
        take(&after, labelled(4, "one"));
        assert_eq!(shown(&after)[FINISHED], 4.0, "{label:?}");
    }
}

#[test]
fn what_is_remembered_is_bounded_by_retention() {
    let mut world = World::new();
    let mut driver = Driver::new(settings());
    driver.settle(&mut world);
    let mut most = 0;
    for day in 0..8 {
        for _ in 0..4 {
            for _ in 0..1_000 {
                world.finish(KIND, 0);
            }
            driver.settle(&mut world);
        }
        let remembered = driver.ledger.remembered();
        if day == 3 {
            most = remembered.ids;
        }
        assert!(
            day <= 3 || remembered.ids <= most,
            "{remembered:?} on day {day}"
        );
        assert!(remembered.bytes <= remembered.ids * 24, "{remembered:?}");
        // The database forgets too.
        let old = world.clock - 24 * HOUR;
        world.jobs.retain(|_, job| job.ended() >= old);
    }
    assert!(
        (12_000..16_000).contains(&most),
        "three days and a bit: {most}"
    );
    assert_eq!(driver.shown[FINISHED], 32_000.0);
}

#[test]
fn pages_of_a_walk_that_never_completes_are_counted_and_the_watermark_stays() {
    let mut world = World::new();
    let mut driver = Driver::new(settings());
    driver.settle(&mut world);
    let before = driver.ledger.marks().watermark;
    world.clock += MINUTE;
    for _ in 0..20 {
        world.finish(KIND, 0);
    }
    world.clock += MINUTE;
    let broken = Some((3, super::driver::Break::Cut));
    assert_eq!(driver.collect(&mut world, 5, broken, &mut |_| {}), None);
    driver.publish();
    assert_eq!(
        driver.shown[FINISHED], 20.0,
        "three pages committed, the fourth taken"
    );
    assert_eq!(driver.ledger.marks().watermark, before);
}

/// A walk that takes ten minutes, during which a job with a low id finishes: only a watermark at the clock read before
/// the walk leads back to it, for no reconciliation is due.
#[test]
fn a_job_that_finishes_behind_the_cursor_is_in_the_next_walk() {
    let mut world = World::new();
    let mut driver = Driver::new(settings());
    driver.settle(&mut world);
    let slow = world.start();
    world.clock += MINUTE;
    for _ in 0..20 {
        world.finish(KIND, 0);
    }
    let mut slow = Some(slow);
    let mut events = |world: &mut World| {
        world.clock += MINUTE;
        if let Some(id) = slow.take() {
            world.finish_started(id, KIND);
        }
        world.clock += 2 * MINUTE;
    };
    assert_eq!(
        driver.collect(&mut world, 5, None, &mut events),
        Some(false)
    );
    driver.publish();
    assert_eq!(driver.shown[FINISHED], 20.0);
    assert_eq!(
        driver.collect(&mut world, 5, None, &mut |_| {}),
        Some(false)
    );
    driver.publish();
    assert_eq!(driver.shown[FINISHED], 21.0);
}

#[test]
fn a_record_that_is_written_a_little_late_is_within_the_overlap() {
    let mut world = World::new();
    let mut driver = Driver::new(settings());
    driver.settle(&mut world);
    let started = driver.first_clock.unwrap();
    world.clock += 10 * MINUTE;
    assert_eq!(
        driver.collect(&mut world, 5, None, &mut |_| {}),
        Some(false)
    );
    world.clock += MINUTE;
    world.finish(KIND, 2 * MINUTE);
    assert!(world.clock - 2 * MINUTE > started);
    assert_eq!(
        driver.collect(&mut world, 5, None, &mut |_| {}),
        Some(false)
    );
    driver.publish();
    assert_eq!(driver.shown[FINISHED], 1.0);
}

#[test]
fn what_the_store_could_not_keep_is_not_shown() {
    let mut world = World::new();
    let mut driver = Driver::on(FaultyStore::default().patient(9), settings());
    driver.settle(&mut world);
    world.finish(KIND, 0);
    driver.settle(&mut world);
    world.clock += MINUTE;
    for _ in 0..20 {
        world.finish(KIND, 0);
    }
    let broken = Some((3, super::driver::Break::Cut));
    assert_eq!(driver.collect(&mut world, 5, broken, &mut |_| {}), None);
    driver.store.fail(0, Fault::Lost);
    driver.publish();
    assert_eq!(driver.shown[FINISHED], 1.0);
    // The process is killed, and with it goes what was not committed: nobody has seen it.
    driver.crash();
    driver.publish();
    assert_eq!(driver.shown[FINISHED], 1.0);
    driver.settle(&mut world);
    assert_eq!(driver.shown[FINISHED], 21.0);
}

#[test]
fn a_store_of_which_nothing_is_read_again_is_given_single_jobs_only() {
    let store = Arc::new(MemoryStore::passing());
    let ledger = ledger(&store, settings());
    poll_once(ledger.begin(at(START))).unwrap().unwrap();
    let told = || {
        for id in [1, 2, 1] {
            let client = format!("client{id}");
            take(
                &ledger,
                FinishedJob {
                    client: client.into(),
                    ..job(id)
                },
            );
        }
        let samples = publish(&ledger, START);
        let success = "netbackup_client_last_success_timestamp_seconds";
        let clients = samples
            .families()
            .find(|(family, _)| family.name == success);
        (
            truth::published(&samples),
            clients.map(|(_, series)| series.len()),
        )
    };
    let first = told();
    assert_eq!(first.1, Some(2));
    assert_eq!(told(), first, "nothing is counted again");
    let saved = poll_once(store.load()).unwrap().unwrap().unwrap();
    assert_eq!(saved.ids.len(), 2);
    assert!(saved.totals.is_empty() && saved.notes.is_empty());
}

#[test]
fn pages_are_committed_by_the_fifty_or_once_a_second() {
    let store = Arc::new(MemoryStore::new());
    let ledger = ledger(&store, settings());
    poll_once(ledger.begin(at(START))).unwrap().unwrap();
    let kept = || {
        let saved = poll_once(store.load()).unwrap().unwrap();
        saved.map_or(0, |saved| saved.ids.len())
    };
    // What the clock itself changed waits with the first page.
    for id in 1..49 {
        take(&ledger, job(id));
    }
    assert_eq!(kept(), 0);
    take(&ledger, job(49));
    assert_eq!(kept(), 49);
    take(&ledger, job(50));
    assert_eq!((kept(), ledger.remembered().ids), (49, 50));
    let waited = Duration::from_millis;
    assert!(store.is_due(1, waited(1_000)) && !store.is_due(1, waited(999)));
}

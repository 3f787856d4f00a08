//! Jobs whose parent is not listed, for permissions hide it.

use super::super::world::{HOUR, MINUTE, START};
use super::model::{Clock, Known, Run, Shape, published, truth};
use super::process::Process;

fn run(statuses: &[i64]) -> Run {
    Run {
        root: 100,
        subject: (
            "host1".to_owned(),
            "daily".to_owned(),
            "FULL_BACKUP".to_owned(),
        ),
        shape: Shape::Streams,
        leaves: statuses.iter().copied().map(Some).collect(),
        root_tells: true,
        is_hidden: true,
        clock: Clock::Steady,
        start: START + MINUTE,
    }
}

/// A process that has read the jobs of the run an hour after it, and so many hours have passed since.
fn after(run: &Run, hours: i64, under_way: &[u64]) -> Process {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    process.walk(&[run.records()], true);
    process.restart();
    process.clock += hours * HOUR;
    process.catch_up(under_way.iter().copied());
    process
}

fn known(process: &Process) -> Vec<Known> {
    published(&process.publish()).0.into_values().collect()
}

#[test]
fn jobs_are_judged_without_their_parent_when_it_can_come_no_more() {
    for statuses in [&[0][..], &[0, 1], &[0, 13, 0], &[150]] {
        let run = run(statuses);
        assert_eq!(
            known(&after(&run, 22, &[])),
            [],
            "it may come: {statuses:?}"
        );
        let process = after(&run, 25, &[]);
        let judged = truth(std::slice::from_ref(&run));
        assert_eq!(published(&process.publish()), judged, "{statuses:?}");
    }
}

/// It is under way, or what is under way is not known, or was read before the jobs ended.
#[test]
fn jobs_wait_for_a_parent_that_may_still_finish() {
    let run = run(&[0]);
    assert_eq!(known(&after(&run, 25, &[run.root])), []);
    let mut process = after(&run, 0, &[]);
    process.restart();
    process.clock += 25 * HOUR;
    process.walk(&[], true);
    while process.ledger.marks().watermark < Some(super::super::world::at(process.clock)) {
        process.walk(&[], true);
    }
    assert_eq!(known(&process), []);
    process.catch_up([]);
    process.walk(&[], true);
    assert_eq!(known(&process).len(), 1);
}

/// It is read late, or the permission is given at last: the run is the same one.
#[test]
fn a_parent_that_comes_after_all_changes_nothing_that_was_known() {
    for statuses in [&[13][..], &[0, 13], &[0, 0]] {
        let run = run(statuses);
        let mut process = after(&run, 25, &[]);
        let shown = Run {
            is_hidden: false,
            ..run.clone()
        };
        for records in [shown.records(), shown.records(), Vec::new()] {
            process.walk(&[records], true);
            let judged = truth(std::slice::from_ref(&run));
            assert_eq!(published(&process.publish()), judged, "{statuses:?}");
            process.restart();
        }
    }
}

/// The last of its children is read when the others were judged.
#[test]
fn a_job_that_comes_late_joins_those_that_were_judged() {
    let run = run(&[0, 13]);
    let mut records = run.records();
    let late = records.pop().unwrap();
    let good = Run {
        leaves: vec![Some(0)],
        ..run.clone()
    };
    let mut process = after(&good, 25, &[]);
    assert_eq!(known(&process)[0].success, Some(good.end()));
    process.walk(&[vec![late]], true);
    process.clock += 25 * HOUR;
    process.catch_up([]);
    assert_eq!(published(&process.publish()), truth(&[run]));
}

/// In a policy that makes nothing but snapshots they are the backup, once no backup can come after them.
#[test]
fn snapshots_whose_parent_is_hidden_are_judged_too() {
    let run = run(&[0]);
    let mut records = run.records();
    records[0].job_type = "SNAPSHOT".into();
    let mut process = after(&run, 0, &[]);
    process.clock += HOUR;
    let mut other = records.remove(0);
    (other.id, other.root, other.parent) = (201, Some(200), Some(200));
    other.client = "host2".into();
    process.walk(&[vec![other]], true);
    process.clock += 26 * HOUR;
    process.catch_up([]);
    assert_eq!(known(&process).len(), 1, "a backup may come");
    process.clock += 100 * HOUR;
    process.catch_up([]);
    let known = known(&process);
    assert!(known.iter().all(|known| known.success.is_some()));
    assert_eq!(known.len(), 2);
}

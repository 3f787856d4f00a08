//! One test per law of runs.

use nbu_metrics::ledger::FinishedJob;

use super::super::world::{HOUR, MINUTE, START, at};
use super::model::{Clock, Known, Run, Shape, published, truth};
use super::place;
use super::process::Process;

fn streams(statuses: impl IntoIterator<Item = i64>) -> Run {
    Run {
        root: 100,
        subject: (
            "host1".to_owned(),
            "daily".to_owned(),
            "FULL_BACKUP".to_owned(),
        ),
        shape: Shape::Streams,
        leaves: statuses.into_iter().map(Some).collect(),
        root_tells: false,
        is_hidden: false,
        clock: Clock::Steady,
        start: START + MINUTE,
    }
}

#[test]
fn one_failed_stream_of_twenty_is_a_failed_run() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let run = streams((0..20).map(|stream| if stream == 11 { 13 } else { 0 }));
    process.walk(&[run.records()], true);
    let (known, failures) = published(&process.publish());
    let known = &known[&run.subject];
    assert_eq!((known.success, known.status), (None, Some(13)));
    assert_eq!(failures.values().copied().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_run_is_judged_when_its_root_is_done_and_the_walk_is_complete() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let mut records = streams([0, 0, 0]).records();
    let root = records.pop().unwrap();
    process.walk(&[records], true);
    assert!(
        published(&process.publish()).0.is_empty(),
        "the root still runs"
    );
    process.restart();
    process.walk(&[vec![root]], false);
    assert!(
        published(&process.publish()).0.is_empty(),
        "the walk was not complete"
    );
    process.walk(&[], true);
    let (known, _) = published(&process.publish());
    assert_eq!(
        known.values().next().and_then(|known| known.success),
        Some(streams([0, 0, 0]).end())
    );
}

/// Three runs in a row fail, but of the last two the good stream is read and judged first.
#[test]
fn runs_judged_in_parts_may_all_turn_out_to_have_failed() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let mut runs = [streams([13]), streams([0, 13]), streams([0, 13])];
    place(&mut runs, START + MINUTE, 100);
    let mut late = Vec::new();
    for run in &runs[1..] {
        let mut records = run.records();
        late.push(records.remove(1));
        process.walk(&[records], true);
        process.restart();
    }
    process.walk(&[runs[0].records()], true);
    for leaf in late {
        process.walk(&[vec![leaf]], true);
    }
    assert_eq!(published(&process.publish()), truth(&runs));
}

/// The root is judged before any of its streams is read, and these ran one after the other.
#[test]
fn streams_that_come_after_their_root_are_one_run() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let run = streams([0, 13, 0]);
    let mut records = run.records();
    let root = records.pop().unwrap();
    process.walk(&[vec![root]], true);
    for (place, mut leaf) in records.into_iter().enumerate() {
        leaf.start = Some(at(run.leaf_end(place) - 500));
        process.restart();
        process.walk(&[vec![leaf]], true);
    }
    assert_eq!(published(&process.publish()), truth(&[run]));
}

#[test]
fn a_run_that_never_ends_is_dropped() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let mut records = streams([0, 0]).records();
    records.pop();
    process.walk(&[records], true);
    let before = process.store_bytes();
    process.clock += 80 * HOUR;
    process.walk(&[], true);
    process.walk(&[], true);
    process.publish();
    assert!(process.store_bytes() < before, "its note is gone");
}

/// What is known after a first complete walk, then one for each of these groups of records.
fn known_after(walks: impl IntoIterator<Item = Vec<FinishedJob<'static>>>) -> (Vec<Known>, u64) {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    for records in walks {
        process.walk(&[records], true);
        process.restart();
    }
    let (known, failures) = published(&process.publish());
    (known.into_values().collect(), failures.into_values().sum())
}

fn with_shape(shape: Shape, statuses: impl IntoIterator<Item = i64>) -> Run {
    Run {
        shape,
        ..streams(statuses)
    }
}

/// Its root has all its children, but one of those has not.
#[test]
fn a_run_waits_for_grandchildren() {
    for (late, statuses) in [(0, [13, 0]), (1, [0, 13]), (0, [0, 13])] {
        let run = with_shape(Shape::Nested, statuses);
        let mut records = run.records();
        let leaf = records.remove(late);
        let (known, failures) = known_after([records, vec![leaf]]);
        assert_eq!(
            (known[0].success, known[0].status),
            (None, Some(13)),
            "{late} of {statuses:?}"
        );
        assert_eq!((known.len(), failures), (1, 1));
    }
}

/// Where records count no children, nobody can tell that a run is whole; still a good stream that comes late is not a run.
#[test]
fn a_job_that_comes_late_is_judged_with_its_run_also_where_nothing_counts_children() {
    for shape in [Shape::OldStreams, Shape::OldNested, Shape::OldMixed] {
        for late in 0..3 {
            let run = with_shape(shape, [0, 13, 0]);
            let mut records = run.records();
            let leaf = records.remove(late);
            let (known, failures) = known_after([records, vec![leaf]]);
            assert_eq!(
                (known[0].success, known[0].status),
                (None, Some(13)),
                "{late} of {shape:?}"
            );
            assert_eq!((known[0].attempt, known.len(), failures), (run.end(), 1, 1));
        }
    }
}

/// The job between comes when its root was judged, and the leaf below it after that.
#[test]
fn a_late_job_is_found_by_its_parent_s_parent() {
    let run = with_shape(Shape::OldNested, [0, 13]);
    let mut records = run.records();
    let (leaf, between) = (records.remove(1), records.remove(2));
    assert_eq!((leaf.status, &*between.job_type), (Some(13), "SNAPSHOT"));
    let (known, failures) = known_after([records, vec![between], vec![leaf]]);
    assert_eq!((known[0].success, known[0].status), (None, Some(13)));
    assert_eq!((known.len(), failures), (1, 1));
}

/// A primary that counts its jobs' children wrongly.
#[test]
fn a_good_job_too_many_is_no_success_and_a_bad_one_takes_it_back() {
    let run = streams([0, 0]);
    let more = |client: &str, job_type: &str, status| FinishedJob {
        id: 500,
        client: client.to_owned().into(),
        job_type: job_type.to_owned().into(),
        status: Some(status),
        ..run.records().remove(0)
    };
    let (known, _) = known_after([run.records(), vec![more("host2", "SNAPSHOT", 0)]]);
    assert_eq!(known.len(), 1, "nothing is known of host2");
    assert_eq!(known[0].success, Some(run.end()));
    let (known, failures) = known_after([run.records(), vec![more("host1", "BACKUP", 13)]]);
    assert_eq!(
        (known[0].success, known[0].status, failures),
        (None, Some(13), 1)
    );
}

/// As in a policy whose backup follows its snapshot.
#[test]
fn a_snapshot_is_no_success_while_the_backup_after_it_is_missing() {
    let run = with_shape(Shape::Mixed, [0, 13]);
    let mut records = run.records();
    let backup = records.remove(1);
    let (known, _) = known_after([records.clone()]);
    assert_eq!(known, []);
    let (known, failures) = known_after([records, vec![backup]]);
    assert_eq!(
        (known[0].success, known[0].status, failures),
        (None, Some(13), 1)
    );
}

/// The first look-back is read in slices that overlap: of a run that was judged some jobs come again.
#[test]
fn in_the_look_back_a_part_that_is_read_again_changes_nothing() {
    let mut process = Process::new();
    process.walk(&[], false);
    let mut run = streams([13, 0, 0]);
    run.start = START - 5 * MINUTE;
    let records = run.records();
    let again = records[1..].to_vec();
    process.walk_slice(&[records]);
    assert_eq!(
        published(&process.publish()),
        truth(std::slice::from_ref(&run))
    );
    process.walk_slice(&[again]);
    assert_eq!(published(&process.publish()), truth(&[run]));
}

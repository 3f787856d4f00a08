use super::*;
use crate::ledger::instant::from_millis;

fn leaf(client: &str, job_type: &str, status: i64, end: i64) -> FinishedJob<'static> {
    FinishedJob {
        parent: Some(1),
        child_count: Some(0),
        client: client.to_owned().into(),
        policy: "daily".into(),
        job_type: job_type.to_owned().into(),
        status: Some(status),
        end: Some(from_millis(end)),
        ..FinishedJob::default()
    }
}

fn outcome(status: Option<i64>) -> Outcome {
    Outcome::of(status, &ResultRules::default())
}

fn decode(note: &[u8]) -> Option<Run> {
    Run::decode("1", note, &ResultRules::default())
}

fn add(run: &mut Run, id: u64, job: FinishedJob<'static>) {
    let end = job.end.unwrap().as_millisecond();
    let is_parent = job.child_count.is_some_and(|children| children > 0);
    let outcome = outcome(job.status);
    run.add(&FinishedJob { id, ..job }, end, outcome, is_parent);
}

/// A run of root 1 whose children begin at 2.
fn run(
    leaves: impl IntoIterator<Item = FinishedJob<'static>>,
    root: i64,
    children: Option<u64>,
) -> Run {
    let mut run = Run {
        root: Some(Root {
            latest: Some(100),
            outcome: outcome(Some(root)),
            children,
        }),
        ..Run::default()
    };
    let job = FinishedJob {
        parent: None,
        child_count: children,
        ..leaf("root", "OTHER", root, 100)
    };
    add(&mut run, 1, job);
    for (id, leaf) in (2..).zip(leaves) {
        add(&mut run, id, leaf);
    }
    run
}

fn told(run: &Run) -> Vec<(String, Option<i64>, i64)> {
    let verdicts = run.verdicts(1, run.extent()).into_iter();
    verdicts
        .map(|(subject, verdict)| {
            (
                subject.client.to_string(),
                verdict.outcome.status(),
                verdict.end,
            )
        })
        .collect()
}

#[test]
fn one_failed_stream_of_twenty_is_a_failed_run() {
    let streams = (0..20).map(|n| leaf("a", "BACKUP", if n == 7 { 13 } else { 0 }, n));
    let run = run(streams, 0, Some(20));
    assert_eq!(told(&run), [("a".to_owned(), Some(13), 19)]);
}

#[test]
fn the_worst_leaf_is_the_worst_by_its_result() {
    for (statuses, worst) in [
        (vec![0, 150, 13], 13),
        (vec![2106, 196, 150], 2106),
        (vec![196, 13], 13),
        (vec![200, 196, 0], 196),
        (vec![200, 150, 1], 150),
        (vec![190, 200, 0], 200),
        (vec![1, 0], 1),
    ] {
        let streams = statuses
            .iter()
            .map(|status| leaf("a", "BACKUP", *status, 5));
        let run = run(streams, 0, Some(statuses.len() as u64));
        assert_eq!(
            told(&run),
            [("a".to_owned(), Some(worst), 5)],
            "{statuses:?}"
        );
    }
}

#[test]
fn each_client_of_a_run_is_judged_alone() {
    let run = run(
        [
            leaf("a", "BACKUP", 1, 5),
            leaf("b", "BACKUP", 0, 9),
            leaf("c", "SNAPSHOT", 156, 3),
            leaf("d", "SNAPSHOT", 0, 4),
        ],
        156,
        Some(4),
    );
    // The snapshot of d was not followed by a backup of which anything is known.
    assert_eq!(
        told(&run),
        [
            ("a".to_owned(), Some(1), 5),
            ("b".to_owned(), Some(0), 9),
            ("c".to_owned(), Some(156), 3),
        ]
    );
}

#[test]
fn a_run_of_many_clients_whose_streams_alternate_is_judged_client_by_client() {
    let clients = 3 * LOOKED_AT;
    let streams = (0..2 * clients).map(|n| {
        let failed = n == clients + 3;
        let end = i64::try_from(n).unwrap();
        let client = format!("client{:03}", n % clients);
        leaf(&client, "BACKUP", if failed { 13 } else { 0 }, end)
    });
    let run = run(streams, 13, Some(2 * clients as u64));
    assert_eq!(run.extent(), Extent::Whole);
    let told = told(&run);
    assert_eq!(told.len(), clients);
    for (place, (client, status, end)) in told.into_iter().enumerate() {
        assert_eq!(client, format!("client{place:03}"));
        assert_eq!(status, Some(if place == 3 { 13 } else { 0 }));
        assert_eq!(end, i64::try_from(clients + place).unwrap());
    }
    assert_eq!(decode(&run.encode("1")), Some(run));
}

#[test]
fn snapshots_alone_are_a_run_and_its_root_has_a_say() {
    let good = run([leaf("a", "SNAPSHOT", 0, 5)], 0, Some(1));
    assert_eq!(told(&good), [("a".to_owned(), Some(0), 5)]);
    let stopped = run([leaf("a", "SNAPSHOT", 0, 5)], 150, Some(1));
    assert_eq!(told(&stopped), [("a".to_owned(), Some(150), 5)]);
}

#[test]
fn for_children_that_were_never_seen_the_root_stands_in() {
    let streams = [leaf("a", "BACKUP", 0, 5), leaf("a", "BACKUP", 0, 6)];
    let whole = run(streams.clone(), 13, Some(2));
    assert_eq!(told(&whole), [("a".to_owned(), Some(0), 6)]);
    let part = run(streams, 13, Some(3));
    assert_eq!(told(&part), [("a".to_owned(), Some(13), 6)]);
}

#[test]
fn a_job_that_another_one_names_is_no_leaf() {
    let mut run = run([leaf("a", "BACKUP", 13, 5)], 0, None);
    let child = FinishedJob {
        parent: Some(2),
        ..leaf("a", "BACKUP", 0, 4)
    };
    add(&mut run, 3, child);
    assert_eq!(told(&run), [("a".to_owned(), Some(0), 4)]);
}

#[test]
fn a_run_is_whole_when_every_job_has_its_children() {
    let between = FinishedJob {
        child_count: Some(2),
        ..leaf("a", "SNAPSHOT", 71, 5)
    };
    let child = || FinishedJob {
        parent: Some(2),
        ..leaf("a", "BACKUP", 0, 4)
    };
    let mut run = run([between], 0, Some(1));
    assert_eq!(run.extent(), Extent::Part);
    add(&mut run, 3, child());
    assert_eq!(run.extent(), Extent::Part);
    let stand_in = [("a".to_owned(), Some(71), 4)];
    assert_eq!(told(&run), stand_in, "of what is missing its parent tells");
    add(&mut run, 4, child());
    assert_eq!(run.extent(), Extent::Whole);
    assert_eq!(told(&run), [("a".to_owned(), Some(0), 4)]);
}

#[test]
fn records_that_count_no_children_never_tell_that_a_run_is_whole() {
    let uncounted = |job| FinishedJob {
        child_count: None,
        ..job
    };
    let good = uncounted(leaf("a", "BACKUP", 0, 5));
    assert_eq!(run([good.clone()], 0, None).extent(), Extent::Unknown);
    assert_eq!(run([good], 0, Some(1)).extent(), Extent::Unknown);
    assert_eq!(run([], 0, None).extent(), Extent::Unknown);
    let whole = run([leaf("a", "BACKUP", 0, 5)], 0, Some(1));
    assert_eq!(whole.extent(), Extent::Whole);
    let mut endless = whole;
    endless.root = None;
    assert_eq!(endless.extent(), Extent::Part);
}

#[test]
fn a_snapshot_is_no_backup_as_long_as_jobs_are_missing() {
    let snapshot = leaf("a", "SNAPSHOT", 0, 5);
    let part = run([snapshot.clone()], 0, Some(2));
    assert_eq!(told(&part), []);
    let failed = run([snapshot], 13, Some(2));
    assert_eq!(told(&failed), [("a".to_owned(), Some(13), 5)]);
}

/// Where records count nothing, a root was taken for a leaf before its children came.
#[test]
fn a_root_that_was_taken_for_a_leaf_still_has_a_say() {
    let mut run = run([leaf("a", "SNAPSHOT", 0, 5)], 13, None);
    run.members.remove(&1);
    let root = FinishedJob {
        parent: None,
        child_count: None,
        ..leaf("a", "BACKUP", 13, 100)
    };
    add(&mut run, 1, root);
    assert_eq!(told(&run), [("a".to_owned(), Some(13), 5)]);
}

#[test]
fn a_run_survives_its_note_and_damage_is_noticed() {
    let mut run = run(
        [
            leaf("a", "BACKUP", 1, 5),
            leaf("b", "SNAPSHOT", -1, i64::MAX / 2_000_000),
            FinishedJob {
                start: Some(from_millis(-7)),
                status: None,
                child_count: None,
                parent: None,
                ..leaf("a", "DBBACKUP", 0, -3)
            },
        ],
        156,
        Some(4),
    );
    for (changed, id) in [(true, 7), (false, u64::MAX)] {
        run.changed = changed;
        add(&mut run, id, leaf("c", "SNAPSHOT", 0, 1));
        run.changed = changed;
        let bytes = run.encode("1");
        assert_eq!(decode(&bytes), Some(run.clone()));
        for place in 0..bytes.len() {
            let mut damaged = bytes.to_vec();
            damaged[place] ^= 0x10;
            assert_eq!(decode(&damaged), None, "byte {place}");
        }
    }
}

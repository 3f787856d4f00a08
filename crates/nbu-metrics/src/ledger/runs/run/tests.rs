use super::*;

fn leaf(client: &str, job_type: &str, status: i64, end: i64) -> Leaf {
    let job = FinishedJob {
        client: client.into(),
        policy: "daily".into(),
        job_type: job_type.into(),
        status: Some(status),
        ..FinishedJob::default()
    };
    Leaf::of(&job, end).unwrap()
}

/// A run of root 1 whose children begin at 2.
fn run(leaves: impl IntoIterator<Item = Leaf>, root: i64, children: Option<u64>) -> Run {
    let mut run = Run {
        root: Some(Root {
            end: Some(100),
            outcome: Outcome(Some(root)),
            children,
        }),
        ..Run::default()
    };
    for (id, leaf) in (2..).zip(leaves) {
        let end = leaf.end;
        let member = Member {
            parent: 1,
            leaf: Some(leaf),
        };
        run.add(id, member, end);
    }
    run
}

fn told(run: &Run) -> Vec<(String, Option<i64>, i64)> {
    let verdicts = run.verdicts(1).into_iter();
    verdicts
        .map(|one| (one.subject.client.to_string(), one.outcome.0, one.end))
        .collect()
}

#[test]
fn one_failed_stream_of_twenty_is_a_failed_run() {
    let streams = (0..20).map(|n| leaf("a", "BACKUP", if n == 7 { 13 } else { 0 }, n));
    let run = run(streams, 0, Some(20));
    assert_eq!(told(&run), [("a".to_owned(), Some(13), 19)]);
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
    let child = Member {
        parent: 2,
        leaf: Some(leaf("a", "BACKUP", 0, 4)),
    };
    run.add(3, child, 4);
    assert_eq!(told(&run), [("a".to_owned(), Some(0), 4)]);
}

#[test]
fn a_run_survives_its_note_and_damage_is_noticed() {
    let run = run(
        [
            leaf("a", "BACKUP", 1, 5),
            leaf("b", "SNAPSHOT", -1, i64::MAX),
        ],
        156,
        Some(4),
    );
    let bytes = run.encode("1");
    assert_eq!(Run::decode("1", &bytes), Some(run));
    for place in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[place] ^= 0x10;
        assert_eq!(Run::decode("1", &damaged), None, "byte {place}");
    }
}

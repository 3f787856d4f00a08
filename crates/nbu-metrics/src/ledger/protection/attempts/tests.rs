use proptest::prelude::*;

use super::*;

fn outcome(status: Option<i64>) -> Outcome {
    Outcome::of(status, &ResultRules::default())
}

fn decode(note: &[u8]) -> Option<Attempts> {
    Attempts::decode("k", note, &ResultRules::default())
}

/// No run is settled.
const ALWAYS: i64 = i64::MIN;

fn verdict(end: i64, status: i64) -> Verdict {
    Verdict {
        outcome: outcome(Some(status)),
        start: Some(end - 10),
        end,
        until: end + 5,
        is_late: false,
        is_rootless: false,
        is_final: false,
    }
}

/// The same, of a run of which every job was read.
fn whole(end: i64, status: i64) -> Verdict {
    Verdict {
        is_final: true,
        ..verdict(end, status)
    }
}

fn part(end: i64, status: i64) -> Verdict {
    Verdict {
        is_late: true,
        ..verdict(end, status)
    }
}

#[test]
fn a_late_leaf_turns_the_last_success_into_a_failure() {
    let mut attempts = Attempts::default();
    attempts.add(1, &verdict(100, 0), ALWAYS);
    attempts.add(2, &verdict(200, 1), ALWAYS);
    assert_eq!(
        (attempts.last_success(), attempts.failures_since(Some(200))),
        (Some(200), 0)
    );
    assert!(attempts.add(2, &verdict(201, 13), ALWAYS));
    assert_eq!(attempts.last_success(), Some(100));
    assert_eq!(attempts.failures_since(Some(100)), 1);
    assert_eq!(
        attempts.last().map(|last| (last.end, last.outcome)),
        Some((201, outcome(Some(13))))
    );
}

#[test]
fn every_run_that_is_not_settled_may_turn_into_a_failure() {
    let mut attempts = Attempts::default();
    attempts.add(1, &verdict(100, 13), ALWAYS);
    for root in 2..=4 {
        attempts.add(
            root,
            &verdict(i64::try_from(root).unwrap() * 100, 0),
            ALWAYS,
        );
    }
    for root in 2..=4 {
        let part = part(i64::try_from(root).unwrap() * 100, 71);
        assert!(attempts.add(root, &part, ALWAYS));
    }
    assert_eq!(attempts.last_success(), None);
    assert_eq!(attempts.failures_since(None), 4);
}

#[test]
fn of_what_nothing_can_change_the_last_success_and_what_followed_stay() {
    for is_final in [false, true] {
        let mut attempts = Attempts::default();
        let settled = if is_final { 0 } else { i64::MAX };
        for root in 1..=10 {
            let end = i64::try_from(root).unwrap() * 100;
            let status = if root > 8 { 13 } else { 0 };
            let verdict = Verdict {
                is_final,
                ..verdict(end, status)
            };
            attempts.add(root, &verdict, settled);
        }
        assert_eq!(attempts.recent.len(), 3);
        assert_eq!(attempts.last_success(), Some(800));
        assert_eq!(attempts.failures_since(Some(800)), 2);
    }
}

#[test]
fn what_the_look_back_gathered_goes_when_it_is_over() {
    let mut attempts = Attempts::default();
    for root in 1..=10 {
        attempts.add(root, &whole(i64::try_from(root).unwrap() * 100, 0), ALWAYS);
    }
    assert_eq!(attempts.recent.len(), 10, "any of them may be read again");
    assert!(attempts.trim(2_000));
    assert_eq!(attempts.recent.len(), 1);
    assert!(!attempts.trim(2_000), "once");
    assert_eq!(attempts.last_success(), Some(1_000));
}

#[test]
fn a_part_that_is_read_again_takes_nothing_from_the_whole() {
    let mut attempts = Attempts::default();
    attempts.add(1, &whole(100, 13), ALWAYS);
    assert!(!attempts.add(1, &verdict(100, 0), ALWAYS));
    assert_eq!(attempts.last_success(), None);
}

#[test]
fn a_good_part_of_an_unknown_run_is_no_success_and_a_bad_one_is_a_failure() {
    let mut attempts = Attempts::default();
    assert!(!attempts.add(1, &part(100, 0), ALWAYS));
    assert_eq!((attempts.last(), attempts.last_success()), (None, None));
    assert!(attempts.add(1, &part(101, 13), ALWAYS));
    assert_eq!(attempts.failures_since(None), 1);
}

/// However many runs there are of which jobs may still come, and whichever of them turn out to have failed.
#[test]
fn of_more_successes_than_are_remembered_none_is_shown_that_was_revoked() {
    let mut attempts = Attempts::default();
    let count = u64::try_from(MOST).unwrap() + 10;
    let end = |root: u64| i64::try_from(root).unwrap() * 100;
    attempts.succeeded(50);
    for root in 1..=count {
        attempts.add(root, &verdict(end(root), 0), ALWAYS);
    }
    // Newest first, so that each in turn is the one that is shown.
    for root in (1..=count).rev() {
        assert!(
            attempts.last_success() <= Some(end(root)),
            "{root} was revoked"
        );
        attempts.add(root, &part(end(root), 13), ALWAYS);
    }
    assert_eq!(attempts.last_success(), Some(50), "what the catalog knows");
    assert!(attempts.failures_since(Some(50)) > u64::try_from(MOST).unwrap());
    // Nor the other way round.
    let mut attempts = Attempts::default();
    for root in 1..=count {
        attempts.add(root, &verdict(end(root), 0), ALWAYS);
    }
    for root in 1..=count {
        attempts.add(root, &part(end(root), 13), ALWAYS);
        assert!(attempts.last_success().is_none_or(|at| at > end(root)));
    }
    assert_eq!(attempts.last_success(), None);
}

#[test]
fn failures_that_are_only_counted_come_back_when_the_successes_after_them_fall() {
    let mut attempts = Attempts::default();
    for n in 1..=100 {
        attempts.add(n, &verdict(i64::try_from(n).unwrap() * 100, 13), ALWAYS);
    }
    attempts.add(101, &verdict(10_100, 0), ALWAYS);
    assert_eq!(attempts.failures_since(Some(10_100)), 0);
    attempts.add(101, &verdict(10_100, 13), ALWAYS);
    assert_eq!(attempts.failures_since(None), 101);
}

#[test]
fn a_root_s_id_may_come_again_for_another_run() {
    let mut attempts = Attempts::default();
    attempts.add(1, &verdict(100, 13), ALWAYS);
    attempts.add(1, &verdict(1_000, 0), ALWAYS);
    assert_eq!(
        (attempts.last_success(), attempts.recent.len()),
        (Some(1_000), 2)
    );
}

#[test]
fn failures_beyond_those_remembered_are_still_counted() {
    let mut attempts = Attempts::default();
    attempts.add(1, &verdict(0, 0), ALWAYS);
    for n in 1..=200 {
        attempts.add(
            10 + n,
            &verdict(i64::try_from(n).unwrap() * 100, 13),
            ALWAYS,
        );
    }
    assert_eq!(attempts.last_success(), Some(0));
    assert_eq!(attempts.failures_since(Some(0)), 200);
    assert!(
        !attempts.add(11, &verdict(100, 13), ALWAYS),
        "it is counted"
    );
    assert!(attempts.recent.len() <= MOST);
    attempts.add(500, &verdict(50_000, 0), ALWAYS);
    attempts.add(501, &verdict(50_100, 13), ALWAYS);
    assert_eq!(attempts.failures_since(Some(50_000)), 1);
}

#[test]
fn what_was_cancelled_or_skipped_neither_ends_the_row_nor_lengthens_it() {
    for dropped in [0, MOST] {
        let mut attempts = Attempts::default();
        let mut end = 0_i64;
        let mut add = |attempts: &mut Attempts, status| {
            end += 100;
            attempts.add(end.unsigned_abs(), &verdict(end, status), ALWAYS);
            (
                attempts.failures_since(attempts.last_success()),
                attempts.last_success(),
            )
        };
        add(&mut attempts, 0);
        for (status, failures) in [
            (150, 0),
            (13, 1),
            (157, 1),
            (190, 1),
            (200, 1),
            (196, 2),
            (-1, 3),
        ] {
            assert_eq!(
                add(&mut attempts, status),
                (failures, Some(100)),
                "{status}"
            );
        }
        for _ in 0..dropped {
            add(&mut attempts, 150);
        }
        assert_eq!(add(&mut attempts, 13), (4, Some(100)));
        assert_eq!(add(&mut attempts, 1).0, 0);
    }
}

proptest! {
    #[test]
    fn order_and_repeats_do_not_matter(
        runs in prop::collection::btree_map(1_u64..60, (0_i64..40, prop::sample::select(vec![0_i64, 1, 13, 71, 150, 190, 196])), 1..40),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
        settled in prop::sample::select(vec![ALWAYS, i64::MAX, 2_000]),
        is_final: bool,
    ) {
        let runs: Vec<_> = runs.into_iter()
            .map(|(root, (end, status))| (root, Verdict { is_final, ..verdict(end * 100, status) }))
            .collect();
        let mut attempts = Attempts::default();
        for pick in order {
            let (root, verdict) = pick.get(&runs);
            attempts.add(*root, verdict, settled);
        }
        for (root, verdict) in &runs {
            attempts.add(*root, verdict, settled);
        }
        let success = runs.iter().filter(|(_, run)| run.outcome.is_success()).map(|(_, run)| run.end).max();
        let last = runs.iter().map(|(root, run)| (run.end, *root)).max();
        let failures = runs.iter().filter(|(_, run)| matches!(run.outcome.status(), Some(13 | 71 | 196)) && Some(run.end) > success).count();
        prop_assert_eq!(attempts.last_success(), success);
        prop_assert_eq!(attempts.last().map(Attempt::key), last);
        prop_assert_eq!(attempts.failures_since(success), failures as u64);
        let note = attempts.encode("k");
        prop_assert_eq!(decode(&note), Some(attempts));
    }

    #[test]
    fn everything_comes_back_from_the_note(
        ends in prop::collection::vec((any::<i64>(), any::<u64>(), prop::option::of(any::<i64>())), 0..100),
        catalog in prop::option::of(any::<i64>()),
    ) {
        let mut attempts = Attempts::default();
        for (end, root, status) in ends {
            let verdict = Verdict { outcome: outcome(status), start: None, end, until: end, ..verdict(0, 0) };
            attempts.add(root, &verdict, ALWAYS);
        }
        catalog.map(|end| attempts.succeeded(end));
        prop_assert_eq!(decode(&attempts.encode("k")), Some(attempts));
    }
}

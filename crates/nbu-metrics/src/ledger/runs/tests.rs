use super::*;
use crate::ledger::instant::from_millis;

fn job(id: u64, parent: Option<u64>, status: i64, end: i64) -> FinishedJob<'static> {
    FinishedJob {
        id,
        parent,
        job_type: "BACKUP".into(),
        client: "host1".into(),
        status: Some(status),
        end: Some(from_millis(end)),
        ..FinishedJob::default()
    }
}

fn take(runs: &mut Runs, job: &FinishedJob<'_>, end: i64, is_parent: bool, is_done: bool) {
    let outcome = Outcome::of(job.status, &ResultRules::default());
    assert_eq!(runs.take(job, end, outcome, is_parent, |_| is_done), None);
}

/// Takes a run of a primary that counts no children: two jobs under a root.
fn take_run(runs: &mut Runs, root: u64) {
    let end = i64::try_from(root).unwrap();
    for (id, parent) in [(root + 2, Some(root)), (root + 1, Some(root)), (root, None)] {
        let job = job(id, parent, 0, end);
        take(runs, &job, end, id == root, false);
    }
}

#[test]
fn what_is_kept_for_late_jobs_is_bounded_and_what_had_to_go_is_no_success() {
    let mut runs = Runs::default();
    let count = u64::try_from(MOST).unwrap();
    let mut judged = 0;
    for root in (10..10 + 10 * count).step_by(10) {
        take_run(&mut runs, root);
        if root % 100 == 0 {
            judged += runs
                .judge(i64::MIN, i64::MIN, |_, _| Absence::Unknown)
                .len();
            assert!(runs.jobs <= MOST_KEPT && runs.open.len() <= MOST_KEPT);
        }
        assert!(runs.jobs <= MOST && runs.homes.len() <= MOST);
    }
    assert_eq!(judged, MOST, "all that had to go was judged");
    assert!(!runs.open.contains_key(&10));
    let mut late = |job: FinishedJob<'static>| {
        take(&mut runs, &job, 19, false, true);
        let told = |(root, verdicts): Judged| {
            (root, verdicts[0].1.is_late, verdicts[0].1.outcome.status())
        };
        let judged = runs.judge(i64::MIN, i64::MIN, |_, _| Absence::Unknown);
        judged.into_iter().map(told).collect::<Vec<_>>()
    };
    // Of one that had to go, and of one that is still there, whose root is found by its parent.
    assert_eq!(late(job(19, Some(10), 0, 19)), [(10, true, Some(0))]);
    let last = 10 * count;
    let below = job(last + 9, Some(last + 1), 13, 19);
    assert_eq!(late(below), [(last, false, Some(13))]);
}

#[test]
fn runs_that_never_end_are_dropped_the_oldest_first() {
    let mut runs = Runs::default();
    let count = u64::try_from(MOST).unwrap();
    for root in (10..10 + 20 * count).step_by(10) {
        let job = job(root + 1, Some(root), 0, 5);
        take(&mut runs, &job, 5, false, false);
        assert!(runs.jobs <= MOST && runs.homes.len() <= MOST);
    }
    assert_eq!((runs.open.len(), runs.jobs), (MOST, MOST));
    assert_eq!(runs.open.keys().next(), Some(&(10 + 10 * count)));
}

#[test]
fn what_ended_before_anything_is_taken_goes_and_leaves_nothing() {
    let mut runs = Runs::default();
    take_run(&mut runs, 100);
    take_run(&mut runs, 200);
    let endless = job(301, Some(300), 0, 50);
    take(&mut runs, &endless, 50, false, false);
    assert_eq!(
        runs.judge(i64::MIN, i64::MIN, |_, _| Absence::Unknown)
            .len(),
        2
    );
    assert_eq!(runs.judge(i64::MIN, 150, |_, _| Absence::Unknown), []);
    let left: Vec<_> = runs.open.keys().copied().collect();
    assert_eq!(left, [200, 300], "one is not done, whenever its jobs ended");
    assert_eq!(runs.judge(250, 150, |_, _| Absence::Unknown), []);
    assert_eq!(runs.jobs, 0);
    assert!(runs.homes.is_empty() && runs.judged.is_empty() && runs.open.is_empty());
}

#[test]
fn a_judged_run_is_not_judged_again_after_a_restart() {
    let mut runs = Runs::default();
    take_run(&mut runs, 100);
    let read = |runs: &mut Runs| {
        let mut restored = Runs::default();
        for note in runs.notes() {
            let rules = ResultRules::default();
            restored
                .restore(&note.key, &note.value.unwrap(), &rules)
                .unwrap();
        }
        restored
    };
    let mut before = read(&mut runs);
    assert_eq!(
        before
            .judge(i64::MIN, i64::MIN, |_, _| Absence::Unknown)
            .len(),
        1,
        "it was not"
    );
    let mut after = read(&mut before);
    assert_eq!(after.judge(i64::MIN, i64::MIN, |_, _| Absence::Unknown), []);
    assert_eq!((after.jobs, after.judged.len()), (3, 1));
}

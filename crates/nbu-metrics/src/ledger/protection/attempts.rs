//! The last runs of one client, policy and schedule type.

use crate::ledger::encoding::{Reader, Writer};
use crate::ledger::runs::{Outcome, Verdict};

/// Runs that are remembered one by one; of more, the failed ones are only counted.
const MOST: usize = 64;

/// What is remembered: every run of which a job may still come, for such a job may turn a success into a failure; and
/// beyond those the last two successful runs and every run since the first of them.
///
/// It is a set: taking a run again changes nothing, and the order of arrival does not matter.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Attempts {
    /// Ascending by end.
    recent: Vec<Attempt>,
    /// When the last of the forgotten successes ended, or of those known from the catalog.
    older_success: Option<i64>,
    /// Failures since the last success among the runs that are no longer remembered one by one.
    uncounted: u64,
    /// The last of those runs.
    floor: Option<(i64, u64)>,
}

/// One run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Attempt {
    /// When its last leaf ended.
    pub(super) end: i64,
    pub(super) root: u64,
    pub(super) outcome: Outcome,
    /// When its root ended.
    until: i64,
}

impl Attempt {
    /// Its place among the others.
    const fn key(&self) -> (i64, u64) {
        (self.end, self.root)
    }
}

impl Attempts {
    /// Takes a run, or more of one that is known already. Of runs that ended before `settled` no more jobs come. `false` if
    /// that changes nothing.
    pub(super) fn add(&mut self, root: u64, verdict: &Verdict, settled: i64) -> bool {
        let before = self.clone();
        let known = self.recent.iter().rposition(|attempt| {
            attempt.root == root && verdict.start.is_none_or(|start| start <= attempt.until)
        });
        let mut attempt = Attempt {
            end: verdict.end,
            root,
            outcome: verdict.outcome,
            until: verdict.until,
        };
        if let Some(place) = known {
            let known = self.recent.remove(place);
            attempt.until = attempt.until.max(known.until);
            // A verdict on the whole run replaces what was known of it.
            if verdict.is_late {
                attempt.end = attempt.end.max(known.end);
                attempt.outcome = attempt.outcome.max(known.outcome);
            }
        } else if self.floor.is_some_and(|floor| attempt.key() <= floor) {
            return false;
        } else if verdict.is_late && self.has_forgotten(&attempt) {
            // A good part of a run that is forgotten says nothing of the whole, and a bad part nothing new.
            return false;
        }
        let place = self
            .recent
            .partition_point(|other| other.key() < attempt.key());
        self.recent.insert(place, attempt);
        self.trim(settled);
        *self != before
    }

    /// Learns of a success that ended then, from elsewhere than from jobs. `false` if that changes nothing.
    pub(super) fn succeeded(&mut self, end: i64) -> bool {
        let before = self.older_success;
        self.older_success = before.max(Some(end));
        self.older_success != before
    }

    /// When the last successful run ended.
    pub(super) fn last_success(&self) -> Option<i64> {
        let recent = self.successes().next_back().map(|attempt| attempt.end);
        recent.max(self.older_success)
    }

    /// The last run, however it ended.
    pub(super) fn last(&self) -> Option<&Attempt> {
        self.recent.last()
    }

    /// The failed runs since that one; at least, where there were more than are remembered.
    pub(super) fn failures_since(&self, success: Option<i64>) -> u64 {
        let since = self
            .recent
            .iter()
            .rev()
            .take_while(|attempt| Some(attempt.end) > success);
        let failed = since
            .filter(|attempt| !attempt.outcome.is_success())
            .count();
        let is_before_all = self.successes().next().is_none() && success == self.older_success;
        let uncounted = if is_before_all { self.uncounted } else { 0 };
        uncounted.saturating_add(u64::try_from(failed).unwrap_or(u64::MAX))
    }

    pub(super) fn encode(&self, key: &str) -> std::sync::Arc<[u8]> {
        let mut writer = Writer::new(FORM);
        writer.maybe(self.older_success);
        writer.number(self.uncounted);
        writer.maybe(self.floor.map(|(end, _)| end));
        writer.number(self.floor.map_or(0, |(_, root)| root));
        writer.count(self.recent.len());
        for attempt in &self.recent {
            writer.signed(attempt.end);
            writer.signed(attempt.until);
            writer.number(attempt.root);
            writer.maybe(attempt.outcome.0);
        }
        writer.seal(key)
    }

    pub(super) fn decode(key: &str, bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::open(FORM, key, bytes)?;
        let older_success = reader.maybe()?;
        let uncounted = reader.number()?;
        let (floor, root) = (reader.maybe()?, reader.number()?);
        let mut recent = Vec::new();
        for _ in 0..reader.count()? {
            recent.push(Attempt {
                end: reader.signed()?,
                until: reader.signed()?,
                root: reader.number()?,
                outcome: Outcome(reader.maybe()?),
            });
        }
        reader.is_at_end().then_some(Self {
            recent,
            older_success,
            uncounted,
            floor: floor.map(|end| (end, root)),
        })
    }

    fn successes(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.recent
            .iter()
            .filter(|attempt| attempt.outcome.is_success())
    }

    /// Whether this run may have been known and forgotten.
    fn has_forgotten(&self, attempt: &Attempt) -> bool {
        let oldest = self.recent.first();
        self.floor.is_some()
            && self.recent.len() > MOST
            && oldest.is_some_and(|oldest| attempt.key() < oldest.key())
    }

    fn trim(&mut self, settled: i64) {
        // Only the second of two successes makes what lies before it irrelevant, and only what can no longer change.
        let mut successes = self.recent.iter().enumerate().rev();
        let mut next = || successes.find(|(_, attempt)| attempt.outcome.is_success());
        let second = next().and_then(|_| next()).map_or(0, |(place, _)| place);
        let open = (self.recent.iter()).position(|attempt| attempt.until >= settled);
        let beyond = self.recent.len().saturating_sub(MOST + 2);
        let kept_from = open.map_or(second, |open| open.min(second)).max(beyond);
        for attempt in self.recent.drain(..kept_from) {
            self.floor = self.floor.max(Some(attempt.key()));
            if attempt.outcome.is_success() {
                self.older_success = self.older_success.max(Some(attempt.end));
                self.uncounted = 0;
            } else {
                self.uncounted = self.uncounted.saturating_add(1);
            }
        }
        self.recent.shrink_to(self.recent.len() + 2);
    }
}

/// The form of the note.
const FORM: u8 = 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::FinishedJob;
    use crate::ledger::runs::Subject;

    /// No run is settled.
    const ALWAYS: i64 = i64::MIN;

    fn verdict(end: i64, status: i64) -> Verdict {
        Verdict {
            subject: Subject::of(&FinishedJob::default()),
            outcome: Outcome(Some(status)),
            start: Some(end - 10),
            end,
            until: end + 5,
            is_late: false,
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
            Some((201, Outcome(Some(13))))
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
            let part = Verdict {
                is_late: true,
                ..verdict(i64::try_from(root).unwrap() * 100, 71)
            };
            assert!(attempts.add(root, &part, ALWAYS));
        }
        assert_eq!(attempts.last_success(), None);
        assert_eq!(attempts.failures_since(None), 4);
    }

    #[test]
    fn of_settled_runs_two_successes_and_what_followed_stay() {
        let mut attempts = Attempts::default();
        for root in 1..=10 {
            let end = i64::try_from(root).unwrap() * 100;
            attempts.add(root, &verdict(end, 0), i64::MAX);
        }
        assert_eq!(attempts.recent.len(), 2);
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
        assert!(attempts.recent.len() <= MOST + 2);
        attempts.add(500, &verdict(50_000, 0), ALWAYS);
        attempts.add(501, &verdict(50_100, 13), ALWAYS);
        assert_eq!(attempts.failures_since(Some(50_000)), 1);
    }

    proptest! {
        #[test]
        fn order_and_repeats_do_not_matter(
            runs in prop::collection::btree_map(1_u64..60, (0_i64..40, prop::sample::select(vec![0_i64, 1, 13, 71])), 1..40),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
            settled in prop::sample::select(vec![ALWAYS, i64::MAX, 2_000]),
        ) {
            let runs: Vec<_> = runs.into_iter().map(|(root, (end, status))| (root, verdict(end * 100, status))).collect();
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
            let failures = runs.iter().filter(|(_, run)| !run.outcome.is_success() && Some(run.end) > success).count();
            prop_assert_eq!(attempts.last_success(), success);
            prop_assert_eq!(attempts.last().map(Attempt::key), last);
            prop_assert_eq!(attempts.failures_since(success), failures as u64);
            let note = attempts.encode("k");
            prop_assert_eq!(Attempts::decode("k", &note), Some(attempts));
        }
    }
}

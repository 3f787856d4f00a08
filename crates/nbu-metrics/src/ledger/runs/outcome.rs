//! How a job, or a whole run, ended.

use std::cmp::Ordering;

use crate::ledger::{JobResult, ResultRules};

/// A status code and the result it means, ordered by how bad that is: success, partial, skipped, cancelled, unknown, missed,
/// failed; then by the code. So the worst of several does not depend on the order in which they come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ledger) struct Outcome {
    result: JobResult,
    status: Option<i64>,
}

impl Outcome {
    /// The best there is.
    pub(in crate::ledger) const SUCCESS: Self = Self {
        result: JobResult::Success,
        status: Some(0),
    };

    /// The outcome that this status means.
    pub(in crate::ledger) fn of(status: Option<i64>, rules: &ResultRules) -> Self {
        Self {
            result: rules.result(status),
            status,
        }
    }

    pub(in crate::ledger) const fn status(self) -> Option<i64> {
        self.status
    }

    /// There is a backup.
    pub(in crate::ledger) const fn is_success(self) -> bool {
        matches!(self.result, JobResult::Success | JobResult::Partial)
    }

    /// There should be a backup, and is none. What an operator cancelled, or what there was no need for, is neither.
    pub(in crate::ledger) const fn is_failure(self) -> bool {
        matches!(
            self.result,
            JobResult::Failed | JobResult::Missed | JobResult::Unknown
        )
    }

    const fn badness(self) -> u8 {
        match self.result {
            JobResult::Success => 0,
            JobResult::Partial => 1,
            JobResult::Skipped => 2,
            JobResult::Cancelled => 3,
            JobResult::Unknown => 4,
            JobResult::Missed => 5,
            JobResult::Failed => 6,
        }
    }
}

impl Ord for Outcome {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.badness(), self.status).cmp(&(other.badness(), other.status))
    }
}

impl PartialOrd for Outcome {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statuses from the best to the worst, whether there is a backup, and whether it is missing.
    #[test]
    fn the_worst_is_the_worst_by_its_result_and_then_by_its_code() {
        let table = [
            (Some(0), true, false),
            (Some(1), true, false),
            (Some(190), false, false),
            (Some(200), false, false),
            (Some(150), false, false),
            (Some(157), false, false),
            (None, false, true),
            (Some(196), false, true),
            (Some(-1), false, true),
            (Some(2), false, true),
            (Some(71), false, true),
            (Some(2106), false, true),
        ];
        let outcome = |status| Outcome::of(status, &ResultRules::default());
        assert!(table.map(|(status, ..)| outcome(status)).is_sorted());
        for (status, is_success, is_failure) in table {
            let outcome = outcome(status);
            let told = (outcome.is_success(), outcome.is_failure());
            assert_eq!(told, (is_success, is_failure), "{status:?}");
        }
    }

    #[test]
    fn the_configuration_decides_what_a_status_means() {
        let rules = ResultRules::new([
            (1, JobResult::Failed),
            (71, JobResult::Partial),
            (150, JobResult::Failed),
            (13, JobResult::Skipped),
        ]);
        let outcome = |status| Outcome::of(Some(status), &rules);
        assert!(outcome(71).is_success() && !outcome(1).is_success());
        assert!(outcome(150).is_failure() && !outcome(13).is_failure());
        assert!([0, 71, 13, 157, 1, 2, 150].map(outcome).is_sorted());
    }
}

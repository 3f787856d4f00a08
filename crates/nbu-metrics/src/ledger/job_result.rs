//! The word a job's status code comes down to: the `result` label.

use std::collections::BTreeMap;
use std::fmt;

/// How a finished job went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum JobResult {
    /// Status 0.
    Success,
    /// Status 1: done, but not everything was read.
    Partial,
    /// Any status without a better word.
    Failed,
    /// Stopped by somebody: statuses 150 and 157.
    Cancelled,
    /// The backup window closed before the job could start: status 196.
    Missed,
    /// Nothing was to be done: statuses 190 and 200.
    Skipped,
    /// The record carries no status.
    Unknown,
}

impl JobResult {
    /// Every result.
    pub const ALL: [Self; 7] = [
        Self::Success,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
        Self::Missed,
        Self::Skipped,
        Self::Unknown,
    ];

    /// The label value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Missed => "missed",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }

    /// The result with this label value, as `jobs.results` names it.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == word)
    }
}

impl fmt::Display for JobResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which status codes mean which result: the product's convention, and what `jobs.results` says otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ResultRules {
    overrides: BTreeMap<i64, JobResult>,
}

impl ResultRules {
    /// The convention, with some status codes told apart differently.
    pub fn new(overrides: impl IntoIterator<Item = (i64, JobResult)>) -> Self {
        Self {
            overrides: overrides.into_iter().collect(),
        }
    }

    /// The result of a finished job with this status; a missing status is not a success.
    pub fn result(&self, status: Option<i64>) -> JobResult {
        let Some(status) = status else {
            return JobResult::Unknown;
        };
        if let Some(result) = self.overrides.get(&status) {
            return *result;
        }
        match status {
            0 => JobResult::Success,
            1 => JobResult::Partial,
            150 | 157 => JobResult::Cancelled,
            190 | 200 => JobResult::Skipped,
            196 => JobResult::Missed,
            _ => JobResult::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_their_words() {
        let rules = ResultRules::default();
        let words: Vec<_> = [0, 1, 71, 150, 157, 190, 196, 200, 2106, -1]
            .map(|status| rules.result(Some(status)).as_str())
            .to_vec();
        assert_eq!(
            words,
            [
                "success",
                "partial",
                "failed",
                "cancelled",
                "cancelled",
                "skipped",
                "missed",
                "skipped",
                "failed",
                "failed"
            ]
        );
        assert_eq!(rules.result(None), JobResult::Unknown);
    }

    #[test]
    fn the_configuration_overrides() {
        let rules = ResultRules::new([(71, JobResult::Skipped), (1, JobResult::Failed)]);
        assert_eq!(rules.result(Some(71)), JobResult::Skipped);
        assert_eq!(rules.result(Some(1)), JobResult::Failed);
        assert_eq!(rules.result(Some(0)), JobResult::Success);
    }

    #[test]
    fn every_word_reads_back() {
        for result in JobResult::ALL {
            assert_eq!(JobResult::from_word(result.as_str()), Some(result));
        }
        assert_eq!(JobResult::from_word("fine"), None);
    }
}

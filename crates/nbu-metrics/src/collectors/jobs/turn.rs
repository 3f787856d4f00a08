//! Turns of the live jobs and the finished ones.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use nbu_client::Reason;

use crate::collector::CollectError;

/// Shared by all runs, for the attempts that failed or were dropped count too: neither walk may starve the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn(Arc<Mutex<Attempts>>);

/// What one run does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Work {
    Live,
    Finished,
}

#[derive(Debug, Default)]
struct Attempts {
    /// When the last live walk ended, or began if it did not end well. In wall time.
    live_at: Option<Timestamp>,
    /// Finished jobs were walked since, or at least tried to be.
    walked: bool,
    /// The failure of the last live walk, if it brought nothing.
    failure: Option<LiveFailure>,
}

/// The failure of a live walk that brought nothing.
#[derive(Clone, Debug)]
pub(super) struct LiveFailure {
    pub(super) reason: Reason,
    /// The failed call, where it was one.
    pub(super) error: Option<nbu_client::Error>,
}

impl From<&CollectError> for LiveFailure {
    fn from(error: &CollectError) -> Self {
        Self {
            reason: error.reason(),
            error: match error {
                CollectError::Client(error) => Some(error.clone()),
                _ => None,
            },
        }
    }
}

impl Turn {
    /// Decides, and notes the attempt.
    pub(super) fn take(&self, now: Timestamp, interval: Duration) -> Work {
        let mut attempts = self.attempts();
        if !attempts.is_live_due(now, interval) {
            attempts.walked = true;
            return Work::Finished;
        }
        *attempts = Attempts {
            live_at: Some(now),
            walked: false,
            // Nobody says so when it is dropped at its deadline.
            failure: Some(LiveFailure {
                reason: Reason::Timeout,
                error: None,
            }),
        };
        Work::Live
    }

    /// Where the credential was refused nothing else would be answered either, so it stays the live jobs' turn: with the next
    /// credential they are read at once, and nothing of the trouble is left.
    pub(super) fn live_failed(&self, failure: LiveFailure) {
        let mut attempts = self.attempts();
        if failure.reason == Reason::Unauthorized {
            attempts.live_at = None;
        }
        attempts.failure = Some(failure);
    }

    pub(super) fn live_succeeded(&self, now: Timestamp) {
        let mut attempts = self.attempts();
        attempts.live_at = Some(now);
        attempts.failure = None;
    }

    pub(super) fn is_live_due(&self, now: Timestamp, interval: Duration) -> bool {
        self.attempts().is_live_due(now, interval)
    }

    /// The failure of the last live walk, if it brought nothing.
    pub(super) fn live_failure(&self) -> Option<LiveFailure> {
        self.attempts().failure.clone()
    }

    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempts {
    /// Live jobs are read once an interval, finished jobs at least once after each of them.
    fn is_live_due(&self, now: Timestamp, interval: Duration) -> bool {
        let Some(live_at) = self.live_at else {
            return true;
        };
        let age = now.as_duration() - live_at.as_duration();
        // A clock that stepped back says nothing about the age.
        self.walked && Duration::try_from(age).map_or(true, |age| age >= interval / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn live_and_finished_take_turns() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let turn = Turn::default();
        let take = |seconds| turn.take(at(seconds), MINUTE);
        assert_eq!(take(0), Work::Live, "the very first run");
        assert_eq!(take(900), Work::Finished, "however long that took");
        assert_eq!(take(901), Work::Live, "also when that failed");
        assert_eq!(
            take(902),
            Work::Finished,
            "finished jobs come after live ones"
        );
        assert_eq!(take(903), Work::Finished, "more slices go on");
        assert_eq!(take(955), Work::Live, "a new interval, early by its jitter");
        assert_eq!(take(0), Work::Finished, "whatever the wall clock does");
        assert_eq!(take(0), Work::Live);
    }

    #[test]
    fn a_refused_credential_costs_no_turn() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let turn = Turn::default();
        assert_eq!(turn.take(at, MINUTE), Work::Live);
        turn.live_failed(LiveFailure {
            reason: Reason::Unauthorized,
            error: None,
        });
        assert_eq!(turn.take(at, MINUTE), Work::Live);
        turn.live_succeeded(at);
        assert_eq!(turn.take(at, MINUTE), Work::Finished);
        assert!(turn.live_failure().is_none());
    }
}

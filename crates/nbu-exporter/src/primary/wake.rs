//! What a life has to do next when nothing comes from outside.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Life;
use super::slot::Slot;

/// How often what is on the board is brought up to date while a long collection runs.
const REFRESH: Duration = Duration::from_secs(10);

/// Why a life woke up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// A collection is due.
    Collection,
    /// What is on the board is out of date.
    Refresh,
    /// The ledger is to be saved: a new series shows its value, or saving has failed before.
    Save,
}

/// Waits for what is next.
pub(super) async fn sleep_for(next: Option<(Instant, Wake)>) -> Wake {
    match next {
        None => std::future::pending().await,
        Some((at, wake)) => {
            sleep_until(at).await;
            wake
        }
    }
}

impl Life {
    /// What is due next, and when.
    pub(super) fn next(&self) -> Option<(Instant, Wake)> {
        let now = Instant::now();
        let collection = self
            .slots
            .iter()
            .filter(|slot| self.client.is_some() && self.may_run(slot))
            .filter_map(Slot::due)
            .min();
        let stale = self
            .slots
            .iter()
            .map(Slot::stale_at)
            .filter(|at| *at > now)
            .min();
        let running = (!self.running.is_empty()).then(|| now + REFRESH);
        let events = [
            (collection, Wake::Collection),
            (stale, Wake::Refresh),
            (running, Wake::Refresh),
            (self.next_value(), Wake::Refresh),
            (self.next_saving(now), Wake::Save),
        ];
        events
            .into_iter()
            .filter_map(|(at, wake)| Some((at?, wake)))
            .min_by_key(|(at, _)| *at)
    }

    /// When the counters that begin with the process and are shown at 0 are to show their values: a little later than the first
    /// of them may, for they came one after the other and publishing takes its time.
    fn next_value(&self) -> Option<Instant> {
        let time = self.config.metrics.counter_birth;
        let first = self.estate.zero_first().next(time)?;
        Some(Instant::from_std(first) + REFRESH)
    }

    /// A collector that counts needs the ledger.
    fn may_run(&self, slot: &Slot) -> bool {
        !slot.collector.counts() || self.estate.open_ledger().is_some()
    }

    /// When the ledger is to be saved and shown again: when a series is born, and when that has failed, after a pause. Not
    /// while it is being saved.
    fn next_saving(&self, now: Instant) -> Option<Instant> {
        if !self.saving.is_empty() {
            return None;
        }
        self.estate.open_ledger()?;
        let again = self.estate.saving().again();
        again.or_else(|| self.next_birth(now))
    }

    /// When a new series of the ledger is to show its value. Wall time, since it is wall time that the ledger remembers.
    fn next_birth(&self, now: Instant) -> Option<Instant> {
        let birth = self.estate.open_ledger()?.next_birth()?;
        let wait = birth.duration_since(self.estate.clock().now());
        // A little later, so that the clocks' rounding does not bring it too early, and again.
        Some(now + Duration::try_from(wait).unwrap_or_default() + Duration::from_millis(10))
    }
}

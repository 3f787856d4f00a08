//! The runs of one client, policy and schedule type, and what is told of them.

use std::sync::Arc;

use super::attempts::Attempts;
use super::{Place, seconds, subject};
use crate::catalogue::protection as families;
use crate::ledger::runs::Subject;
use crate::ledger::store::Shelf;
use crate::samples::{Labels, Samples};

/// What is known of these runs.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) attempts: Attempts,
    /// Of all that is told of them: packed once, and not at every scrape.
    labels: Labels,
    /// Their note is among those that are not what they should be.
    pub(super) is_dirty: bool,
}

impl Followed {
    pub(super) fn of(client: &str, (policy, schedule): &Place, attempts: Attempts) -> Self {
        Self {
            attempts,
            labels: Labels::of([client, policy, schedule].into_iter()),
            is_dirty: false,
        }
    }

    /// Notes that their note is not what it should be.
    pub(super) fn note(
        &mut self,
        client: &Arc<str>,
        (policy, schedule): &Place,
        dirty: &mut Vec<(Shelf, Subject)>,
    ) {
        if !std::mem::replace(&mut self.is_dirty, true) {
            dirty.push((Shelf::Protection, subject(client, policy, schedule)));
        }
    }

    pub(super) fn render(&self, samples: &mut Samples) {
        let mut gauge = |family, value| samples.gauge_of(family, &self.labels, value);
        if let Some(success) = self.attempts.last_success() {
            gauge(
                &families::CLIENT_LAST_SUCCESS_TIMESTAMP_SECONDS,
                seconds(success),
            );
        }
        let Some(last) = self.attempts.last() else {
            return;
        };
        gauge(
            &families::CLIENT_LAST_ATTEMPT_TIMESTAMP_SECONDS,
            seconds(last.end),
        );
        if let Some(status) = last.outcome.status() {
            gauge(&families::CLIENT_LAST_ATTEMPT_STATUS, status as f64);
        }
    }
}

//! What a user decides about the jobs collector and its ledger.

use std::time::Duration;

use super::{JobLabels, ProtectionSettings, ResultRules};
use crate::budget::Budget;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The keys `collectors.jobs.*`, and of `metrics.*` what concerns jobs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobsSettings {
    /// Time from one collection to the next. 60 s.
    pub interval: Duration,
    /// How far before the watermark a walk begins again, for records that are written late. 2 min.
    pub overlap: Duration,
    /// How far back the very first walk looks. 24 h.
    pub look_back: Duration,
    /// Time from one re-walk of `reconcile_window` to the next. 6 h.
    pub reconcile_interval: Duration,
    /// How much is walked again to heal late arrivals, and after the primary's clock stepped back. 24 h.
    pub reconcile_window: Duration,
    /// The longest outage whose jobs are counted afterwards. 3 d.
    pub max_catch_up: Duration,
    /// An active job that was not updated for this long is stalled. 30 min.
    pub stalled_after: Duration,
    /// Which status codes mean which result.
    pub results: ResultRules,
    /// How long a new counter shows 0 before its value. 2 min.
    pub counter_birth: Duration,
    /// Optional labels of the finished jobs. None.
    pub job_labels: JobLabels,
    /// How many series there may be.
    pub series: Budget,
    /// What is remembered of each client.
    pub protection: ProtectionSettings,
}

impl JobsSettings {
    /// How long a counted job is remembered: longer than any walk reaches back.
    pub fn retention(&self) -> Duration {
        self.reconcile_window
            .max(self.max_catch_up)
            .saturating_add(self.overlap)
    }
}

impl Default for JobsSettings {
    fn default() -> Self {
        Self {
            interval: MINUTE,
            overlap: 2 * MINUTE,
            look_back: 24 * HOUR,
            reconcile_interval: 6 * HOUR,
            reconcile_window: 24 * HOUR,
            max_catch_up: 72 * HOUR,
            stalled_after: 30 * MINUTE,
            results: ResultRules::default(),
            counter_birth: 2 * MINUTE,
            job_labels: JobLabels::default(),
            series: Budget::default(),
            protection: ProtectionSettings::default(),
        }
    }
}

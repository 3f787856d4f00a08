//! Collector settings of one primary: the common ones with the primary's own laid over them.

use std::collections::BTreeMap;
use std::time::Duration;

use nbu_metrics::ledger::JobResult;

use super::pattern::Pattern;

/// What every collector has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorSettings {
    /// Whether it runs at all.
    pub enabled: bool,
    /// Time from one start to the next, before jitter.
    pub interval: Duration,
    /// Longest time one run may take; by default the larger of `interval` and one minute.
    pub timeout: Duration,
    /// Age at which gauges of the moment are dropped; by default the larger of five intervals and 15 minutes.
    pub max_stale: Duration,
}

/// All collectors of one primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collectors {
    /// Ping, version, clock and credentials.
    pub primary: CollectorSettings,
    /// Live and finished jobs.
    pub jobs: Jobs,
    /// Storage units, disk pools, storage servers.
    pub storage: CollectorSettings,
    /// Last backups per client and policy.
    pub protection: Protection,
    /// The collectors that have only the common settings, by name.
    pub others: BTreeMap<&'static str, CollectorSettings>,
}

impl Collectors {
    /// The common settings of the collector called `name`; `None` for an unknown name.
    pub fn settings(&self, name: &str) -> Option<&CollectorSettings> {
        match name {
            "primary" => Some(&self.primary),
            "jobs" => Some(&self.jobs.settings),
            "storage" => Some(&self.storage),
            "protection" => Some(&self.protection.settings),
            other => self.others.get(other),
        }
    }
}

/// Settings of the `jobs` collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jobs {
    /// Enabled, interval, timeout, age.
    pub settings: CollectorSettings,
    /// How far each walk reaches back before the last one, on the primary's clock.
    pub overlap: Duration,
    /// How far the first walk reaches back.
    pub look_back: Duration,
    /// How often `reconcile_window` is walked again.
    pub reconcile_interval: Duration,
    /// What is walked again for late arrivals.
    pub reconcile_window: Duration,
    /// The longest outage whose jobs are still counted.
    pub max_catch_up: Duration,
    /// Age without progress after which an active job is reported as stalled.
    pub stalled_after: Duration,
    /// Result by status code, where it differs from the built-in assignment.
    pub results: BTreeMap<i64, JobResult>,
}

/// Settings of the `protection` collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// Enabled, interval, timeout, age.
    pub settings: CollectorSettings,
    /// Most clients kept.
    pub max_clients: usize,
    /// Only clients whose whole name matches.
    pub client_include: Option<Pattern>,
    /// Not the clients whose whole name matches.
    pub client_exclude: Option<Pattern>,
    /// Ask the image catalogue for last backups at the first start.
    pub seed_from_catalog: bool,
}

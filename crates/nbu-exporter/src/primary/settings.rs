//! The configuration in the words of nbu-metrics.

use nbu_metrics::budget::Budget;
use nbu_metrics::collector::{self, Collector};
use nbu_metrics::ledger::{JobsSettings, NameFilter, ProtectionSettings, ResultRules};

use crate::config::{self, CollectorSettings};

/// The enabled collectors, each with its settings.
pub(crate) fn collectors(
    primary: &config::Primary,
) -> Vec<(&'static dyn Collector, CollectorSettings)> {
    collector::ALL
        .into_iter()
        .filter_map(|collector| {
            let settings = primary.collectors.settings(collector.name())?;
            settings.enabled.then(|| (collector, settings.clone()))
        })
        .collect()
}

/// How many series the primary may have.
pub(super) fn budget(primary: &config::Primary) -> Budget {
    Budget {
        series: primary.metrics.max_series,
        series_per_family: primary.metrics.max_series_per_family,
    }
}

/// The settings of the jobs collector and its ledger.
pub(super) fn jobs(primary: &config::Primary) -> JobsSettings {
    let jobs = &primary.collectors.jobs;
    JobsSettings {
        interval: jobs.settings.interval,
        overlap: jobs.overlap,
        look_back: jobs.look_back,
        reconcile_interval: jobs.reconcile_interval,
        reconcile_window: jobs.reconcile_window,
        max_catch_up: jobs.max_catch_up,
        stalled_after: jobs.stalled_after,
        results: ResultRules::new(
            jobs.results
                .iter()
                .map(|(status, result)| (*status, *result)),
        ),
        counter_birth: primary.metrics.counter_birth,
        job_labels: primary.metrics.job_labels.iter().copied().collect(),
        series: budget(primary),
        protection: protection(&primary.collectors.protection),
    }
}

fn protection(protection: &config::Protection) -> ProtectionSettings {
    let filter = |pattern: &config::Pattern| {
        let (text, pattern) = (pattern.as_str(), pattern.clone());
        NameFilter::new(text, move |name| pattern.matches(name))
    };
    ProtectionSettings {
        enabled: protection.settings.enabled,
        max_clients: protection.max_clients,
        include: protection.client_include.as_ref().map(filter),
        exclude: protection.client_exclude.as_ref().map(filter),
        seed_from_catalog: protection.seed_from_catalog,
    }
}

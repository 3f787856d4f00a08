//! The truth, counted once from the whole history; and what the ledger says, in the same shape.

use std::collections::BTreeMap;

use nbu_metrics::samples::{Samples, Value};

use super::world::{Job, Kind};

/// Series by name and labels; of a histogram its count and its sum.
pub(super) type Totals = BTreeMap<String, f64>;

/// What was to be counted: every job that ended at or after the horizon, once.
pub(super) fn of(history: &[Job], horizon: i64) -> Totals {
    let mut totals = Totals::new();
    for job in history.iter().filter(|job| job.ended() >= horizon) {
        count(&mut totals, &job.kind);
    }
    totals
}

fn count(totals: &mut Totals, kind: &Kind) {
    let status = kind
        .status
        .map_or("none".to_owned(), |status| status.to_string());
    let result = match kind.status {
        None => "unknown",
        Some(0) => "success",
        Some(1) => "partial",
        Some(150 | 157) => "cancelled",
        Some(196) => "missed",
        Some(190 | 200) => "skipped",
        Some(_) => "failed",
    };
    let mut add = |series: String, value: f64| *totals.entry(series).or_default() += value;
    if kind.parent {
        add(
            format!("netbackup_parent_jobs_finished_total BACKUP {status} {result}"),
            1.0,
        );
        return;
    }
    let policy = if kind.vmware { "VMWARE" } else { "none" };
    add(
        format!("netbackup_jobs_finished_total BACKUP {policy} {status} {result}"),
        1.0,
    );
    add(
        format!("netbackup_job_duration_seconds_count BACKUP {policy}"),
        1.0,
    );
    add(
        format!("netbackup_job_duration_seconds_sum BACKUP {policy}"),
        kind.seconds as f64,
    );
    if let Some(kilobytes) = kind.kilobytes {
        let bytes = (kilobytes * 1024) as f64;
        add(
            format!("netbackup_jobs_backup_bytes_total BACKUP {policy}"),
            bytes,
        );
        add(
            format!("netbackup_job_size_bytes_count BACKUP {policy}"),
            1.0,
        );
        add(
            format!("netbackup_job_size_bytes_sum BACKUP {policy}"),
            bytes,
        );
    }
}

/// Everything cumulative that was published.
pub(super) fn published(samples: &Samples) -> Totals {
    let mut totals = Totals::new();
    for (family, series) in samples.families() {
        for series in series {
            let labels: Vec<&str> = series.labels.values().collect();
            let labels = labels.join(" ");
            match &series.value {
                Value::Number(value) if family.name.ends_with("_total") => {
                    totals.insert(format!("{} {labels}", family.name), *value);
                }
                Value::Number(_) => {}
                Value::Histogram(histogram) => {
                    let name = family.name;
                    totals.insert(format!("{name}_count {labels}"), histogram.count() as f64);
                    totals.insert(format!("{name}_sum {labels}"), histogram.sum());
                }
            }
        }
    }
    totals
}

/// Those of the published totals that count jobs.
pub(super) fn of_jobs(totals: &Totals) -> Totals {
    totals
        .iter()
        .filter(|(series, _)| {
            ["gap", "changed_after_done", "skipped"]
                .iter()
                .all(|word| !series.contains(word))
        })
        .map(|(series, value)| (series.clone(), *value))
        .collect()
}

//! Shows 0 first for each new series of the counters that begin with the process.
//!
//! `increase()` sees nothing of a counter whose first value is not 0, so the first request that fails in a new way would go
//! unnoticed. Each new series is therefore shown at 0 for a while, long enough for every scraper to see it, and with its
//! value after that. The ledger does the same for what it counts, and keeps in its state which series have been shown; what
//! begins anew with each process is shown at 0 after each start.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::catalogue::Family;
use crate::histogram::Histogram;
use crate::samples::{Labels, Series, Value};
use crate::snapshot::Snapshot;

/// The series that have been shown, and since when.
///
/// ```
/// use std::time::{Duration, Instant};
/// use nbu_metrics::{catalogue::process, samples::{Samples, Value}, snapshot::Snapshot, zero_first::ZeroFirst};
///
/// let mut samples = Samples::new();
/// samples.counter(&process::HTTP_REQUESTS_TOTAL, &["/metrics", "503"], 1.0);
/// let snapshot = Snapshot::builder(None).add(&samples).build();
/// let shown = |snapshot: Snapshot| snapshot.families().next().map(|family| family.series[0].value.clone());
///
/// let (start, minute) = (Instant::now(), Duration::from_secs(60));
/// let mut zero_first = ZeroFirst::default();
/// assert_eq!(shown(zero_first.apply(snapshot.clone(), start, minute)), Some(Value::Number(0.0)));
/// assert_eq!(shown(zero_first.apply(snapshot, start + minute, minute)), Some(Value::Number(1.0)));
/// ```
#[derive(Debug, Default)]
pub struct ZeroFirst {
    /// When each series was first shown; `None` once it is shown with its value.
    since: HashMap<(&'static str, Labels), Option<Instant>>,
}

impl ZeroFirst {
    /// The snapshot, with 0 in place of the value of each series [that counts since the start](Family::counts_since_start) and
    /// was first shown less than `time` ago.
    #[must_use]
    pub fn apply(&mut self, snapshot: Snapshot, now: Instant, time: Duration) -> Snapshot {
        let shown = snapshot.map_series(Family::counts_since_start, |family, series| {
            self.is_held(family, &series.labels, now, time)
                .then(|| Series {
                    labels: series.labels.clone(),
                    value: zero(&series.value),
                })
        });
        // Those that have gone meanwhile are not waited for.
        for since in self.since.values_mut() {
            since.take_if(|since| is_over(*since, now, time));
        }
        shown
    }

    /// When the first of the series that are shown at 0 now is to be shown with its value.
    pub fn next(&self, time: Duration) -> Option<Instant> {
        let since = self.since.values().flatten().min()?;
        since.checked_add(time)
    }

    fn is_held(
        &mut self,
        family: &'static Family,
        labels: &Labels,
        now: Instant,
        time: Duration,
    ) -> bool {
        let key = (family.name, labels.clone());
        let since = self.since.entry(key).or_insert(Some(now));
        since.is_some_and(|since| !is_over(since, now, time))
    }
}

/// `true` once the time to show 0 has passed.
fn is_over(since: Instant, now: Instant, time: Duration) -> bool {
    now.saturating_duration_since(since) >= time
}

fn zero(value: &Value) -> Value {
    match value {
        Value::Number(_) => Value::Number(0.0),
        Value::Histogram(histogram) => {
            Value::Histogram(Arc::new(Histogram::new(histogram.bounds())))
        }
    }
}

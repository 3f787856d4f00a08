//! What is exposed: the samples of one primary, sorted and unchangeable.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::budget::{Admissions, Budget};
use crate::catalogue::collection::{COLLECTOR_STALE, SERIES_DROPPED_TOTAL};
use crate::catalogue::{Family, Retention};
use crate::samples::{Samples, Series, Value};

/// Label values are cut at this many characters unless [`Builder::label_length`] says otherwise.
const LABEL_LENGTH: usize = 256;

/// The series of one primary, or of the process, by family and label values.
///
/// Built at once and never changed, it is shared as `Arc<Snapshot>` between the renderers of all formats.
///
/// ```
/// use nbu_metrics::{catalogue::collection, samples::Samples, snapshot::Snapshot};
///
/// let mut samples = Samples::new();
/// samples.gauge(&collection::UP, &[], 1.0);
/// let snapshot = Snapshot::builder(Some("paris".into())).add(&samples).build();
/// assert_eq!((snapshot.primary(), snapshot.len()), (Some("paris"), 1));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    primary: Option<Arc<str>>,
    /// Sorted by name; no family without series.
    families: Vec<Arc<FamilySeries>>,
    duplicates: usize,
}

/// A family with its series, sorted and each there once.
#[derive(Debug, Clone)]
pub struct FamilySeries {
    /// The family.
    pub family: &'static Family,
    /// The series, sorted by label values.
    pub series: Vec<Series>,
}

/// Collects samples for a [`Snapshot`].
#[derive(Debug)]
pub struct Builder {
    primary: Option<Arc<str>>,
    label_length: usize,
    families: BTreeMap<&'static str, FamilySeries>,
}

impl Snapshot {
    /// Starts a snapshot of the primary of this (configured) name, or of the process for `None`.
    pub fn builder(primary: Option<Arc<str>>) -> Builder {
        Builder {
            primary,
            label_length: LABEL_LENGTH,
            families: BTreeMap::new(),
        }
    }

    /// The value of the label `primary`.
    pub fn primary(&self) -> Option<&str> {
        self.primary.as_deref()
    }

    /// The families, sorted by name.
    pub fn families(&self) -> impl ExactSizeIterator<Item = &FamilySeries> {
        self.families.iter().map(AsRef::as_ref)
    }

    /// The number of series; a histogram is one.
    pub fn len(&self) -> usize {
        self.families().map(|family| family.series.len()).sum()
    }

    /// Whether there is no series.
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// How many series were given again, after the first one with the same labels, and left out. Above
    /// 0 two objects of the primary have one name, or names that are equal once cut.
    pub fn duplicates(&self) -> usize {
        self.duplicates
    }

    /// The same once nothing has come from these collectors for `max_stale`: without their gauges
    /// [of the moment](Retention::Moment), and with `netbackup_exporter_collector_stale` 1. Copies no series but those.
    #[must_use]
    pub fn without_moments_of(&self, collectors: &[&str]) -> Self {
        let is_gone = |family: &Family| {
            family.retention == Retention::Moment && collectors.contains(&family.collector)
        };
        let mut snapshot = self.select(|family| !is_gone(family));
        let stale = |one: &&mut Arc<FamilySeries>| one.family.name == COLLECTOR_STALE.name;
        if let Some(stale) = snapshot.families.iter_mut().find(stale) {
            for series in &mut Arc::make_mut(stale).series {
                let of = series.labels.values().next();
                if of.is_some_and(|collector| collectors.contains(&collector)) {
                    series.value = Value::Number(1.0);
                }
            }
        }
        snapshot
    }

    /// The snapshot of only those families, as `collect[]` asks for. Copies no series.
    #[must_use]
    pub fn select(&self, wanted: impl Fn(&'static Family) -> bool) -> Self {
        let families = self.families.iter().filter(|family| wanted(family.family));
        Self {
            primary: self.primary.clone(),
            families: families.cloned().collect(),
            duplicates: self.duplicates,
        }
    }

    /// The same with other series where `change` gives some, in the families that are `wanted`. Copies no other family.
    pub(crate) fn map_series(
        mut self,
        wanted: impl Fn(&'static Family) -> bool,
        mut change: impl FnMut(&'static Family, &Series) -> Option<Series>,
    ) -> Self {
        for found in self
            .families
            .iter_mut()
            .filter(|found| wanted(found.family))
        {
            let family = found.family;
            let changed: Vec<_> = found.series.iter().map(|one| change(family, one)).collect();
            if changed.iter().any(Option::is_some) {
                let series = changed.into_iter().zip(&found.series);
                let series = series.map(|(changed, one)| changed.unwrap_or_else(|| one.clone()));
                *found = Arc::new(FamilySeries {
                    family,
                    series: series.collect(),
                });
            }
        }
        self
    }
}

impl Builder {
    /// Cuts label values at this many characters; 256 at first.
    #[must_use]
    pub fn label_length(mut self, characters: usize) -> Self {
        self.label_length = characters;
        self
    }

    /// Adds samples.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "a builder's step, no arithmetic"
    )]
    pub fn add(self, samples: &Samples) -> Self {
        self.add_if(samples, |_| true)
    }

    /// Adds the samples of a collector that has failed for longer than `max_stale`: without the
    /// gauges [of the moment](Retention::Moment).
    #[must_use]
    pub fn add_stale(self, samples: &Samples) -> Self {
        self.add_if(samples, |family| family.retention == Retention::Lasting)
    }

    /// Sorts what was added. Where a series was added twice the first one stays.
    pub fn build(mut self) -> Snapshot {
        let duplicates = self.sort();
        self.finish(duplicates)
    }

    /// The same, with no more gauges than the budget has room for beside what is never left out. What was left out is
    /// counted under `netbackup_exporter_series_dropped_total`.
    ///
    /// [`Ledger::snapshot`](crate::ledger::Ledger::snapshot) does this and keeps the order of admission.
    pub fn build_within(mut self, budget: Budget, admissions: &mut Admissions) -> Snapshot {
        let duplicates = self.sort();
        admissions.admit(&mut self.families, budget);
        let mut dropped = Samples::new();
        for (family, count) in admissions.dropped() {
            dropped.counter(&SERIES_DROPPED_TOTAL, &[family], count as f64);
        }
        if dropped.is_empty() {
            return self.finish(duplicates);
        }
        let mut told = self.add(&dropped);
        told.sort();
        told.finish(duplicates)
    }

    fn sort(&mut self) -> usize {
        let mut duplicates = 0;
        for FamilySeries { series, .. } in self.families.values_mut() {
            for one in &mut *series {
                if let Some(cut) = one.labels.cut(self.label_length) {
                    one.labels = cut;
                }
            }
            // Stable, so that the first one of a name stays the first.
            series.sort_by(|a, b| a.labels.cmp(&b.labels));
            let before = series.len();
            series.dedup_by(|later, first| later.labels == first.labels);
            duplicates += before - series.len();
            series.shrink_to_fit();
        }
        duplicates
    }

    fn finish(self, duplicates: usize) -> Snapshot {
        Snapshot {
            primary: self.primary,
            families: self.families.into_values().map(Arc::new).collect(),
            duplicates,
        }
    }

    fn add_if(mut self, samples: &Samples, wanted: impl Fn(&'static Family) -> bool) -> Self {
        for (family, series) in samples.families().filter(|(family, _)| wanted(family)) {
            // A series of a process-wide family would be exposed once per primary, with equal labels.
            debug_assert_eq!(
                family.per_primary,
                self.primary.is_some(),
                "{}",
                family.name
            );
            let new = || FamilySeries {
                family,
                series: Vec::with_capacity(series.len()),
            };
            let all = self.families.entry(family.name).or_insert_with(new);
            all.series.extend_from_slice(series);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{collection, jobs, storage};

    fn labels(snapshot: &Snapshot) -> Vec<String> {
        let series = snapshot.families().flat_map(|family| &family.series);
        series
            .map(|series| series.labels.values().collect::<Vec<_>>().join("/"))
            .collect()
    }

    #[test]
    fn families_and_series_are_sorted_whatever_the_order_of_arrival() {
        let mut samples = Samples::new();
        samples.gauge(&collection::UP, &[], 1.0);
        samples.gauge(&jobs::JOBS, &["RESTORE", "ACTIVE"], 1.0);
        samples.gauge(&jobs::JOBS, &["BACKUP", "QUEUED"], 1.0);
        samples.gauge(&jobs::JOBS, &["BACKUP", "ACTIVE"], 1.0);
        let snapshot = Snapshot::builder(Some("p".into())).add(&samples).build();
        let expected = ["BACKUP/ACTIVE", "BACKUP/QUEUED", "RESTORE/ACTIVE", ""];
        assert_eq!(labels(&snapshot), expected);
        assert_eq!(snapshot.len(), 4);
    }

    #[test]
    fn the_first_of_two_equal_series_stays() {
        let mut samples = Samples::new();
        for value in [1.0, 2.0, 3.0] {
            samples.gauge(&jobs::JOBS, &["BACKUP", "ACTIVE"], value);
        }
        let snapshot = Snapshot::builder(Some("p".into())).add(&samples).build();
        assert_eq!(snapshot.duplicates(), 2);
        let family = snapshot.families().next().unwrap();
        assert_eq!(family.series[0].value, Value::Number(1.0));
    }

    #[test]
    fn stale_samples_lose_only_what_was_true_at_the_moment() {
        let mut samples = Samples::new();
        samples.gauge(&jobs::JOBS, &["BACKUP", "ACTIVE"], 1.0);
        samples.counter(&jobs::JOBS_GAP_SECONDS_TOTAL, &[], 1.0);
        samples.gauge(&jobs::JOBS_WATERMARK_TIMESTAMP_SECONDS, &[], 1.0);
        let stale = Snapshot::builder(Some("p".into()))
            .add_stale(&samples)
            .build();
        let names: Vec<_> = stale.families().map(|family| family.family.name).collect();
        let expected = [
            "netbackup_jobs_gap_seconds_total",
            "netbackup_jobs_watermark_timestamp_seconds",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn without_the_moments_of_one_collector_everything_else_is_as_it_was() {
        let mut samples = Samples::new();
        samples.gauge(&jobs::JOBS, &["BACKUP", "ACTIVE"], 1.0);
        samples.counter(&jobs::JOBS_GAP_SECONDS_TOTAL, &[], 1.0);
        samples.gauge(&storage::STORAGE_UNIT_USED_BYTES, &["one", "Disk"], 1.0);
        for collector in ["jobs", "storage"] {
            samples.gauge(&COLLECTOR_STALE, &[collector], 0.0);
        }
        let snapshot = Snapshot::builder(Some("p".into())).add(&samples).build();
        let stale = snapshot.without_moments_of(&["jobs"]);
        let names = stale.families().map(|family| family.family.name);
        let expected = [
            "netbackup_exporter_collector_stale",
            "netbackup_jobs_gap_seconds_total",
            "netbackup_storage_unit_used_bytes",
        ];
        assert_eq!(names.collect::<Vec<_>>(), expected);
        let values = |snapshot: &Snapshot| {
            let series = snapshot.families().next().unwrap().series.iter();
            series.map(|one| one.value.clone()).collect::<Vec<_>>()
        };
        let [zero, one] = [0.0, 1.0].map(Value::Number);
        assert_eq!(values(&stale), [one, zero.clone()]);
        assert_eq!(values(&snapshot), [zero.clone(), zero]);
        assert_eq!(stale.primary(), Some("p"));
    }

    #[test]
    fn long_labels_are_cut_and_those_that_become_equal_are_counted() {
        let mut samples = Samples::new();
        samples.gauge(&jobs::JOBS, &["BACKUP_OF_A", "ACTIVE"], 1.0);
        samples.gauge(&jobs::JOBS, &["BACKUP_OF_B", "ACTIVE"], 2.0);
        let builder = Snapshot::builder(Some("p".into())).label_length(8);
        let snapshot = builder.add(&samples).build();
        assert_eq!(labels(&snapshot), ["BACKUP_…/ACTIVE"]);
        assert_eq!(snapshot.duplicates(), 1);
    }

    #[test]
    fn a_selection_keeps_the_wanted_families() {
        let mut samples = Samples::new();
        samples.gauge(&collection::UP, &[], 1.0);
        samples.gauge(&jobs::JOBS, &["BACKUP", "ACTIVE"], 1.0);
        let snapshot = Snapshot::builder(Some("p".into())).add(&samples).build();
        let selected = snapshot.select(|family| family.collector == "jobs");
        assert_eq!(labels(&selected), ["BACKUP/ACTIVE"]);
        assert_eq!(selected.primary(), Some("p"));
    }
}

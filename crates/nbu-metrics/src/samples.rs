//! What a collector found: values under families of the catalogue, not yet bound to a primary.

mod labels;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use labels::Labels;

use crate::catalogue::{Family, Kind};
use crate::histogram::Histogram;

/// A set of series that grows.
///
/// Label values are given in the catalogue's order, without `primary`. An empty value becomes `none`,
/// since an empty label is no label to Prometheus. Cloning is cheap per series: the text of labels is shared.
///
/// ```
/// use nbu_metrics::{catalogue::{jobs, storage}, samples::Samples};
///
/// let mut samples = Samples::new();
/// samples.gauge(&jobs::JOBS, &["BACKUP", "ACTIVE"], 3.0);
/// samples.counter(&jobs::JOBS_FILES_TOTAL, &["BACKUP", ""], 12.0);
/// samples.state_set(&storage::DISK_POOL_STATE, &["dp1"], &["UP", "DOWN"], "UP");
/// assert_eq!(samples.len(), 4);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Samples {
    families: BTreeMap<&'static str, (&'static Family, Vec<Series>)>,
}

/// One series: what tells it from the others of its family, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The label values, without `primary`.
    pub labels: Labels,
    /// The value.
    pub value: Value,
}

/// The value of a series.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of every kind but histograms.
    Number(f64),
    /// Of a histogram.
    Histogram(Arc<Histogram>),
}

impl Samples {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a gauge.
    pub fn gauge(&mut self, family: &'static Family, labels: &[&str], value: f64) {
        debug_assert_eq!(family.kind, Kind::Gauge, "{}", family.name);
        self.push(family, Labels::new(family, labels), Value::Number(value));
    }

    /// Adds a gauge whose labels are packed already.
    pub(crate) fn gauge_of(&mut self, family: &'static Family, labels: &Labels, value: f64) {
        debug_assert_eq!(family.kind, Kind::Gauge, "{}", family.name);
        self.push(family, labels.clone(), Value::Number(value));
    }

    /// Adds the present value of a counter. One that is negative or not a number is left out: no
    /// exposition format allows it.
    pub fn counter(&mut self, family: &'static Family, labels: &[&str], value: f64) {
        debug_assert_eq!(family.kind, Kind::Counter, "{}", family.name);
        if value >= 0.0 {
            self.push(family, Labels::new(family, labels), Value::Number(value));
        }
    }

    /// Adds a histogram; its bounds should be [`Family::buckets`].
    pub fn histogram(&mut self, family: &'static Family, labels: &[&str], value: &Histogram) {
        debug_assert_eq!(family.kind, Kind::Histogram, "{}", family.name);
        let value = Value::Histogram(Arc::new(value.clone()));
        self.push(family, Labels::new(family, labels), value);
    }

    /// Adds an info: the constant 1, its labels being the information.
    pub fn info(&mut self, family: &'static Family, labels: &[&str]) {
        debug_assert_eq!(family.kind, Kind::Info, "{}", family.name);
        self.push(family, Labels::new(family, labels), Value::Number(1.0));
    }

    /// Adds a state set: 1 under the current state, 0 under each other known one. A current state that
    /// is not known is shown under its own name. `labels` are all but the last, which is the state.
    pub fn state_set(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        known: &[&str],
        current: &str,
    ) {
        debug_assert_eq!(family.kind, Kind::StateSet, "{}", family.name);
        let unknown = (!known.contains(&current)).then_some(current);
        let mut all = labels.to_vec();
        for state in known.iter().copied().chain(unknown) {
            all.truncate(labels.len());
            all.push(state);
            let value = f64::from(u8::from(state == current));
            self.push(family, Labels::new(family, &all), Value::Number(value));
        }
    }

    /// Adds everything that the other set has.
    pub fn extend(&mut self, other: Self) {
        for (name, (family, series)) in other.families {
            let (_, all) = self.families.entry(name).or_insert((family, Vec::new()));
            all.extend(series);
        }
    }

    /// The number of series, repeated ones included: those are found when a
    /// [`Snapshot`](crate::snapshot::Snapshot) is built.
    pub fn len(&self) -> usize {
        self.families.values().map(|(_, series)| series.len()).sum()
    }

    /// Whether there is no series.
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// The families by name, each with its series in the order in which they were added.
    pub fn families(&self) -> impl Iterator<Item = (&'static Family, &[Series])> {
        self.families
            .values()
            .map(|(family, series)| (*family, series.as_slice()))
    }

    fn push(&mut self, family: &'static Family, labels: Labels, value: Value) {
        let (_, series) = self
            .families
            .entry(family.name)
            .or_insert((family, Vec::new()));
        series.push(Series { labels, value });
    }
}

#[cfg(test)]
mod tests;

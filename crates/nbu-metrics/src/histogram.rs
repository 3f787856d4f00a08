//! Histograms as data: classic buckets and native, sparse ones, filled by the same observation.

pub mod buckets;
mod native;

pub use native::{Native, Spans};

/// Observations counted by size.
///
/// Only finite values that are not negative are observed: every histogram here measures a size or a
/// duration, and a negative one would make the sum of a counter go backwards.
///
/// ```
/// use nbu_metrics::histogram::Histogram;
///
/// let mut durations = Histogram::new(&[60.0, 3600.0]);
/// durations.observe(30.0);
/// durations.observe(7200.0);
/// assert_eq!((durations.count(), durations.sum()), (2, 7230.0));
/// assert_eq!(durations.counts(), [1, 0, 1]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One per bound and one for `+Inf`; not cumulative.
    counts: Box<[u64]>,
    sum: f64,
    native: Native,
}

impl Histogram {
    /// An empty histogram with these upper bounds, ascending and without `+Inf`, as
    /// [`Family::buckets`](crate::catalogue::Family::buckets) gives them.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len() + 1].into_boxed_slice(),
            sum: 0.0,
            native: Native::default(),
        }
    }

    /// Puts back what [`counts`](Self::counts), [`sum`](Self::sum) and [`native`](Self::native) gave
    /// earlier. `None` if the number of buckets does not fit the bounds, as after a change of them.
    pub fn restore(
        bounds: &'static [f64],
        counts: &[u64],
        sum: f64,
        native: Native,
    ) -> Option<Self> {
        (counts.len() == bounds.len() + 1).then(|| Self {
            bounds,
            counts: counts.into(),
            sum,
            native,
        })
    }

    /// Counts one value; negative ones, NaN and infinity are ignored.
    pub fn observe(&mut self, value: f64) {
        if !value.is_finite() || value < 0.0 {
            return;
        }
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.sum += value;
        self.native.observe(value);
    }

    /// Adds another histogram's observations. One with other bounds is not added, and `false` returned.
    pub fn merge(&mut self, other: &Self) -> bool {
        if self.bounds != other.bounds {
            return false;
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum += other.sum;
        self.native.merge(&other.native);
        true
    }

    /// The upper bounds of the classic buckets, without `+Inf`.
    pub fn bounds(&self) -> &'static [f64] {
        self.bounds
    }

    /// The number of observations in each classic bucket, the last one being `+Inf`; not cumulative.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The number of observations.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The sum of the observations, in the unit of the family.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The native buckets.
    pub fn native(&self) -> &Native {
        &self.native
    }

    /// Upper bound and count of every classic bucket, `+Inf` last; not cumulative.
    pub(crate) fn classic(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.bounds
            .iter()
            .copied()
            .chain([f64::INFINITY])
            .zip(self.counts.iter().copied())
    }
}

#[cfg(test)]
mod tests;

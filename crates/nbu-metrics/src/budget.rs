//! How many series a primary may have.
//!
//! A primary with a hundred thousand policies, or one that makes names up, must not take Prometheus with it. What is over
//! the budget is not chosen anew each time, for series that come and go are worse than none:
//!
//! * **Counters are never dropped.** When a family of job counters is full, what a new series would count is added up
//!   under [`OTHER`] instead: first in place of the optional labels, then of all labels but the result, at last of all.
//!   The ledger decides so when it counts and keeps what it has decided, so no counter ever goes back.
//! * **Gauges are [admitted](Admissions)** in the order in which they first came, and who was admitted stays.

mod admissions;

use crate::catalogue::{Family, Kind};

pub use admissions::Admissions;

/// What stands in for the label values of a series for which there was no room.
pub const OTHER: &str = "__other__";

/// The most series of one primary. A histogram counts as often as it has lines in the text format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Of all families together. 200 000. Half of them is for the job counters, at most.
    pub series: usize,
    /// Of each family. 50 000.
    pub series_per_family: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            series: 200_000,
            series_per_family: 50_000,
        }
    }
}

/// How many series one of the family's stands for.
pub(crate) fn weight(family: &Family) -> usize {
    match family.kind {
        // The bounds, `+Inf`, sum and count.
        Kind::Histogram => family.buckets.len() + 3,
        _ => 1,
    }
}

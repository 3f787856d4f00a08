//! Whether the budget has room for another counter, and what it is added up under if not.

use std::collections::HashSet;

use super::{JobLabels, Measure, key};
use crate::budget::{self, Budget, OTHER};
use crate::catalogue::jobs::JOBS_FINISHED_TOTAL;

/// Series kept free in a family that tells results apart: one per result, and the one for everything.
const RESULTS: usize = 8;

/// Counts the series of each measure, as they are exposed.
#[derive(Debug, Default)]
pub(super) struct Room {
    budget: Budget,
    labels: JobLabels,
    /// By measure; of the finished jobs it is the number of `shown`.
    series: [usize; Measure::ALL.len()],
    /// The finished jobs' keys, reduced to the labels that are chosen now.
    shown: HashSet<String>,
}

impl Room {
    /// Takes new settings. With other labels other series are exposed: `finished` are the keys of all finished jobs.
    pub(super) fn furnish<'k>(
        &mut self,
        budget: Budget,
        labels: JobLabels,
        finished: impl Iterator<Item = &'k str>,
    ) {
        self.budget = budget;
        if self.labels != labels {
            self.labels = labels;
            self.shown = finished.map(|key| shown(labels, key)).collect();
            self.series[Measure::Finished as usize] = self.shown.len();
        }
    }

    /// Notes that there is a total under this key.
    pub(super) fn taken(&mut self, measure: Measure, key: &str) {
        let series = &mut self.series[measure as usize];
        if measure == Measure::Finished {
            self.shown.insert(shown(self.labels, key));
            *series = self.shown.len();
        } else {
            *series += 1;
        }
    }

    /// What a new key is added up under; `None` if there is room for itself. `is_known` tells the keys that have a total.
    pub(super) fn instead_of(
        &self,
        measure: Measure,
        key: &str,
        is_known: impl Fn(&str) -> bool,
    ) -> Option<String> {
        if self.has_room(measure, self.reserve(measure, key))
            || (measure == Measure::Finished && self.shown.contains(&shown(self.labels, key)))
        {
            return None;
        }
        let mut candidates = Candidates(measure, key, self.labels).keys();
        let last = candidates.pop()?;
        let found = candidates
            .into_iter()
            .find(|(other, reserve)| is_known(other) || self.has_room(measure, *reserve));
        Some(found.unwrap_or(last).0).filter(|other| other != key)
    }

    /// Whether there is room for one more series beside so many that are kept free for others.
    fn has_room(&self, measure: Measure, reserve: usize) -> bool {
        let weight = |measure: Measure| budget::weight(measure.family());
        let family = (self.series[measure as usize] + 1 + reserve) * weight(measure);
        let used: usize = Measure::ALL
            .into_iter()
            .map(|one| self.series[one as usize] * weight(one))
            .sum();
        // Each measure may need its last resort.
        let resorts: usize = Measure::ALL.into_iter().map(weight).sum();
        let all = used + weight(measure) + resorts;
        family <= self.budget.series_per_family && all <= self.budget.series / 2
    }

    /// What is kept free where a series of these labels comes: it must not be in the way of what tells more.
    fn reserve(&self, measure: Measure, key: &str) -> usize {
        match measure {
            Measure::Finished if has_options(key) => {
                (self.budget.series_per_family / 4).max(RESULTS)
            }
            Measure::Finished | Measure::Parents => RESULTS,
            _ => 1,
        }
    }
}

/// The keys in place of one for which there is no room, the best first, each with what is to be kept free beside it.
struct Candidates<'k>(Measure, &'k str, JobLabels);

impl Candidates<'_> {
    fn keys(&self) -> Vec<(String, usize)> {
        let Self(measure, key, labels) = self;
        let values: Vec<&str> = key::values(key).collect();
        let fixed = measure.family().labels.len();
        let written = |keep: &dyn Fn(usize) -> bool| {
            let instead = values.iter().enumerate().map(|(place, value)| {
                // What was not chosen stays empty.
                let chosen = place < fixed || labels.is_chosen(place - fixed);
                if chosen && !keep(place) { OTHER } else { value }
            });
            let mut key = String::new();
            key::write(&mut key, instead);
            key
        };
        let mut keys = Vec::new();
        if *measure == Measure::Finished {
            keys.push((written(&|place| place < fixed), RESULTS));
        }
        if matches!(measure, Measure::Finished | Measure::Parents) {
            // The result is the last of the fixed labels.
            keys.push((written(&|place| place + 1 == fixed), 1));
        }
        keys.push((written(&|_| false), 0));
        keys
    }
}

/// Whether a key of a finished job has an optional label.
fn has_options(key: &str) -> bool {
    key::values(key)
        .skip(JOBS_FINISHED_TOTAL.labels.len())
        .any(|value| !value.is_empty())
}

/// A key of a finished job, reduced to the fixed labels and the chosen ones.
fn shown(labels: JobLabels, key: &str) -> String {
    let fixed = JOBS_FINISHED_TOTAL.labels.len();
    let chosen = labels.choose(key::values(key).skip(fixed));
    let mut shown = String::new();
    key::write(&mut shown, key::values(key).take(fixed).chain(chosen));
    shown
}

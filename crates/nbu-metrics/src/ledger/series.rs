//! The running totals: one entry per measure and set of labels.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::distinct::Distinct;
use super::room::Room;
use super::{JobLabels, Measure, instant, key};
use crate::budget::Budget;
use crate::catalogue::collection::SERIES_DROPPED_TOTAL;
use crate::catalogue::jobs::JOBS_FINISHED_TOTAL;
use crate::histogram::Histogram;
use crate::samples::Samples;

/// A total: what a store keeps of one series.
#[derive(Clone, PartialEq, Debug)]
pub struct Total {
    /// The value.
    pub amount: Amount,
    /// Whether it was exposed yet.
    pub birth: Birth,
}

/// The value of a total.
#[derive(Clone, PartialEq, Debug)]
pub enum Amount {
    /// Of a counter: jobs, bytes or files.
    Count(u64),
    /// Of a histogram.
    Histogram(Histogram),
}

/// How far a series has come in being exposed. It shows 0 until it is born, so that `increase()` sees its first step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Birth {
    /// Never exposed.
    Unborn,
    /// First exposed, at 0, at this wall time.
    Exposed(Timestamp),
    /// Exposed with its value, for ever.
    Born,
}

/// Every total of one primary, and which of them the store does not have yet.
#[derive(Debug, Default)]
pub(super) struct Totals {
    entries: Vec<Entry>,
    /// Where in `entries` the total of each key is, by measure.
    places: [HashMap<Arc<str>, usize>; Measure::ALL.len()],
    /// The entries with `touched`, each once.
    dirty: Vec<usize>,
    room: Room,
    /// The keys that were added up under other labels than their own, by measure, in this process.
    folded: [Distinct; Measure::ALL.len()],
}

#[derive(Debug)]
struct Entry {
    measure: Measure,
    key: Arc<str>,
    total: Total,
    /// The epoch of the last change that is not known to be in the store; `None` when the store has it all.
    touched: Option<u64>,
    /// Of finished jobs: where the other totals are of jobs with these labels, as far as that is known.
    beside: [Option<usize>; Measure::ALL.len()],
}

/// The finished jobs of one set of labels: what else is added up of such jobs is found from here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Account(Option<usize>);

impl Totals {
    /// Puts back a total that the store kept.
    pub(super) fn restore(&mut self, measure: Measure, key: Arc<str>, total: Total) {
        self.room.taken(measure, &key);
        self.insert(measure, key, total);
    }

    /// Takes new settings; what has a total keeps it.
    pub(super) fn furnish(&mut self, budget: Budget, labels: JobLabels) {
        let finished = self.places[Measure::Finished as usize].keys();
        self.room
            .furnish(budget, labels, finished.map(AsRef::as_ref));
    }

    /// Adds to the total under this key.
    pub(super) fn add(&mut self, measure: Measure, key: &str, amount: u64, epoch: u64) {
        let (place, _) = self.place(measure, key);
        self.change(place, epoch, |total| total.add(amount));
    }

    /// Counts a finished job with these labels.
    pub(super) fn count(&mut self, key: &str, epoch: u64) -> Account {
        let (place, is_own) = self.place(Measure::Finished, key);
        self.change(place, epoch, |total| total.add(1));
        Account(is_own.then_some(place))
    }

    /// Adds what else there is of a job that was counted. `key` writes the labels, where they are needed.
    pub(super) fn add_beside(
        &mut self,
        account: Account,
        measure: Measure,
        key: impl FnOnce() -> String,
        amount: u64,
        epoch: u64,
    ) {
        let place = self.place_beside(account, measure, key);
        self.change(place, epoch, |total| total.add(amount));
    }

    /// Observes what else there is of a job that was counted.
    pub(super) fn observe_beside(
        &mut self,
        account: Account,
        measure: Measure,
        key: impl FnOnce() -> String,
        value: f64,
        epoch: u64,
    ) {
        let place = self.place_beside(account, measure, key);
        self.change(place, epoch, |total| {
            if let Amount::Histogram(histogram) = &mut total.amount {
                histogram.observe(value);
            }
        });
    }

    /// Ends the infancy of every series that was first exposed `infancy` ago.
    ///
    /// A wall clock that stepped back must not keep a series at 0 for the size of the step, so an exposure in the
    /// future counts as one of now.
    pub(super) fn grow_up(&mut self, now: Timestamp, infancy: Duration, epoch: u64) {
        for (place, entry) in self.entries.iter_mut().enumerate() {
            let birth = match entry.total.birth {
                Birth::Exposed(since) if instant::after(since, infancy) <= now => Birth::Born,
                Birth::Unborn if infancy.is_zero() => Birth::Born,
                Birth::Exposed(since) if since > now => Birth::Exposed(now),
                unchanged => unchanged,
            };
            if birth != entry.total.birth {
                entry.total.birth = birth;
                if entry.touched.replace(epoch).is_none() {
                    self.dirty.push(place);
                }
            }
        }
    }

    /// Notes that these series were exposed, at 0, for the first time.
    pub(super) fn exposed(&mut self, infants: &[(Measure, Arc<str>)], now: Timestamp, epoch: u64) {
        for (measure, key) in infants {
            let place = self.places[*measure as usize].get(key).copied();
            self.change(place.unwrap_or(usize::MAX), epoch, |total| {
                if total.birth == Birth::Unborn {
                    total.birth = Birth::Exposed(now);
                }
            });
        }
    }

    /// When the next series is to show its value, given how long it shows 0.
    pub(super) fn next_birth(&self, infancy: Duration) -> Option<Timestamp> {
        self.entries
            .iter()
            .filter_map(|entry| match entry.total.birth {
                Birth::Exposed(since) => Some(instant::after(since, infancy)),
                Birth::Unborn | Birth::Born => None,
            })
            .min()
    }

    /// Renders every total; returns those that were never exposed before.
    pub(super) fn render(
        &self,
        labels: JobLabels,
        samples: &mut Samples,
    ) -> Vec<(Measure, Arc<str>)> {
        let mut unborn = Vec::new();
        for entry in &self.entries {
            if entry.total.birth == Birth::Unborn {
                unborn.push((entry.measure, Arc::clone(&entry.key)));
            }
            if entry.measure != Measure::Finished {
                let values: Vec<&str> = key::values(&entry.key).collect();
                entry.total.render(entry.measure, &values, samples);
            }
        }
        self.render_finished(labels, samples);
        for (measure, folded) in Measure::ALL.into_iter().zip(&self.folded) {
            if folded.len() > 0 {
                let family = measure.family().name;
                samples.counter(&SERIES_DROPPED_TOTAL, &[family], folded.len() as f64);
            }
        }
        unborn
    }

    /// The status codes of all finished jobs, ascending.
    pub(super) fn statuses(&self) -> impl Iterator<Item = i64> + use<> {
        let place = |measure: Measure| {
            let labels = measure.family().labels.iter();
            labels.take_while(|label| **label != "status").count()
        };
        let codes: BTreeSet<i64> = [Measure::Finished, Measure::Parents]
            .into_iter()
            .flat_map(|measure| {
                let keys = self.places[measure as usize].keys();
                keys.filter_map(move |key| key::values(key).nth(place(measure))?.parse().ok())
            })
            .collect();
        codes.into_iter()
    }

    /// The totals that the store does not have yet.
    pub(super) fn unsaved(&self) -> Vec<(Measure, Arc<str>, Total)> {
        self.dirty
            .iter()
            .filter_map(|place| {
                let entry = self.entries.get(*place)?;
                Some((entry.measure, Arc::clone(&entry.key), entry.total.clone()))
            })
            .collect()
    }

    pub(super) fn is_saved(&self) -> bool {
        self.dirty.is_empty()
    }

    /// Notes that the store has everything up to this epoch.
    pub(super) fn saved(&mut self, epoch: u64) {
        let entries = &mut self.entries;
        self.dirty.retain(|place| {
            let Some(entry) = entries.get_mut(*place) else {
                return false;
            };
            let behind = entry.touched.is_some_and(|touched| touched > epoch);
            if !behind {
                entry.touched = None;
            }
            behind
        });
    }

    /// Finished jobs carry all optional labels in their keys, empty where they were not chosen. What is exposed is
    /// their sum over the labels that are chosen now, so changing the choice never takes anything from a counter.
    fn render_finished(&self, labels: JobLabels, samples: &mut Samples) {
        let fixed = JOBS_FINISHED_TOTAL.labels.len();
        let mut sums: BTreeMap<Vec<&str>, u64> = BTreeMap::new();
        let finished = (self.entries.iter()).filter(|entry| entry.measure == Measure::Finished);
        for entry in finished {
            let mut values: Vec<&str> = key::values(&entry.key).take(fixed).collect();
            values.extend(labels.choose(key::values(&entry.key).skip(fixed)));
            let sum = sums.entry(values).or_default();
            if let (Amount::Count(count), Birth::Born) = (&entry.total.amount, entry.total.birth) {
                *sum = sum.saturating_add(*count);
            }
        }
        for (values, sum) in sums {
            samples.counter(labels.family(), &values, sum as f64);
        }
    }

    /// Where the total under this key is, and whether it is its own: where there is no room for it, it is another's.
    fn place(&mut self, measure: Measure, key: &str) -> (usize, bool) {
        let places = &self.places[measure as usize];
        if let Some(place) = places.get(key) {
            return (*place, true);
        }
        let is_known = |key: &str| places.contains_key(key);
        let Some(instead) = self.room.instead_of(measure, key, is_known) else {
            return (self.found(measure, key), true);
        };
        self.folded[measure as usize].see(key);
        let known = self.places[measure as usize].get(&*instead).copied();
        (
            known.unwrap_or_else(|| self.found(measure, &instead)),
            false,
        )
    }

    fn place_beside(
        &mut self,
        account: Account,
        measure: Measure,
        key: impl FnOnce() -> String,
    ) -> usize {
        let beside = |entry: &Entry| entry.beside[measure as usize];
        let entry = account.0.and_then(|place| self.entries.get(place));
        if let Some(place) = entry.and_then(beside) {
            return place;
        }
        let (place, is_own) = self.place(measure, &key());
        if let Some(entry) = account.0.and_then(|place| self.entries.get_mut(place)) {
            // What is added up under other labels is looked up, and told, each time.
            entry.beside[measure as usize] = is_own.then_some(place);
        }
        place
    }

    /// Begins a total.
    fn found(&mut self, measure: Measure, key: &str) -> usize {
        self.room.taken(measure, key);
        self.insert(measure, Arc::from(key), Total::new(measure))
    }

    fn insert(&mut self, measure: Measure, key: Arc<str>, total: Total) -> usize {
        let place = self.entries.len();
        self.places[measure as usize].insert(Arc::clone(&key), place);
        self.entries.push(Entry {
            measure,
            key,
            total,
            touched: None,
            beside: [None; Measure::ALL.len()],
        });
        place
    }

    fn change(&mut self, place: usize, epoch: u64, change: impl FnOnce(&mut Total)) {
        if let Some(entry) = self.entries.get_mut(place) {
            change(&mut entry.total);
            if entry.touched.replace(epoch).is_none() {
                self.dirty.push(place);
            }
        }
    }
}

impl Total {
    /// Roughly the memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let buckets = match &self.amount {
            Amount::Count(_) => 0,
            Amount::Histogram(histogram) => {
                size_of_val(histogram.counts()) + size_of_val(histogram.native().positive())
            }
        };
        size_of::<Self>() + buckets
    }

    fn add(&mut self, amount: u64) {
        if let Amount::Count(count) = &mut self.amount {
            *count = count.saturating_add(amount);
        }
    }

    /// Nothing counted, nothing exposed.
    pub(super) fn new(measure: Measure) -> Self {
        let family = measure.family();
        let amount = match measure {
            Measure::Size | Measure::Duration => Amount::Histogram(Histogram::new(family.buckets)),
            _ => Amount::Count(0),
        };
        Self {
            amount,
            birth: Birth::Unborn,
        }
    }

    fn render(&self, measure: Measure, labels: &[&str], samples: &mut Samples) {
        let family = measure.family();
        let born = self.birth == Birth::Born;
        match &self.amount {
            Amount::Count(count) => {
                let shown = if born { *count } else { 0 };
                samples.counter(family, labels, shown as f64);
            }
            Amount::Histogram(histogram) if born => samples.histogram(family, labels, histogram),
            Amount::Histogram(histogram) => {
                samples.histogram(family, labels, &Histogram::new(histogram.bounds()));
            }
        }
    }
}

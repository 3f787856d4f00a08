//! Which gauges are shown when there are more than the budget allows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::sync::Arc;

use super::{Budget, weight};
use crate::catalogue::collection::SERIES_DROPPED_TOTAL;
use crate::catalogue::{self, Family, Kind};
use crate::ledger::key;
use crate::samples::Labels;
use crate::snapshot::FamilySeries;

/// The order in which gauges came, and what was left out.
///
/// First come stays: who is shown is not displaced by who comes later. Who is gone keeps its place, so that an outage does
/// not change the order, until there are more places than twice the budget. As long as less than half of the budget is
/// used no order is kept: it begins with what is there when more is, and of what is there at once it takes the order of
/// the labels.
///
/// The series of a state set that belong to one object come and go together: a part of them would say something else.
#[derive(Debug, Default)]
pub struct Admissions {
    places: HashMap<Guest, u64>,
    next: u64,
    /// Series left out, by family: each when it begins to be.
    dropped: BTreeMap<&'static str, u64>,
    /// Digests of those that the last snapshot left out.
    out: HashSet<u64>,
    /// Those whose place the state does not have yet.
    changed: HashSet<Guest>,
}

/// The place of who has none: behind all others.
const NOWHERE: u64 = u64::MAX;

/// Who has a place: a family, and label values; those of a state set without the state.
type Guest = (&'static str, Labels);

/// Series that come and go together.
struct Unit {
    family: &'static Family,
    series: Range<usize>,
    place: u64,
}

impl Admissions {
    /// Goes on with the order that was kept: see [`changes`](Self::changes).
    pub(crate) fn restore<'n>(kept: impl Iterator<Item = (&'n str, u64)>) -> Self {
        let mut admissions = Self::default();
        for (name, place) in kept {
            let mut values = key::values(name);
            if let Some(family) = values.next().and_then(catalogue::find) {
                let guest = (family.name, Labels::of(values));
                admissions.places.insert(guest, place);
            }
            admissions.next = admissions.next.max(place.saturating_add(1));
        }
        admissions
    }

    /// What changed since the last call: a name for each guest, and its place if it has one.
    pub(crate) fn changes(&mut self) -> Vec<(Arc<str>, Option<u64>)> {
        let changed = std::mem::take(&mut self.changed);
        changed
            .into_iter()
            .map(|guest| {
                let mut name = String::new();
                key::write(&mut name, std::iter::once(guest.0).chain(guest.1.values()));
                (name.into(), self.places.get(&guest).copied())
            })
            .collect()
    }

    /// How many series of each family were left out. One that is left out of many snapshots in a row counts once.
    pub(crate) fn dropped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.dropped.iter().map(|(family, count)| (*family, *count))
    }

    /// Takes out what is over the budget. The series of each family are sorted, and each is there once.
    pub(crate) fn admit(
        &mut self,
        families: &mut BTreeMap<&'static str, FamilySeries>,
        budget: Budget,
    ) {
        let (mut fixed, mut most, mut guests) = (0, 0, 0);
        for one in families.values() {
            if one.family.name == SERIES_DROPPED_TOTAL.name {
                // It tells what is left out, and must not add to it.
            } else if is_cut(one.family) {
                guests += one.series.len();
                most = most.max(one.series.len());
            } else {
                fixed += one.series.len() * weight(one.family);
            }
        }
        let half_empty =
            fixed + guests <= budget.series / 2 && most <= budget.series_per_family / 2;
        if half_empty && self.places.is_empty() {
            self.out.clear();
            return;
        }
        let units = self.seated(families, budget);
        self.take_out(&left_out(&units, fixed, budget), families);
    }

    /// Everything that can be cut, first come first.
    fn seated(
        &mut self,
        families: &BTreeMap<&'static str, FamilySeries>,
        budget: Budget,
    ) -> Vec<Unit> {
        let mut units = Vec::new();
        let mut guests = Vec::new();
        for FamilySeries { family, series } in families.values().filter(|one| is_cut(one.family)) {
            let mut start = 0;
            while let Some(first) = series.get(start) {
                let who = guest(family, &first.labels);
                let end = match family.kind {
                    Kind::StateSet => {
                        let rest = series.iter().skip(start);
                        start
                            + rest
                                .take_while(|one| guest(family, &one.labels) == who)
                                .count()
                    }
                    _ => start + 1,
                };
                units.push(Unit {
                    family,
                    series: start..end,
                    place: self.places.get(&who).copied().unwrap_or(NOWHERE),
                });
                guests.push(who);
                start = end;
            }
        }
        self.seat(&mut units, guests, budget.series.saturating_mul(2));
        // Stable: those without a place are last, in the order of their labels.
        units.sort_by_key(|unit| unit.place);
        units
    }

    /// Gives a place to each guest who has none, as long as there are any. The guests are those of the units, in their order.
    fn seat(&mut self, units: &mut [Unit], guests: Vec<Guest>, places: usize) {
        let new = units.iter().filter(|unit| unit.place == NOWHERE).count();
        if self.places.len() + new > places {
            let present: HashSet<&Guest> = guests.iter().collect();
            let changed = &mut self.changed;
            self.places.retain(|guest, _| {
                let stays = present.contains(guest);
                if !stays {
                    changed.insert(guest.clone());
                }
                stays
            });
        }
        let free = places.saturating_sub(self.places.len());
        let all = units.iter_mut().zip(guests);
        for (unit, guest) in all.filter(|(unit, _)| unit.place == NOWHERE).take(free) {
            unit.place = self.next;
            self.places.insert(guest.clone(), self.next);
            self.changed.insert(guest);
            self.next = self.next.saturating_add(1);
        }
    }

    fn take_out(&mut self, out: &[&Unit], families: &mut BTreeMap<&'static str, FamilySeries>) {
        let mut cut: BTreeMap<&'static str, HashSet<usize>> = BTreeMap::new();
        let before = std::mem::take(&mut self.out);
        for unit in out {
            let first = families.get(unit.family.name);
            if let Some(first) = first.and_then(|one| one.series.get(unit.series.start)) {
                let mut hasher = DefaultHasher::new();
                guest(unit.family, &first.labels).hash(&mut hasher);
                let digest = hasher.finish();
                self.out.insert(digest);
                if !before.contains(&digest) {
                    *self.dropped.entry(unit.family.name).or_default() += unit.series.len() as u64;
                }
            }
            cut.entry(unit.family.name)
                .or_default()
                .extend(unit.series.clone());
        }
        for (name, cut) in cut {
            if let Some(one) = families.get_mut(name) {
                let mut place = 0;
                one.series.retain(|_| {
                    place += 1;
                    !cut.contains(&(place - 1))
                });
            }
        }
        families.retain(|_, one| !one.series.is_empty());
    }
}

/// What does not fit beside `fixed` series that are never cut: within each family, and among all, nobody who came after
/// one that was left out.
fn left_out(units: &[Unit], fixed: usize, budget: Budget) -> Vec<&Unit> {
    let mut of_family: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    let (mut all, mut full) = (fixed, false);
    let mut out = Vec::new();
    for unit in units {
        let size = unit.series.len();
        let (count, family_full) = of_family.entry(unit.family.name).or_default();
        *family_full |= *count + size > budget.series_per_family;
        if !*family_full {
            full |= all + size > budget.series;
        }
        if full || *family_full {
            out.push(unit);
        } else {
            *count += size;
            all += size;
        }
    }
    out
}

/// Whether the family may be cut: no counter, and nothing of what the exporter says about itself and the collectors.
fn is_cut(family: &Family) -> bool {
    let gauge = matches!(family.kind, Kind::Gauge | Kind::StateSet | Kind::Info);
    let own = matches!(family.collector, "primary" | "api" | "exporter");
    gauge && !own && !family.labels.is_empty()
}

fn guest(family: &Family, labels: &Labels) -> Guest {
    let labels = match family.kind {
        Kind::StateSet => Labels::of(labels.values().take(family.labels.len() - 1)),
        _ => labels.clone(),
    };
    (family.name, labels)
}

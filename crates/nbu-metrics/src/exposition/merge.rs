//! Many snapshots as one list of families.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::Family;
use crate::samples::{Labels, Series};
use crate::snapshot::Snapshot;

/// A family with the series of every snapshot that has it.
pub(super) struct Merged<'a> {
    pub(super) family: &'static Family,
    /// The value of `primary`, and the series under it.
    blocks: Vec<(Option<&'a str>, &'a [Series])>,
}

/// The labels of a series, `primary` included.
#[derive(Clone, Copy)]
pub(super) struct LabelSet<'a> {
    family: &'static Family,
    primary: Option<&'a str>,
    values: &'a Labels,
}

/// The families by name, each once; within it the snapshots by the name of their primary.
pub(super) fn merge(snapshots: &[Arc<Snapshot>]) -> impl Iterator<Item = Merged<'_>> {
    let mut ordered: Vec<_> = snapshots.iter().collect();
    ordered.sort_by_key(|snapshot| snapshot.primary());
    let mut families: BTreeMap<&str, Merged<'_>> = BTreeMap::new();
    for snapshot in ordered {
        for found in snapshot.families() {
            let merged = families.entry(found.family.name).or_insert_with(|| Merged {
                family: found.family,
                blocks: Vec::new(),
            });
            merged.blocks.push((snapshot.primary(), &found.series));
        }
    }
    families.into_values()
}

impl<'a> Merged<'a> {
    /// Each series with its labels.
    pub(super) fn series(&self) -> impl Iterator<Item = (LabelSet<'a>, &'a Series)> {
        let family = self.family;
        self.blocks.iter().flat_map(move |&(primary, series)| {
            series.iter().map(move |one| {
                let labels = LabelSet {
                    family,
                    primary,
                    values: &one.labels,
                };
                (labels, one)
            })
        })
    }
}

impl<'a> LabelSet<'a> {
    /// Names and values, `primary` first, then in the catalogue's order.
    pub(super) fn pairs(self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let primary = self.primary.map(|name| ("primary", name));
        let names = self.family.labels.iter().copied();
        primary.into_iter().chain(names.zip(self.values.values()))
    }

    /// Whether there is no label.
    pub(super) fn is_empty(self) -> bool {
        self.primary.is_none() && self.family.labels.is_empty()
    }
}

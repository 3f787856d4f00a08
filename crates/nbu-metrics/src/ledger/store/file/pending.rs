//! What was committed and waits for the disk, merged into one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use crate::ledger::{Changes, Counted, Marks, Measure, Note, Shelf, Total};

/// Commits that are not on the disk yet. Changes carry values, so later ones replace earlier ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    pub(super) marks: Option<Marks>,
    pub(super) counted: BTreeMap<u64, Counted>,
    pub(super) parents: BTreeSet<u64>,
    pub(super) totals: HashMap<(Measure, Arc<str>), Total>,
    pub(super) notes: BTreeMap<(Shelf, Arc<str>), Note>,
    pub(super) forget_before: Option<Timestamp>,
}

impl Pending {
    /// Takes a commit in. `known` are the marks that the disk or an earlier commit has.
    pub(super) fn absorb(&mut self, changes: Changes, known: &Marks) {
        if changes.marks != *known {
            self.marks = Some(changes.marks);
        }
        self.counted.extend(changes.counted);
        self.parents.extend(changes.parents);
        for (measure, key, total) in changes.totals {
            self.totals.insert((measure, key), total);
        }
        for note in changes.notes {
            self.notes.insert((note.shelf, Arc::clone(&note.key)), note);
        }
        self.forget_before = self.forget_before.max(changes.forget_before);
    }

    /// Takes back what could not be written, as far as nothing newer has come since.
    pub(super) fn take_back(&mut self, older: Self) {
        let newer = std::mem::replace(self, older);
        self.marks = newer.marks.or(self.marks.take());
        self.counted.extend(newer.counted);
        self.parents.extend(newer.parents);
        self.totals.extend(newer.totals);
        self.notes.extend(newer.notes);
        self.forget_before = self.forget_before.max(newer.forget_before);
    }

    /// Nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.marks.is_none()
            && self.counted.is_empty()
            && self.parents.is_empty()
            && self.totals.is_empty()
            && self.notes.is_empty()
            && self.forget_before.is_none()
    }

    /// Roughly the memory it takes.
    pub(super) fn bytes(&self) -> usize {
        let totals: usize = self
            .totals
            .iter()
            .map(|((_, key), total)| key.len() + total.bytes())
            .sum();
        let notes: usize = self
            .notes
            .values()
            .map(|note| note.key.len() + note.value.as_ref().map_or(0, |value| value.len()))
            .sum();
        self.counted.len() * 24 + self.parents.len() * 12 + totals + notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::instant::from_millis;

    fn changes(ids: &[u64], end: i64) -> Changes {
        Changes {
            counted: ids
                .iter()
                .map(|id| (*id, Counted::new(from_millis(end), 0)))
                .collect(),
            ..Changes::default()
        }
    }

    #[test]
    fn marks_that_are_known_are_nothing_to_write() {
        let known = Marks {
            gap_millis: 1,
            ..Marks::default()
        };
        let mut pending = Pending::default();
        let unchanged = Changes {
            marks: known.clone(),
            ..Changes::default()
        };
        pending.absorb(unchanged, &known);
        assert!(pending.is_empty());
        pending.absorb(Changes::default(), &known);
        assert!(!pending.is_empty());
    }

    #[test]
    fn what_is_taken_back_replaces_nothing_newer() {
        let known = Marks::default();
        let (mut older, mut newer) = (Pending::default(), Pending::default());
        older.absorb(changes(&[1, 2], 10), &known);
        newer.absorb(changes(&[2, 3], 20), &known);
        newer.take_back(older);
        let ends: Vec<i64> = newer
            .counted
            .values()
            .map(|counted| counted.latest().as_millisecond())
            .collect();
        assert_eq!(ends, [10, 20, 20]);
    }
}

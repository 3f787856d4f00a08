//! What collectors leave for the next process, in a form that only they can read.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::debug;

use super::encoding;
use super::finished_job::Digest;
use super::store::{Note, Shelf};

/// The most bytes that are kept on one shelf, keys and values.
const MOST: usize = if cfg!(test) { 1_000 } else { 16 << 20 };

/// One thing on a shelf, under its name.
pub(super) type Keepsake = (Arc<str>, Arc<[u8]>);

/// What is noted of each thing on the shelves, and what was found there.
#[derive(Debug, Default)]
pub(super) struct Keepsakes {
    /// To note only what changes.
    noted: BTreeMap<Shelf, BTreeMap<Arc<str>, Noted>>,
    /// What the process before left, until something takes its place.
    found: BTreeMap<Shelf, Vec<Keepsake>>,
    changed: Vec<Note>,
}

/// What of a thing tells whether it changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Noted {
    digest: u64,
    /// Bytes of key and value.
    bytes: usize,
}

impl Noted {
    fn of(key: &str, value: &[u8]) -> Self {
        let mut digest = Digest::new();
        digest.bytes(value);
        Self {
            digest: digest.whole(),
            bytes: key.len() + value.len(),
        }
    }
}

impl Keepsakes {
    /// Keeps these things. What else is on the shelf goes if they are `all` there is.
    pub(super) fn shelve(
        &mut self,
        on: Shelf,
        things: impl IntoIterator<Item = (Arc<str>, Vec<u8>)>,
        all: bool,
    ) {
        self.found.remove(&on);
        let mut before = std::mem::take(self.noted.entry(on).or_default());
        let mut now = BTreeMap::new();
        let (mut bytes, mut left_out) = (0, 0);
        for (key, value) in things {
            let noted = Noted::of(&key, &value);
            if bytes + noted.bytes > MOST {
                left_out += 1;
                continue;
            }
            bytes += noted.bytes;
            if before.remove(&key) != Some(noted) {
                self.changed.push(Note {
                    shelf: on,
                    value: Some(encoding::sealed(&key, value)),
                    key: Arc::clone(&key),
                });
            }
            now.insert(key, noted);
        }
        if left_out > 0 {
            debug!(
                left_out,
                what = on.what(),
                "there is more than is kept for the next start"
            );
        }
        for (key, noted) in before {
            if all || bytes + noted.bytes > MOST {
                self.changed.push(gone(on, key));
            } else {
                bytes += noted.bytes;
                now.insert(key, noted);
            }
        }
        self.noted.insert(on, now);
    }

    /// What the process before left on the shelf, as long as nothing took its place.
    pub(super) fn found(&self, on: Shelf) -> Vec<Keepsake> {
        self.found.get(&on).cloned().unwrap_or_default()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.found.clear();
        for (on, noted) in std::mem::take(&mut self.noted) {
            self.changed
                .extend(noted.into_keys().map(|key| gone(on, key)));
        }
    }

    /// Puts back what a note says; `None` if it is damaged.
    pub(super) fn restore(&mut self, on: Shelf, key: &Arc<str>, value: &[u8]) -> Option<()> {
        let value = encoding::unsealed(key, value)?;
        let noted = self.noted.entry(on).or_default();
        noted.insert(Arc::clone(key), Noted::of(key, value));
        let found = self.found.entry(on).or_default();
        found.push((Arc::clone(key), value.into()));
        Some(())
    }

    pub(super) fn is_noted(&self) -> bool {
        self.changed.is_empty()
    }

    /// What the notes should say that do not yet.
    pub(super) fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.changed)
    }
}

fn gone(shelf: Shelf, key: Arc<str>) -> Note {
    Note {
        shelf,
        key,
        value: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELF: Shelf = Shelf::PolicyClients;

    fn things(of: impl IntoIterator<Item = (&'static str, u8)>) -> Vec<(Arc<str>, Vec<u8>)> {
        let things = of.into_iter();
        things
            .map(|(key, value)| (key.into(), vec![value; 10]))
            .collect()
    }

    fn told(keepsakes: &mut Keepsakes) -> Vec<(Arc<str>, bool)> {
        let notes = keepsakes.notes().into_iter();
        notes.map(|note| (note.key, note.value.is_some())).collect()
    }

    #[test]
    fn only_what_changes_is_noted_and_only_all_of_it_removes() {
        let mut keepsakes = Keepsakes::default();
        keepsakes.shelve(SHELF, things([("a", 1), ("b", 1)]), true);
        assert_eq!(
            told(&mut keepsakes),
            [("a".into(), true), ("b".into(), true)]
        );
        keepsakes.shelve(SHELF, things([("a", 1), ("c", 1)]), false);
        assert_eq!(told(&mut keepsakes), [("c".into(), true)]);
        keepsakes.shelve(SHELF, things([("a", 2), ("c", 1)]), true);
        assert_eq!(
            told(&mut keepsakes),
            [("a".into(), true), ("b".into(), false)]
        );
        keepsakes.clear();
        assert_eq!(
            told(&mut keepsakes),
            [("a".into(), false), ("c".into(), false)]
        );
    }

    #[test]
    fn what_was_left_is_found_until_something_takes_its_place() {
        let mut before = Keepsakes::default();
        before.shelve(SHELF, things([("a", 1)]), true);
        let mut after = Keepsakes::default();
        for note in before.notes() {
            let value = note.value.unwrap();
            assert_eq!(
                after.restore(SHELF, &note.key, &value[1..]),
                None,
                "damaged"
            );
            after.restore(SHELF, &note.key, &value).unwrap();
        }
        for _ in 0..2 {
            assert_eq!(after.found(SHELF), [("a".into(), Arc::from([1; 10]))]);
        }
        after.shelve(SHELF, things([("a", 1)]), true);
        assert_eq!(after.found(SHELF), []);
        assert!(after.is_noted(), "it is the same");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut keepsakes = Keepsakes::default();
        let many = |from: usize| (from..from + 1_000).map(|n| (n.to_string().into(), vec![0; 10]));
        for from in [0, 50] {
            keepsakes.shelve(SHELF, many(from), false);
            let kept: usize = keepsakes.noted[&SHELF]
                .values()
                .map(|noted| noted.bytes)
                .sum();
            assert!((MOST - 20..=MOST).contains(&kept), "{kept}");
        }
        let gone = keepsakes
            .notes()
            .iter()
            .filter(|note| note.value.is_none())
            .count();
        assert!(gone > 40, "{gone}");
    }
}

//! Counts different things.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many things are told apart; above that they are at least as many.
const MOST: usize = 100_000;

/// Things that were seen, each once. Of each only a digest is kept.
#[derive(Debug, Default)]
pub(super) struct Distinct(HashSet<u64>);

impl Distinct {
    pub(super) fn see(&mut self, thing: impl Hash) {
        if self.0.len() < MOST {
            let mut hasher = DefaultHasher::new();
            thing.hash(&mut hasher);
            self.0.insert(hasher.finish());
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_counts_once_and_no_more_are_kept_than_is_bearable() {
        let mut distinct = Distinct::default();
        for thing in ["a", "b", "a"] {
            distinct.see(thing);
        }
        assert_eq!(distinct.len(), 2);
        (0..2 * MOST).for_each(|thing| distinct.see(thing));
        assert_eq!(distinct.len(), MOST);
        distinct.clear();
        assert_eq!(distinct.len(), 0);
    }
}

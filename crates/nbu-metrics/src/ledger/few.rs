//! A map of few entries.

use std::cmp::Ordering;

/// Entries in the order of their keys, in memory of just their size. There is one for each of many thousand clients: a tree
/// would make room for eleven in each.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Few<K, V>(Vec<(K, V)>);

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Few<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let place = self.place(key).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// The value of this key, which is made first if there is none.
    pub(super) fn or_insert_with(&mut self, key: K, value: impl FnOnce() -> V) -> &mut V {
        let place = match self.place(&key) {
            Ok(place) => place,
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, (key, value()));
                place
            }
        };
        &mut self.0[place].1
    }

    /// Puts a value in place of what was there.
    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, (key, value));
            }
        }
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry whose key compares as equal: the key itself need not be at hand.
    pub(super) fn find_mut(&mut self, compare: impl Fn(&K) -> Ordering) -> Option<(&K, &mut V)> {
        let place = self.0.binary_search_by(|(known, _)| compare(known)).ok()?;
        self.0.get_mut(place).map(|(key, value)| (&*key, value))
    }

    /// In the order of the keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The same, with values that may be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn behaves_like_a_tree_map(steps in prop::collection::vec((0_u8..12, 0_u8..4, 0_u8..9), 0..60)) {
            let (mut few, mut model) = (Few::default(), BTreeMap::new());
            for (key, act, value) in steps {
                match act {
                    0 => {
                        few.insert(key, value);
                        model.insert(key, value);
                    }
                    1 => *few.or_insert_with(key, || value) += 1,
                    2 if value == 0 => {
                        let found = few.find_mut(|known| known.cmp(&key));
                        prop_assert_eq!(found, model.get_mut(&key).map(|value| (&key, value)));
                    }
                    2 => few.retain(|_, kept| *kept != value),
                    _ => prop_assert_eq!(few.get(&key), model.get(&key)),
                }
                match act {
                    1 => *model.entry(key).or_insert(value) += 1,
                    2 if value > 0 => model.retain(|_, kept| *kept != value),
                    _ => {}
                }
                prop_assert!(few.iter().eq(model.iter()));
                prop_assert_eq!(few.is_empty(), model.is_empty());
            }
        }
    }
}

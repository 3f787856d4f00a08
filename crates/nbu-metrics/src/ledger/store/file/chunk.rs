//! What is remembered of jobs, 64 neighbouring ids at a time: 8 bytes an id instead of a row each.

use crate::ledger::Counted;

/// Ids in a chunk.
const IDS: u64 = 64;

/// The chunk an id belongs to.
pub(super) fn of(id: u64) -> u64 {
    id / IDS
}

/// Of the ids of one chunk, those that are remembered, each with what was counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Chunk {
    set: IdSet,
    /// In the order of the ids.
    counted: Vec<Counted>,
}

impl Chunk {
    pub(super) fn find(&self, id: u64) -> Option<Counted> {
        let at = self.set.contains(id).then(|| self.set.rank(id))?;
        self.counted.get(at).copied()
    }

    /// Remembers an id, in place of what was remembered under it. Whether it is new.
    pub(super) fn insert(&mut self, id: u64, counted: Counted) -> bool {
        let at = self.set.rank(id);
        if self.set.insert(id) {
            self.counted.insert(at, counted);
            return true;
        }
        if let Some(known) = self.counted.get_mut(at) {
            *known = counted;
        }
        false
    }

    /// Forgets the ids of which `keep` says no.
    pub(super) fn retain(&mut self, chunk: u64, mut keep: impl FnMut(u64, Counted) -> bool) {
        let mut kept = Self::default();
        for (id, counted) in self.iter(chunk) {
            if keep(id, counted) {
                kept.set.insert(id);
                kept.counted.push(counted);
            }
        }
        *self = kept;
    }

    pub(super) fn iter(&self, chunk: u64) -> impl Iterator<Item = (u64, Counted)> + '_ {
        self.set.iter(chunk).zip(self.counted.iter().copied())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counted.is_empty()
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + 8 * self.counted.len());
        bytes.extend_from_slice(&self.set.0.to_le_bytes());
        for counted in &self.counted {
            bytes.extend_from_slice(&counted.to_bits().to_le_bytes());
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (set, words) = bytes.split_first_chunk::<8>()?;
        let set = IdSet::from_bytes(set)?;
        let (words, rest) = words.as_chunks::<8>();
        let counted: Vec<Counted> = words
            .iter()
            .map(|word| Counted::from_bits(u64::from_le_bytes(*word)))
            .collect();
        (rest.is_empty() && counted.len() == set.len()).then_some(Self { set, counted })
    }
}

/// Some ids of one chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct IdSet(u64);

impl IdSet {
    pub(super) fn contains(self, id: u64) -> bool {
        self.0 & bit(id) != 0
    }

    /// Whether it is new.
    pub(super) fn insert(&mut self, id: u64) -> bool {
        let new = !self.contains(id);
        self.0 |= bit(id);
        new
    }

    pub(super) fn remove(&mut self, id: u64) {
        self.0 &= !bit(id);
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The ids, ascending, of the chunk of this number.
    pub(super) fn iter(self, chunk: u64) -> impl Iterator<Item = u64> {
        let first = chunk.wrapping_mul(IDS);
        (0..IDS)
            .map(move |place| first.wrapping_add(place))
            .filter(move |id| self.contains(*id))
    }

    pub(super) fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// An empty set is never kept, so none is read either.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let set = Self(u64::from_le_bytes(bytes.try_into().ok()?));
        (!set.is_empty()).then_some(set)
    }

    fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// How many smaller ids are in it.
    fn rank(self, id: u64) -> usize {
        (self.0 & (bit(id) - 1)).count_ones() as usize
    }
}

fn bit(id: u64) -> u64 {
    1 << (id % IDS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::ledger::instant::from_millis;

    proptest! {
        #[test]
        fn behaves_like_a_tree_map_and_comes_back_from_its_bytes(
            steps in prop::collection::vec((0..IDS, 0_i64..100), 0..200), limit in 0_i64..100,
        ) {
            let number = 7;
            let (mut chunk, mut model) = (Chunk::default(), BTreeMap::new());
            for (place, end) in steps {
                let id = number * IDS + place;
                let counted = Counted::new(from_millis(end), 3);
                prop_assert_eq!(chunk.insert(id, counted), model.insert(id, counted).is_none());
            }
            for forget in [false, true] {
                if forget {
                    chunk.retain(number, |_, counted| !counted.is_before(from_millis(limit)));
                    model.retain(|_, counted| !counted.is_before(from_millis(limit)));
                }
                let all: Vec<_> = model.iter().map(|(id, counted)| (*id, *counted)).collect();
                prop_assert_eq!(chunk.iter(number).collect::<Vec<_>>(), all);
                for place in 0..IDS {
                    let id = number * IDS + place;
                    prop_assert_eq!(chunk.find(id), model.get(&id).copied());
                }
                prop_assert_eq!(chunk.is_empty(), model.is_empty());
                if !chunk.is_empty() {
                    prop_assert_eq!(Chunk::from_bytes(&chunk.to_bytes()), Some(chunk.clone()));
                }
            }
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = Chunk::from_bytes(&bytes);
        }
    }

    #[test]
    fn the_largest_ids_have_their_chunk() {
        let mut chunk = Chunk::default();
        let counted = Counted::new(from_millis(5), 1);
        for id in [u64::MAX, u64::MAX - 63] {
            chunk.insert(id, counted);
            assert_eq!(of(id), of(u64::MAX));
        }
        let ids: Vec<u64> = chunk.iter(of(u64::MAX)).map(|(id, _)| id).collect();
        assert_eq!(ids, [u64::MAX - 63, u64::MAX]);
    }
}

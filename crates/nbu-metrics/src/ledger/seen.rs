//! A compact map from job id to what was counted, for the store that lives in memory.
//!
//! A hash map would spend up to 39 bytes an id after it doubled. This one keeps sorted blocks of 16-byte entries that
//! grow by small steps and split when full, so it stays below 19 bytes an id for any order of insertion.

use jiff::Timestamp;

use super::Counted;

/// Entries in a full block: 8 KiB, a memmove of which is cheaper than a cache miss per entry elsewhere.
const FULL: usize = 512;
/// Room a block gains when it is out of room.
const STEP: usize = 16;

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: u64,
    counted: Counted,
}

/// Sorted by id, both within a block and over the blocks; no block is empty.
#[derive(Debug, Default)]
pub(super) struct Seen {
    blocks: Vec<Vec<Entry>>,
    len: usize,
    /// The block that was written last: neighbours come together.
    last: usize,
}

impl Seen {
    /// What was counted under this id.
    pub(super) fn find(&self, id: u64) -> Option<Counted> {
        let block = self.blocks.get(self.block_of(id))?;
        let at = block.binary_search_by_key(&id, |entry| entry.id).ok()?;
        block.get(at).map(|entry| entry.counted)
    }

    /// Remembers an id, in place of what was remembered under it.
    pub(super) fn insert(&mut self, id: u64, counted: Counted) {
        let index = self.block_near(id);
        self.last = index;
        let entry = Entry { id, counted };
        let Some(block) = self.blocks.get_mut(index) else {
            let mut block = Vec::with_capacity(STEP);
            block.push(entry);
            self.blocks.push(block);
            self.len = 1;
            return;
        };
        match block.binary_search_by_key(&id, |entry| entry.id) {
            Ok(at) => block[at] = entry,
            Err(at) => {
                self.len += 1;
                if block.len() < FULL {
                    insert_stepwise(block, at, entry);
                } else {
                    self.split(index, at, entry);
                }
            }
        }
    }

    /// Forgets every job that lies before `horizon` and returns the forgotten ids.
    pub(super) fn forget_before(&mut self, horizon: Timestamp) -> Vec<u64> {
        let mut forgotten = Vec::new();
        for block in &mut self.blocks {
            block.retain(|entry| {
                let keep = !entry.counted.is_before(horizon);
                if !keep {
                    forgotten.push(entry.id);
                }
                keep
            });
        }
        if !forgotten.is_empty() {
            self.len -= forgotten.len();
            self.compact();
        }
        forgotten
    }

    /// All ids, ascending.
    pub(super) fn ids(&self) -> impl Iterator<Item = u64> {
        self.blocks.iter().flatten().map(|entry| entry.id)
    }

    /// How many ids are remembered.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes on the heap, the allocator's own not counted.
    pub(super) fn bytes(&self) -> usize {
        let entries: usize = self.blocks.iter().map(Vec::capacity).sum();
        entries * size_of::<Entry>() + self.blocks.capacity() * size_of::<Vec<Entry>>()
    }

    /// The block that holds the id or would: the last one that does not begin after it.
    fn block_of(&self, id: u64) -> usize {
        self.blocks
            .partition_point(|block| block.first().is_some_and(|first| first.id <= id))
            .saturating_sub(1)
    }

    /// The same; looks first where it looked last.
    fn block_near(&self, id: u64) -> usize {
        let begins_after = |block: Option<&Vec<Entry>>| {
            let first = block.and_then(|block| block.first());
            first.is_none_or(|first| id < first.id)
        };
        let (last, next) = (self.blocks.get(self.last), self.blocks.get(self.last + 1));
        if !begins_after(last) && begins_after(next) {
            return self.last;
        }
        self.block_of(id)
    }

    /// Inserts into a full block. Ids mostly ascend, so a full last block is left full; others are halved.
    fn split(&mut self, index: usize, at: usize, entry: Entry) {
        if at == FULL && index + 1 == self.blocks.len() {
            let mut block = Vec::with_capacity(STEP);
            block.push(entry);
            self.blocks.push(block);
            return;
        }
        let block = &mut self.blocks[index];
        let mut upper = block.split_off(FULL / 2);
        if at <= FULL / 2 {
            block.insert(at, entry);
        } else {
            insert_stepwise(&mut upper, at - FULL / 2, entry);
        }
        block.shrink_to(block.len() + STEP);
        upper.shrink_to(upper.len() + STEP);
        self.blocks.insert(index + 1, upper);
    }

    /// Joins what forgetting left, so that a few survivors in every block do not keep all the blocks.
    fn compact(&mut self) {
        let old = std::mem::take(&mut self.blocks);
        for block in old {
            for entry in block {
                match self.blocks.last_mut() {
                    Some(last) if last.len() < FULL => {
                        let at = last.len();
                        insert_stepwise(last, at, entry);
                    }
                    _ => {
                        let mut fresh = Vec::with_capacity(STEP);
                        fresh.push(entry);
                        self.blocks.push(fresh);
                    }
                }
            }
        }
    }
}

fn insert_stepwise(block: &mut Vec<Entry>, at: usize, entry: Entry) {
    if block.len() == block.capacity() {
        block.reserve_exact(STEP);
    }
    block.insert(at, entry);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::instant::from_millis;
    use super::*;

    fn counted(millis: i64) -> Counted {
        Counted::new(from_millis(millis), 0)
    }

    #[test]
    fn stays_below_its_bytes_per_id_in_any_order() {
        type Order = fn(u64) -> u64;
        const IDS: u64 = 200_000;
        let orders: [(&str, Order); 3] = [
            ("ascending", |index| index),
            ("descending", |index| IDS - index),
            ("scattered", |index| {
                index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8
            }),
        ];
        for (name, order) in orders {
            let mut seen = Seen::default();
            for index in 0..IDS {
                seen.insert(order(index), counted(1));
            }
            let each = seen.bytes() as f64 / seen.len() as f64;
            assert!(each < 19.0, "{name}: {each} bytes an id");
            seen.forget_before(from_millis(0));
            assert_eq!(seen.len() as u64, IDS, "{name}");
        }
    }

    #[test]
    fn forgetting_gives_the_memory_back() {
        let mut seen = Seen::default();
        for id in 0..100_000 {
            seen.insert(id, counted(if id % 100 == 0 { 10 } else { 5 }));
        }
        let before = seen.bytes();
        let forgotten = seen.forget_before(from_millis(10));
        assert_eq!((forgotten.len(), seen.len()), (99_000, 1_000));
        assert!(
            seen.bytes() * 20 < before,
            "{} of {before} bytes left",
            seen.bytes()
        );
    }

    proptest! {
        #[test]
        fn behaves_like_a_tree_map(steps in prop::collection::vec((0_u64..2_000, 0_i64..100, prop::bool::weighted(0.01)), 0..4_000)) {
            let mut seen = Seen::default();
            let mut model = BTreeMap::new();
            for (id, millis, forget) in steps {
                if forget {
                    let mut gone = seen.forget_before(from_millis(millis));
                    gone.sort_unstable();
                    let expected: Vec<u64> =
                        model.iter().filter(|(_, end)| **end < millis).map(|(id, _)| *id).collect();
                    prop_assert_eq!(gone, expected);
                    model.retain(|_, end| *end >= millis);
                } else {
                    seen.insert(id, counted(millis));
                    model.insert(id, millis);
                }
            }
            prop_assert_eq!(seen.len(), model.len());
            prop_assert_eq!(seen.ids().collect::<Vec<_>>(), model.keys().copied().collect::<Vec<_>>());
            for id in 0..2_000 {
                prop_assert_eq!(seen.find(id), model.get(&id).copied().map(counted));
            }
        }
    }
}

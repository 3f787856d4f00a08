//! State that lives as long as the process.

use std::collections::HashMap;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use roaring::RoaringTreemap;

use super::{Changes, Committed, Note, Remembered, Saved, Shelf, Store, StoreError, StoreFuture};
use crate::ledger::seen::Seen;
use crate::ledger::{Counted, Marks, Measure, Total};

/// Keeps the state in memory. A ledger opened again on the same store goes on where the last one was, unless the store is
/// a [passing](MemoryStore::passing) one.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    is_passing: bool,
}

#[derive(Debug, Default)]
struct State {
    /// Whether anything was ever committed.
    used: bool,
    marks: Marks,
    seen: Seen,
    parents: RoaringTreemap,
    totals: HashMap<(Measure, Arc<str>), Total>,
    notes: HashMap<(Shelf, Arc<str>), Arc<[u8]>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store for one ledger and no other after it: what that ledger has at hand itself, totals and notes, is not kept
    /// a second time.
    pub fn passing() -> Self {
        Self {
            is_passing: true,
            ..Self::default()
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        let state = self.state();
        let saved = state.used.then(|| Saved {
            marks: state.marks.clone(),
            ids: state.seen.ids().collect(),
            parents: state.parents.clone(),
            totals: state
                .totals
                .iter()
                .map(|((measure, key), total)| (*measure, Arc::clone(key), total.clone()))
                .collect(),
            notes: state
                .notes
                .iter()
                .map(|((shelf, key), value)| Note {
                    shelf: *shelf,
                    key: Arc::clone(key),
                    value: Some(Arc::clone(value)),
                })
                .collect(),
        });
        done(saved)
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        let state = self.state();
        done(ids.iter().map(|id| state.seen.find(*id)).collect())
    }

    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed> {
        done(self.state().apply(changes))
    }

    fn is_lasting(&self) -> bool {
        !self.is_passing
    }

    fn remembered(&self) -> Remembered {
        let state = self.state();
        Remembered {
            ids: state.seen.len() as u64,
            bytes: state.seen.bytes() as u64,
        }
    }

    fn bytes(&self) -> u64 {
        let state = self.state();
        let totals: usize = state
            .totals
            .iter()
            .map(|((_, key), total)| key.len() + total.bytes())
            .sum();
        let notes: usize = state
            .notes
            .iter()
            .map(|((_, key), value)| key.len() + value.len())
            .sum();
        (state.seen.bytes() + state.parents.serialized_size() + totals + notes) as u64
    }
}

impl State {
    fn apply(&mut self, changes: Changes) -> Committed {
        self.used = true;
        self.marks = changes.marks;
        for (id, counted) in changes.counted {
            self.seen.insert(id, counted);
        }
        self.parents.extend(changes.parents);
        for (measure, key, total) in changes.totals {
            self.totals.insert((measure, key), total);
        }
        for Note { shelf, key, value } in changes.notes {
            match value {
                Some(value) => self.notes.insert((shelf, key), value),
                None => self.notes.remove(&(shelf, key)),
            };
        }
        let forgotten = match changes.forget_before {
            Some(horizon) => self.seen.forget_before(horizon),
            None => Vec::new(),
        };
        for id in &forgotten {
            self.parents.remove(*id);
        }
        Committed { forgotten }
    }
}

fn done<'a, T: Send + 'a>(value: T) -> StoreFuture<'a, T> {
    Box::pin(ready(Ok::<T, StoreError>(value)))
}

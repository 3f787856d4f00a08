//! A store that fails on command and can be brought back to what had reached the disk.

use std::future::{pending, ready};
use std::sync::{Arc, Mutex};

use nbu_metrics::ledger::{
    Changes, Committed, Counted, Durability, MemoryStore, Remembered, Saved, Store, StoreError,
    StoreFuture,
};

/// What becomes of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It fails; nothing was kept.
    Lost,
    /// It was kept, but the answer says that it failed.
    AnswerLost,
    /// It was kept, but never answers.
    Hangs,
    /// It never answers and nothing was kept.
    HangsBefore,
}

/// Keeps the commits as a log beside the state they make.
#[derive(Debug, Default)]
pub(super) struct FaultyStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: Arc<MemoryStore>,
    log: Vec<Changes>,
    /// How many of the log are sure to outlive the machine.
    durable: usize,
    /// Commits to go until the fault.
    fault: Option<(u32, Fault)>,
}

impl FaultyStore {
    /// Lets the commit after `later` others fail.
    pub(super) fn fail(&self, later: u32, fault: Fault) {
        self.inner.lock().unwrap().fault = Some((later, fault));
    }

    pub(super) fn heal(&self) {
        self.inner.lock().unwrap().fault = None;
    }

    /// What a new process finds: all of it, or after a power cut only what was durable.
    pub(super) fn after_crash(&self, power_cut: bool) -> Self {
        let inner = self.inner.lock().unwrap();
        let kept = if power_cut {
            inner.durable
        } else {
            inner.log.len()
        };
        let state = Arc::new(MemoryStore::new());
        for changes in &inner.log[..kept] {
            now(state.commit(changes.clone(), Durability::Durable));
        }
        let log = inner.log[..kept].to_vec();
        Self {
            inner: Mutex::new(Inner {
                state,
                durable: log.len(),
                log,
                fault: None,
            }),
        }
    }
}

impl Store for FaultyStore {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        let state = Arc::clone(&self.inner.lock().unwrap().state);
        Box::pin(async move { state.load().await })
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        let state = Arc::clone(&self.inner.lock().unwrap().state);
        Box::pin(async move { state.counted(ids).await })
    }

    fn commit(&self, changes: Changes, durability: Durability) -> StoreFuture<'_, Committed> {
        let mut inner = self.inner.lock().unwrap();
        let fault = match &mut inner.fault {
            Some((0, fault)) => Some(*fault),
            Some((later, _)) => {
                *later -= 1;
                None
            }
            None => None,
        };
        if fault.is_some() {
            inner.fault = None;
        }
        match fault {
            Some(Fault::Lost) => return Box::pin(ready(Err(failure()))),
            Some(Fault::HangsBefore) => return Box::pin(pending()),
            _ => {}
        }
        let committed = now(inner.state.commit(changes.clone(), durability));
        inner.log.push(changes);
        if durability == Durability::Durable {
            inner.durable = inner.log.len();
        }
        match fault {
            Some(Fault::AnswerLost) => Box::pin(ready(Err(failure()))),
            Some(Fault::Hangs) => Box::pin(pending()),
            _ => Box::pin(ready(Ok(committed))),
        }
    }

    fn remembered(&self) -> Remembered {
        self.inner.lock().unwrap().state.remembered()
    }

    fn bytes(&self) -> u64 {
        self.inner.lock().unwrap().state.bytes()
    }
}

fn failure() -> StoreError {
    StoreError {
        act: "written",
        source: "the test says so".into(),
    }
}

/// The answer of a store that answers at once.
fn now<T>(future: StoreFuture<'_, T>) -> T {
    super::driver::poll_once(future)
        .expect("memory answers at once")
        .expect("memory does not fail")
}

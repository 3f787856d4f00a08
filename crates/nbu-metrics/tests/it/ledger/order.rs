//! Who commits while somebody else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nbu_metrics::ledger::{
    Changes, Committed, Counted, FinishedJob, JobsSettings, Ledger, MemoryStore, Remembered, Saved,
    Store, StoreFuture,
};

use super::driver::poll_once;
use super::world::{MINUTE, at};

/// Notes whether a change set ever came after a later one.
#[derive(Debug, Default)]
struct Watched {
    inner: MemoryStore,
    last: AtomicU64,
    overtaken: AtomicBool,
}

impl Store for Watched {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        self.inner.load()
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        self.inner.counted(ids)
    }

    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed> {
        // Whoever may come between shall.
        thread::yield_now();
        let before = self.last.fetch_max(changes.epoch, Ordering::Relaxed);
        if before > changes.epoch {
            self.overtaken.store(true, Ordering::Relaxed);
        }
        self.inner.commit(changes)
    }

    fn is_due(&self, _pages: u32, _waited: Duration) -> bool {
        true
    }

    fn remembered(&self) -> Remembered {
        self.inner.remembered()
    }

    fn bytes(&self) -> u64 {
        self.inner.bytes()
    }
}

#[test]
fn the_older_of_two_commits_reaches_the_store_first() {
    const COMMITS: u64 = 3_000;
    let store = Arc::new(Watched::default());
    let opened = Ledger::open(Arc::clone(&store) as _, JobsSettings::default());
    let ledger = poll_once(opened).unwrap().unwrap();
    poll_once(ledger.begin(at(0))).unwrap().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for id in 1..=COMMITS {
                let mut page = ledger.page();
                page.take(FinishedJob {
                    id,
                    end: Some(at(MINUTE)),
                    ..FinishedJob::default()
                });
                poll_once(page.commit()).unwrap().unwrap();
            }
        });
        scope.spawn(|| {
            for _ in 0..COMMITS {
                poll_once(ledger.publish(at(MINUTE))).unwrap().unwrap();
            }
        });
    });
    assert!(!store.overtaken.load(Ordering::Relaxed));
}

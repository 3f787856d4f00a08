//! Who commits while somebody else does.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nbu_metrics::ledger::{
    Changes, Committed, Counted, FinishedJob, JobsSettings, Ledger, MemoryStore, Remembered, Saved,
    Store, StoreFuture,
};
use tokio::sync::Notify;

use super::driver::poll_once;
use super::truth;
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

/// Answers the first question only when it is told to, with what it knew when it was asked.
#[derive(Debug, Default)]
struct Slow {
    inner: MemoryStore,
    asked: AtomicBool,
    answers: Arc<Notify>,
}

impl Store for Slow {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        self.inner.load()
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        let known = poll_once(self.inner.counted(ids)).unwrap();
        let is_first = !self.asked.swap(true, Ordering::Relaxed);
        let answers = Arc::clone(&self.answers);
        Box::pin(async move {
            if is_first {
                answers.notified().await;
            }
            known
        })
    }

    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed> {
        self.inner.commit(changes)
    }

    fn remembered(&self) -> Remembered {
        self.inner.remembered()
    }

    fn bytes(&self) -> u64 {
        self.inner.bytes()
    }
}

#[tokio::test]
async fn a_job_in_two_pages_is_counted_once_whatever_is_committed_between_question_and_answer() {
    let store = Arc::new(Slow::default());
    let settings = JobsSettings {
        counter_birth: Duration::ZERO,
        ..JobsSettings::default()
    };
    let ledger = Ledger::open(Arc::clone(&store) as _, settings);
    let ledger = ledger.await.unwrap();
    ledger.begin(at(0)).await.unwrap();
    let page = |start| {
        let mut page = ledger.page();
        page.take(FinishedJob {
            id: 1,
            start: Some(at(start)),
            end: Some(at(start + MINUTE)),
            ..FinishedJob::default()
        });
        page
    };
    page(0).commit().await.unwrap();
    ledger.publish(at(MINUTE)).await.unwrap();
    // The id is used again, and the job that has it now is in two pages.
    let (one, other) = (page(2 * MINUTE), page(2 * MINUTE));
    let mut one = pin!(one.commit());
    assert!(poll_once(one.as_mut()).is_none());
    other.commit().await.unwrap();
    ledger.publish(at(2 * MINUTE)).await.unwrap();
    store.answers.notify_one();
    one.await.unwrap();
    let samples = ledger.publish(at(3 * MINUTE)).await.unwrap();
    let counted = truth::published(&samples);
    assert_eq!(
        counted["netbackup_jobs_finished_total none none none unknown"],
        2.0
    );
}

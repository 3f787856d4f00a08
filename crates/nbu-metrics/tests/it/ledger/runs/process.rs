//! A ledger, and the walks that bring it jobs.

use std::sync::Arc;

use nbu_metrics::ledger::{
    FinishedJob, JobsSettings, Ledger, MemoryStore, Purpose, Shelf, Slice, Store as _,
};
use nbu_metrics::samples::Samples;

use super::super::driver::poll_once;
use super::super::world::{MINUTE, START, at};

/// A ledger that is opened again and again on one store.
pub(super) struct Process {
    pub(super) store: Arc<MemoryStore>,
    pub(super) ledger: Ledger,
    pub(super) clock: i64,
}

impl Process {
    pub(super) fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let ledger = open(&store);
        Self {
            store,
            ledger,
            clock: START,
        }
    }

    /// Ends in order, between two walks or in the midst of one, and begins again.
    pub(super) fn restart(&mut self) {
        poll_once(self.ledger.close()).unwrap().unwrap();
        self.ledger = open(&self.store);
    }

    /// Takes these records as pages of one walk, which is completed or not.
    pub(super) fn walk(&mut self, pages: &[Vec<FinishedJob<'static>>], complete: bool) {
        let agenda = poll_once(self.ledger.begin(at(self.clock)));
        self.walk_over(agenda.unwrap().unwrap().advance, pages, complete);
    }

    /// Takes them as those of a slice of the look-back that is not its last.
    pub(super) fn walk_slice(&self, pages: &[Vec<FinishedJob<'static>>]) {
        let slice = Slice {
            from: at(START - 10 * MINUTE),
            to: Some(at(START - MINUTE)),
            purpose: Purpose::Advance,
        };
        self.walk_over(slice, pages, true);
    }

    fn walk_over(&self, slice: Slice, pages: &[Vec<FinishedJob<'static>>], complete: bool) {
        let walk = self.ledger.walk(slice, at(self.clock));
        for page in pages {
            let mut fold = self.ledger.page();
            for job in page {
                fold.take(job.clone());
            }
            poll_once(fold.commit()).unwrap().unwrap();
        }
        if complete {
            poll_once(walk.complete()).unwrap().unwrap();
        } else {
            walk.failed();
        }
    }

    /// Walks until everything is read up to the clock. `under_way` is what is not finished.
    pub(super) fn catch_up(&mut self, under_way: impl IntoIterator<Item = u64>) {
        let ids = under_way.into_iter().collect();
        self.ledger.learn_unfinished(at(self.clock), ids);
        while self.ledger.marks().watermark < Some(at(self.clock)) {
            self.walk(&[], true);
        }
    }

    pub(super) fn publish(&self) -> Arc<Samples> {
        poll_once(self.ledger.publish(at(self.clock)))
            .unwrap()
            .unwrap()
    }

    pub(super) fn store_bytes(&self) -> u64 {
        self.store.bytes()
    }

    /// How many runs are noted in the state.
    pub(super) fn runs(&self) -> usize {
        let saved = poll_once(self.store.load()).unwrap().unwrap();
        let notes = saved.unwrap_or_default().notes;
        notes
            .iter()
            .filter(|note| note.shelf == Shelf::Runs)
            .count()
    }
}

fn open(store: &Arc<MemoryStore>) -> Ledger {
    let settings = JobsSettings {
        look_back: std::time::Duration::from_secs(600),
        ..JobsSettings::default()
    };
    poll_once(Ledger::open(Arc::clone(store) as _, settings))
        .unwrap()
        .unwrap()
}

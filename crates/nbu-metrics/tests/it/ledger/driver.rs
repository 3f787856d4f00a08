//! Runs a ledger against the world, the way the jobs collector does, and lets it go wrong.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use nbu_metrics::ledger::{JobsSettings, Ledger, Slice};

use super::faulty_store::FaultyStore;
use super::truth::{self, Totals};
use super::world::{HOUR, MINUTE, World, at};

/// How a collection is disturbed, after some pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// The primary answers with an error.
    Error,
    /// The deadline drops the collection between two pages.
    Cut,
    /// The deadline drops it after a page was read and before it was committed.
    CutUncommitted,
}

/// A process with a ledger, over and over.
pub(super) struct Driver {
    pub(super) store: Arc<FaultyStore>,
    pub(super) ledger: Ledger,
    pub(super) settings: JobsSettings,
    /// Wall time.
    pub(super) now: i64,
    /// The primary's clock when everything was settled last.
    pub(super) settled_at: i64,
    /// The primary's clock when the first walk began.
    pub(super) first_clock: Option<i64>,
    /// What was published last, by any of the processes.
    pub(super) shown: Totals,
}

impl Driver {
    pub(super) fn new(settings: JobsSettings) -> Self {
        Self::on(FaultyStore::default(), settings)
    }

    pub(super) fn on(store: FaultyStore, settings: JobsSettings) -> Self {
        let store = Arc::new(store);
        let ledger = open(&store, &settings);
        Self {
            store,
            ledger,
            settings,
            now: super::world::START + 7,
            settled_at: super::world::START,
            first_clock: None,
            shown: Totals::new(),
        }
    }

    /// Kills the process and starts a new one on what it left.
    pub(super) fn crash(&mut self) {
        self.store = Arc::new(self.store.after_crash());
        self.ledger = open(&self.store, &self.settings);
    }

    /// One collection: clock, agenda, walks. `events` happen in the world between two pages. `false` if it was broken.
    pub(super) fn collect(
        &mut self,
        world: &mut World,
        page_size: usize,
        broken: Option<(usize, Break)>,
        events: &mut dyn FnMut(&mut World),
    ) -> Option<bool> {
        let clock = world.now();
        self.first_clock.get_or_insert(clock.as_millisecond());
        let agenda = poll_once(self.ledger.begin(clock))?.ok()?;
        let mut left = broken;
        self.walk(world, agenda.advance, clock, page_size, &mut left, events)?;
        if let Some(slice) = agenda.reconcile {
            self.walk(world, slice, clock, page_size, &mut left, events)?;
        }
        Some(agenda.advance.to.is_some() || agenda.reconcile.is_some())
    }

    fn walk(
        &self,
        world: &mut World,
        slice: Slice,
        clock: Timestamp,
        page_size: usize,
        broken: &mut Option<(usize, Break)>,
        events: &mut dyn FnMut(&mut World),
    ) -> Option<()> {
        let walk = self.ledger.walk(slice, clock);
        let mut after = 0;
        loop {
            let page = world.page(&slice, after, page_size);
            let mut fold = self.ledger.page();
            for job in &page {
                fold.take(job.record());
            }
            match broken {
                Some((0, Break::CutUncommitted | Break::Cut)) => return None,
                Some((0, Break::Error)) => {
                    walk.failed();
                    return None;
                }
                Some((pages, _)) => *pages -= 1,
                None => {}
            }
            poll_once(fold.commit())?.ok()?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.id;
            events(world);
        }
        poll_once(walk.complete())?.ok()
    }

    /// Publishes, and checks that nothing that was shown before goes back or away.
    pub(super) fn publish(&mut self) {
        let before = self.ledger.published();
        // When it fails or never ends, a scrape sees what was published before.
        let _ = poll_once(self.ledger.publish(at(self.now)));
        let samples = self.ledger.published();
        if samples.is_empty() && before.is_empty() {
            return;
        }
        let shown = truth::published(&samples);
        for (series, before) in &self.shown {
            let after = shown.get(series);
            assert!(
                after.is_some_and(|after| after >= before),
                "{series} went from {before} to {after:?}"
            );
        }
        self.shown = shown;
    }

    /// Collects without faults until nothing is left to do, reconciliation included, and shows the values.
    pub(super) fn settle(&mut self, world: &mut World) {
        self.store.heal();
        let wait = i64::try_from(self.settings.reconcile_interval.as_millis()).unwrap();
        // A reconciliation is due one interval after the last one, on the primary's clock, whatever steps that made.
        world.clock = world.clock.max(self.settled_at) + wait;
        self.settled_at = world.clock;
        self.now += wait;
        for round in 0.. {
            assert!(
                round < 10_000,
                "it does not settle: {:?}",
                self.ledger.marks()
            );
            let more = self.collect(world, 50, None, &mut |_| {});
            if more == Some(false) {
                break;
            }
        }
        self.now += HOUR;
        self.publish();
        self.now += 5 * MINUTE;
        self.publish();
    }
}

fn open(store: &Arc<FaultyStore>, settings: &JobsSettings) -> Ledger {
    let store = Arc::clone(store);
    poll_once(Ledger::open(store, settings.clone()))
        .expect("memory answers at once")
        .expect("memory does not fail")
}

/// Polls a future once and drops it: `None` is what a deadline at that await does.
pub(super) fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

//! The board on which every primary's task publishes, and from which the web side reads.
//!
//! Publishing replaces one immutable entry; reading takes the whole board as it is. Neither waits for the other, so a slow
//! reader cannot delay a collection and a slow primary cannot delay a scrape.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use nbu_client::Reason;
use nbu_metrics::snapshot::Snapshot;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::primary::Traffic;

/// What one primary has published last.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its families, for `/metrics`.
    pub(crate) snapshot: Arc<Snapshot>,
    /// The same in words, for people.
    pub(crate) view: Arc<View>,
    /// What is on the wire at any moment.
    pub(crate) traffic: Arc<Traffic>,
}

impl Entry {
    fn snapshot_at(&self, now: Instant) -> Arc<Snapshot> {
        let stale: Vec<_> = self
            .view
            .collectors
            .iter()
            .filter(|collector| collector.is_stale(now))
            .map(|collector| collector.name)
            .collect();
        if stale.is_empty() {
            Arc::clone(&self.snapshot)
        } else {
            Arc::new(self.snapshot.without_moments_of(&stale))
        }
    }
}

#[cfg(test)]
impl Entry {
    /// Nothing but this view.
    pub(crate) fn of(view: View) -> Self {
        let snapshot = Arc::new(Snapshot::builder(None).build());
        Self {
            snapshot,
            view: Arc::new(view),
            traffic: Arc::default(),
        }
    }
}

/// How a primary is doing, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct View {
    /// At least one collection, or the attempt to start one, has ended.
    pub(crate) attempted: bool,
    /// Reached, and the credentials were accepted, at the last attempt.
    pub(crate) up: bool,
    /// The API version in use, once detected.
    pub(crate) api_version: Option<String>,
    /// What keeps the primary from being asked at all: a secret or a certificate file that cannot be read.
    pub(crate) obstacle: Option<String>,
    /// What to do about the obstacle.
    pub(crate) remedy: Option<String>,
    /// Its collectors, by name.
    pub(crate) collectors: Vec<CollectorView>,
}

/// How a collector is doing, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CollectorView {
    /// Its name.
    pub(crate) name: &'static str,
    /// How its last run ended; `None` before the first one ended.
    pub(crate) reason: Option<Reason>,
    /// The error of the last run, in words.
    pub(crate) error: Option<String>,
    /// What to do about it.
    pub(crate) remedy: Option<String>,
    /// When it last succeeded.
    pub(crate) last_success: Option<Timestamp>,
    /// When what it found becomes too old to be shown as the present.
    pub(crate) stale_at: Instant,
}

impl CollectorView {
    /// Its gauges of the moment are not shown any more.
    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        self.stale_at <= now
    }
}

/// Everything published at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Publications {
    /// Counts the changes: equal generations mean equal content.
    pub(crate) generation: u64,
    /// One entry per primary that runs, by name.
    pub(crate) primaries: BTreeMap<Arc<str>, Entry>,
}

impl Publications {
    /// What counts the requests of each primary, in the order of the names.
    pub(crate) fn traffic(&self) -> Vec<(Arc<str>, Arc<Traffic>)> {
        self.primaries
            .iter()
            .map(|(name, entry)| (Arc::clone(name), Arc::clone(&entry.traffic)))
            .collect()
    }

    /// The snapshots in the order of the names, as they are to be shown at this moment: also of a primary that has not
    /// published for long, whatever keeps it from that.
    pub(crate) fn snapshots(&self, now: Instant) -> Vec<Arc<Snapshot>> {
        self.primaries
            .values()
            .map(|entry| entry.snapshot_at(now))
            .collect()
    }

    /// When the next collector becomes stale if nothing is published before.
    pub(crate) fn next_stale(&self, now: Instant) -> Option<Instant> {
        self.primaries
            .values()
            .flat_map(|entry| &entry.view.collectors)
            .map(|collector| collector.stale_at)
            .filter(|at| *at > now)
            .min()
    }
}

/// The writing side. Cloning is cheap; clones write the same board.
#[derive(Debug, Clone)]
pub(crate) struct Board(Arc<watch::Sender<Arc<Publications>>>);

impl Default for Board {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Arc::default())))
    }
}

impl Board {
    /// A reader that sees every later change.
    pub(crate) fn reader(&self) -> watch::Receiver<Arc<Publications>> {
        self.0.subscribe()
    }

    /// Replaces the entry of `primary`.
    pub(crate) fn publish(&self, primary: &Arc<str>, entry: Entry) {
        self.change(|primaries| primaries.insert(Arc::clone(primary), entry));
    }

    /// Takes the entry of `primary` off the board.
    pub(crate) fn withdraw(&self, primary: &str) {
        self.change(|primaries| primaries.remove(primary));
    }

    /// Makes a change, which says what it took off the board.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<Arc<str>, Entry>) -> Option<Entry>) {
        let mut taken = None;
        // Under the channel's write lock only pointers are copied: one per primary.
        self.0.send_modify(|publications| {
            let publications = Arc::make_mut(publications);
            publications.generation += 1;
            taken = change(&mut publications.primaries);
        });
        // And nothing is freed: it may be a hundred thousand series.
        drop(taken);
    }
}

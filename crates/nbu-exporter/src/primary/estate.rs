//! What outlives the lives of a primary: its name, its ledger and counters, what its collectors found, its place on the board.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use nbu_client::Reason;
use nbu_metrics::ZeroFirst;
use nbu_metrics::catalogue::collection::SERIES_DROPPED_TOTAL;
use nbu_metrics::ledger::{JobsSettings, Ledger, StoreError};
use nbu_metrics::snapshot::Snapshot;
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};

use super::collection::Failure;
use super::report;
use super::saving::Saving;
use super::slot::Memory;
use super::traffic::Traffic;
use super::trouble::Trouble;
use crate::board::{Board, Entry};
use crate::clock::Clock;
use crate::config;
use crate::patient::{Patient, Unread};
use crate::storage::{Found, Lease, Storage};

/// How long after the deadline a state that is being written may still be closed.
const MARGIN: Duration = Duration::from_millis(50);

/// The lasting part of a primary.
pub(crate) struct Estate {
    name: Arc<str>,
    clock: Clock,
    traffic: Arc<Traffic>,
    storage: Storage,
    ledger: OnceLock<Ledger>,
    /// Held as long as the ledger is in use.
    lease: Mutex<Option<Lease>>,
    saving: Mutex<Saving>,
    memories: Mutex<BTreeMap<&'static str, Memory>>,
    obstacles: Mutex<Trouble<(Reason, String)>>,
    /// Reads the files that the configuration names, for all lives: a file system that hangs costs one thread.
    files: tokio::sync::Mutex<Patient>,
    /// The families of which it was told that they exceed the series budget.
    over_budget: Mutex<BTreeSet<String>>,
    /// The counters that begin with the process and have been shown.
    zero_first: Mutex<ZeroFirst>,
    /// `None` once the primary has been removed from the configuration: a name may come back before its last life has
    /// ended, and the board then belongs to the newcomer.
    board: Mutex<Option<Board>>,
}

/// What had to be cut off when a primary was stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remains {
    pub(crate) primary: Arc<str>,
    /// Attempts on the wire at the deadline.
    pub(crate) in_flight: usize,
    /// Their endpoints.
    pub(crate) endpoints: String,
}

impl Estate {
    pub(crate) fn new(name: Arc<str>, board: Board, clock: Clock, storage: Storage) -> Arc<Self> {
        Arc::new(Self {
            name,
            clock,
            traffic: Arc::default(),
            storage,
            ledger: OnceLock::new(),
            lease: Mutex::default(),
            saving: Mutex::default(),
            memories: Mutex::default(),
            obstacles: Mutex::default(),
            files: tokio::sync::Mutex::default(),
            over_budget: Mutex::default(),
            zero_first: Mutex::default(),
            board: Mutex::new(Some(board)),
        })
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What `read` brings from the files.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unread> {
        self.files.lock().await.read(read).await
    }

    pub(crate) fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    /// Opens the ledger. One life at a time does, and only until it succeeds.
    pub(super) async fn open(&self, settings: &JobsSettings) -> Result<(&Ledger, Found), Failure> {
        let mut lease = self.storage.lease(&self.name).await?;
        let ledger = Ledger::open(Arc::clone(&lease.store), settings.clone()).await?;
        let found = std::mem::take(&mut lease.found);
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
        Ok((self.ledger.get_or_init(|| ledger), found))
    }

    /// Saves what was counted and closes the ledger; nothing is counted after that.
    pub(crate) async fn close(&self, deadline: Instant) {
        let Some(ledger) = self.ledger.get() else {
            return;
        };
        let Ok(closed) = timeout_at(deadline + MARGIN, ledger.close()).await else {
            error!(
                primary = %self.name,
                "the state of the jobs was not closed in time; what was shown is saved, the rest is read again"
            );
            return;
        };
        if let Err(error) = closed {
            self.not_saved(&error);
        }
        // Whoever comes after us under this name may open it now.
        self.lease
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Says that what was counted could not be saved.
    pub(super) fn not_saved(&self, error: &StoreError) {
        error!(
            primary = %self.name,
            error = error as &(dyn std::error::Error + 'static),
            "the state of the jobs was not saved; what was published before stays, and saving is tried again"
        );
    }

    /// How saving goes.
    pub(super) fn saving(&self) -> MutexGuard<'_, Saving> {
        self.saving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ledger, if it has been opened.
    pub(super) fn open_ledger(&self) -> Option<&Ledger> {
        self.ledger.get()
    }

    /// What the collector of this name left behind.
    pub(super) fn memory(&self, collector: &'static str) -> Memory {
        self.memories().get(collector).cloned().unwrap_or_default()
    }

    pub(super) fn remember(&self, collector: &'static str, memory: Memory) {
        self.memories().insert(collector, memory);
    }

    /// What has been logged about the files that cannot be used.
    pub(super) fn obstacles(&self) -> MutexGuard<'_, Trouble<(Reason, String)>> {
        self.obstacles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The counters that begin with the process and have been shown.
    pub(super) fn zero_first(&self) -> MutexGuard<'_, ZeroFirst> {
        self.zero_first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Says, once for each family, that it has more series than the budget allows.
    pub(super) fn tell_dropped(&self, snapshot: &Snapshot) {
        let dropped = snapshot
            .families()
            .filter(|one| one.family.name == SERIES_DROPPED_TOTAL.name)
            .flat_map(|one| &one.series)
            .filter_map(|series| series.labels.values().next());
        let mut told = self
            .over_budget
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for family in dropped {
            if told.insert(family.to_owned()) {
                warn!(
                    primary = %self.name,
                    family,
                    "the metric has more series than the budget allows: gauges are left out, counters added up under \
                     __other__; raise metrics.max_series or metrics.max_series_per_family, or choose fewer job_labels"
                );
            }
        }
    }

    /// Puts the primary on the board before anything is known about it.
    pub(crate) fn announce(&self, config: &config::Primary) {
        self.publish(report::Status::unknown(self, config).entry());
    }

    pub(super) fn publish(&self, entry: Entry) {
        // Under the lock, so that nothing is published after `retire`.
        if let Some(board) = self.board().as_ref() {
            board.publish(&self.name, entry);
        }
    }

    /// Takes the primary off the board, for good.
    pub(crate) fn retire(&self) {
        if let Some(board) = self.board().take() {
            board.withdraw(&self.name);
        }
    }

    /// What is left behind when `in_flight` attempts are cut off.
    pub(crate) fn remains(&self, in_flight: usize) -> Remains {
        Remains {
            primary: Arc::clone(&self.name),
            in_flight,
            endpoints: self.traffic.remains(),
        }
    }

    fn board(&self) -> MutexGuard<'_, Option<Board>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memories(&self) -> MutexGuard<'_, BTreeMap<&'static str, Memory>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

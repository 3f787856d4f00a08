//! Owns the primaries: starts, stops and replaces their tasks, and starts one again that panicked.
//!
//! Each primary has a warden, a task of its own that outlives the lives it guards; what must outlive them too (the ledger,
//! the request counters) is handed from one life to the next. Nothing here waits for a primary but its own warden and, at the
//! end, [`Supervisor::stop`], which waits for all of them at once.

mod warden;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tracing::info;

use self::warden::Desired;
use crate::board::Board;
use crate::clock::Clock;
use crate::config;
use crate::primary::{self, Estate, Remains};
use crate::storage::Storage;

/// How long the requests in flight get when a primary is removed or replaced by a reload.
const REPLACE_GRACE: Duration = Duration::from_secs(5);

/// How long after the deadline a warden gets to say what was cut off.
const MARGIN: Duration = Duration::from_millis(100);

/// Owns the primaries.
pub(crate) struct Supervisor {
    board: Board,
    clock: Clock,
    storage: Storage,
    live: Live,
    wardens: Mutex<Wardens>,
}

/// What a primary does all its life.
type Live = Arc<
    dyn Fn(Arc<Estate>, Arc<config::Primary>, watch::Receiver<Option<Instant>>) -> Life
        + Send
        + Sync,
>;

type Life = Pin<Box<dyn Future<Output = Option<Remains>> + Send>>;

#[derive(Default)]
struct Wardens {
    present: BTreeMap<Arc<str>, Warden>,
    /// Removed by a reload and not quite gone.
    leaving: Vec<Warden>,
    /// No primary starts any more.
    stopped: bool,
}

struct Warden {
    config: Arc<config::Primary>,
    estate: Arc<Estate>,
    desired: watch::Sender<Desired>,
    task: JoinHandle<Option<Remains>>,
}

/// What a new configuration changed, in numbers of primaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Applied {
    pub(crate) added: usize,
    pub(crate) removed: usize,
    pub(crate) changed: usize,
    pub(crate) unchanged: usize,
}

impl Supervisor {
    pub(crate) fn new(board: Board, clock: Clock, storage: Storage) -> Self {
        let live = |estate, config, deadlines| -> Life {
            Box::pin(primary::live(estate, config, deadlines))
        };
        Self::of_lives(board, clock, storage, Arc::new(live))
    }

    fn of_lives(board: Board, clock: Clock, storage: Storage, live: Live) -> Self {
        Self {
            board,
            clock,
            storage,
            live,
            wardens: Mutex::default(),
        }
    }

    /// Makes the running primaries those of `primaries`, and touches no other than must change.
    ///
    /// Returns at once; each primary stops and starts in its own time. After [`Supervisor::stop`] it does nothing.
    /// Call it inside the runtime.
    pub(crate) fn apply(&self, primaries: &[config::Primary]) -> Applied {
        let mut wardens = self.wardens.lock().unwrap_or_else(PoisonError::into_inner);
        let mut applied = Applied::default();
        if wardens.stopped {
            return applied;
        }
        wardens.leaving.retain(|warden| !warden.task.is_finished());
        let gone: Vec<Arc<str>> = wardens
            .present
            .keys()
            .filter(|name| !primaries.iter().any(|primary| primary.name == **name))
            .cloned()
            .collect();
        for name in gone {
            if let Some(warden) = wardens.present.remove(&name) {
                info!(primary = %name, "removed");
                warden.estate.retire();
                warden
                    .desired
                    .send_replace(Desired::Stop(Instant::now() + REPLACE_GRACE));
                wardens.leaving.push(warden);
                applied.removed += 1;
            }
        }
        for primary in primaries {
            match wardens.present.get_mut(&primary.name) {
                Some(warden) if *warden.config == *primary => applied.unchanged += 1,
                Some(warden) => {
                    warden.config = Arc::new(primary.clone());
                    warden
                        .desired
                        .send_replace(Desired::Run(Arc::clone(&warden.config)));
                    applied.changed += 1;
                }
                None => {
                    wardens
                        .present
                        .insert(Arc::clone(&primary.name), self.start(primary));
                    applied.added += 1;
                }
            }
        }
        applied
    }

    fn start(&self, primary: &config::Primary) -> Warden {
        let config = Arc::new(primary.clone());
        let estate = Estate::new(
            Arc::clone(&primary.name),
            self.board.clone(),
            self.clock.clone(),
            self.storage.clone(),
        );
        let (desired, wanted) = watch::channel(Desired::Run(Arc::clone(&config)));
        // On the board from the start: absent series would say less than "not up".
        estate.announce(&config);
        let task = tokio::spawn(warden::guard(
            Arc::clone(&estate),
            Arc::clone(&self.live),
            wanted,
        ));
        Warden {
            config,
            estate,
            desired,
            task,
        }
    }

    /// Stops all primaries at the same time; whatever is in flight has until `deadline`.
    ///
    /// Returns what had to be cut off, by primary.
    pub(crate) async fn stop(&self, deadline: Instant) -> Vec<Remains> {
        let wardens: Vec<Warden> = {
            let mut wardens = self.wardens.lock().unwrap_or_else(PoisonError::into_inner);
            wardens.stopped = true;
            let present = std::mem::take(&mut wardens.present);
            let leaving = std::mem::take(&mut wardens.leaving);
            present.into_values().chain(leaving).collect()
        };
        // All are told before one is waited for.
        for warden in &wardens {
            warden.desired.send_replace(Desired::Stop(deadline));
        }
        let mut remains = Vec::new();
        for warden in wardens {
            remains.extend(warden.ended(deadline).await);
        }
        remains
    }
}

impl Warden {
    async fn ended(mut self, deadline: Instant) -> Option<Remains> {
        if let Ok(ended) = timeout_at(deadline + MARGIN, &mut self.task).await {
            return ended.unwrap_or_default();
        }
        // It has not come to say that it was cut in a logout only, which changes no outcome.
        if self.estate.traffic().only_parts() {
            return None;
        }
        Some(self.estate.remains(self.estate.traffic().in_flight()))
    }
}

impl Drop for Warden {
    /// What nobody waits for must not go on.
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests;

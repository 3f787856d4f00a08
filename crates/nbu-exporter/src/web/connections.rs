//! The bound on open connections: half of the file descriptors, so that requests to primaries, the state and the log never
//! lack one. For a new connection the one that has been idle for longest is closed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use super::connection::Activity;
use crate::process;

/// Most connections, however many descriptors there are: each costs memory.
const MOST: usize = 1024;

/// Fewest, however few descriptors there are.
const FEWEST: usize = 4;

/// While all connections are busy: the time after which they are looked at again.
const BUSY: Duration = Duration::from_millis(100);

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    most: usize,
    open: Mutex<Open>,
    ended: Notify,
    reported: AtomicBool,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    entries: BTreeMap<u64, Arc<Entry>>,
}

#[derive(Debug)]
struct Entry {
    /// The accept; not set while this is only room for a connection.
    since: OnceLock<Instant>,
    /// Not set before the protocol is known.
    activity: OnceLock<Arc<Activity>>,
    closing: AtomicBool,
    close: Notify,
}

/// One open connection, or the room for one. Drop it after the socket.
#[derive(Debug)]
pub(super) struct OpenConnection {
    all: Arc<Connections>,
    id: u64,
    entry: Arc<Entry>,
}

impl Connections {
    /// Bounded by the descriptors that this process may open.
    pub(super) fn new() -> Self {
        let most = process::descriptor_limit().map_or(MOST, |limit| limit / 2);
        Self::at_most(most.clamp(FEWEST, MOST))
    }

    fn at_most(most: usize) -> Self {
        Self {
            most,
            open: Mutex::default(),
            ended: Notify::new(),
            reported: AtomicBool::new(false),
        }
    }

    /// Waits for room for one more, and makes it if a connection is idle. Nothing is lost if it is dropped.
    pub(super) async fn room(self: &Arc<Self>) -> OpenConnection {
        loop {
            let ended = self.ended.notified();
            if let Some(open) = self.enter() {
                return open;
            }
            // It becomes idle without a word, but ends with one.
            let _ = timeout(BUSY, ended).await;
        }
    }

    /// Closes the connection that has been idle for longest, if there is one.
    pub(super) fn close_longest_idle(&self) {
        close_longest_idle(&self.lock());
    }

    fn enter(self: &Arc<Self>) -> Option<OpenConnection> {
        let mut open = self.lock();
        if open.entries.len() >= self.most {
            if open.staying() >= self.most {
                self.report();
                close_longest_idle(&open);
            }
            return None;
        }
        let id = open.next;
        open.next += 1;
        let entry = Arc::new(Entry {
            since: OnceLock::new(),
            activity: OnceLock::new(),
            closing: AtomicBool::new(false),
            close: Notify::new(),
        });
        open.entries.insert(id, Arc::clone(&entry));
        drop(open);
        Some(OpenConnection {
            all: Arc::clone(self),
            id,
            entry,
        })
    }

    fn report(&self) {
        if !self.reported.swap(true, Ordering::Relaxed) {
            warn!(
                connections = self.most,
                "as many connections are open as are allowed: for each new one the longest idle is closed; raise the limit of open files to allow more"
            );
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn staying(&self) -> usize {
        let closing = |entry: &&Arc<Entry>| entry.closing.load(Ordering::Relaxed);
        self.entries.len() - self.entries.values().filter(closing).count()
    }
}

fn close_longest_idle(open: &Open) {
    let staying = open
        .entries
        .values()
        .filter(|entry| !entry.closing.load(Ordering::Relaxed));
    let idle = staying.filter_map(|entry| Some((entry.idle_since()?, entry)));
    if let Some((since, entry)) = idle.min_by_key(|(since, _)| *since) {
        debug!(idle = ?since.elapsed(), "connection closed, to make room for a new one");
        entry.closing.store(true, Ordering::Relaxed);
        entry.close.notify_one();
    }
}

impl Entry {
    /// `None` while a response is on its way, and for room that is kept: nobody would notice that it is to be closed.
    fn idle_since(&self) -> Option<Instant> {
        let since = *self.since.get()?;
        match self.activity.get() {
            None => Some(since),
            Some(activity) if activity.is_idle() => Some(activity.rested().unwrap_or(since)),
            Some(_) => None,
        }
    }
}

impl OpenConnection {
    /// The room is taken by a connection from now on.
    pub(super) fn accepted(&self) {
        let _ = self.entry.since.set(Instant::now());
    }

    /// Shares what it is doing.
    pub(super) fn shows(&self, activity: &Arc<Activity>) {
        let _ = self.entry.activity.set(Arc::clone(activity));
    }

    /// Waits until it has to make room.
    pub(super) async fn must_close(&self) {
        self.entry.close.notified().await;
    }

    /// True if it need not make room after all, since a request has come in the meantime.
    pub(super) fn stays(&self) -> bool {
        let stays = self.entry.idle_since().is_none();
        if stays {
            self.entry.closing.store(false, Ordering::Relaxed);
        }
        stays
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.all.lock().entries.remove(&self.id);
        self.all.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    async fn opened(all: &Arc<Connections>) -> OpenConnection {
        advance(Duration::from_secs(1)).await;
        let open = all.room().await;
        open.accepted();
        open
    }

    fn is_closing(open: &OpenConnection) -> bool {
        open.entry.closing.load(Ordering::Relaxed)
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_makes_room_and_a_busy_one_never_does() {
        let all = Arc::new(Connections::at_most(3));
        let (first, second, third) = (opened(&all).await, opened(&all).await, opened(&all).await);
        let (busy, rested) = (Arc::new(Activity::default()), Arc::new(Activity::default()));
        first.shows(&busy);
        second.shows(&rested);
        let _serving = busy.serve();
        advance(Duration::from_secs(1)).await;
        drop(rested.serve());
        // The third has asked for nothing since before the second was answered.
        let mut more = Box::pin(all.room());
        tokio::select! {
            biased;
            _ = &mut more => panic!("there was no room"),
            () = third.must_close() => {}
        }
        assert!(!is_closing(&first) && !is_closing(&second) && is_closing(&third));
        drop(third);
        let fourth = more.await;
        fourth.accepted();
        fourth.shows(&busy);
        // Asked again and again, one is closed for one.
        let mut more = Box::pin(all.room());
        assert!(timeout(10 * BUSY, &mut more).await.is_err());
        assert!(!is_closing(&first) && is_closing(&second) && !is_closing(&fourth));
        drop(second);
        more.await;
    }

    #[tokio::test(start_paused = true)]
    async fn room_that_a_quiet_listener_keeps_is_not_closed_for_a_busy_one() {
        let all = Arc::new(Connections::at_most(2));
        let kept = all.room().await;
        let used = opened(&all).await;
        let mut more = Box::pin(all.room());
        tokio::select! {
            biased;
            _ = &mut more => panic!("there was no room"),
            () = kept.must_close() => panic!("nobody would notice"),
            () = used.must_close() => drop(used),
        }
        more.await;
        assert!(!is_closing(&kept));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_is_not_as_old_as_the_room_that_was_kept_for_it() {
        let all = Arc::new(Connections::at_most(3));
        let others = [opened(&all).await, opened(&all).await];
        let kept = all.room().await;
        advance(Duration::from_secs(60)).await;
        for other in &others {
            let activity = Arc::new(Activity::default());
            other.shows(&activity);
            drop(activity.serve());
            advance(Duration::from_secs(1)).await;
        }
        kept.accepted();
        let mut more = Box::pin(all.room());
        assert!(timeout(10 * BUSY, &mut more).await.is_err());
        assert!(is_closing(&others[0]) && !is_closing(&others[1]) && !is_closing(&kept));
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_are_busy_a_new_one_waits_until_one_is_idle() {
        let all = Arc::new(Connections::at_most(1));
        let only = opened(&all).await;
        let activity = Arc::new(Activity::default());
        only.shows(&activity);
        let serving = activity.serve();
        let mut more = Box::pin(all.room());
        assert!(timeout(60 * BUSY, &mut more).await.is_err());
        assert!(!is_closing(&only));
        drop(serving);
        tokio::select! {
            biased;
            _ = &mut more => panic!("there was no room"),
            () = only.must_close() => drop(only),
        }
        more.await;
    }
}

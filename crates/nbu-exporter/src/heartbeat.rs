//! Signs of life of the threads that go on for as long as the program does, for `/-/healthy`.
//!
//! Each of them counts up by a timer of its own. The one that serves looks at the counts by its timer, and counts the looks that
//! find no change. No clock is read for that, so neither a step of one nor a suspended machine is an alarm; and nothing that a
//! primary or a disk does, since no thread waits for either.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use crate::clock::Clock;

/// From one sign of life to the next, and from one look to the next.
const BEAT: Duration = Duration::from_secs(5);

/// So many looks without a change: two minutes.
const LOOKS: u32 = 24;

/// The signs of life of one thread. Clones are of the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heartbeat(Arc<AtomicU64>);

impl Heartbeat {
    /// Gives signs of life for as long as the thread that polls it does not stand still.
    pub(crate) async fn beat(self) -> Infallible {
        loop {
            self.0.fetch_add(1, Ordering::Relaxed);
            sleep(BEAT).await;
        }
    }
}

/// The threads that are looked at.
#[derive(Debug)]
pub(crate) struct Health {
    threads: Vec<Thread>,
    clock: Clock,
}

#[derive(Debug)]
struct Thread {
    what: &'static str,
    heartbeat: Heartbeat,
    seen: Mutex<Seen>,
}

/// The last change of a count.
#[derive(Debug, Clone, Copy)]
struct Seen {
    beats: u64,
    since: Timestamp,
    /// Looks that found no other since.
    looks: u32,
}

impl Health {
    /// Looks at none yet. Wall time is only told.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            threads: Vec::new(),
            clock,
        }
    }

    /// Looks at one more, which is to [beat](Heartbeat::beat) with what this returns.
    pub(crate) fn add(&mut self, what: &'static str) -> Heartbeat {
        let heartbeat = Heartbeat::default();
        self.threads.push(Thread {
            what,
            heartbeat: heartbeat.clone(),
            seen: Mutex::new(Seen {
                beats: 0,
                since: self.clock.now(),
                looks: 0,
            }),
        });
        heartbeat
    }

    /// Looks for ever.
    pub(crate) async fn watch(self: Arc<Self>) -> Infallible {
        loop {
            sleep(BEAT).await;
            for thread in &self.threads {
                thread.look(&self.clock);
            }
        }
    }

    /// Names the threads that stand still, and since when; `None` if none does.
    pub(crate) fn complaint(&self) -> Option<String> {
        let still = self.threads.iter().filter_map(|thread| {
            let Seen { looks, since, .. } = *thread.seen();
            (looks >= LOOKS).then(|| {
                format!(
                    "the thread that {} stands still since {since:.0}",
                    thread.what
                )
            })
        });
        let still: Vec<String> = still.collect();
        (!still.is_empty()).then(|| still.join(", "))
    }
}

impl Thread {
    fn look(&self, clock: &Clock) {
        let beats = self.heartbeat.0.load(Ordering::Relaxed);
        let mut seen = self.seen();
        if beats == seen.beats {
            seen.looks = seen.looks.saturating_add(1);
        } else {
            *seen = Seen {
                beats,
                since: clock.now(),
                looks: 0,
            };
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// One thread that lives and one that may stop, looked at.
    fn watched() -> (
        Arc<Health>,
        tokio::task::JoinHandle<Infallible>,
        crate::clock::Hand,
    ) {
        let (clock, hand) = Clock::manual("2026-03-01T04:05:06Z".parse().unwrap());
        let mut health = Health::new(clock);
        tokio::spawn(health.add("serves").beat());
        let collecting = tokio::spawn(health.add("collects").beat());
        let health = Arc::new(health);
        tokio::spawn(Arc::clone(&health).watch());
        (health, collecting, hand)
    }

    #[tokio::test(start_paused = true)]
    async fn a_thread_that_stands_still_for_two_minutes_is_named() {
        let (health, collecting, _) = watched();
        sleep(60 * MINUTE).await;
        assert_eq!(health.complaint(), None);
        collecting.abort();
        sleep(MINUTE + MINUTE / 2).await;
        assert_eq!(health.complaint(), None, "not at once");
        sleep(MINUTE).await;
        let complaint = "the thread that collects stands still since 2026-03-01T04:05:06Z";
        assert_eq!(health.complaint().as_deref(), Some(complaint));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_goes_on_is_not_named_any_more() {
        let (health, collecting, _) = watched();
        collecting.abort();
        sleep(3 * MINUTE).await;
        assert!(health.complaint().is_some());
        tokio::spawn(health.threads[1].heartbeat.clone().beat());
        sleep(MINUTE).await;
        assert_eq!(health.complaint(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn steps_of_the_clock_and_a_suspended_machine_are_no_alarm() {
        let (health, _collecting, hand) = watched();
        sleep(MINUTE).await;
        for to in ["2040-01-01T00:00:00Z", "1999-01-01T00:00:00Z"] {
            hand.set(to.parse().unwrap());
            // What is due meanwhile comes late, and all at once.
            tokio::time::advance(100 * MINUTE).await;
            assert_eq!(health.complaint(), None);
            sleep(MINUTE).await;
            assert_eq!(health.complaint(), None);
        }
    }
}

//! The primary's own clock.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

/// Where a frozen clock stands unless the test says otherwise: 2026-03-02T06:00:00Z, a Monday morning.
const FROZEN_AT_MS: i64 = 1_772_431_200_000;

/// How the simulated primary's time passes.
///
/// Two things are told apart, because a primary whose clock is set back does not run its jobs backwards:
/// *life* (what has happened) only ever moves forward; the *face* (what the clock shows, and what is written into
/// records) may be stepped in either direction.
#[derive(Debug)]
pub struct Clock {
    origin_ms: i64,
    /// `None` while only [`Running::advance`](crate::Running::advance) moves time.
    running: Option<(Instant, f64)>,
    advanced_ms: AtomicI64,
    step_ms: AtomicI64,
}

impl Clock {
    /// Stands still at `at` until the test advances it. Everything is then a function of the seed.
    pub fn frozen(at: Timestamp) -> Self {
        Self::new(at.as_millisecond(), None)
    }

    /// Shows `at` now and runs from there, `speed` times as fast as the wall.
    pub fn running(at: Timestamp, speed: f64) -> Self {
        Self::new(at.as_millisecond(), Some((Instant::now(), speed)))
    }

    /// The computer's own clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "a simulated server stands beside real clients, whose skew gauges compare clocks; this is its one door"
    )]
    pub fn system() -> Self {
        Self::running(Timestamp::now(), 1.0)
    }

    fn new(origin_ms: i64, running: Option<(Instant, f64)>) -> Self {
        Self {
            origin_ms,
            running,
            advanced_ms: AtomicI64::new(0),
            step_ms: AtomicI64::new(0),
        }
    }

    /// Milliseconds since the epoch up to which life has happened.
    pub(crate) fn life_ms(&self) -> i64 {
        let elapsed = self.running.map_or(0, |(since, speed)| {
            let elapsed = since.elapsed().as_secs_f64() * speed * 1000.0;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a float to integer cast saturates"
            )]
            let elapsed = elapsed as i64;
            elapsed
        });
        self.origin_ms + elapsed + self.advanced_ms.load(Ordering::Relaxed)
    }

    /// What must be added to life to get what the clock shows.
    pub(crate) fn step_ms(&self) -> i64 {
        self.step_ms.load(Ordering::Relaxed)
    }

    pub(crate) fn face_ms(&self) -> i64 {
        self.life_ms() + self.step_ms()
    }

    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX / 4);
        self.advanced_ms.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn step(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(0);
        self.step_ms.fetch_add(by, Ordering::Relaxed);
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(FROZEN_AT_MS, None)
    }
}

/// A point in time of the simulation as the type the outside speaks.
pub(crate) fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

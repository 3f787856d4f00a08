//! When a collector runs next: pure functions of what happened, without a clock or a timer.

use std::time::{Duration, Instant};

/// Regular runs differ from the interval by at most this share of it, so that primaries and collectors
/// that started together drift apart.
const JITTER: f64 = 0.1;

/// First runs are spread over this time: enough to not open all connections at once, too short to be noticed.
const FIRST_SPREAD: Duration = Duration::from_millis(500);

/// A collector that failed once is run again after this time, or after its interval if that is shorter.
const SHORTEST_BACK_OFF: Duration = Duration::from_secs(60);

/// A collector that fails is not run more rarely than this, unless its interval is longer.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);

/// A collector that was refused is run this often, unless its interval is longer: somebody has to change a
/// permission or upgrade the primary first.
const REFUSED_INTERVAL: Duration = Duration::from_secs(3600);

/// Longer than any process waits.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// How a run ended, as far as the next one depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It failed, and may succeed when repeated. Counts the failures in a row, this one included.
    Failed {
        /// How many runs in a row have failed.
        consecutive: u32,
    },
    /// The primary forbids it or does not support it.
    Refused,
}

/// One run of a collector.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Which one it was, counted from the first.
    pub number: u64,
    /// When it began.
    pub started: Instant,
    /// When it ended.
    pub ended: Instant,
    /// How it ended.
    pub outcome: Outcome,
}

/// The rhythm of one collector of one primary.
///
/// ```
/// use std::time::{Duration, Instant};
/// use nbu_metrics::schedule::{Outcome, Run, Schedule};
///
/// let schedule = Schedule { interval: Duration::from_secs(60), seed: 7 };
/// let now = Instant::now();
/// let run = Run { number: 0, started: now, ended: now, outcome: Outcome::Success };
/// let wait = schedule.next(&run) - now;
/// assert!(wait >= Duration::from_secs(54) && wait <= Duration::from_secs(66));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// From the start of one run to the start of the next.
    pub interval: Duration,
    /// Different for each collector of each primary; the same seed gives the same times.
    pub seed: u64,
}

impl Schedule {
    /// When the first run is due.
    pub fn first(&self, now: Instant) -> Instant {
        let spread = FIRST_SPREAD.min(self.interval);
        later(now, spread, unit(self.seed, 0))
    }

    /// When the run after this one is due: never before it ended, and after a run that took longer
    /// than the interval, not at once.
    pub fn next(&self, run: &Run) -> Instant {
        let jitter = 1.0 + JITTER * (2.0 * unit(self.seed, run.number.wrapping_add(1)) - 1.0);
        let after = |from, wait| later(from, wait, jitter);
        match run.outcome {
            Outcome::Success => {
                let pause = after(run.ended, self.interval / 10);
                after(run.started, self.interval).max(pause)
            }
            Outcome::Failed { consecutive } => after(run.ended, self.back_off(consecutive)),
            Outcome::Refused => after(run.ended, REFUSED_INTERVAL.max(self.interval)),
        }
    }

    /// The shortest wait after the first failure, twice as long after each further one, up to the longest.
    fn back_off(&self, consecutive: u32) -> Duration {
        let doublings = consecutive.saturating_sub(1).min(31);
        let first = SHORTEST_BACK_OFF.min(self.interval);
        let wait = first.saturating_mul(1 << doublings);
        wait.min(LONGEST_BACK_OFF.max(self.interval))
    }
}

/// `factor` times `wait` after `from`; a year at most, for more cannot always be represented.
fn later(from: Instant, wait: Duration, factor: f64) -> Instant {
    let wait = wait.min(FOREVER).mul_f64(factor);
    from.checked_add(wait).unwrap_or(from)
}

/// A number from 0 to 1 that looks random: the finaliser of SplitMix64.
fn unit(seed: u64, number: u64) -> f64 {
    let mut mixed = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn schedule(seconds: u64, seed: u64) -> Schedule {
        Schedule {
            interval: Duration::from_secs(seconds),
            seed,
        }
    }

    fn wait(schedule: Schedule, outcome: Outcome, took: Duration) -> Duration {
        let started = Instant::now();
        let run = Run {
            number: 3,
            started,
            ended: started + took,
            outcome,
        };
        schedule.next(&run) - run.ended
    }

    fn near(wait: Duration, seconds: f64) -> bool {
        (wait.as_secs_f64() - seconds).abs() <= seconds * JITTER + 1e-6
    }

    #[test]
    fn failures_are_repeated_ever_more_rarely_up_to_the_longest_wait() {
        let waits = |interval, expected: [f64; 6]| {
            for (consecutive, seconds) in [1, 2, 3, 4, 5, u32::MAX].into_iter().zip(expected) {
                let outcome = Outcome::Failed { consecutive };
                let wait = wait(schedule(interval, 1), outcome, Duration::ZERO);
                assert!(near(wait, seconds), "{interval}, {consecutive}: {wait:?}");
            }
        };
        waits(1, [1.0, 2.0, 4.0, 8.0, 16.0, 300.0]);
        waits(60, [60.0, 120.0, 240.0, 300.0, 300.0, 300.0]);
        waits(900, [60.0, 120.0, 240.0, 480.0, 900.0, 900.0]);
    }

    #[test]
    fn what_is_refused_is_asked_again_rarely() {
        assert!(near(
            wait(schedule(60, 1), Outcome::Refused, Duration::ZERO),
            3600.0
        ));
        assert!(near(
            wait(schedule(7200, 1), Outcome::Refused, Duration::ZERO),
            7200.0
        ));
    }

    #[test]
    fn a_slow_run_is_followed_by_a_pause() {
        let slow = Duration::from_secs(100);
        assert!(near(wait(schedule(60, 1), Outcome::Success, slow), 6.0));
    }

    #[test]
    fn an_endless_interval_is_no_panic() {
        let schedule = Schedule {
            interval: Duration::MAX,
            seed: 1,
        };
        let now = Instant::now();
        assert!(schedule.first(now) - now <= FIRST_SPREAD);
        let day = Duration::from_secs(86_400);
        for outcome in [
            Outcome::Success,
            Outcome::Failed { consecutive: 99 },
            Outcome::Refused,
        ] {
            assert!(wait(schedule, outcome, Duration::ZERO) > day);
        }
    }

    proptest! {
        #[test]
        fn first_runs_come_soon_and_regular_ones_about_the_interval(
            seconds in 1u64..100_000,
            seed: u64,
            number: u64,
        ) {
            let schedule = schedule(seconds, seed);
            let now = Instant::now();
            prop_assert!(schedule.first(now) - now <= FIRST_SPREAD);
            let run = Run { number, started: now, ended: now, outcome: Outcome::Success };
            prop_assert!(near(schedule.next(&run) - now, seconds as f64));
        }

        #[test]
        fn seeds_and_runs_differ(seed: u64) {
            let now = Instant::now();
            let one = schedule(60, seed);
            let other = schedule(60, seed.wrapping_add(1));
            prop_assert_ne!(one.first(now), other.first(now));
            let run = |number| Run { number, started: now, ended: now, outcome: Outcome::Success };
            prop_assert_ne!(one.next(&run(1)), one.next(&run(2)));
        }
    }
}

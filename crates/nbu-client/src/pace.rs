//! How fast attempts may follow each other: a state machine without a clock.
//!
//! Two things slow a client down: the configured rate, and a primary that says it is overloaded (429, 503). Then all calls
//! of the client wait, not only the one that was told: until the time that the primary names, and from then on with a gap
//! between two attempts. The gap doubles with each round of refusals and halves with each answer; when it is gone the
//! primary counts as recovered. Attempts of one round, those that began before the refusal, count once.

use std::time::Duration;

use tokio::time::Instant;

use crate::RetryPolicy;

/// The longest time that a primary is left alone, whatever it asks for.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(crate) struct Pace {
    /// Between two attempts, by configuration.
    interval: Duration,
    least_gap: Duration,
    longest_gap: Duration,
    /// Between two attempts, while the primary is overloaded; zero while it is not.
    gap: Duration,
    /// When the gap last grew.
    grown: Option<Instant>,
    /// No attempt before.
    next: Option<Instant>,
}

/// What an answer changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// From now on the client is slowed down.
    Slowed,
    /// It no longer is.
    Recovered,
}

impl Pace {
    pub(crate) fn new(per_second: Option<f64>, policy: &RetryPolicy) -> Self {
        let interval = per_second
            .filter(|rate| *rate > 0.0)
            .map(|rate| Duration::try_from_secs_f64(1.0 / rate).unwrap_or(LONGEST_HOLD))
            .unwrap_or_default();
        let least_gap = policy.base.max(Duration::from_millis(1));
        Self {
            interval: interval.min(LONGEST_HOLD),
            least_gap,
            longest_gap: policy.longest.max(least_gap),
            gap: Duration::ZERO,
            grown: None,
            next: None,
        }
    }

    /// Whether attempts may start whenever they want to.
    pub(crate) fn is_free(&self) -> bool {
        self.interval.is_zero() && self.gap.is_zero()
    }

    /// How long the next attempt has to wait.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.next
            .map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    /// Starts an attempt, if there is nothing to wait for.
    pub(crate) fn start(&mut self, now: Instant) -> bool {
        let starts = self.wait(now).is_zero();
        if starts {
            self.next = Some(now + self.interval.max(self.gap));
        }
        starts
    }

    /// An attempt that `started` then was refused for overload; the primary may have `asked` for a time.
    pub(crate) fn overloaded(
        &mut self,
        started: Instant,
        now: Instant,
        asked: Option<Duration>,
    ) -> Option<Change> {
        let begins = self.gap.is_zero();
        if begins || self.grown.is_none_or(|grown| started > grown) {
            self.gap = (self.gap * 2).clamp(self.least_gap, self.longest_gap);
            self.grown = Some(now);
        }
        let hold = asked.unwrap_or(self.gap).min(LONGEST_HOLD).max(self.gap);
        self.next = self.next.max(Some(now + hold));
        begins.then_some(Change::Slowed)
    }

    /// An attempt that `started` then was answered.
    pub(crate) fn answered(&mut self, started: Instant) -> Option<Change> {
        if self.gap.is_zero() || self.grown.is_some_and(|grown| started <= grown) {
            return None;
        }
        self.gap /= 2;
        if self.gap >= self.least_gap {
            return None;
        }
        self.gap = Duration::ZERO;
        Some(Change::Recovered)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy() -> RetryPolicy {
        RetryPolicy::default()
    }

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn without_rate_and_overload_nothing_waits() {
        let now = Instant::now();
        let mut pace = Pace::new(None, &policy());
        assert!(pace.is_free());
        assert!((0..100).all(|_| pace.start(now)));
    }

    #[test]
    fn a_rate_spaces_the_attempts_evenly() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(4.0), &policy());
        assert!(!pace.is_free());
        assert!(pace.start(start));
        assert!(!pace.start(start + seconds(0.2)));
        assert_eq!(pace.wait(start + seconds(0.2)), seconds(0.05));
        assert!(pace.start(start + seconds(0.25)));
        // Time in which nothing was asked is not saved up.
        assert!(pace.start(start + seconds(60.0)));
        assert!(!pace.start(start + seconds(60.0)));
    }

    #[test]
    fn a_rate_that_is_none_does_nothing_and_a_tiny_one_does_not_stop_for_ever() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert!(Pace::new(Some(rate), &policy()).is_free());
        }
        for rate in [1e-300, f64::MIN_POSITIVE] {
            let mut pace = Pace::new(Some(rate), &policy());
            let now = Instant::now();
            assert!(pace.start(now));
            assert_eq!(pace.wait(now), LONGEST_HOLD);
        }
    }

    #[test]
    fn the_time_that_is_asked_for_holds_everybody() {
        let now = Instant::now();
        let mut pace = Pace::new(None, &policy());
        assert_eq!(
            pace.overloaded(now, now, Some(seconds(30.0))),
            Some(Change::Slowed)
        );
        assert_eq!(pace.overloaded(now, now, Some(seconds(20.0))), None);
        assert_eq!(pace.wait(now), seconds(30.0), "the longest counts");
        let later = now + seconds(30.0);
        assert!(pace.start(later));
        assert!(!pace.start(later), "they come back one by one");
        assert_eq!(pace.answered(later), Some(Change::Recovered));
        assert!(pace.is_free());
        assert_eq!(
            pace.overloaded(later, later, Some(Duration::MAX)),
            Some(Change::Slowed)
        );
        assert_eq!(pace.wait(later), LONGEST_HOLD);
    }

    #[test]
    fn each_round_of_refusals_doubles_the_gap_and_each_answer_halves_it() {
        let mut now = Instant::now();
        let mut pace = Pace::new(None, &policy());
        let mut gaps = Vec::new();
        for _ in 0..7 {
            let started = now;
            now += seconds(1.0);
            // Four attempts of one round.
            for _ in 0..4 {
                pace.overloaded(started, now, None);
            }
            gaps.push(pace.wait(now).as_millis());
            now += pace.wait(now);
        }
        assert_eq!(gaps, [500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        let old = now - seconds(100.0);
        assert_eq!(pace.answered(old), None, "it began before the refusal");
        let answers: Vec<_> = (0..5).map(|_| pace.answered(now)).collect();
        assert_eq!(answers, [None, None, None, None, Some(Change::Recovered)]);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Wait(u64),
        Start,
        Refuse(Option<u64>),
        Answer,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => (0_u64..20_000).prop_map(Step::Wait),
            3 => Just(Step::Start),
            1 => prop::option::of(0_u64..10_000).prop_map(Step::Refuse),
            2 => Just(Step::Answer),
        ];
        prop::collection::vec(step, 1..80)
    }

    proptest! {
        /// Starts keep their distance, nobody starts within the time asked for, no wait is longer than an hour, and slowing
        /// down and recovering take turns.
        #[test]
        fn the_pace_is_kept(rate in prop::option::of(0.1_f64..50.0), steps in steps()) {
            let mut now = Instant::now();
            let mut pace = Pace::new(rate, &policy());
            let (mut last, mut held, mut slowed) = (None::<Instant>, now, false);
            for step in steps {
                match step {
                    Step::Wait(millis) => now += Duration::from_millis(millis),
                    Step::Start => {
                        if pace.start(now) {
                            prop_assert!(now >= held);
                            if let (Some(rate), Some(last)) = (rate, last) {
                                prop_assert!((now - last).as_secs_f64() >= 0.999 / rate);
                            }
                            last = Some(now);
                        }
                    }
                    Step::Refuse(asked) => {
                        let asked = asked.map(Duration::from_secs);
                        if let Some(asked) = asked {
                            held = held.max(now + asked.min(LONGEST_HOLD));
                        }
                        let change = pace.overloaded(last.unwrap_or(now), now, asked);
                        prop_assert_eq!(change, (!slowed).then_some(Change::Slowed));
                        slowed = true;
                    }
                    Step::Answer => {
                        if let Some(change) = pace.answered(now) {
                            prop_assert!(slowed);
                            prop_assert_eq!(change, Change::Recovered);
                            slowed = false;
                        }
                    }
                }
                prop_assert!(pace.wait(now) <= LONGEST_HOLD);
                prop_assert_eq!(pace.is_free(), rate.is_none() && !slowed);
            }
        }
    }
}

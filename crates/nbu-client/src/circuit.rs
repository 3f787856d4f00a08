//! Whether it is worth connecting at all: a state machine without a clock.
//!
//! ```text
//! closed ── five connect failures in a row, over five seconds or more ──► open ── the first connection ──► closed
//! ```
//!
//! While it is open nobody touches the network but one probe at a time: after a second, then two, four, up to half a minute.
//! Only what happens before the primary answers counts: no connection, no TLS, no proxy. An answer of any status closes it.

use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row, and over at least which time: what a restart of the primary takes is left to the retries.
const FAILURES: u32 = 5;
const SPAN: Duration = Duration::from_secs(5);

/// Before the first probe; doubled with each further one.
const FIRST_PROBE: Duration = Duration::from_secs(1);
const LONGEST_PROBE: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(crate) struct Circuit {
    /// Connect failures since the last connection, and when the first of them was.
    failures: u32,
    first: Option<Instant>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    next: Instant,
    probes: u32,
    probing: bool,
}

/// What an attempt may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Connect.
    Free,
    /// Find out whether there is a connection to be had. Ends with [`connected`](Circuit::connected) or
    /// [`probed`](Circuit::probed).
    Probe,
    /// Nothing. The next probe is due after this time; zero if one is under way.
    Refused(Duration),
}

/// What an attempt changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nobody connects any more.
    Opened {
        /// Failures in a row.
        failures: u32,
    },
    /// Everybody may.
    Closed,
}

impl Circuit {
    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        match &mut self.open {
            None => Admission::Free,
            Some(open) if open.probing => Admission::Refused(Duration::ZERO),
            Some(open) if now < open.next => Admission::Refused(open.next - now),
            Some(open) => {
                open.probing = true;
                Admission::Probe
            }
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// An attempt that was no probe got no connection.
    pub(crate) fn failed(&mut self, now: Instant, dice: f64) -> Option<Change> {
        self.failures = self.failures.saturating_add(1);
        let first = *self.first.get_or_insert(now);
        let span = now.saturating_duration_since(first);
        if self.open.is_some() || self.failures < FAILURES || span < SPAN {
            return None;
        }
        self.open = Some(Open {
            next: now + wait(0, dice),
            probes: 0,
            probing: false,
        });
        Some(Change::Opened {
            failures: self.failures,
        })
    }

    /// An attempt got a connection.
    pub(crate) fn connected(&mut self) -> Option<Change> {
        self.failures = 0;
        self.first = None;
        self.open.take().map(|_| Change::Closed)
    }

    /// The probe got none.
    pub(crate) fn probed(&mut self, now: Instant, dice: f64) {
        self.failures = self.failures.saturating_add(1);
        if let Some(open) = &mut self.open {
            open.probes = open.probes.saturating_add(1);
            open.probing = false;
            open.next = now + wait(open.probes, dice);
        }
    }

    /// Whoever made the probe went away before it ended; another one may.
    pub(crate) fn abandoned(&mut self) {
        if let Some(open) = &mut self.open {
            open.probing = false;
        }
    }
}

/// Half of it is jitter, so that the exporters of one primary do not knock together.
fn wait(probes: u32, dice: f64) -> Duration {
    let whole = FIRST_PROBE
        .saturating_mul(1 << probes.min(16))
        .min(LONGEST_PROBE);
    whole.mul_f64(0.5 + dice / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    fn opened(start: Instant) -> Circuit {
        let mut circuit = Circuit::default();
        for second in 0..5 {
            assert_eq!(circuit.failed(at(start, second), 1.0), None);
            assert_eq!(circuit.admit(at(start, second)), Admission::Free);
        }
        let change = circuit.failed(at(start, 5), 1.0);
        assert_eq!(change, Some(Change::Opened { failures: 6 }));
        circuit
    }

    #[test]
    fn opens_after_failures_in_a_row_and_closes_with_the_first_connection() {
        let start = Instant::now();
        let mut circuit = opened(start);
        let now = at(start, 5);
        assert_eq!(
            circuit.admit(now),
            Admission::Refused(Duration::from_secs(1))
        );
        assert_eq!(circuit.connected(), Some(Change::Closed));
        assert_eq!(circuit.admit(now), Admission::Free);
        assert_eq!(circuit.connected(), None);
    }

    #[test]
    fn a_connection_between_breaks_the_row_and_a_short_outage_is_none() {
        let start = Instant::now();
        let mut circuit = Circuit::default();
        for second in 0..100 {
            assert_eq!(circuit.failed(at(start, second), 1.0), None);
            if second % 4 == 3 {
                circuit.connected();
            }
        }
        let mut circuit = Circuit::default();
        for _ in 0..100 {
            assert_eq!(circuit.failed(start, 1.0), None);
        }
        assert!(circuit.failed(at(start, 5), 1.0).is_some());
    }

    #[test]
    fn one_probe_at_a_time_with_growing_pauses() {
        let start = Instant::now();
        let mut circuit = opened(start);
        let mut now = at(start, 5);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let Admission::Refused(left) = circuit.admit(now) else {
                panic!("too early")
            };
            pauses.push(left.as_secs());
            now += left;
            assert_eq!(circuit.admit(now), Admission::Probe);
            assert_eq!(circuit.admit(now), Admission::Refused(Duration::ZERO));
            circuit.probed(now, 1.0);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn an_abandoned_probe_is_taken_over() {
        let start = Instant::now();
        let mut circuit = opened(start);
        assert_eq!(circuit.admit(at(start, 6)), Admission::Probe);
        circuit.abandoned();
        assert_eq!(circuit.admit(at(start, 6)), Admission::Probe);
    }

    proptest! {
        /// Never two probes at a time, none too early, none too late; open and closed take turns.
        #[test]
        fn whatever_happens(steps in prop::collection::vec((0_u8..6, 0_u64..40_000, 0.0_f64..1.0), 1..200)) {
            let mut now = Instant::now();
            let mut circuit = Circuit::default();
            let (mut probing, mut open, mut silent_since) = (false, false, now);
            for (step, millis, dice) in steps {
                now += Duration::from_millis(millis);
                match step {
                    0 | 1 => match circuit.admit(now) {
                        Admission::Free => prop_assert!(!open),
                        Admission::Probe => {
                            prop_assert!(open && !probing);
                            prop_assert!(now - silent_since >= FIRST_PROBE / 2);
                            probing = true;
                        }
                        Admission::Refused(left) => {
                            prop_assert!(open);
                            prop_assert!(left <= LONGEST_PROBE);
                            prop_assert_eq!(left.is_zero(), probing);
                        }
                    },
                    2 => if let Some(change) = circuit.failed(now, dice) {
                        prop_assert!(!open);
                        let enough = matches!(change, Change::Opened { failures } if failures >= FAILURES);
                        prop_assert!(enough);
                        (open, silent_since) = (true, now);
                    },
                    3 => {
                        let change = circuit.connected();
                        prop_assert_eq!(change, open.then_some(Change::Closed));
                        (open, probing) = (false, false);
                    }
                    4 if probing => {
                        circuit.probed(now, dice);
                        (probing, silent_since) = (false, now);
                    }
                    5 if probing => {
                        circuit.abandoned();
                        probing = false;
                    }
                    _ => {}
                }
                prop_assert_eq!(circuit.is_open(), open);
            }
        }
    }
}

//! The circuit of the client: who may connect while the last attempts could not.

use nbu_api::Query;
use nbu_api::endpoint::PING;
use tokio::time::Instant;

use super::ask::Ask;
use super::attempt::Attempt;
use super::shared::Shared;
use crate::Error;
use crate::circuit::{Admission, Change, Circuit};
use crate::exchange::Failure;
use crate::keyring::Shown;
use crate::sync::{Mutex, MutexGuard, lock};

/// The circuit, and how the last attempt failed to connect.
#[derive(Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    circuit: Circuit,
    failure: Option<Error>,
}

/// The right to find out whether there is a connection to be had. Goes to somebody else if it is dropped before that is
/// found out.
struct Probe<'a> {
    breaker: &'a Breaker,
    settled: bool,
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.0)
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.breaker.state().circuit.abandoned();
        }
    }
}

impl Shared {
    /// One attempt, if connecting is worth it: see [`Circuit`]. Who comes when a probe is due makes it, with a ping, and goes
    /// on when it was answered.
    pub(super) async fn guarded(&self, ask: &Ask, shown: Option<&Shown>) -> Result<Attempt, Error> {
        if self.tracker.is_closed() {
            return Err(self.closed(ask.endpoint.name));
        }
        let admission = self.breaker.state().circuit.admit(Instant::now());
        match admission {
            Admission::Free => {}
            Admission::Refused(left) => return Err(self.unreachable(ask, left)),
            Admission::Probe => {
                let probe = Probe {
                    breaker: &self.breaker,
                    settled: false,
                };
                let ping = Ask::new(&PING, Query::new(), None);
                if ask.endpoint == &PING {
                    return Ok(self.probed(probe, ask, self.send(ask, shown).await?));
                }
                let made = self.send(&ping, None).await?;
                let made = self.probed(probe, &ping, made);
                if let Err(failure) = made.outcome {
                    return Err(self.failure(&ping, &made.request_id, failure));
                }
            }
        }
        let made = self.send(ask, shown).await?;
        self.heed(ask, &made);
        Ok(made)
    }

    /// Whether nobody connects.
    pub(super) fn is_open_circuit(&self) -> bool {
        self.breaker.state().circuit.is_open()
    }

    /// What an attempt that was no probe says about the connection.
    fn heed(&self, ask: &Ask, made: &Attempt) {
        let change = match &made.outcome {
            Err(failure) if failure.is_before_the_request() => {
                let error = self.failure(ask, &made.request_id, failure.clone());
                let mut state = self.breaker.state();
                state.failure = Some(error);
                state.circuit.failed(Instant::now(), fastrand::f64())
            }
            // Nothing that an attempt in the middle of the way says.
            Err(Failure::Timeout(_) | Failure::Reset(_)) => None,
            _ => self.breaker.state().circuit.connected(),
        };
        self.tell(change);
    }

    /// The same for the probe.
    fn probed(&self, mut probe: Probe<'_>, ask: &Ask, made: Attempt) -> Attempt {
        probe.settled = true;
        let change = match &made.outcome {
            Ok(_) => self.breaker.state().circuit.connected(),
            Err(failure) => {
                let error = self.failure(ask, &made.request_id, failure.clone());
                let mut state = self.breaker.state();
                state.failure = Some(error);
                state.circuit.probed(Instant::now(), fastrand::f64());
                None
            }
        };
        self.tell(change);
        made
    }

    fn tell(&self, change: Option<Change>) {
        match change {
            Some(Change::Opened { failures }) => {
                let failure = self.breaker.state().failure.clone();
                tracing::warn!(
                    primary = %self.primary,
                    failures,
                    error = failure.as_ref().map(tracing::field::display),
                    "the primary cannot be reached; only one request at a time tries to connect"
                );
            }
            Some(Change::Closed) => {
                tracing::info!(primary = %self.primary, "the primary can be reached again");
            }
            None => {}
        }
    }

    fn unreachable(&self, ask: &Ask, left: std::time::Duration) -> Error {
        let call = ask.call(self, None);
        match self.breaker.state().failure.clone() {
            Some(source) => Error::Unreachable {
                call,
                left,
                source: Box::new(source),
            },
            // It does not open without one.
            None => Error::Overloaded { call, left },
        }
    }
}

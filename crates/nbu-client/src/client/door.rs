//! The way to the wire: in the pace of the client, then with a permit.
//!
//! Who has to wait for the pace stands in a line, first come, first served, and holds no permit. Only the first of the line
//! looks at the pace and takes its permit; while nothing slows the client down there is no line.

use tokio::sync::{Mutex as Line, MutexGuard as First};
use tokio::time::{Instant, sleep, timeout};

use super::WhenFull;
use super::ask::Ask;
use super::shared::Shared;
use crate::exchange::{Answer, Failure};
use crate::observer::Event;
use crate::pace::{Change, Pace};
use crate::sync::{Mutex, lock};
use crate::{Error, Permit, Refused};

/// The pace, and those who wait for it.
pub(crate) struct Door {
    pace: Mutex<Pace>,
    line: Line<()>,
}

impl Door {
    pub(crate) fn new(pace: Pace) -> Self {
        Self {
            pace: Mutex::new(pace),
            line: Line::new(()),
        }
    }
}

impl Shared {
    /// A permit, when it is time for one.
    pub(super) async fn pass_door(&self, ask: &Ask) -> Result<Permit, Error> {
        if self.is_free() {
            let permit = self.enter(ask).await?;
            if self.is_free() {
                return Ok(permit);
            }
            // Slowed down while it waited for the permit: now it waits without.
            drop(permit);
        }
        self.bearable(ask)?;
        let _first = self.first(ask).await?;
        loop {
            let wait = self.bearable(ask)?;
            if !wait.is_zero() {
                tokio::select! {
                    biased;
                    () = self.tracker.closed() => return Err(self.closed(ask.endpoint.name)),
                    () = sleep(wait) => continue,
                }
            }
            let permit = self.enter(ask).await?;
            if lock(&self.door.pace).start(Instant::now()) {
                return Ok(permit);
            }
            drop(permit);
        }
    }

    /// Tells the pace how an attempt ended that `started` then.
    pub(super) fn keep_pace(&self, started: Instant, outcome: &Result<Answer, Failure>) {
        let Ok(answer) = outcome else {
            return;
        };
        let change = if matches!(answer.status.as_u16(), 429 | 503) {
            let asked = self.retry_after(answer);
            lock(&self.door.pace).overloaded(started, Instant::now(), asked)
        } else {
            lock(&self.door.pace).answered(started)
        };
        match change {
            Some(Change::Slowed) => tracing::warn!(
                primary = %self.primary,
                status = answer.status.as_u16(),
                asked_for = self.retry_after(answer).map(tracing::field::debug),
                "the primary says that it is overloaded; all requests to it are slowed down"
            ),
            Some(Change::Recovered) => tracing::info!(
                primary = %self.primary,
                "the primary keeps up again; requests are no longer slowed down"
            ),
            None => {}
        }
    }

    fn is_free(&self) -> bool {
        lock(&self.door.pace).is_free()
    }

    /// The time to wait, unless it is longer than a call waits.
    fn bearable(&self, ask: &Ask) -> Result<std::time::Duration, Error> {
        let wait = lock(&self.door.pace).wait(Instant::now());
        if wait <= self.retry.longest_retry_after {
            return Ok(wait);
        }
        if self.tracker.is_closed() {
            return Err(self.closed(ask.endpoint.name));
        }
        Err(Error::Overloaded {
            call: ask.call(self, None),
            left: wait,
        })
    }

    async fn first(&self, ask: &Ask) -> Result<First<'_, ()>, Error> {
        tokio::select! {
            biased;
            () = self.tracker.closed() => Err(self.closed(ask.endpoint.name)),
            first = self.door.line.lock() => Ok(first),
        }
    }

    async fn enter(&self, ask: &Ask) -> Result<Permit, Error> {
        let endpoint = ask.endpoint.name;
        let waiting = async { self.tracker.enter().await.map_err(|_| Refused::Closed) };
        let entered = match self.when_full {
            WhenFull::Wait => waiting.await,
            WhenFull::WaitAtMost(time) => {
                let waited = timeout(time, waiting).await;
                waited.unwrap_or(Err(Refused::Saturated))
            }
            WhenFull::Refuse => self.tracker.try_enter(),
        };
        entered.map_err(|refused| match refused {
            Refused::Closed => self.closed(endpoint),
            Refused::Saturated => {
                self.ears.hear(&Event::Saturated { endpoint });
                Error::Saturated {
                    call: ask.call(self, None),
                }
            }
        })
    }
}

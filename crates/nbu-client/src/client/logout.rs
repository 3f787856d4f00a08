//! Ending the sessions that nobody needs any more, so that none is left behind on the primary.
//!
//! A token that was replaced, by a renewal or with its credential, is *retired*. As soon as no attempt shows it any more,
//! the next call logs out of it, with an attempt like any other. The close logs out of what is left when everything else
//! has its answer: these attempts are the only ones that begin after the close has begun, so they have a tracker of their own.
//!
//! No logout is tried twice: a session that stays ends by itself.

use std::num::NonZeroUsize;
use std::time::Duration;

use nbu_api::ApiVersion;
use tokio::time::timeout;

use super::ask::Ask;
use super::shared::Shared;
use crate::exchange::{Answer, Exchange, Failure};
use crate::keyring::{Proof, Shown};
use crate::sync::{Arc, Mutex, Weak, lock};
use crate::{Error, Tracker};

/// The longest that anybody waits for a session to end.
const LONGEST: Duration = Duration::from_secs(5);

/// What the closers of a client share in order to log out.
pub(crate) struct Partings {
    /// One at a time, whoever closes.
    tracker: Tracker,
    /// What the attempts are sent with, for as long as somebody closes.
    exchange: Mutex<Weak<Box<dyn Exchange>>>,
}

/// What a close needs to log out with. With the last of them the connections go.
pub(super) struct Parting(Arc<Box<dyn Exchange>>);

impl Default for Partings {
    fn default() -> Self {
        Self {
            tracker: Tracker::new(NonZeroUsize::MIN),
            exchange: Mutex::new(Weak::new()),
        }
    }
}

impl Partings {
    /// Attempts under way.
    pub(super) fn in_flight(&self) -> usize {
        self.tracker.in_flight()
    }

    /// Ends the one that is under way, and lets none begin.
    pub(super) fn cut(&self) {
        let _settled = self.tracker.cut();
    }
}

impl Shared {
    /// Logs out of the sessions that are retired and shown by no attempt.
    pub(super) async fn log_out_of_spent(&self) {
        while let Some(token) = self.keyring.spent() {
            let ask = self.logout();
            // Boxed: hardly a call needs it.
            let attempt = Box::pin(self.attempt(&ask, Some(&token)));
            match timeout(LONGEST, attempt).await {
                // The close will.
                Ok(Err(Error::Closed { .. })) => return,
                Ok(Ok(attempt)) => self.left(&attempt.outcome),
                Ok(Err(_)) | Err(_) => {}
            }
            self.keyring.forget(&token);
        }
    }

    /// What a close will log out with, if there is anything to log out of. The close has begun.
    pub(super) fn parting(&self) -> Option<Parting> {
        if !self.keyring.has_sessions() {
            return None;
        }
        let mut kept = lock(&self.partings.exchange);
        let exchange = self.exchange.load_full().or_else(|| kept.upgrade())?;
        *kept = Arc::downgrade(&exchange);
        Some(Parting(exchange))
    }

    /// Logs out of everything. Everything else has its answer; who comes second waits, and finds nothing to do.
    pub(super) async fn part(&self, parting: &Parting) {
        let Ok(permit) = self.partings.tracker.enter().await else {
            return;
        };
        let leaving = async {
            self.retire().await;
            // Where nothing connects, a session is not worth the wait.
            while !self.is_open_circuit()
                && let Some(token) = self.keyring.retired()
            {
                self.log_out_with(parting, &token).await;
                self.keyring.forget(&token);
            }
        };
        let _ended = permit.run(timeout(LONGEST, leaving)).await;
        // Who was waiting does not have to.
        drop(self.partings.tracker.close());
    }

    /// The session of now is needed no more. One that was opened by the last answer is in the hands of who asked for it, for
    /// a moment yet.
    async fn retire(&self) {
        let held = self.keyring.held();
        if let Proof::Session(session) = &held.proof {
            let _turn = session.turn.lock().await;
            self.keyring.retire_session(&held);
        }
    }

    async fn log_out_with(&self, Parting(exchange): &Parting, token: &Shown) {
        let ask = self.logout();
        let request_id = format!("{:032x}", fastrand::u128(..));
        if let Ok(request) = self.request(&ask, Some(token), &request_id) {
            self.left(&self.on_the_wire(exchange, &ask, request).await);
        }
    }

    fn logout(&self) -> Ask {
        let server = self.version().unwrap_or(ApiVersion::V4_0);
        Ask::logout(self.session_version(server))
    }

    fn left(&self, outcome: &Result<Answer, Failure>) {
        tracing::debug!(
            primary = %self.primary,
            status = outcome.as_ref().ok().map(|answer| answer.status.as_u16()),
            failure = outcome.as_ref().err().map(|failure| tracing::field::display(failure.code())),
            "logged out"
        );
    }
}

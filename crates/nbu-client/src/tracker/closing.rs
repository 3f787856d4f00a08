//! Waiting for a close to end, or to begin.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use thiserror::Error;

use super::{
    gate::Gate,
    roster::{Audience, Roster},
    watch::Watch,
};
use crate::sync::Arc;

/// Why a close did not end with everything drained.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[non_exhaustive]
pub enum CloseError {
    /// The cut came first. The tracker is closed all the same.
    #[error("closed with {in_flight} attempts still in flight: they were cancelled")]
    TimedOut {
        /// Permits that had not left at that instant.
        in_flight: usize,
    },
}

/// The future of [`Tracker::close`](crate::Tracker::close): the one outcome of the one close.
///
/// Dropping it stops nothing but this wait: the tracker stays closed, and the next `close` waits
/// on. Polled again after it has answered, it answers the same.
#[must_use = "the close has begun; await this to learn how it ends"]
pub struct Closing {
    watch: Watch,
}

impl Closing {
    pub(super) const fn new(gate: Arc<Gate>) -> Closing {
        Closing {
            watch: Watch::new(gate, Audience::Closers),
        }
    }
}

impl Future for Closing {
    type Output = Result<(), CloseError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().watch.poll(cx, Roster::outcome)
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing").finish_non_exhaustive()
    }
}

/// The future of [`Tracker::closed`](crate::Tracker::closed): ready as soon as a close has begun.
///
/// For what must end at once then without holding a permit: a back-off, the pause between two
/// pages.
#[must_use = "a signal does nothing until it is polled"]
pub struct ClosedSignal {
    watch: Watch,
}

impl ClosedSignal {
    pub(super) const fn new(gate: Arc<Gate>) -> ClosedSignal {
        ClosedSignal {
            watch: Watch::new(gate, Audience::Listeners),
        }
    }
}

impl Future for ClosedSignal {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.get_mut()
            .watch
            .poll(cx, |roster| roster.has_begun_to_close().then_some(()))
    }
}

impl fmt::Debug for ClosedSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClosedSignal").finish_non_exhaustive()
    }
}

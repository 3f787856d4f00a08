//! Waiting for a slot.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use super::{gate::Gate, permit::Permit, refusal::Closed, roster::Ticket};
use crate::sync::Arc;

/// The future of [`Tracker::enter`](crate::Tracker::enter): a [`Permit`] when it is this caller's
/// turn.
///
/// The place in line is taken at the first poll. Dropping the future gives it up; a slot that had
/// already been handed over goes to the next in line. After it has given its answer it stays
/// pending for ever.
#[must_use = "nothing waits in line until this is polled"]
pub struct Enter {
    /// `None` once the answer is out.
    gate: Option<Arc<Gate>>,
    ticket: Option<Ticket>,
}

impl Enter {
    pub(super) const fn new(gate: Arc<Gate>) -> Enter {
        Enter {
            gate: Some(gate),
            ticket: None,
        }
    }
}

impl Future for Enter {
    type Output = Result<Permit, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let enter = self.get_mut();
        let Some(gate) = &enter.gate else {
            return Poll::Pending;
        };
        let answer = ready!(gate.poll_enter(&mut enter.ticket, cx.waker()));
        enter.ticket = None;
        enter.gate.take().map_or(Poll::Pending, |gate| {
            Poll::Ready(answer.map(|()| Permit::new(gate)))
        })
    }
}

impl Drop for Enter {
    fn drop(&mut self) {
        if let (Some(gate), Some(ticket)) = (&self.gate, self.ticket) {
            gate.withdraw(ticket);
        }
    }
}

impl fmt::Debug for Enter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enter")
            .field("in_line", &self.ticket.is_some())
            .finish_non_exhaustive()
    }
}

//! A future's place in one of the rolls.

use std::task::{Context, Poll};

use super::{
    gate::Gate,
    roster::{Audience, Roster, Ticket},
};
use crate::sync::Arc;

/// Registered from the first poll until it is dropped.
pub(super) struct Watch {
    gate: Arc<Gate>,
    audience: Audience,
    ticket: Option<Ticket>,
}

impl Watch {
    pub(super) const fn new(gate: Arc<Gate>, audience: Audience) -> Watch {
        Watch {
            gate,
            audience,
            ticket: None,
        }
    }

    pub(super) fn poll<T>(
        &mut self,
        cx: &Context<'_>,
        look: impl Fn(&Roster) -> Option<T>,
    ) -> Poll<T> {
        self.gate
            .watch(self.audience, &mut self.ticket, cx.waker(), look)
    }

    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Leaves the roll.
    pub(super) fn end(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.gate.unwatch(self.audience, ticket);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

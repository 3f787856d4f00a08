//! The callers that wait for a slot, oldest first.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    task::Waker,
};

use super::{outbox::Outbox, roster::Ticket};
use crate::sync::mutant;

/// First come, first served. A waiter whose turn came stands among the owners until it takes its
/// slot.
#[derive(Default)]
pub(super) struct Line {
    waiting: BTreeMap<Ticket, Waker>,
    owners: BTreeSet<Ticket>,
}

/// What a ticket is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    Waiting,
    /// A slot was handed over.
    Owner,
    /// Sent home by a close.
    Refused,
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn join(&mut self, ticket: Ticket, waker: Waker) {
        self.waiting.insert(ticket, waker);
    }

    /// Makes the oldest waiter the owner of a slot.
    pub(super) fn hand_over(&mut self) -> Option<Waker> {
        let next = if mutant("newest-goes-first") {
            self.waiting.pop_last()
        } else {
            self.waiting.pop_first()
        };
        next.map(|(ticket, waker)| {
            self.owners.insert(ticket);
            waker
        })
    }

    /// Takes the slot if the ticket is an owner's. One that waits is woken through `waker` from now
    /// on.
    pub(super) fn claim(
        &mut self,
        ticket: Ticket,
        mut waker: Waker,
        outbox: &mut Outbox,
    ) -> Standing {
        let standing = if self.owners.remove(&ticket) {
            Standing::Owner
        } else if let Some(known) = self.waiting.get_mut(&ticket) {
            if !mutant("first-waker-kept") {
                mem::swap(known, &mut waker);
            }
            Standing::Waiting
        } else {
            Standing::Refused
        };
        outbox.discard([waker]);
        standing
    }

    /// Gives a ticket back: where its holder stood.
    pub(super) fn withdraw(&mut self, ticket: Ticket, outbox: &mut Outbox) -> Standing {
        if self.owners.remove(&ticket) {
            return Standing::Owner;
        }
        if mutant("cancelled-waiter-stays-in-line") {
            return Standing::Refused;
        }
        let found = self.waiting.remove(&ticket);
        let standing = if found.is_some() {
            Standing::Waiting
        } else {
            Standing::Refused
        };
        outbox.discard(found);
        standing
    }

    /// Sends everyone home who still waits. Owners keep what they own.
    pub(super) fn send_home(&mut self, outbox: &mut Outbox) {
        if mutant("close-revokes-owned-slots") {
            self.owners.clear();
        }
        if !mutant("close-forgets-the-line") {
            outbox.wake(mem::take(&mut self.waiting).into_values());
        }
    }
}

//! The callers that wait for a slot, oldest first.

use std::{
    collections::{BTreeMap, BTreeSet},
    task::Waker,
};

use super::{roster::Ticket, wakes::Wakes};
use crate::sync::mutant;

/// First come, first served. A waiter whose turn came stands among the owners until it takes its slot.
#[derive(Default)]
pub(super) struct Line {
    waiting: BTreeMap<Ticket, Waker>,
    owners: BTreeSet<Ticket>,
}

/// What a ticket is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    Waiting,
    /// A slot was handed over; the ticket is spent.
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
        let (ticket, waker) = if mutant("newest-goes-first") {
            self.waiting.pop_last()?
        } else {
            self.waiting.pop_first()?
        };
        self.owners.insert(ticket);
        Some(waker)
    }

    /// Looks a ticket up and takes the slot if it is an owner's. One that waits is woken through `waker` from now on.
    pub(super) fn claim(&mut self, ticket: Ticket, waker: Waker, wakes: &mut Wakes) -> Standing {
        if self.owners.remove(&ticket) {
            wakes.discard([waker]);
            return Standing::Owner;
        }
        match self.waiting.get_mut(&ticket) {
            Some(known) => {
                let stale = if mutant("first-waker-kept") {
                    waker
                } else {
                    std::mem::replace(known, waker)
                };
                wakes.discard([stale]);
                Standing::Waiting
            }
            None => {
                wakes.discard([waker]);
                Standing::Refused
            }
        }
    }

    /// Gives a ticket back: where its holder stood.
    pub(super) fn withdraw(&mut self, ticket: Ticket, wakes: &mut Wakes) -> Standing {
        if self.owners.remove(&ticket) {
            return Standing::Owner;
        }
        if mutant("cancelled-waiter-stays-in-line") {
            return Standing::Refused;
        }
        match self.waiting.remove(&ticket) {
            Some(waker) => {
                wakes.discard([waker]);
                Standing::Waiting
            }
            None => Standing::Refused,
        }
    }

    /// Sends everyone home who still waits. Owners keep what they own.
    pub(super) fn send_home(&mut self, wakes: &mut Wakes) {
        if mutant("close-revokes-owned-slots") {
            self.owners.clear();
        }
        if !mutant("close-forgets-the-line") {
            wakes.wake(std::mem::take(&mut self.waiting).into_values());
        }
    }
}

//! What stands behind the mutex: the line, those who listen, and the outcome.

use std::{collections::BTreeMap, task::Waker};

use super::{closing::CloseError, line::Line, outbox::Outbox};
use crate::sync::mutant;

/// A place in the roster. Never given twice, and a later one is larger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Ticket(u64);

/// How a close ended.
pub(super) type Outcome = Result<(), CloseError>;

/// Everyone who waits for something, and the outcome of the close.
#[derive(Default)]
pub(super) struct Roster {
    pub(super) line: Line,
    closers: Roll,
    listeners: Roll,
    attempts: Roll,
    closing: bool,
    outcome: Option<Outcome>,
    issued: u64,
}

/// Which of the rolls: whom the close tells what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Audience {
    /// Wait for the outcome.
    Closers,
    /// Wait for the close to begin.
    Listeners,
    /// Are to be cancelled by the cut.
    Attempts,
}

impl Roster {
    pub(super) fn ticket(&mut self) -> Ticket {
        self.issued += 1;
        Ticket(self.issued)
    }

    pub(super) const fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// Whether the close has begun. Set together with the word's bit.
    pub(super) const fn has_begun_to_close(&self) -> bool {
        self.closing
    }

    /// Whether attempts are to end now. A drained tracker has none.
    pub(super) const fn is_cut(&self) -> bool {
        matches!(self.outcome, Some(Err(_)))
    }

    /// Registers a waker, in place of the one registered before under the same ticket.
    pub(super) fn register(
        &mut self,
        audience: Audience,
        ticket: Ticket,
        waker: Waker,
        outbox: &mut Outbox,
    ) {
        let roll = self.roll(audience);
        if mutant("first-waker-kept") && roll.contains_key(&ticket) {
            return outbox.discard([waker]);
        }
        outbox.discard(roll.insert(ticket, waker));
    }

    pub(super) fn strike(&mut self, audience: Audience, ticket: Ticket, outbox: &mut Outbox) {
        let roll = self.roll(audience);
        outbox.discard(roll.remove(&ticket));
        if mutant("one-gone-all-gone") {
            outbox.discard(std::mem::take(roll).into_values());
        }
    }

    /// The close begins: those in line are refused, those who listen hear of it.
    pub(super) fn begin_close(&mut self, outbox: &mut Outbox) {
        self.closing = true;
        self.line.send_home(outbox);
        if !mutant("close-tells-no-listener") {
            outbox.wake(std::mem::take(&mut self.listeners).into_values());
        }
    }

    /// Stores the outcome if there is none yet and tells the closers; after a cut, the attempts
    /// too.
    pub(super) fn settle(&mut self, outcome: Outcome, outbox: &mut Outbox) {
        if self.outcome.is_some() && !mutant("last-outcome-wins") {
            return;
        }
        self.outcome = Some(outcome);
        if mutant("one-closer-woken") {
            outbox.wake(self.closers.pop_first().map(|(_, waker)| waker));
        } else {
            outbox.wake(std::mem::take(&mut self.closers).into_values());
        }
        if outcome.is_err() && !mutant("cut-wakes-no-attempt") {
            outbox.wake(std::mem::take(&mut self.attempts).into_values());
        }
    }

    const fn roll(&mut self, audience: Audience) -> &mut Roll {
        match audience {
            Audience::Closers => &mut self.closers,
            Audience::Listeners => &mut self.listeners,
            Audience::Attempts => &mut self.attempts,
        }
    }
}

type Roll = BTreeMap<Ticket, Waker>;

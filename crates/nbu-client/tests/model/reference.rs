//! What a tracker is, in lists.

use nbu_client::CloseError;

/// A waiter, by the order in which it came.
pub(crate) type Id = usize;

#[derive(Default)]
pub(crate) struct Reference {
    pub(crate) max: usize,
    /// Permits out, in the hands of callers or of attempts.
    pub(crate) permits: usize,
    /// Slots handed over and not yet taken.
    pub(crate) owners: Vec<Id>,
    pub(crate) line: Vec<Id>,
    pub(crate) closed: bool,
    pub(crate) outcome: Option<Result<(), CloseError>>,
}

/// What becomes of a waiter at its next poll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Turn {
    Admitted,
    Waits,
    Refused,
}

impl Reference {
    pub(crate) fn in_flight(&self) -> usize {
        self.permits + self.owners.len()
    }

    pub(crate) fn is_cut(&self) -> bool {
        matches!(self.outcome, Some(Err(_)))
    }

    /// Whether someone who does not wait gets in.
    pub(crate) fn try_enter(&mut self) -> bool {
        let enters = !self.closed && self.line.is_empty() && self.in_flight() < self.max;
        self.permits += usize::from(enters);
        enters
    }

    /// The first poll of a waiter.
    pub(crate) fn arrive(&mut self, id: Id) -> Turn {
        if self.closed {
            Turn::Refused
        } else if self.try_enter() {
            Turn::Admitted
        } else {
            self.line.push(id);
            Turn::Waits
        }
    }

    /// How a waiter stands, without polling it.
    pub(crate) fn turn(&self, id: Id) -> Turn {
        if self.owners.contains(&id) {
            Turn::Admitted
        } else if self.line.contains(&id) {
            Turn::Waits
        } else {
            Turn::Refused
        }
    }

    /// A later poll of a waiter.
    pub(crate) fn claim(&mut self, id: Id) -> Turn {
        let turn = self.turn(id);
        if turn == Turn::Admitted {
            self.owners.retain(|owner| *owner != id);
            self.permits += 1;
        }
        turn
    }

    /// A waiter is dropped.
    pub(crate) fn give_up(&mut self, id: Id) {
        self.line.retain(|waiter| *waiter != id);
        if self.owners.contains(&id) {
            self.owners.retain(|owner| *owner != id);
            self.slot_freed();
        }
    }

    pub(crate) fn leave(&mut self) {
        self.permits -= 1;
        self.slot_freed();
    }

    fn slot_freed(&mut self) {
        if !self.line.is_empty() {
            let next = self.line.remove(0);
            self.owners.push(next);
        }
        self.settle_if_drained();
    }

    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.line.clear();
        self.settle_if_drained();
    }

    pub(crate) fn cut(&mut self) -> Result<(), CloseError> {
        self.close();
        *self.outcome.get_or_insert(Err(CloseError::TimedOut {
            in_flight: self.permits + self.owners.len(),
        }))
    }

    fn settle_if_drained(&mut self) {
        if self.closed && self.in_flight() == 0 {
            self.outcome.get_or_insert(Ok(()));
        }
    }
}

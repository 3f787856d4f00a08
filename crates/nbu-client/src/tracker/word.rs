//! The packed word, as a value: every transition is a pure function.

use std::fmt;

use crate::sync::mutant;

const CLOSED: usize = 0b01;
const WAITING: usize = 0b10;
const ONE: usize = 0b100;

/// Bit 0: closed. Bit 1: someone waits. The rest: how many permits are in flight.
///
/// The functions say what a step does to the word; when a step may be taken, and who may take it
/// without the lock, is the gate's business. The fast steps return `None` when the lock is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(usize);

impl Word {
    /// The most that can be counted beside the two bits.
    pub(super) const MOST: usize = usize::MAX / ONE;

    pub(super) const fn from_bits(bits: usize) -> Word {
        Word(bits)
    }

    pub(super) const fn bits(self) -> usize {
        self.0
    }

    pub(super) const fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    pub(super) const fn someone_waits(self) -> bool {
        self.0 & WAITING != 0
    }

    pub(super) const fn in_flight(self) -> usize {
        self.0 / ONE
    }

    /// Closed and empty: the outcome is due.
    pub(super) const fn is_drained(self) -> bool {
        self.is_closed() && self.in_flight() == 0
    }

    /// Fast: one more in flight, if both bits are clear and one of `max` slots is free.
    pub(super) fn entered(self, max: usize) -> Option<Word> {
        let bits = if mutant("late-entrant-admitted") {
            self.0 & !CLOSED
        } else {
            self.0
        };
        let open = bits & (CLOSED | WAITING) == 0;
        let free = self.in_flight() < max || mutant("limit-ignored");
        (open && free).then_some(Word(self.0.wrapping_add(ONE)))
    }

    /// Fast: one less in flight, if both bits are clear, so that nobody needs to hear of it.
    pub(super) fn left(self) -> Option<Word> {
        let mut bits = self.0;
        if mutant("leaver-ignores-waiters") {
            bits &= !WAITING;
        }
        if mutant("leaver-ignores-close") {
            bits &= !CLOSED;
        }
        (bits & (CLOSED | WAITING) == 0).then(|| self.given_back())
    }

    /// Under the lock: takes a slot if one is free, else says that someone waits. `None` when
    /// closed.
    pub(super) fn arrived(self, max: usize) -> Option<Word> {
        if self.is_closed() && !mutant("waiter-joins-after-close") {
            return None;
        }
        let slot = if mutant("waits-without-looking-again") {
            None
        } else {
            self.entered(max)
        };
        Some(slot.unwrap_or(Word(self.0 | WAITING)))
    }

    /// Under the lock: the line is empty again.
    pub(super) fn nobody_waits(self) -> Word {
        if mutant("waiting-bit-never-cleared") {
            self
        } else {
            Word(self.0 & !WAITING)
        }
    }

    /// Under the lock: closed, and the line sent home.
    pub(super) const fn closed(self) -> Word {
        Word((self.0 | CLOSED) & !WAITING)
    }

    /// One less in flight, whatever the bits.
    pub(super) const fn given_back(self) -> Word {
        Word(self.0.wrapping_sub(ONE))
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Word")
            .field("closed", &self.is_closed())
            .field("someone_waits", &self.someone_waits())
            .field("in_flight", &self.in_flight())
            .finish()
    }
}

#[cfg(all(test, not(any(loom, miri))))]
mod tests;

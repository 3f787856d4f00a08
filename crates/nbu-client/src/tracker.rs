//! The connection tracker: what is in flight, and how it ends.
//!
//! One atomic word (bit 0 *closed*, bit 1 *someone waits*, the rest 4 × in flight) and a roster of
//! those who wait behind a mutex. While both bits are clear, entering and leaving are one
//! compare-exchange each. Otherwise they take the lock.
//!
//! # Invariants
//!
//! 1. The count is the number of permits that have not left, and of slots handed over but not yet
//!    taken. It never exceeds the limit. A permit leaves by `Drop` and in no other way.
//! 2. Each bit changes only under the lock, and *closed* never goes back.
//! 3. At every unlock, *someone waits* is set exactly if the line is not empty. A closed tracker
//!    has no line.
//! 4. While someone waits no slot is free: a slot that becomes free is handed to the oldest waiter
//!    without passing through the count, so nobody overtakes. Hand-over is the admission: who owns
//!    a slot when the close begins is in flight; who is dropped before taking it passes it on.
//! 5. With *closed* set the count never rises. The step that takes it to zero settles the outcome,
//!    or `close` itself does when there is nothing in flight. The cut settles it at any other
//!    count. Only the first to settle does, under the lock.
//! 6. A waker is registered before the check that may end the wait, in one critical section. Wakers
//!    are called and dropped after unlocking, because both run code that may come back here.
//! 7. An attempt's future is gone before its permit leaves.
//!
//! No ordering is `SeqCst`; each names its partner where it stands (`gate.rs`). `tests/loom.rs` has
//! the laws that follow, and for each the bugs that break it.

mod attempt;
mod closing;
mod enter;
mod gate;
mod line;
mod outbox;
mod permit;
mod refusal;
mod roster;
mod watch;
mod word;

use std::{fmt, num::NonZeroUsize};

pub use self::{
    attempt::Attempt,
    closing::{CloseError, ClosedSignal, Closing},
    enter::Enter,
    permit::Permit,
    refusal::{Closed, Refused},
};
use crate::sync::Arc;
use gate::Gate;

/// Tracks what is in flight, limits it, and closes. Clones share one tracker.
///
/// It has no clock and spawns nothing. Dropping every clone without closing cancels nothing:
/// permits outlive the tracker.
#[derive(Clone)]
pub struct Tracker {
    gate: Arc<Gate>,
}

impl Tracker {
    /// An open tracker that lets at most `max_in_flight` permits out at a time.
    pub fn new(max_in_flight: NonZeroUsize) -> Tracker {
        Tracker {
            gate: Arc::new(Gate::new(max_in_flight.get())),
        }
    }

    /// Waits for a slot, first come, first served. [`Closed`] as soon as a close begins, unless a
    /// slot was handed over before.
    pub fn enter(&self) -> Enter {
        Enter::new(Arc::clone(&self.gate))
    }

    /// Enters if a slot is free and nobody waits for it.
    pub fn try_enter(&self) -> Result<Permit, Refused> {
        self.gate.try_enter()?;
        Ok(Permit::new(Arc::clone(&self.gate)))
    }

    /// Permits that have not left, slots handed over but not yet taken included.
    ///
    /// Zero on a closed tracker is final: every attempt's future is gone and what they did is
    /// visible to the caller.
    pub fn in_flight(&self) -> usize {
        self.gate.word().in_flight()
    }

    /// Whether a close has begun. What its caller did before is visible then.
    pub fn is_closed(&self) -> bool {
        self.gate.word().is_closed()
    }

    /// Closes: from this call on, not from the first poll, nothing enters any more.
    ///
    /// The future resolves when everything in flight has left, or at the [`cut`](Tracker::cut). Any
    /// number of callers may close, before, during and after: all get the same outcome.
    pub fn close(&self) -> Closing {
        self.gate.close();
        Closing::new(Arc::clone(&self.gate))
    }

    /// Ends the close now, beginning it if need be, and cancels every [`Attempt`], also one that
    /// registers later.
    ///
    /// If everything had left before, or an earlier cut settled it, that outcome stands. Otherwise
    /// it is [`CloseError::TimedOut`] with the count at this instant. The cut does not wait:
    /// the attempts have been woken, and each drops its inner future, and then its permit, in
    /// its own task when next polled. So who gets this outcome knows that nothing starts any
    /// more and that at most `in_flight` inner futures still live, none of which will be polled
    /// again except by a poll that was already running; [`in_flight`](Tracker::in_flight)
    /// falling to zero says that they are gone.
    pub fn cut(&self) -> Result<(), CloseError> {
        self.gate.cut()
    }

    /// A future that is ready as soon as a close has begun.
    pub fn closed(&self) -> ClosedSignal {
        ClosedSignal::new(Arc::clone(&self.gate))
    }
}

impl fmt::Debug for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.gate.word();
        f.debug_struct("Tracker")
            .field("closed", &word.is_closed())
            .field("in_flight", &word.in_flight())
            .field("max_in_flight", &self.gate.max())
            .finish_non_exhaustive()
    }
}

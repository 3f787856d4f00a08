//! The guard of one attempt.

use std::fmt;

use super::{attempt::Attempt, gate::Gate};
use crate::sync::Arc;

/// The right to one attempt, from connect to the last body byte.
///
/// It leaves when it is dropped and in no other way, so also on panic, cancellation and early
/// return. Do not wait for a second permit while holding one: with a limit of one that waits for
/// itself.
#[must_use = "a permit that is dropped at once admits nothing"]
pub struct Permit {
    gate: Arc<Gate>,
}

impl Permit {
    pub(super) const fn new(gate: Arc<Gate>) -> Permit {
        Permit { gate }
    }

    /// Runs one attempt under this permit, so that [`Tracker::cut`](crate::Tracker::cut) can end
    /// it.
    pub fn run<F: Future>(self, future: F) -> Attempt<F> {
        let gate = Arc::clone(&self.gate);
        Attempt::new(future, gate, self)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.leave();
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

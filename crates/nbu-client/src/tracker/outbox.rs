//! The wakers that leave a critical section.

use std::{collections::VecDeque, task::Waker};

use crate::sync::mutant;

/// Wakers collected under the lock, to be called or dropped after it.
///
/// Both run code that is not ours. A waker may poll its task on the spot, and the last waker of a
/// task may drop the task, with a permit in it: under the lock either would come back and wait for
/// itself.
#[derive(Default)]
pub(super) struct Outbox {
    due: VecDeque<Waker>,
    unneeded: Vec<Waker>,
}

impl Outbox {
    /// To be called, in this order.
    pub(super) fn wake(&mut self, wakers: impl IntoIterator<Item = Waker>) {
        self.due.extend(wakers);
    }

    /// To be dropped without a call.
    pub(super) fn discard(&mut self, wakers: impl IntoIterator<Item = Waker>) {
        if mutant("drops-under-the-lock") {
            return wakers.into_iter().for_each(drop);
        }
        self.unneeded.extend(wakers);
    }

    /// Calls the wakers that are due.
    pub(super) fn deliver(&mut self) {
        while let Some(waker) = self.due.pop_front() {
            waker.wake();
        }
    }
}

impl Drop for Outbox {
    /// A waker that panics takes its own task down, not those behind it.
    fn drop(&mut self) {
        self.deliver();
    }
}

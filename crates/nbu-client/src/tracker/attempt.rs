//! One attempt under a permit, which the cut can end.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    gate::Gate,
    permit::Permit,
    refusal::Closed,
    roster::{Audience, Roster},
    watch::Watch,
};
use crate::sync::{Arc, mutant};

pin_project! {
    /// The future of [`Permit::run`]: the output of the inner future, or [`Closed`] when the cut came first.
    ///
    /// It registers at its first poll. From the cut on, its next poll drops the inner future without polling it and answers
    /// [`Closed`]; an inner future that finished in a poll that had not seen the cut delivers its output. In every case the
    /// inner future is gone before the permit leaves: a slot is never free while what ran in it still lives. After it has
    /// given its answer it stays pending for ever.
    #[must_use = "an attempt does nothing until it is polled"]
    pub struct Attempt<F> {
        // In the order in which they must be dropped.
        #[pin]
        future: Option<F>,
        watch: Watch,
        permit: Option<Permit>,
    }
}

impl<F: Future> Attempt<F> {
    pub(super) const fn new(future: F, gate: Arc<Gate>, permit: Permit) -> Attempt<F> {
        Attempt {
            future: Some(future),
            watch: Watch::new(gate, Audience::Attempts),
            permit: Some(permit),
        }
    }
}

impl<F: Future> Future for Attempt<F> {
    type Output = Result<F::Output, Closed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut attempt = self.project();
        let Some(future) = attempt.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };

        let cut = attempt.watch.poll(cx, look_for_cut);
        let answer = match cut {
            Poll::Ready(()) => Err(Closed),
            Poll::Pending => match future.poll(cx) {
                Poll::Ready(_)
                    if mutant("cut-discards-a-finished-answer")
                        && attempt.watch.gate().cut().is_err() =>
                {
                    Err(Closed)
                }
                Poll::Ready(output) => Ok(output),
                Poll::Pending => return Poll::Pending,
            },
        };

        if mutant("slot-freed-before-its-future") {
            *attempt.permit = None;
        }
        attempt.future.set(None);
        attempt.watch.end();
        *attempt.permit = None;
        Poll::Ready(answer)
    }
}

/// Whether the attempt is to end, as the roster stands.
fn look_for_cut(roster: &Roster) -> Option<()> {
    let due = roster.is_cut() || (roster.has_begun_to_close() && mutant("close-cuts-attempts"));
    (due && !mutant("late-attempt-misses-the-cut")).then_some(())
}

impl<F> fmt::Debug for Attempt<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("running", &self.permit.is_some())
            .finish_non_exhaustive()
    }
}

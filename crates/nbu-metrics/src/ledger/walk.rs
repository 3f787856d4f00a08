//! One walk over one slice.

use jiff::Timestamp;

use super::{Ledger, Purpose, Slice, StoreError};

/// What is to be walked now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Agenda {
    /// The slice that brings the watermark forward. When it is open, it brings it to the clock.
    pub advance: Slice,
    /// A slice to be walked again after that, while a reconciliation is under way and the watermark is at the clock.
    pub reconcile: Option<Slice>,
}

/// A walk that is under way. Only [`complete`](WalkGuard::complete) moves a mark.
///
/// Dropping it says that the walk was cut short by its deadline: the next slice is half as wide, so that a backlog too
/// large for one deadline is worked off all the same. A walk that ended with an error is to be told with
/// [`failed`](WalkGuard::failed), as its size is not to blame.
#[derive(Debug)]
#[must_use = "dropping it at once makes the next slice half as wide"]
pub struct WalkGuard<'l> {
    ledger: &'l Ledger,
    slice: Slice,
    clock: Timestamp,
    ended: bool,
}

impl<'l> WalkGuard<'l> {
    pub(super) fn new(ledger: &'l Ledger, slice: Slice, clock: Timestamp) -> Self {
        Self {
            ledger,
            slice,
            clock,
            ended: false,
        }
    }

    /// What is walked.
    pub fn slice(&self) -> &Slice {
        &self.slice
    }

    /// Every record of the slice was taken and committed: moves the mark, and commits what still waits with it.
    pub async fn complete(mut self) -> Result<(), StoreError> {
        self.ended = true;
        {
            let mut books = self.ledger.books();
            let settings = books.settings.clone();
            books
                .change_marks()
                .complete(&self.slice, self.clock, &settings);
            books.pace.fitted();
            let is_all = self.slice.purpose == Purpose::Advance && self.slice.to.is_none();
            books.judge(self.clock, is_all);
            books.forget();
        }
        self.ledger.save().await
    }

    /// The walk ended with an error; it will be repeated.
    pub fn failed(mut self) {
        self.ended = true;
    }
}

impl Drop for WalkGuard<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.ledger.books().pace.cut(&self.slice, self.clock);
        }
    }
}

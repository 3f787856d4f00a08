//! Taking the records of one page.

use super::books::Verdict;
use super::{FinishedJob, Ledger, StoreError};

/// One page on its way into the ledger. Records are taken as they are decoded; those whose id was counted before wait
/// for the store, all together, until [`commit`](PageFold::commit).
///
/// Dropping it before that loses nothing for good: a job that was taken is counted and committed with the next page,
/// one that waited is found by the next walk.
#[derive(Debug)]
pub struct PageFold<'l> {
    ledger: &'l Ledger,
    waiting: Vec<FinishedJob<'static>>,
}

impl<'l> PageFold<'l> {
    pub(super) fn new(ledger: &'l Ledger) -> Self {
        Self {
            ledger,
            waiting: Vec::new(),
        }
    }

    /// Takes one record of a finished job, in any order, as often as it comes.
    pub fn take(&mut self, job: FinishedJob<'_>) {
        let verdict = self.ledger.books().take(&job);
        if verdict == Verdict::Ask {
            self.waiting.push(job.into_owned());
        }
    }

    /// Asks the store about the jobs counted before, and commits the page or lets it [wait](super::Store::is_due) for those that
    /// follow: a walk repeats what a crash took.
    pub async fn commit(self) -> Result<(), StoreError> {
        let ids: Vec<u64> = self.waiting.iter().map(|job| job.id).collect();
        let mut is_settled = ids.is_empty();
        while !is_settled {
            let before = self.ledger.books().saved_up_to();
            let stored = self.ledger.store.counted(&ids).await?;
            let mut books = self.ledger.books();
            // What has gone from the books to the store meanwhile is perhaps in neither answer: another page may have had the
            // same job.
            is_settled = books.saved_up_to() == before;
            if is_settled {
                for (job, counted) in self.waiting.iter().zip(stored) {
                    books.settle(job, counted);
                }
            }
        }
        self.ledger.save_when_due().await
    }
}

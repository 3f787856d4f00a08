//! Where the ledger's state is kept: the boundary behind which memory and a file look the same.

mod file;
mod memory;
mod note;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use roaring::RoaringTreemap;

pub use file::{FileStore, Lost, OpenError, Opened, SetAside};
pub use memory::MemoryStore;
pub use note::{Note, Shelf};

use super::{Counted, Marks, Measure, Total};

/// The most pages that wait to be committed.
const MOST_PAGES: u32 = 50;
/// The longest time that one waits while others follow.
const LONGEST: Duration = Duration::from_secs(1);

/// What every operation of a store answers with.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// The state of one primary's ledger.
///
/// Two promises make the ledger correct, and a store must keep them:
///
/// * a commit is seen whole or not at all, also after a crash;
/// * commits take effect in the order of the calls of [`commit`](Store::commit), also those whose future was dropped
///   before it was done. Changes carry values, not differences, so that one may be sent twice but never out of order.
///
/// The ledger does not commit each page by itself: see [`is_due`](Store::is_due).
pub trait Store: Send + Sync + fmt::Debug {
    /// Everything that was committed, but for the ends of the remembered jobs. `None` if nothing ever was.
    fn load(&self) -> StoreFuture<'_, Option<Saved>>;

    /// What was counted under each of these ids. Asked only for ids that are probably known, a page's at most.
    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>>;

    /// Keeps a change set. The call itself does not block, for it is made under the ledger's lock; its order counts, not that of
    /// the futures. It, and everything before it, must outlive the machine before the future is done.
    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed>;

    /// Whether what need not last yet is to be committed all the same: so many pages wait with this one, the first of them for
    /// this long. After a crash they are read again, so little is gained by committing each by itself: it is done for fifty of
    /// them, or once a second. Before anything is published or a mark moves, everything is committed whatever this says.
    fn is_due(&self, pages: u32, waited: Duration) -> bool {
        pages >= MOST_PAGES || waited >= LONGEST
    }

    /// Whether the state may be loaded again. Where it never is, only single jobs are committed, which the ledger asks for.
    fn is_lasting(&self) -> bool {
        true
    }

    /// What is remembered of single jobs.
    fn remembered(&self) -> Remembered;

    /// The size of the whole state in bytes: of the file or, in memory, of what is remembered.
    fn bytes(&self) -> u64;

    /// Makes everything that was committed last, and lets go of what another store could want. Only a store that is not
    /// used any more is closed: what comes after may fail.
    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// One commit: everything that changed, as its new value. Applying it again changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Ascending from one commit to the next.
    pub epoch: u64,
    /// The marks, whether they changed or not: they are few.
    pub marks: Marks,
    /// Jobs counted, or found changed since: to be remembered in place of what was.
    pub counted: Vec<(u64, Counted)>,
    /// Ids that records named as their parent.
    pub parents: Vec<u64>,
    /// Totals that changed, with the text of their labels as key.
    pub totals: Vec<(Measure, Arc<str>, Total)>,
    /// Notes that changed or are to be forgotten.
    pub notes: Vec<Note>,
    /// After the rest: forget every remembered job that [lies before](Counted::is_before) this, also as a parent.
    pub forget_before: Option<Timestamp>,
}

/// What a commit did beyond keeping.
#[derive(Clone, Debug, Default)]
pub struct Committed {
    /// The ids forgotten on [`Changes::forget_before`].
    pub forgotten: Vec<u64>,
}

/// What a store knows when it is opened.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// The marks.
    pub marks: Marks,
    /// The ids of all remembered jobs.
    pub ids: RoaringTreemap,
    /// The ids that were named as parents.
    pub parents: RoaringTreemap,
    /// Every total.
    pub totals: Vec<(Measure, Arc<str>, Total)>,
    /// Every note that was not forgotten.
    pub notes: Vec<Note>,
}

/// What is remembered of single jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Remembered {
    /// How many jobs.
    pub ids: u64,
    /// The memory they take, in bytes.
    pub bytes: u64,
}

/// The store could not do what it was asked to; what it had before is as it was.
#[derive(Debug, thiserror::Error)]
#[error("the state of the job ledger could not be {act}")]
pub struct StoreError {
    /// What failed, as a participle: loaded, read, written.
    pub act: &'static str,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

//! redb: opened, called and closed in one place, so that whatever it does ends here. Everything blocks.

use std::any::Any;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use redb::Builder;
use tracing::debug;

use super::pending::Pending;
use super::tables;
use super::trouble::Trouble;
use super::witness::{Beside, Lost, Progress, Witness};
use crate::ledger::{Counted, Saved};

/// The memory that redb may take for pages.
const CACHE: usize = 4 << 20;

/// redb calls back at this part of the way only when the newest transaction did not verify.
const FELL_BACK: std::ops::Range<f64> = 0.2..0.4;

/// The database. After an error it is opened anew, since redb does not go on after one.
pub(super) struct Database {
    place: Place,
    redb: Option<redb::Database>,
    closed: bool,
    fell_back: bool,
    lost: Option<Lost>,
    ids: u64,
}

/// How the database is opened, and how large it is.
pub(super) struct Place {
    open: Box<Opener>,
    len: Box<dyn Fn() -> u64 + Send + Sync>,
    witness: Box<dyn Witness>,
}

type Opener = dyn Fn(&Builder) -> Result<redb::Database, redb::DatabaseError> + Send + Sync;

/// What writing did.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) forgotten: Vec<u64>,
    /// How many jobs are remembered now.
    pub(super) ids: u64,
}

impl Place {
    pub(super) fn file(path: &Path) -> Self {
        let (opened, measured): (PathBuf, PathBuf) = (path.into(), path.into());
        Self::new(
            move |builder| builder.create(&opened),
            move || fs::metadata(&measured).map_or(0, |metadata| metadata.len()),
            Beside::new(path),
        )
    }

    pub(super) fn new(
        open: impl Fn(&Builder) -> Result<redb::Database, redb::DatabaseError> + Send + Sync + 'static,
        len: impl Fn() -> u64 + Send + Sync + 'static,
        witness: impl Witness + 'static,
    ) -> Self {
        Self {
            open: Box::new(open),
            len: Box::new(len),
            witness: Box::new(witness),
        }
    }

    /// The size of the file.
    pub(super) fn len(&self) -> u64 {
        (self.len)()
    }

    /// Opens it and checks every page that is in use before anything is read from it. Whether the last transaction was
    /// found incomplete or damaged, so that the one before it was gone back to.
    fn open(&self) -> Result<(redb::Database, bool), Trouble> {
        let fell_back = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&fell_back);
        let mut builder = Builder::new();
        builder
            .set_cache_size(CACHE)
            .set_check_integrity_on_open(true)
            .set_repair_callback(move |repair| {
                if FELL_BACK.contains(&repair.progress()) {
                    seen.store(true, Ordering::Relaxed);
                }
            });
        let redb = (self.open)(&builder)?;
        Ok((redb, fell_back.load(Ordering::Relaxed)))
    }
}

impl Database {
    /// Opens it; what it holds is checked and returned, `None` if nothing was ever committed.
    pub(super) fn open(place: Place) -> Result<(Self, Option<Saved>), Trouble> {
        let mut database = Self {
            place,
            redb: None,
            closed: false,
            fell_back: false,
            lost: None,
            ids: 0,
        };
        let saved = database.load()?;
        if saved.is_none() {
            database.guarded(tables::found)?;
        }
        let progress = database.guarded(tables::progress)?;
        database.compare(progress);
        Ok((database, saved))
    }

    /// Takes the witness's word on what was found, and tells it the truth from now on.
    fn compare(&mut self, progress: Option<Progress>) {
        if let Some(witness) = self.place.witness.heard() {
            // A state whose writes have no number was written by a version before there was a witness.
            self.lost = progress.map_or(Some(Lost::State), |progress| progress.lacks(witness));
        }
        if let Some(progress) = progress {
            self.place.witness.hear(progress);
        }
    }

    pub(super) fn load(&mut self) -> Result<Option<Saved>, Trouble> {
        let saved = self.guarded(tables::load)?;
        self.ids = saved.as_ref().map_or(0, |saved| saved.ids.len());
        Ok(saved)
    }

    pub(super) fn find(&mut self, ids: &[u64]) -> Result<Vec<Option<Counted>>, Trouble> {
        self.guarded(|redb| tables::find(redb, ids))
    }

    /// Writes all of it in one transaction, which lasts once this returns.
    pub(super) fn write(&mut self, batch: &Pending) -> Result<Written, Trouble> {
        let began = Instant::now();
        let (forgotten, more, progress) = self.guarded(|redb| tables::write(redb, batch))?;
        self.place.witness.hear(progress);
        self.ids = (self.ids + more).saturating_sub(forgotten.len() as u64);
        debug!(
            jobs = batch.counted.len(),
            totals = batch.totals.len(),
            forgotten = forgotten.len(),
            bytes = self.bytes(),
            took = ?began.elapsed(),
            "the state of the jobs was written"
        );
        Ok(Written {
            forgotten,
            ids: self.ids,
        })
    }

    /// Gives back to the file system what the file no longer needs.
    pub(super) fn compact(&mut self) -> Result<(), Trouble> {
        let compacted = catch_unwind(AssertUnwindSafe(|| match &mut self.redb {
            Some(redb) => redb.compact().map(drop).map_err(redb::Error::from),
            None => Ok(()),
        }));
        match compacted {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                self.discard();
                Err(error.into())
            }
            Err(panic) => {
                self.discard();
                Err(Trouble::Panicked(words(&*panic)))
            }
        }
    }

    /// Closes it for good.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.discard();
    }

    /// Whether opening it went back to the transaction before the last.
    pub(super) fn fell_back(&self) -> bool {
        self.fell_back
    }

    /// How what was found differs from what was last written in its place.
    pub(super) fn lost(&self) -> Option<Lost> {
        self.lost
    }

    /// Size of the file.
    pub(super) fn bytes(&self) -> u64 {
        self.place.len()
    }

    /// Does something with redb. After any failure it is given up, and opened anew by the next call.
    fn guarded<T>(
        &mut self,
        work: impl FnOnce(&redb::Database) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        if self.closed {
            return Err(Trouble::Closed);
        }
        let done = catch_unwind(AssertUnwindSafe(|| {
            let redb = if let Some(redb) = self.redb.take() {
                redb
            } else {
                let (redb, fell_back) = self.place.open()?;
                self.fell_back |= fell_back;
                redb
            };
            work(self.redb.insert(redb))
        }))
        .unwrap_or_else(|panic| Err(Trouble::Panicked(words(&*panic))));
        if done.is_err() {
            self.discard();
        }
        done
    }

    fn discard(&mut self) {
        let redb = self.redb.take();
        // Closing writes, and so may panic as everything else.
        let _ = catch_unwind(AssertUnwindSafe(move || drop(redb)));
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it made the database panic".to_owned())
}

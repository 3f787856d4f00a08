//! The tables, and redb behind them: the one place that calls it. Everything here blocks.

use std::any::Any;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use redb::{
    Builder, ReadableDatabase, ReadableTable, ReadableTableMetadata, Table, TableDefinition,
    WriteTransaction,
};
use tracing::debug;

use super::chunk::{self, Chunk, IdSet};
use super::pending::Pending;
use super::{code, seal};
use crate::ledger::{Counted, Marks, Note, Saved, Shelf};

/// The version of everything below and in [`code`] and [`chunk`].
pub(super) const FORMAT: u32 = 1;

/// The memory that redb may take for pages.
const CACHE: usize = 4 << 20;

/// redb calls back at this part of the way only when the newest transaction did not verify.
const FELL_BACK: std::ops::Range<f64> = 0.2..0.4;

/// `format` and `marks`.
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// Chunks of remembered jobs, by number.
const SEEN: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("seen");
/// Sets of ids that were named as parents, by number.
const PARENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("parents");
/// Totals, by measure and labels.
const TOTALS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("totals");
/// Notes, by shelf and key.
const NOTES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("notes");

const FORMAT_KEY: &str = "format";
const MARKS_KEY: &str = "marks";

/// The database. After an error it is opened anew, since redb does not go on after one.
pub(super) struct Database {
    place: Place,
    redb: Option<redb::Database>,
    closed: bool,
    fell_back: bool,
    ids: u64,
}

/// How the database is opened, and how large it is.
pub(super) struct Place {
    open: Box<Opener>,
    len: Box<dyn Fn() -> u64 + Send + Sync>,
}

type Opener = dyn Fn(&Builder) -> Result<redb::Database, redb::DatabaseError> + Send + Sync;

/// What writing did.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) forgotten: Vec<u64>,
    /// How many jobs are remembered now.
    pub(super) ids: u64,
}

/// Why the database did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// redb refused, or the system below it.
    #[error(transparent)]
    Redb(#[from] redb::Error),
    /// What was read is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// redb ran into something that it thought impossible.
    #[error("it is damaged: {0}")]
    Panicked(String),
    /// A newer version of the exporter wrote it.
    #[error("a newer version wrote it, in format {found}; this one reads formats up to {FORMAT}")]
    Newer {
        /// Its format.
        found: u32,
    },
    /// It has been closed.
    #[error("it has been closed")]
    Closed,
}

impl Place {
    pub(super) fn file(path: &Path) -> Self {
        let (opened, measured): (PathBuf, PathBuf) = (path.into(), path.into());
        Self::new(
            move |builder| builder.create(&opened),
            move || fs::metadata(&measured).map_or(0, |metadata| metadata.len()),
        )
    }

    pub(super) fn new(
        open: impl Fn(&Builder) -> Result<redb::Database, redb::DatabaseError> + Send + Sync + 'static,
        len: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        Self {
            open: Box::new(open),
            len: Box::new(len),
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
            ids: 0,
        };
        let saved = database.load()?;
        if saved.is_none() {
            database.guarded(found)?;
        }
        Ok((database, saved))
    }

    pub(super) fn load(&mut self) -> Result<Option<Saved>, Trouble> {
        let saved = self.guarded(load)?;
        self.ids = saved.as_ref().map_or(0, |saved| saved.ids.len());
        Ok(saved)
    }

    pub(super) fn find(&mut self, ids: &[u64]) -> Result<Vec<Option<Counted>>, Trouble> {
        self.guarded(|redb| find(redb, ids))
    }

    /// Writes all of it in one transaction, which lasts once this returns.
    pub(super) fn write(&mut self, batch: &Pending) -> Result<Written, Trouble> {
        let began = Instant::now();
        let (forgotten, more) = self.guarded(|redb| write(redb, batch))?;
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

/// Lays the tables out in an empty database.
fn found(redb: &redb::Database) -> Result<(), Trouble> {
    let transaction = redb.begin_write()?;
    {
        let format = seal::seal(FORMAT_KEY.as_bytes(), &FORMAT.to_le_bytes());
        transaction
            .open_table(META)?
            .insert(FORMAT_KEY, format.as_slice())?;
        transaction.open_table(SEEN)?;
        transaction.open_table(PARENTS)?;
        transaction.open_table(TOTALS)?;
        transaction.open_table(NOTES)?;
    }
    transaction.commit()?;
    Ok(())
}

fn load(redb: &redb::Database) -> Result<Option<Saved>, Trouble> {
    let transaction = redb.begin_read()?;
    if transaction.list_tables()?.next().is_none() {
        return Ok(None);
    }
    let meta = transaction.open_table(META)?;
    check_format(&meta)?;
    let Some(marks) = marks(&meta)? else {
        return Ok(None);
    };
    let mut saved = Saved {
        marks,
        ..Saved::default()
    };
    for row in transaction.open_table(SEEN)?.iter()? {
        let (key, value) = row?;
        let chunk = seen_chunk(key.value(), value.value())?;
        // Ascending, so that each is appended.
        saved.ids.extend(chunk.iter(key.value()).map(|(id, _)| id));
    }
    for row in transaction.open_table(PARENTS)?.iter()? {
        let (key, value) = row?;
        let set = parent_set(key.value(), value.value())?;
        saved.parents.extend(set.iter(key.value()));
    }
    for row in transaction.open_table(TOTALS)?.iter()? {
        let (key, value) = row?;
        let bytes = opened(
            key.value(),
            value.value(),
            "the checksum of a total is wrong",
        )?;
        let total = code::total_of_key(key.value()).and_then(|(measure, labels)| {
            let total = code::total_from_bytes(measure, bytes)?;
            Some((measure, Arc::from(labels), total))
        });
        saved
            .totals
            .push(total.ok_or(Trouble::Damaged("a total cannot be read"))?);
    }
    for row in transaction.open_table(NOTES)?.iter()? {
        let (key, value) = row?;
        let bytes = opened(
            key.value(),
            value.value(),
            "the checksum of a note is wrong",
        )?;
        // A shelf of a newer version stays as it is.
        saved.notes.extend(note(key.value(), bytes)?);
    }
    Ok(Some(saved))
}

fn find(redb: &redb::Database, ids: &[u64]) -> Result<Vec<Option<Counted>>, Trouble> {
    let seen = redb.begin_read()?.open_table(SEEN)?;
    let mut chunks: BTreeMap<u64, Chunk> = BTreeMap::new();
    ids.iter()
        .map(|id| {
            let number = chunk::of(*id);
            let chunk = match chunks.entry(number) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(chunk_at(&seen, number)?),
            };
            Ok(chunk.find(*id))
        })
        .collect()
}

/// Returns the ids that were forgotten and how many are new.
fn write(redb: &redb::Database, batch: &Pending) -> Result<(Vec<u64>, u64), Trouble> {
    let transaction = redb.begin_write()?;
    if let Some(marks) = &batch.marks {
        let marks = seal::seal(MARKS_KEY.as_bytes(), &code::marks_to_bytes(marks));
        transaction
            .open_table(META)?
            .insert(MARKS_KEY, marks.as_slice())?;
    }
    let (forgotten, new) = write_jobs(&transaction, batch)?;
    write_parents(&transaction, batch, &forgotten)?;
    {
        let mut totals = transaction.open_table(TOTALS)?;
        for ((measure, labels), total) in &batch.totals {
            let key = code::total_key(*measure, labels);
            let value = seal::seal(&key, &code::total_to_bytes(total));
            totals.insert(key.as_slice(), value.as_slice())?;
        }
        let mut notes = transaction.open_table(NOTES)?;
        for note in batch.notes.values() {
            let key = note_key(note.shelf, &note.key);
            match &note.value {
                Some(value) => {
                    let value = seal::seal(&key, value);
                    notes.insert(key.as_slice(), value.as_slice())?;
                }
                None => {
                    notes.remove(key.as_slice())?;
                }
            }
        }
    }
    transaction.commit()?;
    Ok((forgotten, new))
}

fn write_jobs(transaction: &WriteTransaction, batch: &Pending) -> Result<(Vec<u64>, u64), Trouble> {
    let mut seen = transaction.open_table(SEEN)?;
    let mut new = 0;
    let mut counted = batch.counted.iter().peekable();
    while let Some((id, _)) = counted.peek() {
        let number = chunk::of(**id);
        let mut chunk = chunk_at(&seen, number)?;
        while let Some((id, counted)) = counted.next_if(|(id, _)| chunk::of(**id) == number) {
            new += u64::from(chunk.insert(*id, *counted));
        }
        put_chunk(&mut seen, number, &chunk)?;
    }
    let forgotten = match batch.forget_before {
        Some(horizon) => forget(&mut seen, horizon)?,
        None => Vec::new(),
    };
    Ok((forgotten, new))
}

/// Reads every chunk: 64 ids are one row, and this is done once an hour.
fn forget(
    seen: &mut Table<'_, u64, &'static [u8]>,
    horizon: Timestamp,
) -> Result<Vec<u64>, Trouble> {
    let mut forgotten = Vec::new();
    let mut changed = Vec::new();
    for row in seen.iter()? {
        let (number, value) = row?;
        let number = number.value();
        let mut chunk = seen_chunk(number, value.value())?;
        let before = forgotten.len();
        chunk.retain(number, |id, counted| {
            let keep = counted.end() >= horizon;
            if !keep {
                forgotten.push(id);
            }
            keep
        });
        if forgotten.len() > before {
            changed.push((number, chunk));
        }
    }
    for (number, chunk) in changed {
        put_chunk(seen, number, &chunk)?;
    }
    Ok(forgotten)
}

fn write_parents(
    transaction: &WriteTransaction,
    batch: &Pending,
    forgotten: &[u64],
) -> Result<(), Trouble> {
    if batch.parents.is_empty() && forgotten.is_empty() {
        return Ok(());
    }
    let mut parents = transaction.open_table(PARENTS)?;
    if batch.parents.is_empty() && parents.is_empty()? {
        return Ok(());
    }
    let mut sets: BTreeMap<u64, IdSet> = BTreeMap::new();
    let changes = batch.parents.iter().map(|id| (*id, true));
    for (id, named) in changes.chain(forgotten.iter().map(|id| (*id, false))) {
        let number = chunk::of(id);
        let set = match sets.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(match parents.get(number)? {
                Some(value) => parent_set(number, value.value())?,
                None => IdSet::default(),
            }),
        };
        if named {
            set.insert(id);
        } else {
            set.remove(id);
        }
    }
    for (number, set) in sets {
        if set.is_empty() {
            parents.remove(number)?;
        } else {
            let value = seal::seal(&number.to_le_bytes(), &set.to_bytes());
            parents.insert(number, value.as_slice())?;
        }
    }
    Ok(())
}

fn check_format(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<(), Trouble> {
    let damaged = Trouble::Damaged("its format cannot be read");
    let Some(sealed) = meta.get(FORMAT_KEY)? else {
        return Err(damaged);
    };
    let format = opened(
        FORMAT_KEY.as_bytes(),
        sealed.value(),
        "the checksum of the format is wrong",
    )?;
    match <[u8; 4]>::try_from(format).map(u32::from_le_bytes) {
        Ok(FORMAT) => Ok(()),
        Ok(found) if found > FORMAT => Err(Trouble::Newer { found }),
        _ => Err(damaged),
    }
}

fn marks(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Option<Marks>, Trouble> {
    let Some(sealed) = meta.get(MARKS_KEY)? else {
        return Ok(None);
    };
    let bytes = opened(
        MARKS_KEY.as_bytes(),
        sealed.value(),
        "the checksum of the marks is wrong",
    )?;
    let marks = code::marks_from_bytes(bytes);
    marks
        .map(Some)
        .ok_or(Trouble::Damaged("the marks cannot be read"))
}

fn chunk_at(seen: &impl ReadableTable<u64, &'static [u8]>, number: u64) -> Result<Chunk, Trouble> {
    match seen.get(number)? {
        Some(value) => seen_chunk(number, value.value()),
        None => Ok(Chunk::default()),
    }
}

fn seen_chunk(number: u64, sealed: &[u8]) -> Result<Chunk, Trouble> {
    let bytes = opened(
        &number.to_le_bytes(),
        sealed,
        "the checksum of a chunk of jobs is wrong",
    )?;
    Chunk::from_bytes(bytes).ok_or(Trouble::Damaged("a chunk of jobs cannot be read"))
}

fn put_chunk(
    seen: &mut Table<'_, u64, &'static [u8]>,
    number: u64,
    chunk: &Chunk,
) -> Result<(), Trouble> {
    if chunk.is_empty() {
        seen.remove(number)?;
    } else {
        let value = seal::seal(&number.to_le_bytes(), &chunk.to_bytes());
        seen.insert(number, value.as_slice())?;
    }
    Ok(())
}

fn parent_set(number: u64, sealed: &[u8]) -> Result<IdSet, Trouble> {
    let bytes = opened(
        &number.to_le_bytes(),
        sealed,
        "the checksum of a set of parents is wrong",
    )?;
    IdSet::from_bytes(bytes).ok_or(Trouble::Damaged("a set of parents cannot be read"))
}

fn note_key(shelf: Shelf, name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + name.len());
    key.push(shelf as u8);
    key.extend_from_slice(name.as_bytes());
    key
}

fn note(key: &[u8], bytes: &[u8]) -> Result<Option<Note>, Trouble> {
    let damaged = Trouble::Damaged("a note cannot be read");
    let Some((shelf, name)) = key.split_first() else {
        return Err(damaged);
    };
    let Some(shelf) = Shelf::ALL.get(usize::from(*shelf)) else {
        return Ok(None);
    };
    let name = std::str::from_utf8(name).map_err(|_| damaged)?;
    Ok(Some(Note {
        shelf: *shelf,
        key: name.into(),
        value: Some(bytes.into()),
    }))
}

/// The value below the seal, or that `wrong`.
fn opened<'v>(key: &[u8], sealed: &'v [u8], wrong: &'static str) -> Result<&'v [u8], Trouble> {
    seal::open(key, sealed).ok_or(Trouble::Damaged(wrong))
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it made the database panic".to_owned())
}

macro_rules! from_redb {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for Trouble {
            fn from(error: redb::$error) -> Self {
                Self::Redb(error.into())
            }
        }
    )*};
}

from_redb!(
    DatabaseError,
    TransactionError,
    TableError,
    StorageError,
    CommitError
);

//! The tables of a state: what is written where, and how it is read back.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use jiff::Timestamp;
use redb::{
    ReadableDatabase, ReadableTable, ReadableTableMetadata, Table, TableDefinition,
    WriteTransaction,
};

use super::chunk::{self, Chunk, IdSet};
use super::pending::Pending;
use super::trouble::Trouble;
use super::witness::Progress;
use super::{code, seal};
use crate::ledger::{Counted, Marks, Note, Saved, Shelf};

/// The version of everything below and in [`code`] and [`chunk`](super::chunk).
pub(super) const FORMAT: u32 = 1;

/// `format`, `marks` and `progress`.
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
const PROGRESS_KEY: &str = "progress";

/// Lays the tables out in an empty database.
pub(super) fn found(redb: &redb::Database) -> Result<(), Trouble> {
    let transaction = redb.begin_write()?;
    {
        let format = seal::seal(FORMAT_KEY.as_bytes(), &FORMAT.to_le_bytes());
        let mut meta = transaction.open_table(META)?;
        meta.insert(FORMAT_KEY, format.as_slice())?;
        // Perhaps it was laid out before, and nothing came of it.
        if read_progress(&meta)?.is_none() {
            put_progress(&mut meta, Progress::begin())?;
        }
        transaction.open_table(SEEN)?;
        transaction.open_table(PARENTS)?;
        transaction.open_table(TOTALS)?;
        transaction.open_table(NOTES)?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn load(redb: &redb::Database) -> Result<Option<Saved>, Trouble> {
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

pub(super) fn find(redb: &redb::Database, ids: &[u64]) -> Result<Vec<Option<Counted>>, Trouble> {
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

/// How far the state has come; `None` if a version before there was such a number wrote it last.
pub(super) fn progress(redb: &redb::Database) -> Result<Option<Progress>, Trouble> {
    read_progress(&redb.begin_read()?.open_table(META)?)
}

/// Returns the ids that were forgotten, how many are new, and how far the state has come.
pub(super) fn write(
    redb: &redb::Database,
    batch: &Pending,
) -> Result<(Vec<u64>, u64, Progress), Trouble> {
    let transaction = redb.begin_write()?;
    let progress = {
        let mut meta = transaction.open_table(META)?;
        if let Some(marks) = &batch.marks {
            let marks = seal::seal(MARKS_KEY.as_bytes(), &code::marks_to_bytes(marks));
            meta.insert(MARKS_KEY, marks.as_slice())?;
        }
        let before = read_progress(&meta)?.unwrap_or_else(Progress::begin);
        put_progress(&mut meta, before.next())?;
        before.next()
    };
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
    Ok((forgotten, new, progress))
}

fn read_progress(
    meta: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Option<Progress>, Trouble> {
    let Some(sealed) = meta.get(PROGRESS_KEY)? else {
        return Ok(None);
    };
    let wrong = "the checksum of the number of its writes is wrong";
    let bytes = opened(PROGRESS_KEY.as_bytes(), sealed.value(), wrong)?;
    let progress = Progress::from_bytes(bytes);
    progress
        .map(Some)
        .ok_or(Trouble::Damaged("the number of its writes cannot be read"))
}

fn put_progress(
    meta: &mut Table<'_, &'static str, &'static [u8]>,
    progress: Progress,
) -> Result<(), Trouble> {
    let sealed = seal::seal(PROGRESS_KEY.as_bytes(), &progress.to_bytes());
    meta.insert(PROGRESS_KEY, sealed.as_slice())?;
    Ok(())
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
            let keep = !counted.is_before(horizon);
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

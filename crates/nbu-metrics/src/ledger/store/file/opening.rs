//! Opening a file, whatever is found in its place.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::FileStore;
use super::database::{Database, Place};
use super::trouble::Trouble;
use super::witness::Lost;
use crate::ledger::Saved;

/// The most files that are kept aside for one state.
const MOST_ASIDE: u32 = 10;

/// A file larger than this, and than [`WASTE`] times what is in it, is made smaller when it is opened.
const SMALL: u64 = 16 << 20;
const WASTE: u64 = 4;

/// A store, and what was found in its place.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The store.
    pub store: FileStore,
    /// What was there and could not be used.
    pub set_aside: Option<SetAside>,
    /// The last write was incomplete or damaged, and the state is the one before it: as after a power cut in the middle of a
    /// write, which nobody was told had succeeded.
    pub fell_back: bool,
    /// The state is not the one that was last written here. No crash leaves that behind: the file is damaged where nothing else
    /// tells, or it was put there by somebody.
    ///
    /// An older state is whole: counters, the jobs they count and the watermark are of one moment. What is missing is counted
    /// again from the primary, and nothing twice; until then counters show less than they did, which Prometheus takes
    /// for a reset.
    pub lost: Option<Lost>,
}

/// A state that could not be used and was put out of the way.
#[derive(Debug)]
#[non_exhaustive]
pub struct SetAside {
    /// Where it was; a new one has been begun there.
    pub path: PathBuf,
    /// Where it is now. `None` if it was removed, because as many damaged ones as are kept were there already.
    pub kept_as: Option<PathBuf>,
    /// What is wrong with it, in words.
    pub reason: String,
}

/// The file cannot be opened, and it is not the file's fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Somebody else has it open.
    #[error(
        "{} is in use; stop the other exporter, or give each its own storage path",
        path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// There is something, and it is no file.
    #[error("{} is not a regular file; move it away", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{} cannot be opened; check its permissions and the room on its disk", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It was written by a newer version, or is damaged, and cannot be put out of the way.
    #[error("{} cannot be used ({reason}) and not be set aside either; move it away", path.display())]
    Stuck {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, in words.
        reason: String,
        /// Why it stays.
        source: io::Error,
    },
    /// The process is ending.
    #[error("{} was not opened, since the process is ending", path.display())]
    Interrupted {
        /// The file.
        path: PathBuf,
        /// What the runtime said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A trouble, and in which file.
#[derive(Debug, thiserror::Error)]
#[error("{}", path.display())]
pub(super) struct InFile {
    pub(super) path: PathBuf,
    pub(super) source: Trouble,
}

/// What became of an attempt to open.
enum Attempt {
    Opened(Box<(Database, Option<Saved>)>),
    /// The file is to blame.
    Unusable(Trouble),
}

/// Opens the file at `path`; what cannot be used is set aside. Blocks.
pub(super) fn open(path: &Path) -> Result<(Database, Option<Saved>, Option<SetAside>), OpenError> {
    let trouble = match attempt(path)? {
        Attempt::Opened(opened) => {
            let (database, saved) = *opened;
            return Ok((slim(database, saved.as_ref()), saved, None));
        }
        Attempt::Unusable(trouble) => trouble,
    };
    let reason = trouble.to_string();
    let newer = matches!(trouble, Trouble::Newer { .. });
    let kept_as = set_aside(path, newer).map_err(|source| OpenError::Stuck {
        path: path.into(),
        reason: reason.clone(),
        source,
    })?;
    let set_aside = SetAside {
        path: path.into(),
        kept_as,
        reason,
    };
    match attempt(path)? {
        Attempt::Opened(opened) => {
            let (database, saved) = *opened;
            Ok((database, saved, Some(set_aside)))
        }
        Attempt::Unusable(trouble) => Err(OpenError::Refused {
            path: path.into(),
            source: Box::new(trouble),
        }),
    }
}

fn attempt(path: &Path) -> Result<Attempt, OpenError> {
    // Looked at before it is opened: opening a FIFO would wait for ever.
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(OpenError::NotAFile { path: path.into() }),
        // redb would take it for a new file, and nobody would know that a state was lost.
        Ok(found) if found.len() == 0 => {
            return Ok(Attempt::Unusable(Trouble::Damaged("it is empty")));
        }
        _ => {}
    }
    match Database::open(Place::file(path)) {
        Ok(opened) => Ok(Attempt::Opened(Box::new(opened))),
        Err(Trouble::Redb(redb::Error::DatabaseAlreadyOpen)) => {
            Err(OpenError::InUse { path: path.into() })
        }
        Err(trouble) if is_of_the_system(&trouble) => Err(OpenError::Refused {
            path: path.into(),
            source: Box::new(trouble),
        }),
        Err(trouble) => Ok(Attempt::Unusable(trouble)),
    }
}

/// Whether the system refused, rather than the file being bad. What redb itself finds wrong has no system's number, and
/// a number that says "no such place in a file" comes from a bad one.
fn is_of_the_system(trouble: &Trouble) -> bool {
    let Trouble::Redb(redb::Error::Io(error)) = trouble else {
        return false;
    };
    let of_a_bad_file = matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    );
    error.raw_os_error().is_some() && !of_a_bad_file
}

/// Renames the file; where it is now. A damaged one that would be one too many is removed, a newer one never.
fn set_aside(path: &Path, newer: bool) -> io::Result<Option<PathBuf>> {
    let word = if newer { "newer" } else { "damaged" };
    for number in 1..=MOST_ASIDE {
        let aside = beside(path, &format!("{word}-{number}"));
        // Also a link that leads nowhere is something.
        if fs::symlink_metadata(&aside).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        {
            fs::rename(path, &aside)?;
            return Ok(Some(aside));
        }
    }
    if newer {
        return Err(io::Error::other(format!(
            "{MOST_ASIDE} of them are kept beside it already"
        )));
    }
    fs::remove_file(path)?;
    Ok(None)
}

/// `paris.redb` and `damaged-1` make `paris.damaged-1.redb`.
fn beside(path: &Path, word: &str) -> PathBuf {
    let mut name = OsString::from(path.file_stem().unwrap_or_default());
    name.push(".");
    name.push(word);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// A file that was much larger once is made smaller. That it fails is no reason not to use it.
fn slim(mut database: Database, saved: Option<&Saved>) -> Database {
    let used = saved.map_or(0, size);
    if database.bytes() > SMALL
        && database.bytes() / WASTE > used
        && let Err(error) = database.compact()
    {
        tracing::debug!(error = %error, "the file could not be made smaller");
    }
    database
}

/// Roughly the bytes that a state takes in a file, half of each page being empty.
fn size(saved: &Saved) -> u64 {
    let totals: usize = saved
        .totals
        .iter()
        .map(|(_, key, total)| key.len() + total.bytes())
        .sum();
    let notes: usize = saved
        .notes
        .iter()
        .map(|note| note.key.len() + note.value.as_ref().map_or(0, |value| value.len()))
        .sum();
    2 * (saved.ids.len() * 10 + saved.parents.len() + (totals + notes) as u64)
}

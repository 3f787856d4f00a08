//! A second word on how far a state has come, in a small file beside it.
//!
//! The database's header names the transaction to go on from, and keeps the one before as well. Damage to it, or a file that was
//! copied back, can name an older transaction that is whole: by itself such a state cannot be told from a good one. So every write
//! has a number, kept in the state, and the witness is told the number once the write is on the disk.
//!
//! * A kill or a power cut in the midst of a write may leave that write incomplete, and the database goes back to the one
//!   before. It was not acknowledged then, nothing of it was shown, and the witness has not heard of it.
//! * The witness is not synced, so after a power cut it may have fallen behind. It is never ahead: it is told a number only
//!   after the disk has confirmed the write.
//!
//! Therefore a state with a lower number than the witness has was left by no crash. What cannot be read as a witness says nothing.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing::debug;

use super::reader::Reader;
use super::seal;

/// What is sealed under this key is a witness.
const KEY: &[u8] = b"witness";

/// Which state, and how many times it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Progress {
    /// Made up when the state was begun.
    pub(super) lineage: u64,
    pub(super) writes: u64,
}

/// How a state differs from the one that was written last in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Lost {
    /// It is older, by this many writes.
    Writes(u64),
    /// It is another one, perhaps a new one.
    State,
}

impl Progress {
    /// Of a new state.
    pub(super) fn begin() -> Self {
        Self {
            lineage: RandomState::new().hash_one(KEY),
            writes: 0,
        }
    }

    pub(super) const fn next(self) -> Self {
        Self {
            writes: self.writes.saturating_add(1),
            ..self
        }
    }

    /// What of that is missing here.
    pub(super) const fn lacks(self, witness: Self) -> Option<Lost> {
        if self.lineage != witness.lineage {
            return Some(Lost::State);
        }
        match witness.writes.saturating_sub(self.writes) {
            0 => None,
            missing => Some(Lost::Writes(missing)),
        }
    }

    pub(super) fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let (lineage, writes) = bytes.split_at_mut(8);
        lineage.copy_from_slice(&self.lineage.to_le_bytes());
        writes.copy_from_slice(&self.writes.to_le_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let progress = Self {
            lineage: reader.u64()?,
            writes: reader.u64()?,
        };
        reader.end(progress)
    }
}

/// Hears how far the state has come, and tells the next process.
pub(super) trait Witness: Send + Sync {
    /// What it was told last.
    fn heard(&self) -> Option<Progress>;

    /// Takes a number. That it fails is no harm: it then says less.
    fn hear(&self, progress: Progress);
}

/// `paris.redb` has `paris.last`.
pub(super) struct Beside {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

impl Beside {
    pub(super) fn new(state: &Path) -> Self {
        Self {
            path: state.with_extension("last"),
            file: Mutex::default(),
        }
    }
}

impl Witness for Beside {
    fn heard(&self) -> Option<Progress> {
        // Looked at before it is read: reading a FIFO would wait for ever.
        let found = fs::metadata(&self.path).ok()?;
        if !found.is_file() || found.len() > 100 {
            return None;
        }
        Progress::from_bytes(seal::open(KEY, &fs::read(&self.path).ok()?)?)
    }

    fn hear(&self, progress: Progress) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let sealed = seal::seal(KEY, &progress.to_bytes());
        if let Err(error) = write(&mut file, &self.path, &sealed) {
            *file = None;
            debug!(path = %self.path.display(), %error, "nothing beside the state says how far it has come");
        }
    }
}

/// Over what is there, which is as long: so a kill leaves the one or the other.
fn write(file: &mut Option<File>, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut open = if let Some(open) = file.take() {
        open
    } else {
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        options.open(path)?
    };
    open.rewind()?;
    open.write_all(bytes)?;
    *file = Some(open);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_says_what_it_heard_and_nothing_when_it_is_damaged() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state.redb");
        assert_eq!(Beside::new(&state).heard(), None);
        let mut progress = Progress::begin();
        let witness = Beside::new(&state);
        for _ in 0..3 {
            progress = progress.next();
            witness.hear(progress);
            assert_eq!(Beside::new(&state).heard(), Some(progress));
        }
        let path = directory.path().join("state.last");
        let bytes = fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(witness.heard(), None, "byte {at}");
            fs::write(&path, &bytes[..at]).unwrap();
            assert_eq!(witness.heard(), None, "{at} bytes");
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let other = Beside::new(&state);
        other.hear(progress);
        assert_eq!(other.heard(), None);
    }

    #[test]
    fn only_fewer_writes_or_another_state_are_a_loss() {
        let one = Progress {
            lineage: 1,
            writes: 5,
        };
        let other = |lineage, writes| Progress { lineage, writes };
        assert_eq!(one.lacks(other(1, 5)), None);
        assert_eq!(one.lacks(other(1, 4)), None, "the witness fell behind");
        assert_eq!(one.lacks(other(1, 8)), Some(Lost::Writes(3)));
        assert_eq!(one.lacks(other(2, 1)), Some(Lost::State));
    }
}

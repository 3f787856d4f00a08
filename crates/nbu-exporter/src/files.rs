//! The door to files that users name: bounded, and regular files only, so that no read can exhaust memory or wait for a
//! writer. A file system that does not answer holds it up all the same: who cannot wait reads with `Patient`, and
//! the `Watch` tells which file it is.

mod watch;

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

pub(crate) use self::watch::{Watch, note};

/// Longest file of certificates or keys, in bytes; the bundle of a whole operating system has 250 KB.
pub(crate) const PEM_BYTES: u64 = 4 << 20;

/// The byte order mark with which some editors begin a file.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the regular file at `path`, at most `limit` bytes long. Follows symbolic links. Blocks.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let _noted = note(path);
    let failed = |source| FileError::Read {
        path: path.to_path_buf(),
        source,
    };
    // Asked before opening: opening a FIFO without a writer would wait for ever.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(FileError::NotAFile {
            path: path.to_path_buf(),
        });
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(failed)?;
    // Asked again of what was opened, should it have been exchanged meanwhile.
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(FileError::NotAFile {
            path: path.to_path_buf(),
        });
    }
    file.take(limit.saturating_add(1))
        .read_to_end(&mut content)
        .map_err(failed)?;
    if content.len() as u64 > limit {
        return Err(FileError::TooLong {
            path: path.to_path_buf(),
            limit,
        });
    }
    Ok(content)
}

/// [`read`] for a file that must be UTF-8 text; without the byte order mark that some editors begin it with.
pub fn read_text(path: &Path, limit: u64) -> Result<String, FileError> {
    let mut content = read(path, limit)?;
    if is_utf16(&content) {
        return Err(FileError::Utf16 {
            path: path.to_path_buf(),
        });
    }
    let read = content.len();
    without_mark(&mut content);
    let mark = read - content.len();
    String::from_utf8(content).map_err(|error| FileError::NotText {
        path: path.to_path_buf(),
        offset: mark + error.utf8_error().valid_up_to(),
    })
}

/// Takes the byte order mark off the beginning.
pub(crate) fn without_mark(content: &mut Vec<u8>) {
    if content.starts_with(MARK) {
        content.drain(..MARK.len());
    }
}

/// True for what begins as UTF-16 text does: with a mark, or with a letter that has a zero beside it.
fn is_utf16(content: &[u8]) -> bool {
    match content {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [first, second, ..] => (*first == 0) != (*second == 0),
        _ => false,
    }
}

/// A file that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system refused; the cause says why.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer. Part of the text as well: without it the line says nothing.
        source: io::Error,
    },
    /// A directory, a pipe, a device.
    #[error("cannot read {}: it is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Longer than anything that belongs there.
    #[error("{} is longer than {limit} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The most bytes that are read.
        limit: u64,
    },
    /// UTF-16, as some tools of Windows write it.
    #[error(
        "{} is UTF-16 text, as PowerShell and Notepad may write it; save it as UTF-8 (Set-Content -Encoding ascii)",
        path.display()
    )]
    Utf16 {
        /// The file.
        path: PathBuf,
    },
    /// Not UTF-8.
    #[error("{} is not UTF-8 text (first wrong byte at offset {offset})", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// Bytes before the first wrong one.
        offset: usize,
    },
}

//! Where the states of the primaries are kept: in one directory, a file per primary, or in memory.
//!
//! A directory belongs to one process: its lock is held from before anything is read until the end. Each primary's file is
//! opened by that primary's own task, so that a slow or damaged one holds up no other.

mod name;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nbu_metrics::ledger::{FileStore, Lost, MemoryStore, OpenError, Opened, Store};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::patient::{Patient, Unread};

/// The file whose lock says that a process uses the directory.
const LOCK: &str = "lock";

/// Where states are kept. Clones are the same place.
#[derive(Debug, Clone, Default)]
pub(crate) enum Storage {
    /// As long as the process lives.
    #[default]
    Memory,
    /// In files.
    Directory(Arc<Directory>),
    /// In this store: for tests of what happens when it fails.
    #[cfg(test)]
    Given(Arc<dyn Store>),
}

/// A directory that is ours.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// Locked as long as it is open.
    _lock: File,
    /// One permit per file: a primary that was removed and comes back waits until its file has been closed.
    turns: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

/// A place to keep one primary's state, for as long as it is held.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(crate) store: Arc<dyn Store>,
    /// What was found when a file was opened, to be told.
    pub(crate) found: Found,
    /// Given back after the store was closed.
    _turn: Option<OwnedSemaphorePermit>,
}

/// What was found in a state's place, beside the state.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) set_aside: Option<nbu_metrics::ledger::SetAside>,
    pub(crate) fell_back: bool,
    pub(crate) lost: Option<Lost>,
}

/// A directory that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Another process uses it.
    #[error(
        "the storage path {} is in use by another nbu-exporter; stop that one, or give this one its own with --storage.path",
        path.display()
    )]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// The system refused.
    #[error(
        "cannot {act} the storage path {}: {source}; name a directory that may be written with --storage.path, or keep \
         the state in memory with --storage.path=\"\"",
        path.display()
    )]
    Refused {
        /// What was tried.
        act: &'static str,
        /// The directory.
        path: PathBuf,
        /// The system's answer. Part of the text as well: without it the line says nothing.
        source: io::Error,
    },
}

impl Storage {
    /// Makes the directory ours, and creates it if need be; `None` is memory.
    pub(crate) async fn claim(path: Option<PathBuf>) -> Result<Self, StorageError> {
        let Some(path) = path else {
            return Ok(Self::Memory);
        };
        let place = path.clone();
        let claimed = Patient::default()
            .read(move || Directory::claim(&place))
            .await;
        let directory = claimed.unwrap_or_else(|unread| {
            let source = match unread {
                Unread::Hung { after, .. } => {
                    io::Error::other(format!("its file system does not answer within {after:?}"))
                }
                unread @ Unread::BrokenOff => io::Error::other(unread),
            };
            Err(StorageError::Refused {
                act: "open",
                path,
                source,
            })
        })?;
        Ok(Self::Directory(Arc::new(directory)))
    }

    /// A place for the state of this primary. Waits for one of the same name to give it back.
    pub(crate) async fn lease(&self, primary: &str) -> Result<Lease, OpenError> {
        match self {
            Self::Memory => Ok(Lease {
                store: Arc::new(MemoryStore::passing()),
                found: Found::default(),
                _turn: None,
            }),
            Self::Directory(directory) => directory.lease(primary).await,
            #[cfg(test)]
            Self::Given(store) => Ok(Lease {
                store: Arc::clone(store),
                found: Found::default(),
                _turn: None,
            }),
        }
    }
}

impl Directory {
    fn claim(path: &Path) -> Result<Self, StorageError> {
        let refused = |act| {
            move |source| StorageError::Refused {
                act,
                path: path.into(),
                source,
            }
        };
        private().create(path).map_err(refused("create"))?;
        let path = fs::canonicalize(path).map_err(refused("find"))?;
        let lock = path.join(LOCK);
        let refused = |act| {
            let path = path.clone();
            move |source| StorageError::Refused { act, path, source }
        };
        // Looked at before it is opened: opening a FIFO would wait for ever.
        if fs::metadata(&lock).is_ok_and(|found| !found.is_file()) {
            let source = io::Error::other("its file `lock` is not a regular file");
            return Err(refused("lock")(source));
        }
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&lock)
            .map_err(refused("write to"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path,
                _lock: lock,
                turns: Mutex::default(),
            }),
            Err(TryLockError::WouldBlock) => Err(StorageError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(refused("lock")(source)),
        }
    }

    async fn lease(&self, primary: &str) -> Result<Lease, OpenError> {
        let name = name::of(primary);
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = turns.entry(name.clone());
            Arc::clone(turn.or_insert_with(|| Arc::new(Semaphore::new(1))))
        };
        // A semaphore that nobody closes always grants.
        let turn = turn.acquire_owned().await.ok();
        let Opened {
            store,
            set_aside,
            fell_back,
            lost,
            ..
        } = FileStore::open(self.path.join(name)).await?;
        Ok(Lease {
            store: Arc::new(store),
            found: Found {
                set_aside,
                fell_back,
                lost,
            },
            _turn: turn,
        })
    }
}

/// Makes directories that only their owner can look into.
fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

#[cfg(test)]
mod tests;

//! State in a file, that outlives the process.
//!
//! A commit is one transaction. Those that come while another is being written are merged and written together; a write
//! that fails leaves what it had waiting for the next one.
//!
//! Every value carries a checksum, the file a format number and a tree of checksums over its pages (redb's), which is
//! walked whenever the file is opened. What does not hold is set aside, not repaired by guessing. A [witness] beside the file
//! tells whether the state is older than what was written last.
//!
//! redb blocks and may panic on a damaged file: it is called on the runtime's blocking threads only, one call at a time, at most
//! one thread for a file, and its panics end there. No thread lives longer than the calls that wait.

mod calls;
mod chunk;
mod code;
mod database;
mod opening;
mod pending;
mod reader;
mod seal;
mod tables;
#[cfg(test)]
mod tests;
mod trouble;
mod witness;

use std::fmt;
use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::{Changes, Committed, Remembered, Saved, Store, StoreError, StoreFuture};
use crate::ledger::{Counted, Marks};

use calls::Calls;
use database::Database;
use pending::Pending;
use trouble::Trouble;

pub use opening::{OpenError, Opened, SetAside};
pub use witness::Lost;

/// Keeps the state in one file. Only one store at a time may have it open.
pub struct FileStore {
    path: PathBuf,
    shared: Arc<Shared>,
    calls: Calls,
    runtime: Handle,
}

/// What the store and its calls on blocking threads share.
struct Shared {
    /// What waits. Held for moments.
    waiting: Mutex<Waiting>,
    /// Held as long as a call of the database takes; on blocking threads only.
    database: Mutex<Database>,
    /// Size of the file.
    bytes: AtomicU64,
    /// Jobs remembered in the file.
    ids: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    pending: Pending,
    /// What is being written right now.
    writing: Option<Arc<Pending>>,
    /// The marks of the last commit.
    marks: Marks,
    /// Ids forgotten by the file and not reported yet.
    forgotten: Vec<u64>,
    /// What was read when the file was opened, until it is asked for.
    loaded: Option<Saved>,
    closed: bool,
}

impl FileStore {
    /// Opens the file or creates it, and checks all of it. A file that is damaged or was written by a newer version is
    /// renamed, which is told, and a new one begun in its place.
    ///
    /// Call it inside a tokio runtime: its blocking threads are used, now and later.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Opened, OpenError> {
        let path = path.into();
        let place = path.clone();
        let runtime = Handle::current();
        let opened = runtime
            .spawn_blocking(move || opening::open(&place))
            .await
            .map_err(|error| OpenError::Interrupted {
                path: path.clone(),
                source: error.into(),
            })?;
        let (database, saved, set_aside) = opened?;
        Ok(Opened {
            fell_back: database.fell_back(),
            // What was set aside is told as that.
            lost: database.lost().filter(|_| set_aside.is_none()),
            store: Self::over(path, database, saved, runtime),
            set_aside,
        })
    }

    fn over(path: PathBuf, database: Database, saved: Option<Saved>, runtime: Handle) -> Self {
        let marks = saved.as_ref().map(|saved| saved.marks.clone());
        let ids = saved.as_ref().map_or(0, |saved| saved.ids.len());
        let shared = Shared {
            bytes: AtomicU64::new(database.bytes()),
            ids: AtomicU64::new(ids),
            database: Mutex::new(database),
            waiting: Mutex::new(Waiting {
                marks: marks.unwrap_or_default(),
                loaded: saved,
                ..Waiting::default()
            }),
        };
        Self {
            path,
            shared: Arc::new(shared),
            calls: Calls::default(),
            runtime,
        }
    }

    /// Where the state is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Does something on a blocking thread, after what was asked before and whether or not the future is polled.
    fn spawn<T: Send + 'static>(
        &self,
        act: &'static str,
        work: impl FnOnce(&Shared) -> Result<T, Trouble> + Send + 'static,
    ) -> StoreFuture<'static, T> {
        self.spawn_while(act, |_| true, work)
    }

    /// Reads something likewise, unless nobody awaits it any more when it is its turn.
    fn spawn_read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, Trouble> + Send + 'static,
    ) -> StoreFuture<'static, T> {
        self.spawn_while("read", |answer| !answer.is_closed(), work)
    }

    fn spawn_while<T: Send + 'static>(
        &self,
        act: &'static str,
        is_wanted: fn(&oneshot::Sender<Result<T, Trouble>>) -> bool,
        work: impl FnOnce(&Shared) -> Result<T, Trouble> + Send + 'static,
    ) -> StoreFuture<'static, T> {
        let shared = Arc::clone(&self.shared);
        let path = self.path.clone();
        let (answer, answered) = oneshot::channel();
        self.calls.add(&self.runtime, move || {
            if is_wanted(&answer) {
                // Dropped if it is not waited for any more.
                let _ = answer.send(work(&shared));
            }
        });
        Box::pin(async move {
            let source: Box<dyn std::error::Error + Send + Sync> = match answered.await {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(trouble)) => Box::new(opening::InFile {
                    path,
                    source: trouble,
                }),
                Err(error) => Box::new(error),
            };
            Err(StoreError { act, source })
        })
    }
}

impl Store for FileStore {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        if let Some(loaded) = self.shared.waiting().loaded.take() {
            return Box::pin(ready(Ok(Some(loaded))));
        }
        self.spawn("loaded", |shared| {
            shared.write()?;
            shared.database().load()
        })
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        let mut found = self.shared.waiting().find(ids);
        let unknown: Vec<u64> = ids
            .iter()
            .zip(&found)
            .filter(|(_, counted)| counted.is_none())
            .map(|(id, _)| *id)
            .collect();
        if unknown.is_empty() {
            return Box::pin(ready(Ok(found)));
        }
        let reading = self.spawn_read(move |shared| shared.database().find(&unknown));
        Box::pin(async move {
            let mut read = reading.await?.into_iter();
            for counted in found.iter_mut().filter(|counted| counted.is_none()) {
                *counted = read.next().flatten();
            }
            Ok(found)
        })
    }

    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed> {
        let is_written = {
            let mut waiting = self.shared.waiting();
            waiting.absorb(changes);
            waiting.pending.is_empty() && waiting.writing.is_none()
        };
        if is_written {
            return Box::pin(ready(Ok(self.shared.committed())));
        }
        let writing = self.spawn("written", Shared::write);
        Box::pin(async move {
            writing.await?;
            Ok(self.shared.committed())
        })
    }

    fn remembered(&self) -> Remembered {
        let waiting = self.shared.waiting();
        let on_its_way = waiting.writing.as_deref();
        Remembered {
            ids: self.shared.ids.load(Ordering::Relaxed) + waiting.pending.counted.len() as u64,
            bytes: (waiting.pending.bytes() + on_its_way.map_or(0, Pending::bytes)) as u64,
        }
    }

    fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        self.spawn("written", |shared| {
            let written = shared.write();
            shared.waiting().closed = true;
            shared.database().close();
            written
        })
    }
}

impl Drop for FileStore {
    /// What waits is not written: it was promised to nobody. The file is closed where that may block.
    fn drop(&mut self) {
        if self.shared.waiting().closed {
            return;
        }
        let shared = Arc::clone(&self.shared);
        self.calls.add(&self.runtime, move || {
            shared.database().close();
        });
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn database(&self) -> MutexGuard<'_, Database> {
        // Its panics do not get out of it.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes everything that waits now, so that it lasts. Blocks.
    fn write(&self) -> Result<(), Trouble> {
        let mut database = self.database();
        let batch = {
            let mut waiting = self.waiting();
            if waiting.pending.is_empty() {
                return Ok(());
            }
            let batch = Arc::new(std::mem::take(&mut waiting.pending));
            waiting.writing = Some(Arc::clone(&batch));
            batch
        };
        let written = database.write(&batch);
        self.bytes.store(database.bytes(), Ordering::Relaxed);
        let mut waiting = self.waiting();
        waiting.writing = None;
        match written {
            Ok(written) => {
                self.ids.store(written.ids, Ordering::Relaxed);
                waiting.forget(written.forgotten);
                Ok(())
            }
            Err(trouble) => {
                waiting
                    .pending
                    .take_back(Arc::try_unwrap(batch).unwrap_or_else(|batch| (*batch).clone()));
                Err(trouble)
            }
        }
    }

    fn committed(&self) -> Committed {
        Committed {
            forgotten: std::mem::take(&mut self.waiting().forgotten),
        }
    }
}

impl Waiting {
    fn absorb(&mut self, changes: Changes) {
        let marks = changes.marks.clone();
        // An id that is counted again meanwhile is not forgotten any more.
        if !self.forgotten.is_empty() {
            self.forgotten
                .retain(|id| !changes.counted.iter().any(|(counted, _)| counted == id));
        }
        self.pending.absorb(changes, &self.marks);
        self.marks = marks;
    }

    fn forget(&mut self, ids: Vec<u64>) {
        let pending = &self.pending;
        let gone = ids
            .into_iter()
            .filter(|id| !pending.counted.contains_key(id));
        self.forgotten.extend(gone);
    }

    /// What of these was counted and is not in the file yet.
    fn find(&self, ids: &[u64]) -> Vec<Option<Counted>> {
        let writing = self.writing.as_deref();
        ids.iter()
            .map(|id| {
                let newest = self.pending.counted.get(id);
                newest.or_else(|| writing?.counted.get(id)).copied()
            })
            .collect()
    }
}

//! A store that fails on command and can be brought back to what it had kept.

use std::fs;
use std::future::{pending, ready};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nbu_metrics::ledger::{
    Changes, Committed, Counted, FileStore, MemoryStore, Remembered, Saved, Store, StoreError,
    StoreFuture,
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// What becomes of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It fails; nothing was kept.
    Lost,
    /// It was kept, but the answer says that it failed.
    AnswerLost,
    /// It was kept, but never answers.
    Hangs,
    /// It never answers and nothing was kept.
    HangsBefore,
}

/// Keeps the commits as a log beside the state they make.
#[derive(Debug, Default)]
pub(super) struct FaultyStore {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: Arc<dyn Store>,
    /// Where the state is a file.
    files: Option<Files>,
    log: Vec<Changes>,
    /// How many pages may wait for others.
    patience: u32,
    /// Commits to go until the fault.
    fault: Option<(u32, Fault)>,
}

/// The files of one history: a new one after each crash, with what the crash left of the one before.
#[derive(Clone, Debug)]
struct Files {
    directory: Arc<TempDir>,
    number: usize,
    runtime: Arc<Runtime>,
}

impl Files {
    fn new() -> Self {
        // On memory where there is some: what is tested is not the disk.
        let memory = PathBuf::from("/dev/shm");
        let directory = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        Self {
            directory: Arc::new(directory.unwrap()),
            number: 0,
            runtime: Arc::new(Builder::new_current_thread().build().unwrap()),
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join(format!("{}.redb", self.number))
    }

    fn open(&self) -> Arc<dyn Store> {
        let opened = self.runtime.block_on(FileStore::open(self.path())).unwrap();
        assert!(opened.set_aside.is_none() && !opened.fell_back);
        assert_eq!(opened.lost, None);
        let runtime = Arc::clone(&self.runtime);
        Arc::new(AtOnce {
            store: opened.store,
            runtime,
        })
    }

    /// Copies the file as it is, in use: what a kill leaves behind.
    fn after_crash(&self) -> Self {
        let after = Self {
            number: self.number + 1,
            ..self.clone()
        };
        for beside in ["redb", "last"] {
            let from = self.path().with_extension(beside);
            fs::copy(from, after.path().with_extension(beside)).unwrap();
        }
        after
    }
}

/// A file whose answers are waited for.
#[derive(Debug)]
struct AtOnce {
    store: FileStore,
    runtime: Arc<Runtime>,
}

impl AtOnce {
    fn wait<'a, T: Send + 'a>(&self, future: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        Box::pin(ready(self.runtime.block_on(future)))
    }
}

impl Store for AtOnce {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        self.wait(self.store.load())
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        self.wait(self.store.counted(ids))
    }

    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed> {
        self.wait(self.store.commit(changes))
    }

    fn remembered(&self) -> Remembered {
        self.store.remembered()
    }

    fn bytes(&self) -> u64 {
        self.store.bytes()
    }
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            state: Arc::new(MemoryStore::new()),
            files: None,
            log: Vec::new(),
            patience: 0,
            fault: None,
        }
    }
}

impl FaultyStore {
    /// Keeps the state in a file.
    pub(super) fn on_files() -> Self {
        let files = Files::new();
        Self {
            inner: Mutex::new(Inner {
                state: files.open(),
                files: Some(files),
                ..Inner::default()
            }),
        }
    }

    /// Lets so many pages wait for others.
    pub(super) fn patient(self, patience: u32) -> Self {
        self.inner.lock().unwrap().patience = patience;
        self
    }

    /// Lets the commit after `later` others fail.
    pub(super) fn fail(&self, later: u32, fault: Fault) {
        self.inner.lock().unwrap().fault = Some((later, fault));
    }

    pub(super) fn heal(&self) {
        self.inner.lock().unwrap().fault = None;
    }

    /// What a new process finds: every commit, and nothing of what waited for one.
    pub(super) fn after_crash(&self) -> Self {
        let inner = self.inner.lock().unwrap();
        let patience = inner.patience;
        if let Some(files) = &inner.files {
            let files = files.after_crash();
            return Self {
                inner: Mutex::new(Inner {
                    state: files.open(),
                    files: Some(files),
                    patience,
                    ..Inner::default()
                }),
            };
        }
        let state = Arc::new(MemoryStore::new());
        for changes in &inner.log {
            now(state.commit(changes.clone()));
        }
        Self {
            inner: Mutex::new(Inner {
                state,
                log: inner.log.clone(),
                patience,
                ..Inner::default()
            }),
        }
    }
}

impl Store for FaultyStore {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        let state = Arc::clone(&self.inner.lock().unwrap().state);
        Box::pin(async move { state.load().await })
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        let state = Arc::clone(&self.inner.lock().unwrap().state);
        Box::pin(async move { state.counted(ids).await })
    }

    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed> {
        let mut inner = self.inner.lock().unwrap();
        let fault = match &mut inner.fault {
            Some((0, fault)) => Some(*fault),
            Some((later, _)) => {
                *later -= 1;
                None
            }
            None => None,
        };
        if fault.is_some() {
            inner.fault = None;
        }
        match fault {
            Some(Fault::Lost) => return Box::pin(ready(Err(failure()))),
            Some(Fault::HangsBefore) => return Box::pin(pending()),
            _ => {}
        }
        let committed = now(inner.state.commit(changes.clone()));
        if inner.files.is_none() {
            inner.log.push(changes);
        }
        match fault {
            Some(Fault::AnswerLost) => Box::pin(ready(Err(failure()))),
            Some(Fault::Hangs) => Box::pin(pending()),
            _ => Box::pin(ready(Ok(committed))),
        }
    }

    fn is_due(&self, pages: u32, _waited: Duration) -> bool {
        pages > self.inner.lock().unwrap().patience
    }

    fn remembered(&self) -> Remembered {
        self.inner.lock().unwrap().state.remembered()
    }

    fn bytes(&self) -> u64 {
        self.inner.lock().unwrap().state.bytes()
    }
}

fn failure() -> StoreError {
    StoreError {
        act: "written",
        source: "the test says so".into(),
    }
}

/// The answer of a store that answers at once.
fn now<T>(future: StoreFuture<'_, T>) -> T {
    super::driver::poll_once(future)
        .expect("memory answers at once")
        .expect("memory does not fail")
}

//! Which file a thread is reading, for whoever waits for it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    /// Who wants to know what this thread reads.
    static WATCHING: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Tells which file is being read. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch(Arc<Mutex<Option<PathBuf>>>);

impl Watch {
    /// Acts on this thread; meanwhile [`reading`](Self::reading) tells which file holds it up.
    pub(crate) fn during<T>(&self, act: impl FnOnce() -> T) -> T {
        let _watching = Watching(WATCHING.replace(Some(self.clone())));
        act()
    }

    /// The file that is being read now.
    pub(crate) fn reading(&self) -> Option<PathBuf> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, path: Option<PathBuf>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = path;
    }
}

/// Puts back who wanted to know before.
struct Watching(Option<Watch>);

impl Drop for Watching {
    fn drop(&mut self) {
        WATCHING.set(self.0.take());
    }
}

/// One file is being read, until this is dropped.
#[must_use]
pub(crate) struct Noted(Option<Watch>);

/// This thread is about to touch `path`.
pub(crate) fn note(path: &Path) -> Noted {
    let watch = WATCHING.with_borrow(Clone::clone);
    if let Some(watch) = &watch {
        watch.set(Some(path.to_path_buf()));
    }
    Noted(watch)
}

impl Drop for Noted {
    fn drop(&mut self) {
        if let Some(watch) = &self.0 {
            watch.set(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_file_that_is_being_read_and_nothing_before_and_after() {
        let watch = Watch::default();
        watch.during(|| {
            assert_eq!(watch.reading(), None);
            let noted = note(Path::new("/run/key"));
            assert_eq!(watch.reading().as_deref(), Some(Path::new("/run/key")));
            // Another thread is another matter.
            std::thread::scope(|scope| {
                let other = scope.spawn(|| drop(note(Path::new("/other"))));
                other.join().unwrap();
            });
            assert_eq!(watch.reading().as_deref(), Some(Path::new("/run/key")));
            drop(noted);
            assert_eq!(watch.reading(), None);
        });
        drop(note(Path::new("/run/key")));
        assert_eq!(watch.reading(), None);
    }

    #[test]
    fn reading_a_file_is_noted() {
        let watch = Watch::default();
        let seen = std::panic::catch_unwind(|| {
            watch.during(|| {
                let _noted = note(Path::new("/run/key"));
                panic!("while it is read")
            })
        });
        assert!(seen.is_err());
        assert_eq!(watch.reading(), None, "however it ends");
        assert!(WATCHING.with_borrow(Option::is_none));
    }
}

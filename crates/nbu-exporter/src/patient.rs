//! Reading files from a file system that may hang.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use crate::files::Watch;

/// The longest that reading may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Reads on a thread of its own, and waits for it only so long. A thread that hangs cannot be ended, so while one does no
/// other is begun: however often a reading is asked for, one thread is lost. Nothing is forgotten if a reading is dropped.
#[derive(Debug, Default)]
pub(crate) struct Patient {
    /// The thread that was not waited for to its end.
    busy: Option<(JoinHandle<()>, Watch)>,
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unread {
    /// The file system does not answer.
    #[error(
        "{} could not be read within {after:?}; check the file system it is on, it does not answer",
        .file.as_ref().map_or("the files".into(), |file| file.to_string_lossy())
    )]
    Hung {
        /// The file that holds the reading up, if it is one.
        file: Option<PathBuf>,
        /// How long was waited.
        after: Duration,
    },
    /// The thread that read ended without a word: it panicked, or the process is on its way down.
    #[error("reading the files was broken off")]
    BrokenOff,
}

impl Patient {
    /// What `read` brings.
    pub(crate) async fn read<T: Send + 'static>(
        &mut self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unread> {
        if let Some((thread, watch)) = &mut self.busy {
            // It began to read before this was asked for, so what it brings is too old to be used.
            if timeout(PATIENCE, thread).await.is_err() {
                return Err(hung(watch));
            }
            self.busy = None;
        }
        let (sender, receiver) = oneshot::channel();
        let watch = Watch::default();
        let watched = watch.clone();
        let thread = spawn_blocking(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(watched.during(read));
        });
        let (_, watch) = self.busy.insert((thread, watch));
        let Ok(read) = timeout(PATIENCE, receiver).await else {
            return Err(hung(watch));
        };
        self.busy = None;
        read.map_err(|_| Unread::BrokenOff)
    }
}

fn hung(watch: &Watch) -> Unread {
    Unread::Hung {
        file: watch.reading(),
        after: PATIENCE,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex, mpsc};

    use tokio::time::advance;

    use super::*;
    use crate::files::note;

    /// Lets time pass until the reading was given up. A thread of the blocking pool keeps the paused clock from moving by itself.
    async fn given_up<T: std::fmt::Debug>(
        reading: impl Future<Output = Result<T, Unread>>,
    ) -> Unread {
        tokio::pin!(reading);
        tokio::select! {
            biased;
            early = &mut reading => panic!("did not wait: {early:?}"),
            () = tokio::task::yield_now() => {}
        }
        advance(PATIENCE).await;
        reading.await.unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_hangs_is_given_up_and_the_next_one_reads_anew_once_it_has_ended() {
        let (release, held) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel::<()>();
        let held = Arc::new(Mutex::new(held));
        let reads = Arc::new(AtomicU32::new(0));
        let read = {
            let reads = Arc::clone(&reads);
            move || {
                let read = reads.fetch_add(1, Ordering::Relaxed);
                let _noted = note(Path::new("/mnt/hangs/key"));
                begun.send(()).unwrap();
                if read == 0 {
                    let _ = held.lock().unwrap().recv();
                }
                read
            }
        };
        let mut patient = Patient::default();
        let mut first = Box::pin(patient.read(read.clone()));
        tokio::select! {
            biased;
            early = &mut first => panic!("did not wait: {early:?}"),
            () = tokio::task::yield_now() => {}
        }
        begins.recv().unwrap();
        // Dropped, as a life may drop what it waits for: it is remembered all the same.
        drop(first);
        for _ in 0..3 {
            let unread = given_up(patient.read(read.clone())).await;
            let said = unread.to_string();
            assert!(
                said.starts_with("/mnt/hangs/key could not be read within 30s"),
                "{said}"
            );
            assert_eq!(reads.load(Ordering::Relaxed), 1, "no second thread hangs");
        }
        release.send(()).unwrap();
        assert_eq!(
            patient.read(read).await,
            Ok(1),
            "not what the first one read"
        );
    }

    #[tokio::test]
    async fn a_read_that_panics_is_told_and_the_next_one_reads() {
        let mut patient = Patient::default();
        let broken = patient.read(|| panic!("on purpose")).await;
        assert_eq!(broken.map(|()| 0), Err(Unread::BrokenOff));
        assert_eq!(patient.read(|| 7).await, Ok(7));
    }
}

//! Reading from a file system that may hang.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::ReloadError;

/// The longest that reading may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads on a thread of its own, and waits for it only so long. A thread that hangs cannot be ended, so while one does no
/// other is begun: however often a reload is asked for, one thread is lost.
pub(super) struct Loading<C> {
    read: Arc<dyn Fn() -> Result<C, ReloadError> + Send + Sync>,
    /// The read that was given up.
    hung: Option<JoinHandle<Result<C, ReloadError>>>,
}

impl<C: Send + 'static> Loading<C> {
    pub(super) fn new(read: impl Fn() -> Result<C, ReloadError> + Send + Sync + 'static) -> Self {
        Self {
            read: Arc::new(read),
            hung: None,
        }
    }

    /// Reads what is there now.
    pub(super) async fn load(&mut self) -> Result<C, ReloadError> {
        if let Some(hung) = &mut self.hung {
            // It began to read before this was asked for, so what it brings is too old to be used.
            if timeout(PATIENCE, hung).await.is_err() {
                return Err(ReloadError::Hung { after: PATIENCE });
            }
            self.hung = None;
        }
        let read = Arc::clone(&self.read);
        let mut reading = spawn_blocking(move || read());
        match timeout(PATIENCE, &mut reading).await {
            Ok(Ok(read)) => read,
            // It panicked, or the runtime is on its way down.
            Ok(Err(_)) => Err(ReloadError::Stopping),
            Err(_) => {
                self.hung = Some(reading);
                Err(ReloadError::Hung { after: PATIENCE })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    use tokio::time::advance;

    use super::*;

    /// Lets time pass until `load` has given up. A thread of the blocking pool keeps the paused clock from moving by itself.
    async fn give_up(loading: &mut Loading<u32>) -> Result<u32, ReloadError> {
        let load = loading.load();
        tokio::pin!(load);
        tokio::select! {
            biased;
            early = &mut load => panic!("did not wait: {early:?}"),
            () = tokio::task::yield_now() => {}
        }
        advance(PATIENCE).await;
        load.await
    }

    #[tokio::test(start_paused = true)]
    async fn a_read_that_hangs_is_given_up_and_the_next_one_reads_anew_once_it_has_ended() {
        let (release, held) = mpsc::channel::<()>();
        let held = Mutex::new(held);
        let reads = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&reads);
        let mut loading = Loading::new(move || {
            let read = count.fetch_add(1, Ordering::Relaxed);
            if read == 0 {
                let _ = held.lock().unwrap().recv();
            }
            Ok(read)
        });
        for _ in 0..3 {
            let given_up = give_up(&mut loading).await;
            assert!(matches!(given_up, Err(ReloadError::Hung { .. })));
            assert!(reads.load(Ordering::Relaxed) <= 1, "no second thread hangs");
        }
        release.send(()).unwrap();
        assert_eq!(
            loading.load().await.unwrap(),
            1,
            "not what the first one read"
        );
    }
}

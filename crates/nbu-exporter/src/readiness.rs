//! When the exporter counts as ready: every primary's first attempt has ended, or has had its time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::board::Publications;

/// The longest time that primaries can keep the exporter from being ready.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// Tells whether the exporter is ready. Once it is, it stays so.
#[derive(Debug, Clone)]
pub(crate) struct Readiness(watch::Receiver<bool>);

impl Readiness {
    /// Not ready yet; the returned watcher makes it so.
    pub(crate) fn new() -> (Self, Watcher) {
        let (sender, receiver) = watch::channel(false);
        (Self(receiver), Watcher(sender))
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.0.borrow()
    }
}

/// Makes the exporter ready.
#[derive(Debug)]
pub(crate) struct Watcher(watch::Sender<bool>);

impl Watcher {
    /// Call it when the primaries stand on the board.
    pub(crate) async fn watch(self, mut board: watch::Receiver<Arc<Publications>>) {
        let attempted =
            board.wait_for(|board| board.primaries.values().all(|entry| entry.view.attempted));
        // An error means that the board is gone, and the process with it: no harm in being ready.
        let _ = timeout(LONGEST, attempted).await;
        self.0.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::board::{Board, Entry, View};

    fn publish(board: &Board, name: &str, attempted: bool) {
        board.publish(
            &Arc::from(name),
            Entry::of(View {
                attempted,
                ..View::default()
            }),
        );
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_ready_when_the_last_first_attempt_has_ended() {
        let board = Board::default();
        publish(&board, "paris", false);
        publish(&board, "tokyo", false);
        let (readiness, watcher) = Readiness::new();
        let watching = tokio::spawn(watcher.watch(board.reader()));
        publish(&board, "paris", true);
        tokio::task::yield_now().await;
        assert!(!readiness.is_ready());
        publish(&board, "tokyo", true);
        watching.await.unwrap();
        assert!(readiness.is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn a_black_hole_keeps_it_from_being_ready_for_thirty_seconds_at_most() {
        let board = Board::default();
        publish(&board, "paris", false);
        let (readiness, watcher) = Readiness::new();
        let started = Instant::now();
        watcher.watch(board.reader()).await;
        assert!(readiness.is_ready());
        assert_eq!(started.elapsed(), LONGEST);
    }
}

//! Accepts connections, serves them, and drains them when the process stops.
//!
//! On [`Stage::Draining`] the listeners are closed first, then every connection: an idle one at once, one with a response
//! under way as soon as the client has it. On [`Stage::Cutting`] what is left is dropped.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::warn;

use super::connection::Patience;
use super::connections::{Connections, OpenConnection};
use super::conversation::converse;
use super::live::Live;

/// How far the server is on its way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Accepting and serving.
    Serving,
    /// No new connections; running responses finish.
    Draining,
    /// The grace period is over.
    Cutting,
}

/// The pause after a failed accept (usually: no file descriptor is free), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Serves `router` on every listener, as the web configuration says, until [`Stage::Draining`], then drains.
///
/// Returns the number of responses that were cut off because [`Stage::Cutting`] came first.
pub(crate) async fn serve(
    listeners: Vec<TcpListener>,
    router: Router,
    live: Arc<Live>,
    patience: Patience,
    stage: watch::Receiver<Stage>,
) -> usize {
    let connections = Arc::new(Connections::new());
    let mut doors: JoinSet<usize> = listeners
        .into_iter()
        .map(|listener| {
            accept(
                listener,
                Arc::clone(&connections),
                router.clone(),
                Arc::clone(&live),
                patience,
                stage.clone(),
            )
        })
        .collect();
    let mut cut = 0;
    while let Some(door) = doors.join_next().await {
        cut += door.unwrap_or_default();
    }
    cut
}

async fn accept(
    listener: TcpListener,
    all: Arc<Connections>,
    router: Router,
    live: Arc<Live>,
    patience: Patience,
    mut stage: watch::Receiver<Stage>,
) -> usize {
    let mut connections = JoinSet::new();
    let stages = stage.clone();
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            () = reached(&mut stage, Stage::Draining) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = next(&listener, &all) => match accepted {
                Ok((stream, open)) => {
                    failing = false;
                    let live = Arc::clone(&live);
                    connections.spawn(converse(stream, open, router.clone(), live, patience, stages.clone()));
                }
                Err(error) => {
                    if !failing && !is_of_one_client(&error) {
                        failing = true;
                        warn!(%error, "cannot accept connections; trying again");
                    }
                    if !is_of_one_client(&error) {
                        all.close_longest_idle();
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let mut cut = 0;
    while let Some(connection) = connections.join_next().await {
        cut += usize::from(connection.unwrap_or_default());
    }
    cut
}

/// The next connection, with room for it. The room is there first, so that none is lost if this is dropped.
async fn next(
    listener: &TcpListener,
    all: &Arc<Connections>,
) -> io::Result<(TcpStream, OpenConnection)> {
    let open = all.room().await;
    let (stream, _) = listener.accept().await?;
    open.accepted();
    Ok((stream, open))
}

/// Waits for a stage, or for the end of whoever sets them, which is as good as the last one.
pub(super) async fn reached(stage: &mut watch::Receiver<Stage>, wanted: Stage) {
    let _ = stage.wait_for(|stage| *stage >= wanted).await;
}

/// The client went away between its connect and our accept: nothing to tell anybody.
fn is_of_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

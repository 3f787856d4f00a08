//! Accepts connections, serves them, and drains them when the process stops.
//!
//! On [`Stage::Draining`] the listeners are closed first, then every connection: an idle one at once, one with a response
//! under way as soon as the client has it. On [`Stage::Cutting`] what is left is dropped.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tracing::{debug, warn};

use super::connection::{Activity, Patience, Serving, Watched};

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

/// How long a connection without a running response may still turn out to have sent a request when draining begins.
const LINGER: Duration = Duration::from_millis(250);

/// The pause after a failed accept (usually: no file descriptor is free), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Serves `router` on every listener until [`Stage::Draining`], then drains.
///
/// Returns the number of responses that were cut off because [`Stage::Cutting`] came first.
pub(crate) async fn serve(
    listeners: Vec<TcpListener>,
    router: Router,
    patience: Patience,
    stage: watch::Receiver<Stage>,
) -> usize {
    let mut doors: JoinSet<usize> = listeners
        .into_iter()
        .map(|listener| accept(listener, router.clone(), patience, stage.clone()))
        .collect();
    let mut cut = 0;
    while let Some(door) = doors.join_next().await {
        cut += door.unwrap_or_default();
    }
    cut
}

async fn accept(
    listener: TcpListener,
    router: Router,
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
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    failing = false;
                    connections.spawn(converse(stream, router.clone(), patience, stages.clone()));
                }
                Err(error) => {
                    if !failing && !is_of_one_client(&error) {
                        failing = true;
                        warn!(%error, "cannot accept connections; trying again");
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

/// Waits for a stage, or for the end of whoever sets them, which is as good as the last one.
async fn reached(stage: &mut watch::Receiver<Stage>, wanted: Stage) {
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

/// Serves one connection to its end. True if a response was cut off.
async fn converse(
    stream: TcpStream,
    router: Router,
    patience: Patience,
    mut stage: watch::Receiver<Stage>,
) -> bool {
    // Responses are written whole; waiting for more would only add latency.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "cannot set TCP_NODELAY");
    }
    let activity = Arc::new(Activity::default());
    let service = service_fn(|request| answer(router.clone(), request, activity.serve()));
    let watched = TokioIo::new(Watched::new(stream, Arc::clone(&activity), patience));
    let mut connection = pin!(
        http1::Builder::new()
            .header_read_timeout(None)
            .serve_connection(watched, service)
    );

    tokio::select! {
        outcome = connection.as_mut() => return ended(outcome),
        () = reached(&mut stage, Stage::Draining) => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        outcome = connection.as_mut() => return ended(outcome),
        () = sleep(LINGER) => if activity.is_idle() { return false },
        () = reached(&mut stage, Stage::Cutting) => return !activity.is_idle(),
    }
    tokio::select! {
        outcome = connection.as_mut() => ended(outcome),
        () = reached(&mut stage, Stage::Cutting) => !activity.is_idle(),
    }
}

/// A connection that ended by itself was not cut by us.
fn ended(outcome: hyper::Result<()>) -> bool {
    if let Err(error) = outcome {
        debug!(%error, "connection ended");
    }
    false
}

async fn answer(
    router: Router,
    request: hyper::Request<Incoming>,
    serving: Serving,
) -> Result<hyper::Response<Held>, Infallible> {
    let response = TowerToHyperService::new(router).call(request).await?;
    Ok(response.map(|body| Held {
        body,
        _serving: serving,
    }))
}

/// A response body that counts as a running response until the HTTP stack has taken all of it.
struct Held {
    body: Body,
    _serving: Serving,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

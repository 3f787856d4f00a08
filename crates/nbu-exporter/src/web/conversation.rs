//! One connection from its accept to its end, whichever protocol it speaks.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::GracefulConnection;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::debug;

use super::connection::{Activity, Patience, Serving, Watched};
use super::connections::OpenConnection;
use super::greeting::{self, Greeting};
use super::live::Live;
use super::server::{Stage, reached};

/// How long a connection without a running response may still turn out to have sent a request when draining begins.
const LINGER: Duration = Duration::from_millis(250);

/// Most requests at once on one connection of HTTP/2.
const STREAMS: u32 = 100;

/// Serves one connection to its end, or until it has to make room for another one. True if a response was cut off.
pub(super) async fn converse(
    stream: TcpStream,
    open: OpenConnection,
    router: Router,
    live: Arc<Live>,
    patience: Patience,
    stage: watch::Receiver<Stage>,
) -> bool {
    let mut served = pin!(served(stream, &open, router, live, patience, stage));
    loop {
        tokio::select! {
            cut = served.as_mut() => return cut,
            () = open.must_close() => if !open.stays() { return false },
        }
    }
}

async fn served(
    stream: TcpStream,
    open: &OpenConnection,
    router: Router,
    live: Arc<Live>,
    patience: Patience,
    mut stage: watch::Receiver<Stage>,
) -> bool {
    // Responses are written whole; waiting for more would only add latency.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "cannot set TCP_NODELAY");
    }
    if !live.speaks_tls() {
        return http1(stream, open, router, patience, stage).await;
    }
    let greeting = tokio::select! {
        greeting = greeting::greet(stream, &live, patience.head) => greeting,
        // Nobody has asked for anything yet.
        () = reached(&mut stage, Stage::Draining) => return false,
    };
    match greeting {
        Greeting::Http1(stream) => http1(*stream, open, router, patience, stage).await,
        Greeting::Http2(stream) => http2(*stream, open, router, patience, stage).await,
        Greeting::Over => false,
    }
}

async fn http1(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    open: &OpenConnection,
    router: Router,
    patience: Patience,
    stage: watch::Receiver<Stage>,
) -> bool {
    let activity = Arc::new(Activity::default());
    open.shows(&activity);
    let service = service_fn(|request| answer(router.clone(), request, activity.serve()));
    let watched = TokioIo::new(Watched::new(stream, Arc::clone(&activity), patience));
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(watched, service);
    hold(connection, &activity, stage).await
}

async fn http2(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    open: &OpenConnection,
    router: Router,
    patience: Patience,
    stage: watch::Receiver<Stage>,
) -> bool {
    let activity = Arc::new(Activity::multiplexed());
    open.shows(&activity);
    let serving = Arc::clone(&activity);
    let service = service_fn(move |request| answer(router.clone(), request, serving.serve()));
    let watched = TokioIo::new(Watched::new(stream, Arc::clone(&activity), patience));
    let connection = http2::Builder::new(TokioExecutor::new())
        .max_concurrent_streams(STREAMS)
        .serve_connection(watched, service);
    hold(connection, &activity, stage).await
}

/// Drives the connection, and drains it when it is time.
async fn hold<C>(connection: C, activity: &Activity, mut stage: watch::Receiver<Stage>) -> bool
where
    C: GracefulConnection<Error = hyper::Error> + Future<Output = hyper::Result<()>>,
{
    let mut connection = pin!(connection);
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
    serving.got_on();
    Ok(response.map(|body| Held {
        body,
        rest: Bytes::new(),
        serving,
    }))
}

/// A response body that counts as a running response until the HTTP stack has taken all of it.
struct Held {
    body: Body,
    /// What of the last piece was too much to be handed over at once.
    rest: Bytes,
    serving: Serving,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        this.serving.got_on();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let piece = this.rest.len().min(this.serving.piece());
        Poll::Ready(Some(Ok(Frame::data(this.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, mut hint) = (self.rest.len() as u64, self.body.size_hint());
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

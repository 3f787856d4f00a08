//! A primary with a script: real sockets, HTTP/1.1, plain or TLS.

mod connection;
mod reply;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_client::{Client, ClientBuilder, Credential, RetryPolicy};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use url::Url;

pub(crate) use reply::{Gate, Reply};

/// What the script sees of a request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    pub(crate) fn is(&self, path: &str) -> bool {
        self.target.split('?').next() == Some(&format!("/netbackup{path}"))
    }
}

pub(crate) type Script = dyn Fn(&Seen) -> Reply + Send + Sync;

pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    log: Arc<Log>,
}

/// What happened so far; the numbers can be waited for.
pub(crate) struct Log {
    seen: Mutex<Vec<Seen>>,
    arrived: watch::Sender<usize>,
    /// Connections opened and closed.
    opened: watch::Sender<usize>,
    closed: watch::Sender<usize>,
    /// Requests that have no answer yet, and the most there were at a time.
    busy: Mutex<(usize, usize)>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::bind(script, None).await
    }

    /// Answers pings with version 12.0, and everything else as scripted.
    pub(crate) async fn pinging(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(move |seen| {
            if seen.is("/ping") {
                Reply::ping("12.0")
            } else {
                script(seen)
            }
        })
        .await
    }

    pub(crate) async fn start_tls(
        tls: rustls::ServerConfig,
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::bind(script, Some(TlsAcceptor::from(Arc::new(tls)))).await
    }

    async fn bind(
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::listen(listener, script, tls)
    }

    /// On a socket that stands already.
    pub(crate) fn on(
        listener: TcpListener,
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::listen(listener, script, None)
    }

    fn listen(
        listener: TcpListener,
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Log {
            seen: Mutex::default(),
            arrived: watch::Sender::new(0),
            opened: watch::Sender::new(0),
            closed: watch::Sender::new(0),
            busy: Mutex::default(),
        });
        let scheme = if tls.is_some() { "https" } else { "http" };
        tokio::spawn(connection::accept(
            listener,
            tls,
            Arc::new(script),
            Arc::clone(&log),
        ));
        Self {
            address,
            scheme,
            log,
        }
    }

    pub(crate) fn url(&self) -> Url {
        Url::parse(&format!("{}://{}/netbackup/", self.scheme, self.address)).unwrap()
    }

    /// A client of version 12.0 with an API key, that makes one attempt per call.
    pub(crate) fn client(&self) -> ClientBuilder {
        Client::builder("paris", self.url())
            .credential(Credential::api_key(KEY))
            .api_version(Some(ApiVersion::V12_0))
            .retry(RetryPolicy::never())
    }

    /// The requests in the order of their arrival.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.seen.lock().unwrap().clone()
    }

    /// The number of requests for a path.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|seen| seen.is(path)).count()
    }

    /// The most requests that were without an answer at a time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.log.busy.lock().unwrap().1
    }

    /// Waits until this many requests have arrived.
    pub(crate) async fn arrived(&self, requests: usize) {
        let mut arrived = self.log.arrived.subscribe();
        within(arrived.wait_for(|count| *count >= requests))
            .await
            .unwrap();
    }

    /// Waits until every connection that was opened is closed.
    pub(crate) async fn all_closed(&self) {
        let opened = *self.log.opened.borrow();
        let mut closed = self.log.closed.subscribe();
        within(closed.wait_for(|count| *count >= opened))
            .await
            .unwrap();
    }
}

pub(crate) const KEY: &str = "A-very-secret-api-key";

/// Fails instead of hanging.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    let outcome = tokio::time::timeout(Duration::from_secs(30), future).await;
    outcome.unwrap_or_else(|_| panic!("this should not take half a minute"))
}

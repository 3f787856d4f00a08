//! The one door to the HTTP stack.

mod farewell;
mod greeting;
mod protocol;
mod way;

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use reqwest::redirect;
use tokio::time::timeout;
use url::Url;

use super::oversize::Oversize;
use super::proxy::{self, ProxyFault, ProxySettings};
use super::{Answer, Exchange, Exchanging, Failure, Request};
use crate::sync::{Arc, AtomicUsize, OnceLock, Ordering};
use crate::tls::Witness;
use crate::{Limits, TlsFault, Tracker};
use protocol::HTTP2;
pub(crate) use protocol::http1_only;
use way::{Stream, Way, bare};

/// The most of a body that says why a request was refused.
const REFUSAL_BYTES: u64 = 64 << 10;
/// The most that is set aside at once because a header announces it.
const ANNOUNCED_BYTES: u64 = 1 << 20;
/// After so many bytes it is the others' turn: the time to unpack them is some milliseconds.
const TURN_BYTES: usize = 1 << 20;

/// How long a primary that let us in is listened to, for a TLS alert that does not come.
const FAREWELL: Duration = Duration::from_secs(2);

/// The HTTP stack cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP stack cannot be set up")]
pub struct StackError(#[source] reqwest::Error);

/// HTTP/1.1 and HTTP/2 over TCP or TLS, with one pool of connections for each. Dropping it closes them.
#[derive(Debug)]
pub(crate) struct HttpStack {
    client: reqwest::Client,
    /// There once the primary, or a server in front of it, has refused HTTP/2: from then on everything goes this way.
    http1: OnceLock<reqwest::Client>,
    connections: Connections,
    limits: Limits,
    witness: Arc<Witness>,
    /// A client certificate was configured.
    identified: bool,
    /// There is a proxy, so that what answers may not be the primary.
    proxied: bool,
    /// 1 once something was answered.
    answered: AtomicUsize,
    tls: Arc<rustls::ClientConfig>,
    /// For connections that are made to find out why one failed.
    way: Way,
    /// Nothing is found out once the client closes.
    tracker: Tracker,
    /// The primary's name, for the log.
    primary: Arc<str>,
}

/// TLS, ready made, and who sees its handshakes.
pub(crate) struct Tls {
    pub(crate) config: rustls::ClientConfig,
    pub(crate) witness: Arc<Witness>,
}

/// How connections are made, whatever is spoken over them.
#[derive(Debug)]
struct Connections {
    limits: Limits,
    timeout: Duration,
    most: usize,
    proxy: Option<reqwest::Proxy>,
}

impl Connections {
    /// A client with a pool of its own. What it speaks is what `tls` offers; HTTP/1.1 without TLS.
    fn client(&self, tls: rustls::ClientConfig) -> Result<reqwest::Client, StackError> {
        #[expect(clippy::disallowed_methods, reason = "this module is the door")]
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .referer(false)
            // A repetition inside the stack would be an attempt that nobody counts.
            .retry(reqwest::retry::never())
            // Proxies come from the configuration, not from this process's environment.
            .no_proxy()
            .gzip(true)
            .connect_timeout(self.timeout)
            .pool_max_idle_per_host(self.most)
            .http1_max_headers(self.limits.header_count)
            .http2_max_header_list_size(self.limits.header_bytes);
        let builder = match &self.proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        };
        builder.build().map_err(StackError)
    }
}

impl HttpStack {
    pub(crate) fn new(
        primary: Arc<str>,
        tls: Tls,
        limits: Limits,
        connect_timeout: Duration,
        connections: usize,
        proxy: Option<&ProxySettings>,
        tracker: Tracker,
    ) -> Result<Self, StackError> {
        let proxied = proxy.is_some();
        let identified = tls.config.client_auth_cert_resolver.has_certs();
        let own = Arc::new(tls.config.clone());
        let way = Way::new(proxy, &own);
        let rule = proxy.map(ProxySettings::rule).transpose();
        let connections = Connections {
            limits,
            timeout: connect_timeout,
            most: connections,
            proxy: rule.map_err(StackError)?,
        };
        Ok(Self {
            client: connections.client(tls.config)?,
            http1: OnceLock::new(),
            connections,
            limits,
            witness: tls.witness,
            identified,
            proxied,
            answered: AtomicUsize::new(0),
            tls: own,
            way,
            tracker,
            primary,
        })
    }

    async fn exchange(&self, request: Request, received: &mut u64) -> Result<Answer, Failure> {
        let url = request.url.clone();
        let mut response = match self.answer(request).await {
            Ok(response) => response,
            Err(error) => return Err(self.before_the_answer(error, &url).await),
        };
        let status = response.status();
        if self.proxied && status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(Failure::Proxy(ProxyFault::Credentials, None));
        }
        if status == StatusCode::BAD_REQUEST && !is_json(&response) && self.speaks_tls(&url).await {
            return Err(Failure::Tls(TlsFault::NotPlain));
        }
        self.answered.store(1, Ordering::Relaxed);
        let headers = std::mem::take(response.headers_mut());
        let limit = if status.is_success() {
            self.limits.response_bytes
        } else {
            REFUSAL_BYTES
        };
        let body = read(&mut response, limit, received).await;
        let body = match body {
            Ok(body) => body,
            // The status is what counts, whatever became of the explanation.
            Err(_)
                if status.is_client_error()
                    || status.is_server_error()
                    || status.is_redirection() =>
            {
                Bytes::new()
            }
            Err(failure) => return Err(failure),
        };
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// The head of the answer. A request to which HTTP/2 is refused was not looked at: it is sent again over HTTP/1.1, as
    /// part of the same attempt, and so is every later one.
    async fn answer(&self, request: Request) -> reqwest::Result<reqwest::Response> {
        if let Some(http1) = self.http1.get() {
            return sent(http1, request).await;
        }
        if !self.tls.alpn_protocols.iter().any(|name| name == HTTP2) {
            return sent(&self.client, request).await;
        }
        let outcome = sent(&self.client, request.clone()).await;
        if protocol::is_refused(&outcome)
            && let Some(http1) = self.http1()
        {
            return sent(http1, request).await;
        }
        outcome
    }

    /// The client that speaks HTTP/1.1 only; `None` if it cannot be made.
    fn http1(&self) -> Option<&reqwest::Client> {
        let tls = http1_only(rustls::ClientConfig::clone(&self.tls));
        let client = match self.connections.client(tls) {
            Ok(client) => client,
            Err(StackError(error)) => {
                tracing::warn!(
                    primary = %self.primary,
                    %error,
                    cause = error.source().map(tracing::field::display),
                    "HTTP/2 is refused, and HTTP/1.1 cannot be set up"
                );
                return None;
            }
        };
        if self.http1.set(client).is_ok() {
            tracing::warn!(
                primary = %self.primary,
                "the primary, or a server in front of it, refuses HTTP/2; HTTP/1.1 is spoken from now on. http2: false in its configuration does that from the start"
            );
        }
        self.http1.get()
    }

    async fn before_the_answer(&self, error: reqwest::Error, url: &Url) -> Failure {
        // The url holds the query, which says more than an error should.
        let error = error.without_url();
        let after = self.connections.timeout;
        // First, since a proxy may speak TLS too.
        if let Some(fault) = proxy::find(&error) {
            return Failure::Proxy(fault, Some(Arc::new(error)));
        }
        if let Some(fault) = TlsFault::find(&error) {
            return Failure::Tls(fault.with(&self.witness, self.identified));
        }
        if let Some(oversize) = Oversize::find(&error) {
            let (limit, allowed) = match oversize {
                Oversize::Lines => ("header_count", self.limits.header_count as u64),
                Oversize::Block => ("header_bytes", self.limits.header_bytes.into()),
            };
            return Failure::TooLarge { limit, allowed };
        }
        if is_no_http(&error) && self.speaks_tls(url).await {
            return Failure::Tls(TlsFault::NotPlain);
        }
        if error.is_timeout() {
            return if self.proxied {
                Failure::Proxy(ProxyFault::Silent { after }, None)
            } else {
                Failure::ConnectTimeout(after)
            };
        }
        if error.is_connect() {
            // Plain HTTP is passed on without a tunnel: the only connection is the one to the proxy.
            return if self.proxied && url.scheme() == "http" {
                Failure::Proxy(ProxyFault::Unreachable, Some(Arc::new(error)))
            } else {
                Failure::Connect(Arc::new(error))
            };
        }
        match self.farewell(url).await {
            Some(fault) => Failure::Tls(fault.with(&self.witness, self.identified)),
            None => Failure::Reset(Arc::new(error)),
        }
    }

    /// Finds out if the plain port answers a TLS greeting in TLS. Asked only when an answer was no answer.
    async fn speaks_tls(&self, url: &Url) -> bool {
        if url.scheme() != "http" {
            return false;
        }
        let looking = async {
            let (host, stream) = self.connect_again(url).await?;
            Some(greeting::is_answered(host, stream).await)
        };
        let found = self.found_out(self.connections.timeout, looking).await;
        found.unwrap_or(false)
    }

    /// Why a primary that asked for a client certificate, and has never answered, goes away without a word: HTTP/2 swallows
    /// the TLS alert that says so.
    async fn farewell(&self, url: &Url) -> Option<TlsFault> {
        let is_first = self.witness.was_asked() && self.answered.load(Ordering::Relaxed) == 0;
        if !is_first || url.scheme() != "https" {
            return None;
        }
        let looking = async {
            let (host, stream) = self.connect_again(url).await?;
            farewell::after_handshake(Arc::clone(&self.tls), host, stream).await
        };
        self.found_out(self.connections.timeout.min(FAREWELL), looking)
            .await
    }

    /// Another connection, and the host at its other end.
    async fn connect_again<'u>(&self, url: &'u Url) -> Option<(&'u str, Box<dyn Stream>)> {
        tracing::debug!(
            host = url.host_str(),
            "connecting once more to find out why"
        );
        Some((bare(url.host_str()?), self.way.open(url).await?))
    }

    /// What a connection of its own brings to light. It is part of the attempt that failed: made under its permit, after its
    /// own connection is gone, on the same way, and not at all once the client closes.
    async fn found_out<T>(
        &self,
        patience: Duration,
        looking: impl Future<Output = Option<T>>,
    ) -> Option<T> {
        tokio::select! {
            biased;
            () = self.tracker.closed() => None,
            found = timeout(patience, looking) => found.ok()?,
        }
    }
}

async fn sent(client: &reqwest::Client, request: Request) -> reqwest::Result<reqwest::Response> {
    let sent = client
        .request(request.method, request.url)
        .headers(request.headers);
    let sent = match request.form {
        Some(form) => sent.body(form.into_bytes()),
        None => sent,
    };
    sent.send().await
}

/// Whether what was answered cannot be read as HTTP. A TLS server answers so when it is addressed in plain HTTP.
fn is_no_http(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return error.is_parse();
        }
        cause = error.source();
    }
    false
}

/// NetBackup explains its refusals in JSON; a web server in front of it that wants TLS does not.
fn is_json(response: &reqwest::Response) -> bool {
    response
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("json"))
}

impl Exchange for HttpStack {
    fn send<'a>(&'a self, request: Request, bytes: &'a mut u64) -> Exchanging<'a> {
        Box::pin(self.exchange(request, bytes))
    }
}

/// Reads a body to its end. The sizes are those after decompression, so that a small bomb does not become a large one.
async fn read(
    response: &mut reqwest::Response,
    limit: u64,
    received: &mut u64,
) -> Result<Bytes, Failure> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit && response.status() == StatusCode::OK {
        return Err(too_large(limit));
    }
    let first = match next(response, received).await? {
        None => return Ok(Bytes::new()),
        Some(first) if first.len() as u64 == announced => return Ok(first),
        Some(first) => first,
    };
    let room = announced.min(ANNOUNCED_BYTES).max(first.len() as u64);
    let mut body = BytesMut::with_capacity(usize::try_from(room).unwrap_or(0));
    body.extend_from_slice(&first);
    let mut since_others = 0;
    while body.len() as u64 <= limit {
        match next(response, received).await? {
            None => return Ok(body.freeze()),
            Some(chunk) => {
                since_others += chunk.len();
                body.extend_from_slice(&chunk);
            }
        }
        // What comes unpacked from one small frame never has to be waited for.
        if since_others > TURN_BYTES {
            since_others = 0;
            tokio::task::yield_now().await;
        }
    }
    Err(too_large(limit))
}

fn too_large(allowed: u64) -> Failure {
    Failure::TooLarge {
        limit: "response_bytes",
        allowed,
    }
}

async fn next(
    response: &mut reqwest::Response,
    received: &mut u64,
) -> Result<Option<Bytes>, Failure> {
    let chunk = response
        .chunk()
        .await
        .map_err(|error| Failure::Body(Arc::new(error.without_url())))?;
    *received += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
    Ok(chunk)
}

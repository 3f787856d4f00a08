//! The one door to the HTTP stack.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use reqwest::{NoProxy, Proxy, redirect};
use url::Url;

use super::{Answer, Exchange, Exchanging, Failure, Request};
use crate::sync::Arc;
use crate::{Limits, TlsFault};

/// The most of a body that says why a request was refused.
const REFUSAL_BYTES: u64 = 64 << 10;
/// The most that is set aside at once because a header announces it.
const ANNOUNCED_BYTES: u64 = 1 << 20;

/// The HTTP stack cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP stack cannot be set up")]
pub struct StackError(#[source] reqwest::Error);

/// HTTP/1.1 and HTTP/2 over TCP or TLS, with one pool of connections. Dropping it closes them.
#[derive(Debug)]
pub(crate) struct HttpStack {
    client: reqwest::Client,
    limits: Limits,
    connect_timeout: Duration,
}

/// The HTTP proxy to go through, and what is reached without it.
pub(crate) struct ProxySettings {
    /// With user name and password, if it asks for them.
    pub(crate) url: Url,
    pub(crate) direct: Vec<String>,
}

impl ProxySettings {
    fn into_rule(self) -> reqwest::Result<Proxy> {
        Ok(Proxy::all(self.url)?.no_proxy(NoProxy::from_string(&self.direct.join(","))))
    }
}

impl HttpStack {
    pub(crate) fn new(
        tls: rustls::ClientConfig,
        limits: Limits,
        connect_timeout: Duration,
        connections: usize,
        proxy: Option<ProxySettings>,
    ) -> Result<Self, StackError> {
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
            .connect_timeout(connect_timeout)
            .pool_max_idle_per_host(connections)
            .http1_max_headers(limits.header_count)
            .http2_max_header_list_size(limits.header_bytes);
        let builder = match proxy {
            Some(proxy) => builder.proxy(proxy.into_rule().map_err(StackError)?),
            None => builder,
        };
        let client = builder.build().map_err(StackError)?;
        Ok(Self {
            client,
            limits,
            connect_timeout,
        })
    }

    async fn exchange(&self, request: Request, received: &mut u64) -> Result<Answer, Failure> {
        let sent = self
            .client
            .request(request.method, request.url)
            .headers(request.headers)
            .send();
        let mut response = sent.await.map_err(|error| self.before_the_answer(error))?;
        let status = response.status();
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

    fn before_the_answer(&self, error: reqwest::Error) -> Failure {
        // The url holds the query, which says more than an error should.
        let error = error.without_url();
        if let Some(fault) = TlsFault::find(&error) {
            Failure::Tls(fault)
        } else if error.is_timeout() {
            Failure::Timeout(self.connect_timeout)
        } else if error.is_connect() {
            Failure::Connect(Arc::new(error))
        } else {
            Failure::Reset(Arc::new(error))
        }
    }
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
        return Err(Failure::TooLarge);
    }
    let first = match next(response, received).await? {
        None => return Ok(Bytes::new()),
        Some(first) if first.len() as u64 == announced => return Ok(first),
        Some(first) => first,
    };
    let room = announced.min(ANNOUNCED_BYTES).max(first.len() as u64);
    let mut body = BytesMut::with_capacity(usize::try_from(room).unwrap_or(0));
    body.extend_from_slice(&first);
    while body.len() as u64 <= limit {
        match next(response, received).await? {
            None => return Ok(body.freeze()),
            Some(chunk) => body.extend_from_slice(&chunk),
        }
    }
    Err(Failure::TooLarge)
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

//! The way of a connection that carries no request: past the proxy or through it, as the requests go.

use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tower_service::Service as _;
use url::Url;

use crate::exchange::ProxySettings;

/// How to get to the primary.
#[derive(Debug)]
pub(super) struct Way {
    proxy: Option<Tunnel<HttpsConnector<HttpConnector>>>,
}

/// Bytes to and from the primary.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Way {
    /// `tls` is for a proxy that speaks it.
    pub(super) fn new(proxy: Option<&ProxySettings>, tls: &ClientConfig) -> Self {
        Self {
            proxy: proxy.and_then(|proxy| tunnel(proxy, tls.clone())),
        }
    }

    /// A connection to host and port of `url`; `None` if there is none to be had. Takes as long as it takes.
    pub(super) async fn open(&self, url: &Url) -> Option<Box<dyn Stream>> {
        let host = url.host_str()?;
        let port = url.port_or_known_default()?;
        let Some(tunnel) = &self.proxy else {
            let stream = TcpStream::connect((bare(host), port)).await.ok()?;
            return Some(Box::new(stream));
        };
        // A tunnel is asked for whatever the scheme is.
        let target = format!("https://{host}:{port}").parse().ok()?;
        let stream = tunnel.clone().call(target).await.ok()?;
        Some(Box::new(TokioIo::new(stream)))
    }
}

/// An IPv6 address without its brackets, everything else as it is.
pub(super) fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

fn tunnel(
    proxy: &ProxySettings,
    mut tls: ClientConfig,
) -> Option<Tunnel<HttpsConnector<HttpConnector>>> {
    tls.alpn_protocols.clear();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .build();
    // For the address without the credentials, and the header with them.
    let matcher = Matcher::builder().all(proxy.url.as_str()).build();
    let proxy = matcher.intercept(&Uri::from_static("https://nbu.invalid"))?;
    let tunnel = Tunnel::new(proxy.uri().clone(), connector);
    Some(match proxy.basic_auth() {
        Some(credentials) => tunnel.with_auth(credentials.clone()),
        None => tunnel,
    })
}

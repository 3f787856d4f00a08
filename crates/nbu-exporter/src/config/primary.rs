//! One primary server, as checked: everything its task needs, and nothing of any other primary.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nbu_api::ApiVersion;
use url::Url;

use super::collectors::Collectors;
use super::credential::Credential;
use super::limits::{Limits, Metrics};
use super::proxy::ProxyUrl;

/// One primary server to watch.
///
/// Self-contained: the common collector settings, limits and budgets are already merged in, so that two values are
/// equal exactly when the primary's task need not be restarted.
#[derive(Debug, Clone, PartialEq)]
pub struct Primary {
    /// Unique in the configuration; the value of the `primary` label.
    pub name: Arc<str>,
    /// Base address of the REST API, without a trailing slash, usually ending in `/netbackup`.
    pub url: Url,
    /// What proves who we are.
    pub credential: Credential,
    /// The API version to speak; `None` means `auto`, to be detected.
    pub api_version: Option<ApiVersion>,
    /// How the server is verified and how we identify ourselves to TLS.
    pub tls: Tls,
    /// The HTTP proxy to go through.
    pub proxy: Option<ProxyUrl>,
    /// Hosts, domains (`.example.com`) and networks that are reached without the proxy.
    pub no_proxy: Vec<String>,
    /// Offers HTTP/2.
    pub http2: bool,
    /// Host, and port if any, in the `Host` header, where they are not those of the URL.
    pub host_header: Option<String>,
    /// Longest time for one attempt, from connect to the last body byte.
    pub request_timeout: Duration,
    /// Most attempts on the wire at the same time.
    pub max_in_flight: NonZeroUsize,
    /// Most attempts started per second; `None` leaves it to `max_in_flight`.
    pub requests_per_second: Option<f64>,
    /// The collectors with their settings.
    pub collectors: Collectors,
    /// What is accepted from this primary.
    pub limits: Limits,
    /// What is kept and exposed for this primary.
    pub metrics: Metrics,
}

impl Primary {
    /// Whether the connection proves that it leads to the primary: TLS, and its certificate is verified.
    pub fn is_verified(&self) -> bool {
        self.url.scheme() == "https" && !self.tls.insecure_skip_verify
    }
}

/// `tls_config` of one primary.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// PEM bundle trusted in addition to the system's roots. Read by the primary's task, not at start.
    pub ca_file: Option<PathBuf>,
    /// SHA-256 of the only CA or server certificate (DER) that is accepted.
    pub ca_fingerprint: Option<[u8; 32]>,
    /// The certificate by which this exporter identifies itself.
    pub client_certificate: Option<ClientCertificate>,
    /// The name expected in the server's certificate, where it is not the host of the URL.
    pub server_name: Option<String>,
    /// The oldest protocol version that is accepted.
    pub min_version: TlsVersion,
    /// Accept any certificate. Warned about at every start.
    pub insecure_skip_verify: bool,
}

/// A client certificate and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate chain, leaf first.
    pub cert_file: PathBuf,
    /// The private key.
    pub key_file: PathBuf,
}

/// The oldest TLS version that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVersion {
    /// TLS 1.2, the oldest that this exporter can speak.
    #[default]
    Tls12,
    /// TLS 1.3.
    Tls13,
}

//! From settings to a client.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use http::HeaderValue;
use http::uri::Authority;
use nbu_api::ApiVersion;
use url::Url;

use super::door::Door;
use super::logout::Partings;
use super::probe::Breaker;
use super::shared::{Clock, Shared};
use super::{Client, WhenFull};
use crate::exchange::{Exchange, HttpStack, ProxySettings, StackError, Tls, http1_only};
use crate::keyring::Keyring;
use crate::observer::Ears;
use crate::pace::Pace;
use crate::retry::Budget;
use crate::sync::Arc;
use crate::tls::Witness;
use crate::{
    Credential, CredentialError, Limits, Observer, RetryPolicy, TlsError, TlsSettings, Tracker,
};

/// Makes a [`Client`]; made by [`Client::builder`].
#[must_use = "a builder does nothing until build() is called"]
pub struct ClientBuilder {
    primary: Arc<str>,
    url: Url,
    credential: Credential,
    client_id: String,
    tls: TlsSettings,
    request_timeout: Duration,
    connect_timeout: Duration,
    max_in_flight: NonZeroUsize,
    requests_per_second: Option<f64>,
    when_full: WhenFull,
    limits: Limits,
    retry: RetryPolicy,
    proxy: Option<ProxySettings>,
    http2: bool,
    host_header: Option<String>,
    api_version: Option<ApiVersion>,
    observer: Option<Arc<dyn Observer>>,
    clock: Option<Clock>,
    witness: Arc<Witness>,
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The url is no `http` or `https` url with a host.
    #[error("{primary}: the url must look like https://nbu.example.com:1556/netbackup")]
    #[non_exhaustive]
    Url {
        /// The primary's name.
        primary: Arc<str>,
    },
    /// The url holds a user name, a password, a query or a fragment.
    #[error(
        "{primary}: the url must hold no user name, password, query or fragment; credentials have their own settings"
    )]
    #[non_exhaustive]
    UrlParts {
        /// The primary's name.
        primary: Arc<str>,
    },
    /// The credential cannot be sent.
    #[error("{primary}: the credential cannot be used")]
    #[non_exhaustive]
    Credential {
        /// The primary's name.
        primary: Arc<str>,
        /// Why.
        source: CredentialError,
    },
    /// The client id cannot be sent.
    #[error("{primary}: the client id holds characters that no header can carry")]
    #[non_exhaustive]
    ClientId {
        /// The primary's name.
        primary: Arc<str>,
    },
    /// The `Host` header cannot be sent.
    #[error("{primary}: the host header must look like nbu.example.com or nbu.example.com:1556")]
    #[non_exhaustive]
    HostHeader {
        /// The primary's name.
        primary: Arc<str>,
    },
    /// TLS cannot be set up.
    #[error("{primary}: TLS cannot be set up as configured")]
    #[non_exhaustive]
    Tls {
        /// The primary's name.
        primary: Arc<str>,
        /// Why.
        source: TlsError,
    },
    /// The HTTP stack cannot be set up.
    #[error("{primary}: no HTTP client")]
    #[non_exhaustive]
    Stack {
        /// The primary's name.
        primary: Arc<str>,
        /// Why.
        source: StackError,
    },
}

impl ClientBuilder {
    pub(super) fn new(primary: Arc<str>, url: Url) -> Self {
        Self {
            primary,
            url,
            credential: Credential::None,
            client_id: concat!("nbu-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            tls: TlsSettings::default(),
            request_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            max_in_flight: NonZeroUsize::MIN.saturating_add(3),
            requests_per_second: None,
            when_full: WhenFull::Wait,
            limits: Limits::default(),
            retry: RetryPolicy::default(),
            proxy: None,
            http2: true,
            host_header: None,
            api_version: None,
            observer: None,
            clock: None,
            witness: Arc::default(),
        }
    }

    /// What proves who is asking. Default: nothing.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = credential;
        self
    }

    /// What tells the primary's administrators who is asking: `X-Client-ID`. Default: `nbu-client/` and its version.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = id.into();
        self
    }

    /// What to trust and whom to be. Default: the system's authorities, TLS 1.2 or newer.
    pub fn tls(mut self, tls: TlsSettings) -> Self {
        self.tls = tls;
        self
    }

    /// The time for one attempt, from the permit to the last byte of the answer. Default: 30 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// The time for a connection, TLS included, within the time for the attempt. Default: 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How many attempts may be under way at a time. Default: 4.
    pub fn max_in_flight(mut self, max: NonZeroUsize) -> Self {
        self.max_in_flight = max;
        self
    }

    /// How many attempts may begin per second, evenly spaced; who has to wait does so in the order of coming and without
    /// a permit. Default: `None`, only `max_in_flight` bounds them.
    pub fn requests_per_second(mut self, rate: Option<f64>) -> Self {
        self.requests_per_second = rate;
        self
    }

    /// What happens to one attempt more than `max_in_flight`. Default: it waits its turn.
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// How much of an answer is taken.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How failed attempts are repeated.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The HTTP proxy to go through; its url may hold a user name and a password. Hosts, domains (`.example.com`),
    /// addresses and networks in `direct` are reached without it. Default: none, whatever the environment says.
    pub fn proxy(mut self, url: Url, direct: impl IntoIterator<Item = String>) -> Self {
        let direct = direct.into_iter().collect();
        self.proxy = Some(ProxySettings { url, direct });
        self
    }

    /// Whether HTTP/2 is offered to a primary on TLS. Where it is refused HTTP/1.1 is spoken anyhow, from then on. Default:
    /// yes.
    pub fn http2(mut self, offered: bool) -> Self {
        self.http2 = offered;
        self
    }

    /// Host and port that requests are addressed to (`Host`), where the url leads there by way of an address or a tunnel. Over
    /// HTTP/2 the stack takes them from the url, so with it HTTP/1.1 is spoken. It changes neither where connections go
    /// nor which name TLS asks for and verifies ([`TlsSettings::server_name`]). Default: `None`, those of the url.
    pub fn host_header(mut self, host: Option<String>) -> Self {
        self.host_header = host;
        self
    }

    /// The API version to ask for instead of one that suits the detected one. Default: `None`.
    pub fn api_version(mut self, version: Option<ApiVersion>) -> Self {
        self.api_version = version;
        self
    }

    /// Who hears of every attempt. Default: nobody.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The wall clock. Used for one thing: a `Retry-After` that names a time, in an answer without `Date`. Default: none,
    /// and such a header is not understood.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The client. Connects to nothing yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] names the setting that cannot be used.
    pub fn build(mut self) -> Result<Client, BuildError> {
        // A client asks one host: either all its requests go through the proxy or none.
        let url = self.url.clone();
        self.proxy = self.proxy.take().filter(|proxy| proxy.intercepts(&url));
        // A connection that takes all of the attempt's time would be told as a slow answer.
        let connect_timeout = self.connect_timeout.min(self.request_timeout.mul_f64(0.9));
        let primary = || Arc::clone(&self.primary);
        // A primary on plain HTTP has no use for certificates, so their absence does not stop it.
        let tls = if self.url.scheme() == "http" {
            TlsSettings {
                insecure_skip_verify: true,
                ..TlsSettings::default()
            }
            .client_config(&self.witness)
        } else {
            self.tls.client_config(&self.witness)
        };
        let mut config = tls.map_err(|source| BuildError::Tls {
            primary: primary(),
            source,
        })?;
        if !self.http2 || self.host_header.is_some() {
            config = http1_only(config);
        }
        let witness = Arc::clone(&self.witness);
        let tracker = Tracker::new(self.max_in_flight);
        let stack = HttpStack::new(
            primary(),
            Tls { config, witness },
            self.limits,
            connect_timeout,
            self.max_in_flight.get(),
            self.proxy.as_ref(),
            tracker.clone(),
        )
        .map_err(|source| BuildError::Stack {
            primary: primary(),
            source,
        })?;
        self.build_with(Box::new(stack), tracker)
    }

    /// The client, with something else than the HTTP stack underneath.
    #[cfg(test)]
    pub(super) fn build_on(self, exchange: Box<dyn Exchange>) -> Result<Client, BuildError> {
        let tracker = Tracker::new(self.max_in_flight);
        self.build_with(exchange, tracker)
    }

    fn build_with(
        self,
        exchange: Box<dyn Exchange>,
        tracker: Tracker,
    ) -> Result<Client, BuildError> {
        let primary = &Arc::clone(&self.primary);
        let base = base(&self.url, primary)?;
        let lasting = self
            .proxy
            .as_ref()
            .map(ProxySettings::secrets)
            .unwrap_or_default();
        let keyring =
            Keyring::new(self.credential, lasting).map_err(|source| BuildError::Credential {
                primary: Arc::clone(primary),
                source,
            })?;
        let client_id =
            HeaderValue::try_from(self.client_id).map_err(|_| BuildError::ClientId {
                primary: Arc::clone(primary),
            })?;
        let host_header = self.host_header.as_deref().map(host_header).transpose();
        let host_header = host_header.map_err(|()| BuildError::HostHeader {
            primary: Arc::clone(primary),
        })?;
        Ok(Client {
            shared: Arc::new(Shared {
                base,
                host_header,
                client_id,
                tracker,
                max_in_flight: self.max_in_flight,
                when_full: self.when_full,
                exchange: ArcSwapOption::from_pointee(exchange),
                keyring,
                partings: Partings::default(),
                door: Door::new(Pace::new(self.requests_per_second, &self.retry)),
                breaker: Breaker::default(),
                proxy: self
                    .proxy
                    .as_ref()
                    .map(ProxySettings::address)
                    .unwrap_or_default()
                    .into(),
                limits: self.limits,
                budget: Budget::new(&self.retry),
                retry: self.retry,
                request_timeout: self.request_timeout,
                ears: Ears::new(self.observer),
                clock: self.clock,
                witness: self.witness,
                configured: self.api_version,
                detected: ArcSwap::from_pointee(None),
                fallbacks: super::fallback::Fallbacks::default(),
                flights: super::flight::Flights::default(),
                primary: self.primary,
            }),
        })
    }
}

/// Host and port as a header. A user, a path or anything else that is none of them is refused.
fn host_header(text: &str) -> Result<HeaderValue, ()> {
    let authority: Authority = text.parse().map_err(|_| ())?;
    let is_bare = !text.contains('@') && !authority.host().is_empty();
    let has_port = authority.port_u16().is_some() || authority.as_str() == authority.host();
    if !is_bare || !has_port {
        return Err(());
    }
    HeaderValue::from_str(text).map_err(|_| ())
}

fn base(url: &Url, primary: &Arc<str>) -> Result<String, BuildError> {
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(BuildError::Url {
            primary: Arc::clone(primary),
        });
    }
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !bare {
        return Err(BuildError::UrlParts {
            primary: Arc::clone(primary),
        });
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("primary", &self.primary)
            .finish_non_exhaustive()
    }
}

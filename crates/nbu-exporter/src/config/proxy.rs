//! The address of an HTTP proxy, which may carry a password.

use std::fmt;

use url::Url;

/// An `http://` or `https://` proxy. `Debug` and `Display` show its credentials as `<secret>`.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// Takes an address that was checked to be http or https with a host.
    pub(super) fn new(url: Url) -> Self {
        Self(url)
    }

    /// The whole address, its credentials included: for the HTTP client only.
    pub fn expose(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = if self.0.username().is_empty() && self.0.password().is_none() {
            ""
        } else {
            "<secret>@"
        };
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "{}://{secret}{host}", self.0.scheme())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

//! The HTTP proxy on the way to the primary, and how it fails.

use std::error::Error as StdError;
use std::time::Duration;

use reqwest::Proxy;
use secrecy::SecretString;
use url::Url;

use super::detour::goes_direct;

/// Why the proxy is the one to blame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyFault {
    /// 407.
    #[error(
        "it wants a user name and a password, or does not accept the given ones (407); correct them in proxy_url"
    )]
    Credentials,
    /// There is no connection to the proxy itself.
    #[error("it cannot be reached; check proxy_url, or name the primary in no_proxy")]
    Unreachable,
    /// It answered CONNECT with something else than 200.
    #[error(
        "it does not connect to the primary; check that it may, and that the primary runs, its name and its port"
    )]
    Declined,
    /// It went away before the connection to the primary stood.
    #[error("it broke the connection off before the one to the primary stood")]
    Broken,
    /// Nothing came of the connection in time.
    #[error(
        "neither it nor the primary behind it completed the connection within {after:?}; a firewall may drop the packets"
    )]
    Silent {
        /// The time that was given.
        after: Duration,
    },
}

/// The HTTP proxy to go through, and what is reached without it.
pub(crate) struct ProxySettings {
    /// With user name and password, if it asks for them.
    pub(crate) url: Url,
    pub(crate) direct: Vec<String>,
}

impl ProxySettings {
    /// For everything: a client that goes past the proxy has none, see [`intercepts`](Self::intercepts).
    pub(super) fn rule(&self) -> reqwest::Result<Proxy> {
        Proxy::all(self.url.clone())
    }

    /// Whether requests to `url` go through it.
    pub(crate) fn intercepts(&self, url: &Url) -> bool {
        !goes_direct(url, &self.direct)
    }

    /// Host and port, as errors name it.
    pub(crate) fn address(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port_or_known_default() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// What must not be told, in the forms in which it is sent.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        use base64::Engine as _;

        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        let Some(encoded) = self.url.password() else {
            return Vec::new();
        };
        let password = decode(encoded);
        let pair = format!("{}:{password}", decode(self.url.username()));
        vec![
            base64::prelude::BASE64_STANDARD.encode(pair).into(),
            password.into(),
            encoded.into(),
        ]
    }
}

/// What the stack says about the proxy, if it is the one to blame.
pub(super) fn find(error: &(dyn StdError + 'static)) -> Option<ProxyFault> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        // The type is private to the stack, its words are not.
        if let Some(what) = error.to_string().strip_prefix("tunnel error: ") {
            return Some(match what {
                "proxy authorization required" => ProxyFault::Credentials,
                "failed to create underlying connection" => ProxyFault::Unreachable,
                "unsuccessful" | "missing destination host" => ProxyFault::Declined,
                _ => ProxyFault::Broken,
            });
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, direct: &[&str]) -> ProxySettings {
        ProxySettings {
            url: url.parse().unwrap(),
            direct: direct.iter().map(|&entry| entry.to_owned()).collect(),
        }
    }

    #[test]
    fn no_proxy_takes_hosts_domains_addresses_and_networks() {
        for (direct, host, through) in [
            ("nbu.example.com", "nbu.example.com", false),
            ("NBU.example.com", "nbu.example.com", false),
            ("nbu.example.com", "other.example.com", true),
            (".example.com", "nbu.example.com", false),
            ("example.com", "nbu.example.com", false),
            ("example.com", "notexample.com", true),
            ("10.1.0.0/16", "10.1.2.3", false),
            ("10.1.0.0/16", "10.2.2.3", true),
            ("10.1.2.3", "10.1.2.3", false),
            ("fd00::/8", "[fd00::1]", false),
            ("fd00::/8", "[fe80::1]", true),
            ("::1", "[::1]", false),
            ("*", "anything.example.com", false),
            ("", "nbu.example.com", true),
        ] {
            let settings = settings("http://proxy.example.com:3128", &[direct]);
            let url = format!("https://{host}:1556/netbackup").parse().unwrap();
            assert_eq!(settings.intercepts(&url), through, "{direct} {host}");
        }
    }

    #[test]
    fn errors_name_it_without_its_credentials() {
        let settings = settings("http://user:pa%2Fss@proxy.example.com", &[]);
        assert_eq!(settings.address(), "proxy.example.com:80");
        let secrets: Vec<_> = settings
            .secrets()
            .iter()
            .map(|secret| secrecy::ExposeSecret::expose_secret(secret).to_owned())
            .collect();
        assert_eq!(secrets, ["dXNlcjpwYS9zcw==", "pa/ss", "pa%2Fss"]);
    }
}

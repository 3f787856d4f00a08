//! Addresses to listen on, in the form that Prometheus exporters use.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

/// `:10556`, `127.0.0.1:10556`, `[::1]:10556`, `localhost:10556`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress {
    /// A name or an address without brackets; `None` for all interfaces, IPv6 and IPv4.
    pub host: Option<String>,
    /// 0 lets the system choose.
    pub port: u16,
}

impl ListenAddress {
    /// Whether only this machine can connect.
    pub fn is_loopback(&self) -> bool {
        self.host.as_deref().is_some_and(|host| {
            host == "localhost"
                || host
                    .parse::<IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        })
    }
}

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = text.rsplit_once(':').ok_or(ListenAddressError::NoPort)?;
        let port = port.parse().map_err(|_| ListenAddressError::Port)?;
        let host = match host.strip_prefix('[') {
            Some(bracketed) => {
                let inner = bracketed
                    .strip_suffix(']')
                    .ok_or(ListenAddressError::Host)?;
                inner
                    .parse::<std::net::Ipv6Addr>()
                    .map_err(|_| ListenAddressError::Host)?;
                inner
            }
            None if host.contains(':') => return Err(ListenAddressError::Brackets),
            None if host.contains(['/', ']', '@']) || host.contains(char::is_whitespace) => {
                return Err(ListenAddressError::Host);
            }
            None => host,
        };
        Ok(Self {
            host: (!host.is_empty()).then(|| host.to_owned()),
            port,
        })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.as_deref() {
            Some(host) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Some(host) => write!(f, "{host}:{}", self.port),
            None => write!(f, ":{}", self.port),
        }
    }
}

/// Text that is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ListenAddressError {
    /// No colon.
    #[error("no port; write for example :10556 or 127.0.0.1:10556")]
    NoPort,
    /// What follows the last colon is no port.
    #[error("the port is not a number from 0 to 65535")]
    Port,
    /// What precedes the port is neither name nor address.
    #[error("the host is neither a name nor an address")]
    Host,
    /// An IPv6 address without brackets.
    #[error("an IPv6 address needs brackets, for example [::1]:10556")]
    Brackets,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_prints_as_it_is_written() {
        for text in [
            ":10556",
            "[::1]:9100",
            "127.0.0.1:0",
            "localhost:65535",
            "[::]:1",
        ] {
            assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn loopback_is_told_apart() {
        let loopback = |text: &str| text.parse::<ListenAddress>().unwrap().is_loopback();
        assert!(loopback("127.1.2.3:1") && loopback("[::1]:1") && loopback("localhost:1"));
        assert!(!loopback(":1") && !loopback("0.0.0.0:1") && !loopback("nbu.example.com:1"));
    }

    #[test]
    fn each_mistake_has_its_own_answer() {
        let error = |text: &str| text.parse::<ListenAddress>().unwrap_err();
        assert_eq!(error("10556"), ListenAddressError::NoPort);
        assert_eq!(error(":"), ListenAddressError::Port);
        assert_eq!(error(":65536"), ListenAddressError::Port);
        assert_eq!(error("::1:9100"), ListenAddressError::Brackets);
        assert_eq!(error("[::1:9100"), ListenAddressError::Host);
        assert_eq!(error("[nbu]:9100"), ListenAddressError::Host);
        assert_eq!(error("http://x:1"), ListenAddressError::Brackets);
        assert_eq!(error("a b:1"), ListenAddressError::Host);
    }
}

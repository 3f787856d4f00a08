//! The bounded list of ways in which a call can end.

use std::fmt;

/// How a call ended, as a word for a metric label or a status page: a closed list, never free text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// It worked.
    Ok,
    /// No complete answer in time.
    Timeout,
    /// The credential could not be had (an unreadable file, for example); nothing was sent.
    Credentials,
    /// The primary does not accept the credential.
    Unauthorized,
    /// The credential is good, the permission is missing.
    Forbidden,
    /// This primary does not have the endpoint, or no version of it that we can read.
    NotSupported,
    /// No connection, or it broke.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// Another HTTP status than the expected one.
    Http,
    /// The answer is not what it should be.
    Parse,
    /// One of the configured limits was exceeded.
    Limit,
    /// `max_in_flight` attempts were under way and the client was told not to wait.
    Saturated,
    /// The client was closed.
    Closed,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Ok,
        Self::Timeout,
        Self::Credentials,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotSupported,
        Self::Connect,
        Self::Tls,
        Self::Http,
        Self::Parse,
        Self::Limit,
        Self::Saturated,
        Self::Closed,
    ];

    /// The word, in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Timeout => "timeout",
            Self::Credentials => "credentials",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotSupported => "not_supported",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::Parse => "parse",
            Self::Limit => "limit",
            Self::Saturated => "saturated",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

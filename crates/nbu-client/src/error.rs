//! How a call fails.

mod call;

use std::error::Error as StdError;
use std::time::Duration;

use nbu_api::{ApiVersion, DecodeError, DetectionError, PagingError};

pub use call::{Call, Refusal};

use crate::sync::Arc;
use crate::{CredentialKind, ProxyFault, Reason, TlsFault};

/// What lies beneath a failure, as the stack words it.
pub type Cause = Arc<dyn StdError + Send + Sync>;

/// Why a call to a primary failed. The text names the primary and the endpoint and says what to do; the cause, if there
/// is one below, is the `source`.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client is closed, or was while the call waited. Nothing more is sent.
    #[error("{primary}: the client is closed")]
    #[non_exhaustive]
    Closed {
        /// The primary's name.
        primary: Arc<str>,
    },
    /// As many attempts as allowed are under way, and the client was told not to wait, or not for longer.
    #[error(
        "{call}: as many requests as allowed are under way; raise max_in_flight or ask less often"
    )]
    #[non_exhaustive]
    Saturated {
        /// The call.
        call: Box<Call>,
    },
    /// No complete answer within the time of one attempt.
    #[error(
        "{call}: no complete answer within {after:?}; the primary is slow or a firewall drops the packets"
    )]
    #[non_exhaustive]
    Timeout {
        /// The call.
        call: Box<Call>,
        /// The time that was given.
        after: Duration,
    },
    /// No connection.
    #[error(
        "{call}: cannot connect; check that the primary runs, its name and its port (usually 1556)"
    )]
    #[non_exhaustive]
    Connect {
        /// The call.
        call: Box<Call>,
        /// What the network says.
        source: Cause,
    },
    /// The connection broke before the answer was complete.
    #[error(
        "{call}: the connection broke before the answer was complete; something between here and the primary closes it, or the primary restarted"
    )]
    #[non_exhaustive]
    Broken {
        /// The call.
        call: Box<Call>,
        /// What the network says.
        source: Cause,
    },
    /// The address of the call is none; nothing was sent.
    #[error("{call}: the url and the endpoint's path do not make an address; correct the url")]
    #[non_exhaustive]
    Url {
        /// The call.
        call: Box<Call>,
        /// Why.
        source: url::ParseError,
    },
    /// The TLS handshake failed.
    #[error("{call}: {fault}")]
    #[non_exhaustive]
    Tls {
        /// The call.
        call: Box<Call>,
        /// Why, and what to do.
        fault: TlsFault,
    },
    /// The HTTP proxy on the way to the primary is to blame.
    #[error("{call}: the proxy {proxy}: {fault}")]
    #[non_exhaustive]
    Proxy {
        /// The call.
        call: Box<Call>,
        /// Host and port of the proxy.
        proxy: Arc<str>,
        /// Why, and what to do.
        fault: ProxyFault,
        /// What the network says.
        source: Option<Cause>,
    },
    /// The last attempts got no connection, so this one was not made. One at a time finds out whether that has changed.
    #[error(
        "{call}: not asked, since the last attempts got no connection; one will find out{} whether that has changed",
        in_time(*.left)
    )]
    #[non_exhaustive]
    Unreachable {
        /// The call.
        call: Box<Call>,
        /// The time to the next attempt to connect; zero if one is under way.
        left: Duration,
        /// How the last one failed.
        source: Box<Error>,
    },
    /// The primary said that it is overloaded (429, 503) and is left alone for longer than a call waits; nothing was sent.
    #[error(
        "{call}: not asked, since the primary is overloaded and wants to be left alone for another {left:?}"
    )]
    #[non_exhaustive]
    Overloaded {
        /// The call.
        call: Box<Call>,
        /// How long it still wants to be left alone.
        left: Duration,
    },
    /// The credential is not accepted.
    #[error("{call}: the primary does not accept the credential ({refusal}); {}", renew(*.credential))]
    #[non_exhaustive]
    Unauthorized {
        /// The call.
        call: Box<Call>,
        /// What was answered.
        refusal: Refusal,
        /// What kind of credential it is.
        credential: CredentialKind,
    },
    /// The primary has rejected the password lately. Nothing was sent, so that the account is not locked.
    #[error(
        "{call}: the primary has rejected user name and password ({refusal}); correct them. To not lock the account they are not tried for another {left:?}, other ones at once"
    )]
    #[non_exhaustive]
    LoginPaused {
        /// The call.
        call: Box<Call>,
        /// What was answered.
        refusal: Refusal,
        /// The time to the next attempt.
        left: Duration,
    },
    /// The login brought nothing to ask with.
    #[error("{call}: {fault}")]
    #[non_exhaustive]
    Login {
        /// The call.
        call: Box<Call>,
        /// Why, and what to do.
        fault: LoginFault,
    },
    /// The credential is good, the permission is missing.
    #[error("{call}: permission is missing ({refusal}){}", grant(*.permission))]
    #[non_exhaustive]
    Forbidden {
        /// The call.
        call: Box<Call>,
        /// What was answered.
        refusal: Refusal,
        /// The namespace on which the role needs the VIEW operation.
        permission: Option<&'static str>,
    },
    /// The primary refused the endpoint (404) or its version (406, 415, or 400 with a text about it).
    #[error(
        "{call}: this primary does not offer it ({refusal}); what it tells is missing until it does"
    )]
    #[non_exhaustive]
    NotSupported {
        /// The call.
        call: Box<Call>,
        /// What was answered.
        refusal: Refusal,
    },
    /// There is nothing where every primary answers: the path of the url is wrong, or it is no primary.
    #[error(
        "{call}: nothing is there ({refusal}); {path} was asked for, and the API of a primary is below /netbackup: correct the path of the url, or its host and port if that is no primary"
    )]
    #[non_exhaustive]
    WrongPath {
        /// The call.
        call: Box<Call>,
        /// What was answered.
        refusal: Refusal,
        /// The path that was asked for.
        path: String,
    },
    /// The primary's API is older than the endpoint; nothing was sent.
    #[error(
        "{call}: needs API {since}, the primary has {found}; what it tells is missing until it is upgraded"
    )]
    #[non_exhaustive]
    TooOld {
        /// The call.
        call: Box<Call>,
        /// The oldest version that has the endpoint.
        since: ApiVersion,
        /// The primary's version.
        found: ApiVersion,
    },
    /// Another status than the expected one.
    #[error("{call}: the primary answered {refusal}; its own logs say why, under the request id")]
    #[non_exhaustive]
    Http {
        /// The call.
        call: Box<Call>,
        /// What was answered.
        refusal: Refusal,
    },
    /// The primary wants to send us elsewhere. Redirects are never followed: the credential stays here.
    #[error(
        "{call}: the primary answered with a redirect ({status}) to {location:?}, which is not followed; correct the url"
    )]
    #[non_exhaustive]
    Redirect {
        /// The call.
        call: Box<Call>,
        /// The status.
        status: u16,
        /// Where to, at most 300 characters; empty when it was not said.
        location: String,
    },
    /// The answer is of another kind than the expected one.
    #[error(
        "{call}: the answer is {found}, not {expected}; is this a NetBackup primary, or a proxy in front of it?"
    )]
    #[non_exhaustive]
    ContentType {
        /// The call.
        call: Box<Call>,
        /// `Content-Type` as answered.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The answer cannot be read.
    #[error(
        "{call}: the answer cannot be read; is this a NetBackup primary, or a proxy in front of it?"
    )]
    #[non_exhaustive]
    Decode {
        /// The call.
        call: Box<Call>,
        /// Where and why.
        source: Arc<DecodeError>,
    },
    /// The pages of a list do not add up.
    #[error(
        "{call}: the list cannot be walked to its end; it is tried again, and a primary whose lists never end is to be reported with the request id"
    )]
    #[non_exhaustive]
    Paging {
        /// The call.
        call: Box<Call>,
        /// Why.
        source: PagingError,
    },
    /// The answer is larger than allowed.
    #[error(
        "{call}: the answer exceeds {limit} = {allowed}; raise the limit if the primary is really that large"
    )]
    #[non_exhaustive]
    Limit {
        /// The call.
        call: Box<Call>,
        /// The limit's name in the configuration.
        limit: &'static str,
        /// Its value.
        allowed: u64,
    },
    /// The primary's API version cannot be found out.
    #[error(
        "{primary}: the API version cannot be determined; set api_version if the primary is known to work"
    )]
    #[non_exhaustive]
    Detection {
        /// The primary's name.
        primary: Arc<str>,
        /// What the primary answered.
        source: DetectionError,
    },
}

impl Error {
    /// The failure as a bounded word.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Closed { .. } => Reason::Closed,
            Self::Saturated { .. } => Reason::Saturated,
            Self::Timeout { .. }
            | Self::Proxy {
                fault: ProxyFault::Silent { .. },
                ..
            } => Reason::Timeout,
            Self::Connect { .. } | Self::Broken { .. } | Self::Url { .. } | Self::Proxy { .. } => {
                Reason::Connect
            }
            // A certificate stays what is wrong, whoever is not asked because of it.
            Self::Unreachable { source, .. } if source.reason() == Reason::Tls => Reason::Tls,
            Self::Unreachable { .. } => Reason::Connect,
            Self::Tls { .. } => Reason::Tls,
            Self::Unauthorized { .. } | Self::LoginPaused { .. } | Self::Login { .. } => {
                Reason::Unauthorized
            }
            Self::Forbidden { .. } => Reason::Forbidden,
            Self::NotSupported { .. } | Self::WrongPath { .. } | Self::TooOld { .. } => {
                Reason::NotSupported
            }
            Self::Http { .. } | Self::Redirect { .. } | Self::Overloaded { .. } => Reason::Http,
            Self::Paging {
                source: PagingError::Budget { .. } | PagingError::Truncated { .. },
                ..
            }
            | Self::Limit { .. } => Reason::Limit,
            Self::ContentType { .. } | Self::Decode { .. } | Self::Paging { .. } => Reason::Parse,
            Self::Detection { source, .. } => call::detection_reason(source),
        }
    }

    /// The call that failed, where one was made.
    pub fn call(&self) -> Option<&Call> {
        match self {
            Self::Closed { .. } | Self::Detection { .. } => None,
            Self::Saturated { call }
            | Self::Timeout { call, .. }
            | Self::Connect { call, .. }
            | Self::Broken { call, .. }
            | Self::Url { call, .. }
            | Self::Tls { call, .. }
            | Self::Proxy { call, .. }
            | Self::Unreachable { call, .. }
            | Self::Overloaded { call, .. }
            | Self::LoginPaused { call, .. }
            | Self::Login { call, .. }
            | Self::Unauthorized { call, .. }
            | Self::Forbidden { call, .. }
            | Self::NotSupported { call, .. }
            | Self::WrongPath { call, .. }
            | Self::TooOld { call, .. }
            | Self::Http { call, .. }
            | Self::Redirect { call, .. }
            | Self::ContentType { call, .. }
            | Self::Decode { call, .. }
            | Self::Paging { call, .. }
            | Self::Limit { call, .. } => Some(call),
        }
    }

    /// What the primary answered, where it answered with another status than the expected one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Unauthorized { refusal, .. }
            | Self::LoginPaused { refusal, .. }
            | Self::Forbidden { refusal, .. }
            | Self::NotSupported { refusal, .. }
            | Self::WrongPath { refusal, .. }
            | Self::Http { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// The HTTP status, where there was an answer with another than the expected one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Redirect { status, .. } => Some(*status),
            _ => self.refusal().map(|refusal| refusal.status),
        }
    }

    /// How long the primary asks to be left alone, where it does (429, 503).
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Overloaded { left, .. } => Some(*left),
            _ => self.refusal().and_then(|refusal| refusal.retry_after),
        }
    }
}

/// Why a login brought nothing to ask with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginFault {
    /// The account wants a second factor, which no program has.
    #[error(
        "the account wants a second factor at login; give an API key instead, or take multi-factor authentication off this account"
    )]
    SecondFactor,
    /// The answer has no token.
    #[error("the primary let the user in but gave no token; is this a NetBackup primary?")]
    NoToken,
    /// It gives tokens and does not accept them.
    #[error(
        "the primary gives tokens and then does not accept them; look into its own logs, and check its clock"
    )]
    Worthless,
}

fn renew(credential: CredentialKind) -> &'static str {
    match credential {
        CredentialKind::Session => "check the user name, the password and the domain",
        _ => "renew the API key",
    }
}

fn in_time(left: Duration) -> String {
    if left.is_zero() {
        String::new()
    } else {
        format!(" in {left:.1?}")
    }
}

fn grant(permission: Option<&'static str>) -> String {
    permission.map_or_else(String::new, |namespace| {
        format!("; give its role the VIEW operation on {namespace}")
    })
}

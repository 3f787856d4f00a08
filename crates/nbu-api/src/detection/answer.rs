//! What goes into a detection and what comes out.

use crate::endpoint::Endpoint;
use crate::query::Query;
use crate::version::ApiVersion;

use super::Detection;

/// A question to the primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The endpoint; always a `GET`.
    pub endpoint: &'static Endpoint,
    /// The version for `Accept`. `None`: send no JSON `Accept` at all (ping refuses it).
    pub version: Option<ApiVersion>,
    /// The query.
    pub query: Query,
    /// Whether to send the credential.
    pub authenticated: bool,
}

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// An HTTP response.
    Response {
        /// The HTTP status.
        status: u16,
        /// The header `X-NetBackup-API-Version`, where there was one that is text.
        api_version: Option<&'a str>,
    },
    /// None: no connection, a TLS failure, a timeout.
    NoResponse,
}

/// What follows from an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Ask on.
    Ask(Detection),
    /// Done.
    Detected(Detected),
    /// Given up.
    Failed(DetectionError),
}

/// The version to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The version to speak.
    pub version: ApiVersion,
    /// Where it comes from.
    pub source: Source,
    /// What the primary said in the header of its ping, if it did.
    pub advertised: Option<ApiVersion>,
}

impl Detected {
    /// The advertised version, when it is older than the one in use: a configured version the primary
    /// will refuse with 406.
    pub fn advertised_older(&self) -> Option<ApiVersion> {
        self.advertised
            .filter(|&advertised| advertised < self.version)
    }
}

/// How a version became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// It was configured.
    Configured,
    /// The primary says so in the header of its ping.
    PingHeader,
    /// It is the newest known version the primary accepted.
    Ladder,
}

impl Source {
    /// The word for labels and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "configured",
            Self::PingHeader => "ping_header",
            Self::Ladder => "ladder",
        }
    }
}

/// Why no version was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DetectionError {
    /// There was no response at all.
    #[error("the primary does not answer")]
    Unreachable,
    /// The primary answers, but not now.
    #[error("the primary cannot answer now: HTTP {status} from {endpoint}")]
    Unavailable {
        /// The endpoint asked.
        endpoint: &'static str,
        /// The HTTP status: 408, 429 or 5xx.
        status: u16,
    },
    /// The credential is missing, wrong or expired.
    #[error("the primary refuses the credential (HTTP 401); check or renew the API key")]
    Unauthorized,
    /// The credential is known, but may not even ask who it is.
    #[error("the primary forbids access to this credential (HTTP 403); grant it a role")]
    Forbidden,
    /// Every known version was refused.
    #[error("the primary accepts none of the known API versions, {} to {}", ApiVersion::KNOWN[0], ApiVersion::KNOWN[10])]
    NoneAccepted,
    /// An answer a NetBackup primary does not give here.
    #[error(
        "unexpected HTTP {status} from {endpoint}; is this the address of a NetBackup primary?"
    )]
    Unexpected {
        /// The endpoint asked.
        endpoint: &'static str,
        /// The HTTP status.
        status: u16,
    },
}

impl DetectionError {
    /// Whether trying again later, with nothing changed here, may succeed.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Unavailable { .. })
    }
}

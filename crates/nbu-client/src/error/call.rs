//! The call that failed, as an error tells of it.

use std::fmt;
use std::time::Duration;

use nbu_api::{ApiVersion, DetectionError};

use crate::Reason;
use crate::sync::Arc;

/// A call and its last attempt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// The primary's name.
    pub primary: Arc<str>,
    /// The endpoint's bounded name.
    pub endpoint: &'static str,
    /// The value of the path's parameter, such as the name of a policy; at most 300 characters.
    pub argument: Option<String>,
    /// The API version that was asked for, where the endpoint has versions.
    pub version: Option<ApiVersion>,
    /// `X-Request-ID` of the last attempt: what to search for in the primary's logs. `None` if nothing was sent.
    pub request_id: Option<String>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.primary, self.endpoint)?;
        if let Some(argument) = &self.argument {
            write!(f, " of {argument:?}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

/// An answer with another status than the expected one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// NetBackup's error code (`errorCode`).
    pub code: Option<i64>,
    /// NetBackup's words (`errorMessage`), at most 300 characters.
    pub message: Option<String>,
    /// How long the primary asks to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(code) = self.code {
            write!(f, ", code {code}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        Ok(())
    }
}

/// The reason behind a failed detection.
pub(super) fn detection_reason(error: &DetectionError) -> Reason {
    match error {
        DetectionError::Unreachable => Reason::Connect,
        DetectionError::Unauthorized => Reason::Unauthorized,
        DetectionError::Forbidden => Reason::Forbidden,
        DetectionError::NoneAccepted => Reason::NotSupported,
        _ => Reason::Http,
    }
}

//! One step of a check, and what came of it.

use std::fmt;
use std::time::Duration;

use nbu_client::{Error, Reason};
use serde::Serialize;

use crate::config;
use crate::primary::with_causes;
use crate::remedy::{Facts, Reader, remedy};

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Check {
    /// The files that the configuration names, and the client that is made of them.
    Files,
    /// The name of the primary, or of the proxy.
    Dns,
    /// Its port.
    Connect,
    /// The handshake, and whether the primary is the one that answers.
    Tls,
    /// One certificate that was shown.
    Certificate,
    /// `GET /ping`.
    Ping,
    /// The API version and the release.
    Version,
    /// The primary's clock.
    Clock,
    /// Whether the credential is accepted, and until when.
    Credential,
    /// One endpoint of a collector.
    Endpoint,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// It works, but somebody should know.
    Warning,
    /// It does not work.
    Failed,
    /// It was not tried.
    Skipped,
}

/// A row of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    pub(crate) check: Check,
    /// What exactly: a host, an endpoint, a file.
    pub(crate) subject: String,
    pub(crate) status: Status,
    /// What was found, in words.
    pub(crate) detail: String,
    /// What to do; empty where there is nothing to do.
    pub(crate) remedy: String,
    /// The word of `netbackup_exporter_collector_status` for the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_code: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// The namespace on which the endpoint needs the VIEW operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) permission: Option<&'static str>,
    /// The collectors that ask the endpoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) collectors: Vec<&'static str>,
    /// SHA-256 of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fingerprint: Option<String>,
    /// When the certificate or the credential ends, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires: Option<String>,
    /// How far the primary's clock is ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skew_seconds: Option<f64>,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<f64>,
}

impl Finding {
    fn new(
        check: Check,
        status: Status,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            check,
            subject: subject.into(),
            status,
            detail: detail.into(),
            remedy: String::new(),
            reason: None,
            http_status: None,
            error_code: None,
            error_message: None,
            request_id: None,
            permission: None,
            collectors: Vec::new(),
            fingerprint: None,
            expires: None,
            skew_seconds: None,
            seconds: None,
        }
    }

    pub(super) fn good(
        check: Check,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(check, Status::Ok, subject, detail)
    }

    pub(super) fn warning(
        check: Check,
        subject: impl Into<String>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(check, Status::Warning, subject, detail).with_remedy(remedy)
    }

    pub(super) fn skipped(
        check: Check,
        subject: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self::new(check, Status::Skipped, subject, why)
    }

    /// It failed for a reason that has a remedy of its own.
    pub(super) fn failed(
        check: Check,
        subject: impl Into<String>,
        reason: Reason,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            reason: Some(reason.as_str()),
            ..Self::new(check, Status::Failed, subject, detail).with_remedy(remedy)
        }
    }

    /// A call failed.
    pub(super) fn of_error(
        check: Check,
        subject: impl Into<String>,
        error: &Error,
        primary: &config::Primary,
    ) -> Self {
        let facts = Facts::from(error);
        let remedy = remedy(error.reason(), &facts, primary, Reader::Check);
        let text = with_causes(error);
        // The row already says which primary it is about.
        let own = format!("{}: ", primary.name);
        let text = text.strip_prefix(&own).unwrap_or(&text);
        Self {
            http_status: facts.status,
            error_code: facts.code,
            error_message: facts.message,
            request_id: facts.request_id,
            permission: facts.permission,
            ..Self::failed(check, subject, error.reason(), text, remedy)
        }
    }

    pub(super) fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: remedy.into(),
            ..self
        }
    }

    pub(super) fn took(self, time: Duration) -> Self {
        Self {
            seconds: Some(time.as_secs_f64()),
            ..self
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "files",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Certificate => "certificate",
            Self::Ping => "ping",
            Self::Version => "version",
            Self::Clock => "clock",
            Self::Credential => "credential",
            Self::Endpoint => "endpoint",
        })
    }
}

impl fmt::Display for Status {
    /// Failures in capitals: there are no colours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
            Self::Skipped => "skipped",
        })
    }
}

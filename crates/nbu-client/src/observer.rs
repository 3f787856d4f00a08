//! What a client reports about its work, and to whom.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::Reason;
use crate::sync::Arc;

/// Hears what a [`Client`](crate::Client) does: the source of request metrics and traces.
///
/// Called on the task that makes the call, without any lock held. It should be quick. If it panics, the panic is caught
/// and logged; the call goes on.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event<'_>);

    /// Adds headers to the attempt about to be sent: `traceparent`, for example.
    fn headers(&self, headers: &mut HeaderMap) {
        let _ = headers;
    }
}

/// Something that a client did.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// An attempt begins: it has its permit and is about to connect. Exactly one [`Event::AttemptEnded`] follows, also
    /// when the call is dropped or cut off.
    #[non_exhaustive]
    AttemptStarted {
        /// The endpoint's bounded name.
        endpoint: &'static str,
    },
    /// The attempt that began is over.
    #[non_exhaustive]
    AttemptEnded {
        /// The endpoint's bounded name.
        endpoint: &'static str,
        /// How it ended.
        code: Code,
        /// From the permit to the last byte.
        duration: Duration,
        /// Bytes of body received, after decompression.
        bytes: u64,
    },
    /// A failed attempt will be repeated after a wait.
    #[non_exhaustive]
    Retry {
        /// The endpoint's bounded name.
        endpoint: &'static str,
        /// Why the attempt failed.
        reason: Reason,
        /// How long the wait is.
        wait: Duration,
    },
    /// Records of a page could not be read and were left out.
    #[non_exhaustive]
    RecordsSkipped {
        /// The endpoint's bounded name.
        endpoint: &'static str,
        /// Why, as a bounded word.
        reason: &'a str,
        /// How many.
        count: u64,
    },
    /// Values in the records of a page, or in an object, were of another kind or size than their field can have; the fields were read
    /// as absent.
    #[non_exhaustive]
    FieldsUnusable {
        /// The endpoint's bounded name.
        endpoint: &'static str,
        /// The vendor's name of the field: one of those that the models of `nbu_api` read.
        field: &'static str,
        /// How many values.
        count: u64,
    },
    /// An attempt was refused because `max_in_flight` were under way.
    #[non_exhaustive]
    Saturated {
        /// The endpoint's bounded name.
        endpoint: &'static str,
    },
    /// A call was refused or ended because the client is closed.
    #[non_exhaustive]
    Closed {
        /// The endpoint's bounded name.
        endpoint: &'static str,
    },
}

/// How an attempt ended: an HTTP status, or what happened instead of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The status of an answer that was read to its end.
    Status(StatusCode),
    /// No connection.
    Connect,
    /// The time for one attempt was up.
    Timeout,
    /// The TLS handshake failed.
    Tls,
    /// The connection broke before the answer began.
    Reset,
    /// The answer broke off, was damaged or too large.
    Body,
    /// The caller went away, or close cut it off.
    Cancelled,
}

impl fmt::Display for Code {
    /// The number of the status, or a lower-case word.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{}", status.as_u16()),
            Self::Connect => f.write_str("connect"),
            Self::Timeout => f.write_str("timeout"),
            Self::Tls => f.write_str("tls"),
            Self::Reset => f.write_str("reset"),
            Self::Body => f.write_str("body"),
            Self::Cancelled => f.write_str("cancelled"),
        }
    }
}

/// The observer of a client, if it has one, behind a net for panics.
#[derive(Clone, Default)]
pub(crate) struct Ears(Option<Arc<dyn Observer>>);

impl Ears {
    pub(crate) fn new(observer: Option<Arc<dyn Observer>>) -> Self {
        Self(observer)
    }

    pub(crate) fn hear(&self, event: &Event<'_>) {
        if let Some(observer) = &self.0
            && catch_unwind(AssertUnwindSafe(|| observer.event(event))).is_err()
        {
            tracing::error!(?event, "the observer panicked");
        }
    }

    pub(crate) fn headers(&self, headers: &mut HeaderMap) {
        if let Some(observer) = &self.0
            && catch_unwind(AssertUnwindSafe(|| observer.headers(headers))).is_err()
        {
            tracing::error!("the observer panicked while adding headers");
        }
    }
}

impl fmt::Debug for Ears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "an observer"
        } else {
            "no observer"
        })
    }
}

/// One attempt as the observer sees it: begins when made, ends when dropped.
pub(crate) struct Watch<'a> {
    ears: &'a Ears,
    endpoint: &'static str,
    started: Instant,
    pub(crate) code: Code,
    pub(crate) bytes: u64,
}

impl<'a> Watch<'a> {
    pub(crate) fn start(ears: &'a Ears, endpoint: &'static str) -> Self {
        ears.hear(&Event::AttemptStarted { endpoint });
        Self {
            ears,
            endpoint,
            started: Instant::now(),
            code: Code::Cancelled,
            bytes: 0,
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.ears.hear(&Event::AttemptEnded {
            endpoint: self.endpoint,
            code: self.code,
            duration: self.started.elapsed(),
            bytes: self.bytes,
        });
    }
}

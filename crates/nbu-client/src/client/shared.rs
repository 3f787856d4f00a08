//! What the clones of a client share.

use std::num::NonZeroUsize;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::Timestamp;
use nbu_api::{ApiVersion, Detected};

use super::WhenFull;
use super::door::Door;
use super::fallback::Fallbacks;
use super::flight::Flights;
use super::logout::Partings;
use super::probe::Breaker;
use crate::exchange::Exchange;
use crate::keyring::Keyring;
use crate::observer::{Ears, Event};
use crate::retry::Budget;
use crate::sync::Arc;
use crate::tls::Witness;
use crate::{Error, Limits, RetryPolicy, Tracker};

/// Tells the wall time; see [`ClientBuilder::clock`](crate::ClientBuilder::clock).
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) primary: Arc<str>,
    /// The url, without a slash at its end.
    pub(crate) base: String,
    pub(crate) client_id: http::HeaderValue,
    /// Instead of the url's host and port.
    pub(crate) host_header: Option<http::HeaderValue>,
    pub(crate) tracker: Tracker,
    pub(crate) max_in_flight: NonZeroUsize,
    pub(crate) when_full: WhenFull,
    /// The one place that holds the HTTP stack. Close empties it, and with it go the connections.
    pub(crate) exchange: ArcSwapOption<Box<dyn Exchange>>,
    pub(crate) keyring: Keyring,
    pub(crate) partings: Partings,
    pub(crate) door: Door,
    pub(crate) breaker: Breaker,
    /// Host and port of the proxy; empty where there is none.
    pub(crate) proxy: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) retry: RetryPolicy,
    pub(crate) budget: Budget,
    pub(crate) request_timeout: Duration,
    pub(crate) ears: Ears,
    pub(crate) clock: Option<Clock>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) configured: Option<ApiVersion>,
    pub(crate) detected: ArcSwap<Option<Detected>>,
    pub(crate) fallbacks: Fallbacks,
    pub(crate) flights: Flights,
}

impl Shared {
    /// The error of whoever comes too late.
    pub(crate) fn closed(&self, endpoint: &'static str) -> Error {
        self.ears.hear(&Event::Closed { endpoint });
        Error::Closed {
            primary: Arc::clone(&self.primary),
        }
    }

    /// Lets go of the connections once nothing can be sent any more.
    pub(crate) fn release(&self) {
        if self.tracker.is_closed() && self.tracker.in_flight() == 0 {
            self.exchange.store(None);
        }
    }
}

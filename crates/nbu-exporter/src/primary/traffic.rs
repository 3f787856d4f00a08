//! What a primary's client has on the wire, for the gauge, and for the log line that names what was cut off.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::HeaderMap;
use nbu_api::endpoint::LOGOUT;
use nbu_client::{Code, Event, Observer};
use nbu_metrics::ApiMetrics;

/// Hears the client's events, passes them on to the request metrics, and keeps account of the attempts.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    metrics: Arc<ApiMetrics>,
    wire: Mutex<Wire>,
}

#[derive(Debug, Default)]
struct Wire {
    /// Attempts under way, by endpoint.
    attempts: BTreeMap<&'static str, usize>,
    /// The client is being closed: attempts that end cancelled from now on were cut off by it.
    closing: bool,
    cut: BTreeMap<&'static str, usize>,
}

impl Traffic {
    /// The request metrics.
    pub(crate) fn metrics(&self) -> &ApiMetrics {
        &self.metrics
    }

    /// Attempts under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.wire().attempts.values().sum()
    }

    /// From now on attempts that are cancelled count as cut off.
    pub(crate) fn closing(&self) {
        let mut wire = self.wire();
        wire.closing = true;
        wire.cut.clear();
    }

    /// A new client begins with a clean account.
    pub(crate) fn opened(&self) {
        self.wire().closing = false;
    }

    /// True while a client that closes has nothing on the wire but a logout, or had that cut off: all else has been answered.
    pub(crate) fn only_parts(&self) -> bool {
        let wire = self.wire();
        let mut all = wire.attempts.keys().chain(wire.cut.keys()).peekable();
        wire.closing && all.peek().is_some() && all.all(|endpoint| *endpoint == LOGOUT.name)
    }

    /// An attempt begins.
    pub(crate) fn begun(&self, endpoint: &'static str) {
        *self.wire().attempts.entry(endpoint).or_default() += 1;
    }

    /// What was cut off, and what is still under way: `/admin/jobs ×2, /ping`.
    pub(crate) fn remains(&self) -> String {
        let wire = self.wire();
        let mut all = wire.cut.clone();
        for (endpoint, attempts) in &wire.attempts {
            *all.entry(endpoint).or_default() += attempts;
        }
        let mut text = String::new();
        for (endpoint, attempts) in all {
            let separator = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{separator}{endpoint}");
            if attempts > 1 {
                let _ = write!(text, " ×{attempts}");
            }
        }
        text
    }

    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Traffic {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::AttemptStarted { endpoint, .. } => self.begun(endpoint),
            Event::AttemptEnded { endpoint, code, .. } => {
                let mut wire = self.wire();
                if let Some(attempts) = wire.attempts.get_mut(endpoint) {
                    *attempts -= 1;
                    if *attempts == 0 {
                        wire.attempts.remove(endpoint);
                    }
                }
                if wire.closing && *code == Code::Cancelled {
                    *wire.cut.entry(endpoint).or_default() += 1;
                }
            }
            _ => {}
        }
        self.metrics.event(event);
    }

    fn headers(&self, headers: &mut HeaderMap) {
        self.metrics.headers(headers);
    }
}

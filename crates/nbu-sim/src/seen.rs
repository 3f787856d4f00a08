//! What the primary was asked, for tests to look at.

use std::{
    collections::VecDeque,
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
};

use http::{HeaderMap, Method};

use crate::{lock::Locked, route::Route};

/// Older requests are forgotten.
const KEPT: usize = 20_000;

/// One request that reached the primary.
#[derive(Clone)]
pub struct Seen {
    /// What it asked for.
    pub route: Route,
    /// `GET`, `POST`, …
    pub method: Method,
    /// The path as sent.
    pub path: String,
    /// The query, percent-decoded, in order.
    pub query: Vec<(String, String)>,
    /// All headers, the credential included: tests check that it was sent, and that it was not.
    pub headers: HeaderMap,
    /// Which connection it came on, counted from 1.
    pub connection: u64,
    /// Whether it came as HTTP/2.
    pub http2: bool,
}

impl Seen {
    /// A header's value, if it was sent and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A query parameter's value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("connection", &self.connection)
            .finish_non_exhaustive()
    }
}

/// Requests and connections, counted.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    seen: Locked<VecDeque<Seen>>,
    asked: AtomicUsize,
    in_flight: Gauge,
    connections: Gauge,
    accepted: AtomicUsize,
}

impl Traffic {
    pub(crate) fn record(&self, seen: Seen) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut log = self.seen.lock();
        if log.len() == KEPT {
            log.pop_front();
        }
        log.push_back(seen);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().iter().cloned().collect()
    }

    pub(crate) fn forget(&self) {
        self.seen.lock().clear();
        self.in_flight.reset_peak();
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn in_flight(&self) -> &Gauge {
        &self.in_flight
    }

    pub(crate) fn connections(&self) -> &Gauge {
        &self.connections
    }

    pub(crate) fn accept(&self) -> u64 {
        u64::try_from(self.accepted.fetch_add(1, Ordering::Relaxed) + 1).unwrap_or(u64::MAX)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

/// A number that guards raise and lower, and its highest value.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Gauge {
    pub(crate) fn now(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    pub(crate) fn raise(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
    }

    pub(crate) fn lower(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }

    fn reset_peak(&self) {
        self.peak.store(self.now(), Ordering::Relaxed);
    }
}

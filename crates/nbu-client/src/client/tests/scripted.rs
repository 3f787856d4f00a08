//! An exchange whose attempts end when the test says so, and an observer that counts.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::sync::oneshot;

use crate::exchange::{Answer, Exchange, Exchanging, Request};
use crate::sync::{Arc, Mutex, lock};
use crate::{Event, Observer};

#[derive(Clone, Default)]
pub(super) struct Script(Arc<Mutex<Wire>>);

#[derive(Default)]
struct Wire {
    begun: usize,
    waiting: Vec<(usize, oneshot::Sender<StatusCode>)>,
}

impl Script {
    /// Ends one of the attempts on the wire, if there is one: well, or with 503.
    pub(super) fn finish(&self, index: usize, well: bool) {
        let mut wire = lock(&self.0);
        if let Some(index) = index.checked_rem(wire.waiting.len()) {
            let (_, attempt) = wire.waiting.swap_remove(index);
            drop(wire);
            let _ = attempt.send(if well {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            });
        }
    }

    pub(super) fn on_the_wire(&self) -> usize {
        lock(&self.0).waiting.len()
    }

    /// How many attempts have begun so far.
    pub(super) fn begun(&self) -> usize {
        lock(&self.0).begun
    }

    /// Whether no client holds the exchange any more.
    pub(super) fn is_only_handle(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl Wire {
    fn take(&mut self, attempt: oneshot::Sender<StatusCode>) -> usize {
        self.begun += 1;
        self.waiting.push((self.begun, attempt));
        self.begun
    }
}

impl Exchange for Script {
    fn send<'a>(&'a self, _: Request, bytes: &'a mut u64) -> Exchanging<'a> {
        Box::pin(async move {
            let (attempt, ended) = oneshot::channel();
            let number = lock(&self.0).take(attempt);
            let _leave = Leave {
                script: self,
                number,
            };
            let status = ended.await.unwrap_or(StatusCode::BAD_GATEWAY);
            *bytes += 1;
            let headers =
                HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
            Ok(Answer {
                status,
                headers,
                body: Bytes::from_static(b"1"),
            })
        })
    }
}

/// Takes an attempt off the wire when it is dropped.
struct Leave<'a> {
    script: &'a Script,
    number: usize,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        lock(&self.script.0)
            .waiting
            .retain(|(number, _)| *number != self.number);
    }
}

/// Counts the attempts that began and have not ended.
#[derive(Default)]
pub(super) struct Tally(Mutex<usize>);

impl Tally {
    pub(super) fn under_way(&self) -> usize {
        *lock(&self.0)
    }
}

impl Observer for Tally {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::AttemptStarted { .. } => *lock(&self.0) += 1,
            Event::AttemptEnded { .. } => *lock(&self.0) -= 1,
            _ => {}
        }
    }
}

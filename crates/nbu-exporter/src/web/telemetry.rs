//! What the web server counts about itself: requests, their duration, and how many run now.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use nbu_metrics::catalogue::process as families;
use nbu_metrics::histogram::Histogram;
use nbu_metrics::samples::Samples;
use tokio::time::Instant;

/// The `handler` of a request that no route takes. The path itself comes from the client and is no label value.
const OTHER: &str = "other";

/// Counts requests.
#[derive(Debug, Default)]
pub(crate) struct HttpTelemetry {
    in_flight: AtomicU64,
    answered: Mutex<Answered>,
}

#[derive(Debug, Default)]
struct Answered {
    requests: BTreeMap<(Arc<str>, u16), u64>,
    durations: BTreeMap<Arc<str>, Histogram>,
}

impl HttpTelemetry {
    /// Adds the families of the web server.
    pub(crate) fn sample(&self, samples: &mut Samples) {
        samples.gauge(
            &families::HTTP_REQUESTS_IN_FLIGHT,
            &[],
            self.in_flight.load(Ordering::Relaxed) as f64,
        );
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        for ((handler, code), count) in &answered.requests {
            samples.counter(
                &families::HTTP_REQUESTS_TOTAL,
                &[handler, &code.to_string()],
                *count as f64,
            );
        }
        for (handler, durations) in &answered.durations {
            samples.histogram(
                &families::HTTP_REQUEST_DURATION_SECONDS,
                &[handler],
                durations,
            );
        }
    }

    fn start(self: &Arc<Self>, handler: Arc<str>) -> Counted {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Counted {
            telemetry: Arc::clone(self),
            handler,
            code: None,
            started: Instant::now(),
        }
    }
}

/// The middleware that counts a request, from its head to the end of its answer.
pub(crate) async fn count(
    State(telemetry): State<Arc<HttpTelemetry>>,
    request: Request,
    next: Next,
) -> Response {
    let handler = request
        .extensions()
        .get::<MatchedPath>()
        .map_or(OTHER, MatchedPath::as_str);
    let mut counted = telemetry.start(Arc::from(handler));
    let response = next.run(request).await;
    counted.code = Some(response.status().as_u16());
    response.map(|body| {
        Body::new(CountedBody {
            body,
            _counted: counted,
        })
    })
}

/// One request that runs; counted when dropped.
#[derive(Debug)]
struct Counted {
    telemetry: Arc<HttpTelemetry>,
    handler: Arc<str>,
    /// `None` while there is no answer: a client that goes away before it has got no code.
    code: Option<u16>,
    started: Instant,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.telemetry.in_flight.fetch_sub(1, Ordering::Relaxed);
        let Some(code) = self.code else { return };
        let seconds = self.started.elapsed().as_secs_f64();
        let mut answered = self
            .telemetry
            .answered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *answered
            .requests
            .entry((Arc::clone(&self.handler), code))
            .or_default() += 1;
        answered
            .durations
            .entry(Arc::clone(&self.handler))
            .or_insert_with(|| Histogram::new(families::HTTP_REQUEST_DURATION_SECONDS.buckets))
            .observe(seconds);
    }
}

struct CountedBody {
    body: Body,
    _counted: Counted,
}

impl HttpBody for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

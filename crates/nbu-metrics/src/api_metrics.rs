//! What a client's observer hears, as the metrics `netbackup_exporter_api_*`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nbu_client::{Code, Event, Observer, Reason};

use crate::catalogue::collection as families;
use crate::histogram::Histogram;
use crate::samples::Samples;

/// For which a call is repeated: their counters are there from the start, so that the first repetition
/// is seen as an increase.
const RETRIED: [Reason; 5] = [
    Reason::Timeout,
    Reason::Connect,
    Reason::Tls,
    Reason::Http,
    Reason::Parse,
];

/// Counts the requests of one client.
///
/// Give it to the client as its observer, and take [`samples`](Self::samples) whenever the primary's snapshot is
/// built. Everything is behind one lock, held for the time of a few map look-ups; a client makes tens of
/// requests a second, not thousands.
#[derive(Debug, Default)]
pub struct ApiMetrics {
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    in_flight: u64,
    requests: HashMap<(&'static str, Code), u64>,
    durations: HashMap<&'static str, Histogram>,
    bytes: HashMap<&'static str, u64>,
    retries: HashMap<Reason, u64>,
    skipped: HashMap<&'static str, BTreeMap<Box<str>, u64>>,
    unusable: BTreeMap<(&'static str, &'static str), u64>,
}

impl ApiMetrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What has been counted until now.
    pub fn samples(&self) -> Samples {
        self.counted().samples()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        // Nothing here panics while it holds the lock, and a count would be usable even then.
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for ApiMetrics {
    fn event(&self, event: &Event<'_>) {
        let mut counted = self.counted();
        match *event {
            Event::AttemptStarted { .. } => counted.started(),
            Event::AttemptEnded {
                endpoint,
                code,
                duration,
                bytes,
                ..
            } => counted.ended(endpoint, code, duration, bytes),
            Event::Retry { reason, .. } => counted.retried(reason),
            Event::RecordsSkipped {
                endpoint,
                reason,
                count,
                ..
            } => counted.skipped(endpoint, reason, count),
            Event::FieldsUnusable {
                endpoint,
                field,
                count,
                ..
            } => counted.unusable(endpoint, field, count),
            // Refusals and closes end the collector's run and are seen in its status.
            _ => {}
        }
    }
}

impl Counted {
    fn started(&mut self) {
        self.in_flight += 1;
    }

    fn ended(&mut self, endpoint: &'static str, code: Code, duration: Duration, bytes: u64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        *self.requests.entry((endpoint, code)).or_default() += 1;
        *self.bytes.entry(endpoint).or_default() += bytes;
        self.durations
            .entry(endpoint)
            .or_insert_with(|| Histogram::new(families::API_REQUEST_DURATION_SECONDS.buckets))
            .observe(duration.as_secs_f64());
    }

    fn retried(&mut self, reason: Reason) {
        *self.retries.entry(reason).or_default() += 1;
    }

    fn skipped(&mut self, endpoint: &'static str, reason: &str, count: u64) {
        let reasons = self.skipped.entry(endpoint).or_default();
        if let Some(skipped) = reasons.get_mut(reason) {
            *skipped += count;
        } else {
            reasons.insert(reason.into(), count);
        }
    }

    fn unusable(&mut self, endpoint: &'static str, field: &'static str, count: u64) {
        *self.unusable.entry((endpoint, field)).or_default() += count;
    }

    fn samples(&self) -> Samples {
        let mut samples = Samples::new();
        let in_flight = self.in_flight as f64;
        samples.gauge(&families::API_IN_FLIGHT_REQUESTS, &[], in_flight);
        for ((endpoint, code), count) in &self.requests {
            let labels = [*endpoint, &code.to_string()];
            samples.counter(&families::API_REQUESTS_TOTAL, &labels, *count as f64);
        }
        for (endpoint, durations) in &self.durations {
            samples.histogram(
                &families::API_REQUEST_DURATION_SECONDS,
                &[endpoint],
                durations,
            );
        }
        for (endpoint, bytes) in &self.bytes {
            let bytes = *bytes as f64;
            samples.counter(&families::API_RESPONSE_BYTES_TOTAL, &[endpoint], bytes);
        }
        let seeded = RETRIED
            .iter()
            .filter(|reason| !self.retries.contains_key(reason));
        let seeded = seeded.map(|reason| (reason, &0));
        for (reason, count) in self.retries.iter().chain(seeded) {
            let labels = [reason.as_str()];
            samples.counter(&families::API_RETRIES_TOTAL, &labels, *count as f64);
        }
        for (endpoint, reasons) in &self.skipped {
            for (reason, count) in reasons {
                let labels = [*endpoint, reason];
                samples.counter(&families::RECORDS_SKIPPED_TOTAL, &labels, *count as f64);
            }
        }
        for ((endpoint, field), count) in &self.unusable {
            let labels = [*endpoint, *field];
            samples.counter(&families::FIELDS_UNUSABLE_TOTAL, &labels, *count as f64);
        }
        samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::{Format, encode};
    use crate::snapshot::Snapshot;

    fn page(counted: &Counted) -> String {
        let samples = counted.samples();
        let snapshot = Snapshot::builder(Some("p".into())).add(&samples).build();
        assert_eq!(snapshot.duplicates(), 0);
        let page = encode(Format::Text, &[snapshot.into()]).unwrap();
        String::from_utf8(page).unwrap()
    }

    fn has(page: &str, line: &str) {
        assert!(page.lines().any(|l| l == line), "no {line} in\n{page}");
    }

    #[test]
    fn attempts_are_counted_by_endpoint_and_code() {
        let mut counted = Counted::default();
        for code in [Code::Timeout, Code::Connect, Code::Timeout] {
            counted.started();
            counted.ended("/admin/jobs", code, Duration::from_millis(300), 10);
        }
        counted.started();
        let page = page(&counted);
        has(
            &page,
            "netbackup_exporter_api_requests_total{primary=\"p\",endpoint=\"/admin/jobs\",code=\"timeout\"} 2",
        );
        has(
            &page,
            "netbackup_exporter_api_requests_total{primary=\"p\",endpoint=\"/admin/jobs\",code=\"connect\"} 1",
        );
        has(
            &page,
            "netbackup_exporter_api_response_bytes_total{primary=\"p\",endpoint=\"/admin/jobs\"} 30",
        );
        has(
            &page,
            "netbackup_exporter_api_request_duration_seconds_count{primary=\"p\",endpoint=\"/admin/jobs\"} 3",
        );
        has(
            &page,
            "netbackup_exporter_api_request_duration_seconds_bucket{primary=\"p\",endpoint=\"/admin/jobs\",le=\"0.25\"} 0",
        );
        has(
            &page,
            "netbackup_exporter_api_request_duration_seconds_bucket{primary=\"p\",endpoint=\"/admin/jobs\",le=\"0.5\"} 3",
        );
        has(
            &page,
            "netbackup_exporter_api_in_flight_requests{primary=\"p\"} 1",
        );
    }

    #[test]
    fn retries_are_there_before_the_first_one() {
        let mut counted = Counted::default();
        has(
            &page(&counted),
            "netbackup_exporter_api_retries_total{primary=\"p\",reason=\"http\"} 0",
        );
        counted.retried(Reason::Http);
        counted.retried(Reason::Limit);
        let page = page(&counted);
        has(
            &page,
            "netbackup_exporter_api_retries_total{primary=\"p\",reason=\"http\"} 1",
        );
        has(
            &page,
            "netbackup_exporter_api_retries_total{primary=\"p\",reason=\"limit\"} 1",
        );
    }

    #[test]
    fn skipped_records_add_up_by_reason() {
        let mut counted = Counted::default();
        counted.skipped("/admin/jobs", "no_id", 2);
        counted.skipped("/admin/jobs", "no_id", 3);
        counted.skipped("/admin/jobs", "not_an_object", 1);
        let page = page(&counted);
        has(
            &page,
            "netbackup_exporter_records_skipped_total{primary=\"p\",endpoint=\"/admin/jobs\",reason=\"no_id\"} 5",
        );
        has(
            &page,
            "netbackup_exporter_records_skipped_total{primary=\"p\",endpoint=\"/admin/jobs\",reason=\"not_an_object\"} 1",
        );
    }

    #[test]
    fn unusable_fields_add_up_by_endpoint_and_field() {
        let mut counted = Counted::default();
        counted.unusable("/admin/jobs", "status", 2);
        counted.unusable("/admin/jobs", "status", 1);
        counted.unusable("/storage/disk-pools", "state", 1);
        let page = page(&counted);
        has(
            &page,
            "netbackup_exporter_fields_unusable_total{primary=\"p\",endpoint=\"/admin/jobs\",field=\"status\"} 3",
        );
        has(
            &page,
            "netbackup_exporter_fields_unusable_total{primary=\"p\",endpoint=\"/storage/disk-pools\",field=\"state\"} 1",
        );
    }

    #[test]
    fn an_end_without_a_start_leaves_nothing_below_zero() {
        let mut counted = Counted::default();
        counted.ended("/ping", Code::Reset, Duration::ZERO, 0);
        has(
            &page(&counted),
            "netbackup_exporter_api_in_flight_requests{primary=\"p\"} 0",
        );
    }
}

//! What the process says about itself: rendered for each scrape, since it changes with each.

use std::sync::{Arc, Mutex, PoisonError};

use nbu_metrics::ZeroFirst;
use nbu_metrics::catalogue::{collection, process as families};
use nbu_metrics::samples::Samples;
use nbu_metrics::snapshot::Snapshot;
use tokio::time::Instant;

use super::telemetry::HttpTelemetry;
use crate::primary::Traffic;
use crate::reload::Record;
use crate::{log, process, version};

/// Gathers the families that no collector fills.
#[derive(Debug)]
pub(crate) struct Own {
    http: Arc<HttpTelemetry>,
    record: Arc<Record>,
    zero_first: Mutex<ZeroFirst>,
}

impl Own {
    pub(crate) fn new(record: Arc<Record>) -> Self {
        Self {
            http: Arc::default(),
            record,
            zero_first: Mutex::default(),
        }
    }

    /// Where the web server counts.
    pub(crate) fn http(&self) -> Arc<HttpTelemetry> {
        Arc::clone(&self.http)
    }

    /// The process-wide families, and what each primary has in flight at this very moment.
    pub(crate) fn snapshots(&self, primaries: &[(Arc<str>, Arc<Traffic>)]) -> Vec<Arc<Snapshot>> {
        let process = Snapshot::builder(None).add(&self.process()).build();
        let process = self
            .zero_first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .apply(process, Instant::now().into_std(), self.record.zero_first());
        let mut snapshots = vec![Arc::new(process)];
        for (primary, traffic) in primaries {
            let mut samples = Samples::new();
            samples.gauge(
                &collection::API_IN_FLIGHT_REQUESTS,
                &[],
                traffic.in_flight() as f64,
            );
            snapshots.push(Arc::new(
                Snapshot::builder(Some(Arc::clone(primary)))
                    .add(&samples)
                    .build(),
            ));
        }
        snapshots
    }

    fn process(&self) -> Samples {
        let mut samples = Samples::new();
        let build = [
            version::VERSION,
            version::REVISION,
            version::RUSTC,
            std::env::consts::OS,
            std::env::consts::ARCH,
        ];
        samples.info(&families::BUILD_INFO, &build);
        let (successful, at) = self.record.last();
        samples.gauge(
            &families::CONFIG_LAST_RELOAD_SUCCESSFUL,
            &[],
            f64::from(u8::from(successful)),
        );
        samples.gauge(
            &families::CONFIG_LAST_RELOAD_SUCCESS_TIMESTAMP_SECONDS,
            &[],
            at.as_duration().as_secs_f64(),
        );
        samples.counter(
            &families::LOG_LINES_DROPPED_TOTAL,
            &[],
            log::dropped() as f64,
        );
        self.http.sample(&mut samples);
        process::sample(&mut samples);
        samples
    }
}

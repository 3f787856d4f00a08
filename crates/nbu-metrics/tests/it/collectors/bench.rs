//! A primary, a client and a ledger, wired together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_client::{Client, ClientBuilder, Credential, RetryPolicy};
use nbu_metrics::collector::{self, CollectError, Collected, Context, State};
use nbu_metrics::ledger::{JobsSettings, Ledger, MemoryStore};
use nbu_metrics::samples::{Samples, Value};
use nbu_sim::{Running, SimBuilder};

pub(super) const KEY: &str = "a-key-of-the-tests";

/// Series of one family: labels joined by spaces, and the value.
pub(super) type Series = BTreeMap<String, f64>;

pub(super) struct Bench {
    pub(super) primary: Running,
    pub(super) client: Client,
    pub(super) ledger: Ledger,
    states: BTreeMap<&'static str, State>,
}

impl Bench {
    pub(super) async fn start(primary: SimBuilder) -> Self {
        Self::start_with(primary, |client| client).await
    }

    /// The same, with settings of the client.
    pub(super) async fn start_with(
        primary: SimBuilder,
        settle: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Self {
        let settings = JobsSettings {
            counter_birth: Duration::ZERO,
            ..JobsSettings::default()
        };
        let primary = primary
            .api_key(KEY)
            .tls(false)
            .start(([127, 0, 0, 1], 0).into())
            .await
            .unwrap();
        let client = Client::builder("paris", primary.url().parse().unwrap())
            .credential(Credential::api_key(KEY))
            .retry(RetryPolicy::never());
        let client = settle(client).build().unwrap();
        let ledger = Ledger::open(Arc::new(MemoryStore::new()), settings)
            .await
            .unwrap();
        Self {
            primary,
            client,
            ledger,
            states: collector::ALL
                .iter()
                .map(|one| (one.name(), State::default()))
                .collect(),
        }
    }

    /// One run of a collector, its clock being the primary's.
    pub(super) async fn collect(&mut self, name: &'static str) -> Result<Collected, CollectError> {
        let clock = || self.primary.now();
        self.collect_at(name, &clock, Some(usize::MAX))
            .await
            .unwrap()
    }

    /// One run that is dropped when it has waited `waits` times; `None` then.
    pub(super) async fn collect_at(
        &self,
        name: &'static str,
        clock: &(dyn Fn() -> Timestamp + Send + Sync),
        waits: Option<usize>,
    ) -> Option<Result<Collected, CollectError>> {
        let mut left = waits.unwrap_or(usize::MAX);
        let stop = || {
            let over = left == 0;
            left = left.saturating_sub(1);
            over
        };
        self.collect_until(name, clock, stop).await
    }

    /// One run that is dropped as soon as it waits and `stop` says so; `None` then.
    pub(super) async fn collect_until(
        &self,
        name: &'static str,
        clock: &(dyn Fn() -> Timestamp + Send + Sync),
        mut stop: impl FnMut() -> bool,
    ) -> Option<Result<Collected, CollectError>> {
        // Runs share it, as a failed one may leave something in it.
        let state = self.states[name].clone();
        let context = Context {
            client: &self.client,
            ledger: &self.ledger,
            clock,
        };
        let collector = collector::find(name).unwrap();
        let mut run = collector.collect(context, &state);
        let hang = tokio::time::timeout(
            Duration::from_secs(120),
            std::future::poll_fn(move |task| match run.as_mut().poll(task) {
                std::task::Poll::Ready(outcome) => std::task::Poll::Ready(Some(outcome)),
                std::task::Poll::Pending if stop() => std::task::Poll::Ready(None),
                std::task::Poll::Pending => std::task::Poll::Pending,
            }),
        );
        hang.await.unwrap()
    }

    /// Keeps the state of a run.
    pub(super) fn keep(&mut self, name: &'static str, collected: &Collected) {
        self.states.insert(name, collected.state.clone());
    }

    /// Forgets what runs left behind, as a process that ends.
    pub(super) fn forget(&mut self) {
        self.states
            .values_mut()
            .for_each(|state| *state = State::default());
    }

    /// Runs until there is no more to do, and gives the gauges of the last run.
    pub(super) async fn finish(&mut self, name: &'static str) -> Samples {
        loop {
            let collected = self.collect(name).await.unwrap();
            self.keep(name, &collected);
            if !collected.more {
                return collected.samples;
            }
        }
    }

    /// The ledger's samples, published now.
    pub(super) async fn counters(&self) -> Arc<Samples> {
        self.ledger.publish(self.primary.now()).await.unwrap()
    }
}

/// The series of one family that is no histogram.
pub(super) fn series(samples: &Samples, family: &str) -> Series {
    let mut found = Series::new();
    for (one, series) in samples.families().filter(|(one, _)| one.name == family) {
        for series in series {
            let labels: Vec<&str> = series.labels.values().collect();
            let Value::Number(value) = series.value else {
                panic!("{} is a histogram", one.name);
            };
            let before = found.insert(labels.join(" "), value);
            assert_eq!(before, None, "{} {labels:?} comes twice", one.name);
        }
    }
    found
}

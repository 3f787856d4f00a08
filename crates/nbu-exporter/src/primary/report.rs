//! What a primary publishes: the findings of its collectors, and the exporter's own families about it.

use std::sync::Arc;

use nbu_client::Reason;
use nbu_metrics::budget::Admissions;
use nbu_metrics::catalogue::collection as families;
use nbu_metrics::samples::Samples;
use nbu_metrics::snapshot::Snapshot;
use tokio::time::Instant;

use super::estate::Estate;
use super::material::Obstacle;
use super::settings;
use super::slot::Slot;
use crate::board::{CollectorView, Entry, View};
use crate::config;

/// A primary at one moment.
pub(super) struct Status<'a> {
    pub(super) estate: &'a Estate,
    pub(super) config: &'a config::Primary,
    pub(super) slots: &'a [Slot],
    pub(super) obstacle: Option<&'a Obstacle>,
    pub(super) api_version: Option<String>,
}

impl<'a> Status<'a> {
    /// Nothing is known yet.
    pub(super) fn unknown(estate: &'a Estate, config: &'a config::Primary) -> Self {
        Self {
            estate,
            config,
            slots: &[],
            obstacle: None,
            api_version: None,
        }
    }

    /// As it stands on the board.
    pub(super) fn entry(&self) -> Entry {
        Entry {
            snapshot: Arc::new(self.snapshot()),
            view: Arc::new(self.view()),
            traffic: Arc::clone(self.estate.traffic()),
        }
    }

    fn snapshot(&self) -> Snapshot {
        let mut builder = Snapshot::builder(Some(Arc::clone(self.estate.name())))
            .label_length(self.config.limits.label_length)
            .add(&self.own())
            .add(&self.estate.traffic().metrics().samples());
        for slot in self.slots {
            let samples = &slot.memory.samples;
            builder = if slot.is_of_the_past() {
                builder.add_stale(samples)
            } else {
                builder.add(samples)
            };
        }
        let snapshot = match self.estate.open_ledger() {
            Some(ledger) => ledger.snapshot(builder.add(&ledger.published())),
            None => builder.build_within(settings::budget(self.config), &mut Admissions::default()),
        };
        self.estate.tell_dropped(&snapshot);
        let snapshot = self.estate.zero_first().apply(
            snapshot,
            Instant::now().into_std(),
            self.config.metrics.counter_birth,
        );
        // What is in flight changes while nothing is published: it is rendered for each scrape instead.
        snapshot.select(|family| family.name != families::API_IN_FLIGHT_REQUESTS.name)
    }

    /// The families about the collectors, and whether the primary is up.
    fn own(&self) -> Samples {
        let mut samples = Samples::new();
        samples.gauge(&families::UP, &[], number(self.is_up()));
        samples.gauge(
            &families::TLS_VERIFICATION_DISABLED,
            &[],
            number(!self.config.is_verified()),
        );
        for slot in self.slots {
            let collector = slot.name();
            let last = slot.memory.last.as_ref();
            let reason = match self.obstacle {
                Some(obstacle) => Some(obstacle.reason),
                None => last.map(|last| last.reason),
            };
            samples.gauge(
                &families::COLLECTOR_SUCCESS,
                &[collector],
                number(reason == Some(Reason::Ok)),
            );
            samples.gauge(
                &families::COLLECTOR_STALE,
                &[collector],
                number(slot.is_stale()),
            );
            if let Some(reason) = reason {
                samples.gauge(
                    &families::COLLECTOR_STATUS,
                    &[collector, reason.as_str()],
                    1.0,
                );
            }
            if let Some(last) = last {
                let seconds = last.duration.as_secs_f64();
                samples.gauge(&families::COLLECTOR_DURATION_SECONDS, &[collector], seconds);
            }
            if let Some(success) = slot.memory.success {
                let at = success.as_duration().as_secs_f64();
                samples.gauge(
                    &families::COLLECTOR_LAST_SUCCESS_TIMESTAMP_SECONDS,
                    &[collector],
                    at,
                );
            }
        }
        samples
    }

    fn view(&self) -> View {
        let collectors: Vec<CollectorView> = self.slots.iter().map(Slot::view).collect();
        View {
            attempted: self.obstacle.is_some()
                || collectors
                    .iter()
                    .any(|collector| collector.reason.is_some()),
            up: self.is_up(),
            api_version: self.api_version.clone(),
            obstacle: self.obstacle.map(|obstacle| obstacle.error.clone()),
            remedy: self.obstacle.map(|obstacle| obstacle.remedy.clone()),
            collectors,
        }
    }

    /// Reached, with accepted credentials, at the last attempt: the `primary` collector knows, for this is what it is for.
    /// Where it is disabled, any other one's success says the same.
    fn is_up(&self) -> bool {
        if self.obstacle.is_some() {
            return false;
        }
        let accepted = |slot: &Slot| slot.memory.last.as_ref().is_some_and(|last| last.accepted);
        match self.slots.iter().find(|slot| slot.name() == "primary") {
            Some(slot) => accepted(slot),
            None => self.slots.iter().any(accepted),
        }
    }
}

fn number(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

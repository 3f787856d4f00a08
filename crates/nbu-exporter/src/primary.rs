//! One primary: its client, its collectors, each on its own timer, and what it publishes.
//!
//! A [life](live) is one task that only decides; each collection runs in a task of its own, at most one per collector, so
//! that neither a slow answer nor a panic in one keeps the others from running. What has to outlive a life is the
//! [`Estate`].
//!
//! A life ends when it is given a deadline: no collection starts any more, the client closes, so that a collection under way
//! makes no further request, the request on the wire may complete until the deadline, and what came in is published.

mod collection;
mod estate;
mod material;
mod report;
mod settings;
mod slot;
mod traffic;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use nbu_client::{Client, CloseError, Reason};
use nbu_metrics::collector::Collected;
use nbu_metrics::ledger::JobsSettings;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tracing::{info, warn};

use self::collection::{Collection, Failure};
pub(crate) use self::estate::{Estate, Remains};
use self::material::{Material, Obstacle};
use self::report::Status;
use self::slot::Slot;
pub(crate) use self::traffic::Traffic;
use crate::config;

/// How often files named by the configuration are read again: those that cannot be read, and those that may have changed.
const REREAD: Duration = Duration::from_secs(30);

/// How often what is on the board is brought up to date while a long collection runs.
const REFRESH: Duration = Duration::from_secs(10);

/// How long a client whose secrets have changed may finish what it has in flight.
const REPLACE_GRACE: Duration = Duration::from_secs(30);

/// How long cut-off collections get to notice it.
const CUT: Duration = Duration::from_millis(50);

/// Lives until a deadline is sent. Returns what had to be cut off at that deadline.
pub(crate) async fn live(
    estate: Arc<Estate>,
    config: Arc<config::Primary>,
    mut deadlines: watch::Receiver<Option<Instant>>,
) -> Option<Remains> {
    let mut life = Life::new(estate, config);
    tokio::select! {
        biased;
        () = told(&mut deadlines) => {}
        () = life.go_on() => {}
    }
    life.end(deadlines).await
}

async fn told(deadlines: &mut watch::Receiver<Option<Instant>>) {
    if deadlines.wait_for(Option::is_some).await.is_err() {
        // Nobody can tell us any more.
        std::future::pending::<()>().await;
    }
}

struct Life {
    estate: Arc<Estate>,
    config: Arc<config::Primary>,
    /// The client, and what it was made of.
    client: Option<(Client, Material)>,
    /// Why there is none.
    obstacle: Option<Obstacle>,
    slots: Vec<Slot>,
    running: JoinSet<Result<Collected, Failure>>,
    jobs: Arc<JobsSettings>,
}

/// A reading of the configured files that is under way, or about to begin.
type Reading = Pin<Box<dyn Future<Output = Result<Renewed, Obstacle>> + Send>>;

/// What a reading of the files brought.
enum Renewed {
    /// They say what they said before.
    Same,
    /// A client that was made of them.
    Client(Client, Material),
}

impl Life {
    fn new(estate: Arc<Estate>, config: Arc<config::Primary>) -> Self {
        let jobs = Arc::new(settings::jobs(&config));
        if let Some(ledger) = estate.open_ledger() {
            ledger.configure((*jobs).clone());
        }
        let slots = settings::collectors(&config)
            .into_iter()
            .map(|(collector, settings)| {
                let memory = estate.memory(collector.name());
                Slot::new(collector, settings, fastrand::u64(..), memory)
            })
            .collect();
        Self {
            estate,
            config,
            client: None,
            obstacle: None,
            slots,
            running: JoinSet::new(),
            jobs,
        }
    }

    /// Collects for ever. May be dropped at any await: nothing is lost but what that await waited for.
    async fn go_on(&mut self) {
        self.publish();
        let mut reading = self.read(Duration::ZERO);
        loop {
            let next = self.next();
            tokio::select! {
                read = &mut reading => {
                    self.renew(read);
                    reading = self.read(REREAD);
                }
                Some(ended) = self.running.join_next_with_id() => self.finish(ended),
                woken = sleep_for(next) => self.wake(woken).await,
            }
            self.start_due();
        }
    }

    /// Ends the life: see the [module](self).
    async fn end(mut self, mut deadlines: watch::Receiver<Option<Instant>>) -> Option<Remains> {
        let mut deadline = deadlines.borrow_and_update().unwrap_or_else(Instant::now);
        let mut outcome = Ok(());
        if let Some((client, _)) = self.client.take() {
            self.estate.traffic().closing();
            outcome = loop {
                tokio::select! {
                    outcome = client.close_within(deadline.saturating_duration_since(Instant::now())) => break outcome,
                    Some(ended) = self.running.join_next_with_id() => self.finish(ended),
                    Ok(()) = deadlines.changed() => {
                        deadline = deadlines.borrow_and_update().unwrap_or(deadline);
                    }
                }
            };
        }
        // With the client closed they end by themselves; the cut is for what does not even reach an await.
        let last = deadline.max(Instant::now() + CUT);
        while let Ok(Some(ended)) = timeout_at(last, self.running.join_next_with_id()).await {
            self.finish(ended);
        }
        match outcome {
            Err(CloseError::TimedOut { in_flight }) => Some(self.estate.remains(in_flight)),
            _ => None,
        }
    }

    /// Reads the files, after a while, and makes a client of what has changed.
    fn read(&self, after: Duration) -> Reading {
        let config = Arc::clone(&self.config);
        let before = self.client.as_ref().map(|(_, material)| material.clone());
        let traffic = Arc::clone(self.estate.traffic());
        Box::pin(async move {
            sleep(after).await;
            let read = move || {
                let material = Material::read(&config)?;
                if before.is_some_and(|before| before == material) {
                    return Ok(Renewed::Same);
                }
                // Here too, because the first client of the process reads the system's authorities.
                let client = material.client(&config, traffic)?;
                Ok(Renewed::Client(client, material))
            };
            tokio::task::spawn_blocking(read)
                .await
                .unwrap_or_else(|panic| {
                    Err(Obstacle {
                        reason: Reason::Credentials,
                        error: panic.to_string(),
                    })
                })
        })
    }

    fn renew(&mut self, read: Result<Renewed, Obstacle>) {
        match read {
            Ok(Renewed::Same) => self.clear(),
            Ok(Renewed::Client(client, material)) => {
                self.clear();
                self.estate.traffic().opened();
                if let Some((old, _)) = self.client.replace((client, material)) {
                    info!(primary = %self.estate.name(), "the credential or a certificate has changed; using the new one");
                    // In the background: what is in flight on it may take its time.
                    tokio::spawn(old.close_within(REPLACE_GRACE));
                }
            }
            Err(obstacle) => self.obstruct(obstacle),
        }
    }

    fn clear(&mut self) {
        if self.obstacle.take().is_some() {
            info!(primary = %self.estate.name(), "the files can be read again");
            self.publish();
        }
    }

    /// A client that exists goes on with what it was made of.
    fn obstruct(&mut self, obstacle: Obstacle) {
        if self.obstacle.as_ref() != Some(&obstacle) {
            warn!(
                primary = %self.estate.name(),
                reason = obstacle.reason.as_str(),
                error = obstacle.error,
                again_in = ?REREAD,
                keeps_running = self.client.is_some(),
                "the primary cannot be asked as configured"
            );
        }
        self.obstacle = Some(obstacle);
        self.publish();
    }

    fn start_due(&mut self) {
        let Some((client, _)) = &self.client else {
            return;
        };
        let now = Instant::now();
        for slot in &mut self.slots {
            if slot.due().is_some_and(|due| due <= now) {
                let collection = Collection {
                    collector: slot.collector,
                    client: client.clone(),
                    state: slot.memory.state.clone(),
                    estate: Arc::clone(&self.estate),
                    jobs: Arc::clone(&self.jobs),
                    timeout: slot.settings.timeout,
                };
                slot.started(self.running.spawn(collection.run()).id());
            }
        }
    }

    fn finish(&mut self, ended: Result<(Id, Result<Collected, Failure>), JoinError>) {
        let (task, outcome) =
            ended.unwrap_or_else(|error| (error.id(), Err(Failure::from(&error))));
        let now = self.estate.clock().now();
        if let Some(slot) = self
            .slots
            .iter_mut()
            .find(|slot| slot.running == Some(task))
        {
            slot.finish(self.estate.name(), outcome, now);
            self.estate.remember(slot.name(), slot.memory.clone());
            self.publish();
        }
    }

    async fn wake(&mut self, wake: Wake) {
        match wake {
            // What is due is started after every event.
            Wake::Collection => return,
            Wake::Refresh => {}
            Wake::Birth => {
                if let Some(ledger) = self.estate.open_ledger() {
                    collection::publish(&self.estate, ledger).await;
                }
            }
        }
        self.publish();
    }

    fn publish(&self) {
        let client = self.client.as_ref();
        let status = Status {
            estate: &self.estate,
            config: &self.config,
            slots: &self.slots,
            obstacle: self.obstacle.as_ref(),
            api_version: client
                .and_then(|(client, _)| client.version())
                .map(|version| version.to_string()),
        };
        self.estate.publish(status.entry());
    }

    /// What is due next, and when.
    fn next(&self) -> Option<(Instant, Wake)> {
        let now = Instant::now();
        let collection = self
            .slots
            .iter()
            .filter(|_| self.client.is_some())
            .filter_map(Slot::due)
            .min();
        let stale = self
            .slots
            .iter()
            .map(Slot::stale_at)
            .filter(|at| *at > now)
            .min();
        let running = (!self.running.is_empty()).then(|| now + REFRESH);
        let events = [
            (collection, Wake::Collection),
            (stale, Wake::Refresh),
            (running, Wake::Refresh),
            (self.next_birth(now), Wake::Birth),
        ];
        events
            .into_iter()
            .filter_map(|(at, wake)| Some((at?, wake)))
            .min_by_key(|(at, _)| *at)
    }

    /// When a new series of the ledger is to show its value. Wall time, since it is wall time that the ledger remembers.
    fn next_birth(&self, now: Instant) -> Option<Instant> {
        let birth = self.estate.open_ledger()?.next_birth()?;
        let wait = birth.duration_since(self.estate.clock().now());
        // A little later, so that the clocks' rounding does not bring it too early, and again.
        Some(now + Duration::try_from(wait).unwrap_or_default() + Duration::from_millis(10))
    }
}

async fn sleep_for(next: Option<(Instant, Wake)>) -> Wake {
    match next {
        None => std::future::pending().await,
        Some((at, wake)) => {
            sleep_until(at).await;
            wake
        }
    }
}

/// Why a life woke up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wake {
    /// A collection is due.
    Collection,
    /// What is on the board is out of date.
    Refresh,
    /// A new series of the ledger is to show its value.
    Birth,
}

#[cfg(test)]
mod tests;

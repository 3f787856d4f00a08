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
mod opening;
mod reading;
mod report;
mod saving;
mod settings;
mod slot;
mod traffic;
mod trouble;
mod wake;

use std::sync::Arc;
use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_client::{Client, CloseError, Reason};
use nbu_metrics::collector::Collected;
use nbu_metrics::ledger::JobsSettings;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{debug, info, warn};

use self::collection::{Collection, Failure};
pub(crate) use self::estate::{Estate, Remains};
pub(crate) use self::material::{Material, Obstacle, bare, build, with_causes};
use self::opening::Opening;
pub(crate) use self::reading::unanswered;
use self::reading::{Reading, Renewed};
use self::report::Status;
pub(crate) use self::settings::collectors as enabled_collectors;
use self::slot::Slot;
pub(crate) use self::traffic::Traffic;
use self::trouble::Telling;
use self::wake::{Wake, sleep_for};
use crate::config;

/// How often files named by the configuration are read again: those that cannot be read, and those that may have changed.
const REREAD: Duration = Duration::from_secs(30);

/// How long a client whose certificates have changed may finish what it has in flight.
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

/// How a collection ended.
type Ended = Result<(Id, Result<Collected, Failure>), JoinError>;

struct Life {
    estate: Arc<Estate>,
    config: Arc<config::Primary>,
    /// The client, and what it was made of.
    client: Option<(Client, Material)>,
    /// Why there is none.
    obstacle: Option<Obstacle>,
    slots: Vec<Slot>,
    running: JoinSet<Result<Collected, Failure>>,
    /// The ledger is being saved, by one task at most: a slow disk holds up nothing else.
    saving: JoinSet<()>,
    jobs: Arc<JobsSettings>,
    /// The API version the primary spoke last.
    spoken: Option<ApiVersion>,
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
        let mut life = Self {
            estate,
            config,
            client: None,
            obstacle: None,
            slots,
            running: JoinSet::new(),
            saving: JoinSet::new(),
            jobs,
            spoken: None,
        };
        life.recall();
        life
    }

    /// Shows what the ledger has kept for the collectors that have found nothing yet.
    fn recall(&mut self) {
        if let Some(ledger) = self.estate.open_ledger() {
            let now = self.estate.clock().now();
            for slot in &mut self.slots {
                slot.recall(ledger, now);
            }
        }
    }

    /// Collects for ever. May be dropped at any await: nothing is lost but what that await waited for.
    async fn go_on(&mut self) {
        self.publish();
        let mut reading = self.read(Duration::ZERO);
        let mut failures = 0;
        let mut opening = self.open(failures);
        // To the end of the opening, and not only until the ledger is there: it also shows what that holds.
        let mut opens = self.needs_ledger();
        let mut overdue = Box::pin(sleep(collection::ANSWER));
        let mut answers = true;
        loop {
            let next = self.next();
            tokio::select! {
                read = &mut reading => {
                    self.renew(read);
                    reading = self.read(REREAD);
                }
                opened = &mut opening, if opens => match opened {
                    Ok(()) => {
                        opens = false;
                        self.opened();
                    }
                    Err(failure) => {
                        self.not_opened(&failure);
                        failures += 1;
                        opening = self.open(failures);
                    }
                },
                // It goes on; nothing is shown as if it were well meanwhile.
                () = &mut overdue, if opens && answers => {
                    answers = false;
                    if failures == 0 {
                        self.not_opened(&collection::unanswered("opened").into());
                    }
                }
                Some(_) = self.saving.join_next() => self.publish(),
                Some(ended) = self.running.join_next_with_id() => self.finish(ended),
                woken = sleep_for(next) => self.wake(woken),
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
            let left = |deadline: Instant| deadline.saturating_duration_since(Instant::now());
            // Closed from here on.
            let mut closing = Box::pin(client.close_within(left(deadline)));
            debug!(primary = %self.estate.name(), in_flight = client.in_flight(), "closing");
            outcome = loop {
                tokio::select! {
                    outcome = &mut closing => break outcome,
                    Some(ended) = self.running.join_next_with_id() => self.finish(ended),
                    Ok(()) = deadlines.changed() => {
                        deadline = deadlines.borrow_and_update().unwrap_or(deadline);
                        closing = Box::pin(client.close_within(left(deadline)));
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
            // On a client that was replaced shortly before.
            Ok(()) if !self.running.is_empty() => {
                Some(self.estate.remains(self.estate.traffic().in_flight()))
            }
            _ => None,
        }
    }

    /// Something counts, and the ledger is not open yet.
    fn needs_ledger(&self) -> bool {
        self.estate.open_ledger().is_none() && self.slots.iter().any(|slot| slot.collector.counts())
    }

    fn open(&self, failures: u32) -> Opening {
        opening::begin(Arc::clone(&self.estate), Arc::clone(&self.jobs), failures)
    }

    fn opened(&mut self) {
        if let Some(ledger) = self.estate.open_ledger() {
            ledger.configure((*self.jobs).clone());
        }
        self.recall();
        self.publish();
    }

    fn not_opened(&mut self, failure: &Failure) {
        for slot in self.slots.iter_mut().filter(|slot| slot.collector.counts()) {
            slot.bar(&self.config, failure.clone());
        }
        self.publish();
    }

    fn read(&self, after: Duration) -> Reading {
        let before = self.client.as_ref().map(|(_, material)| material.clone());
        reading::begin(
            Arc::clone(&self.estate),
            Arc::clone(&self.config),
            before,
            after,
        )
    }

    fn renew(&mut self, read: Result<Renewed, Obstacle>) {
        match read {
            Ok(Renewed::Same) => self.clear(),
            Ok(Renewed::Client(client, material)) => {
                self.clear();
                self.estate.traffic().opened();
                if let Some((old, _)) = self.client.replace((client, material)) {
                    info!(primary = %self.estate.name(), "a certificate has changed; using the new one");
                    // In the background: what is in flight on it may take its time.
                    tokio::spawn(old.close_within(REPLACE_GRACE));
                    self.hurry(&[Reason::Tls, Reason::Unauthorized, Reason::Credentials]);
                }
            }
            Ok(Renewed::Credential(credential, material)) => {
                let Some((client, known)) = &mut self.client else {
                    return;
                };
                match collection::renew(&self.config, client, credential) {
                    Ok(_) => {
                        *known = material;
                        self.clear();
                        self.hurry(&[Reason::Unauthorized, Reason::Credentials]);
                    }
                    Err(obstacle) => self.obstruct(obstacle),
                }
            }
            Err(obstacle) => self.obstruct(obstacle),
        }
    }

    /// What failed for one of these reasons has a reason to be tried at once.
    fn hurry(&mut self, reasons: &[Reason]) {
        for slot in &mut self.slots {
            slot.hurry(reasons);
        }
    }

    fn clear(&mut self) {
        if let Some(Telling::Ends { lasted, failures }) =
            self.estate.obstacles().worked(Instant::now())
        {
            info!(
                primary = %self.estate.name(),
                ?lasted,
                failures,
                "the primary can be asked as configured"
            );
        }
        if self.obstacle.take().is_some() {
            self.publish();
        }
    }

    /// A client that exists goes on with what it was made of.
    fn obstruct(&mut self, obstacle: Obstacle) {
        let kind = (obstacle.reason, obstacle.error.clone());
        if self
            .estate
            .obstacles()
            .failed(kind, Instant::now())
            .is_some()
        {
            warn!(
                primary = %self.estate.name(),
                reason = obstacle.reason.as_str(),
                error = obstacle.error,
                remedy = obstacle.remedy,
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
        let open = self.estate.open_ledger().is_some();
        for slot in &mut self.slots {
            let may_run = open || !slot.collector.counts();
            if may_run && slot.due().is_some_and(|due| due <= now) {
                let collection = Collection {
                    collector: slot.collector,
                    client: client.clone(),
                    state: slot.memory.state.clone(),
                    estate: Arc::clone(&self.estate),
                    config: Arc::clone(&self.config),
                    timeout: slot.settings.timeout,
                };
                slot.started(self.running.spawn(collection.run()).id());
            }
        }
    }

    /// Takes all collections that have ended, of which this is one, and publishes once: that takes longer than anything else.
    fn finish(&mut self, ended: Ended) {
        let mut is_news = self.take(ended);
        while let Some(ended) = self.running.try_join_next_with_id() {
            is_news |= self.take(ended);
        }
        if is_news {
            self.publish();
        }
    }

    /// Takes a collection that has ended, and says whether somebody waited for it.
    fn take(&mut self, ended: Ended) -> bool {
        let (task, outcome) =
            ended.unwrap_or_else(|error| (error.id(), Err(Failure::from(&error))));
        let now = self.estate.clock().now();
        let mut slots = self.slots.iter_mut();
        let Some(slot) = slots.find(|slot| slot.running == Some(task)) else {
            return false;
        };
        let failed_before = slot.is_failing();
        slot.finish(&self.config, outcome, now);
        self.estate.remember(slot.name(), slot.memory.clone());
        let is_back = slot.is_probe() && failed_before && !slot.is_failing();
        if self.speaks_another_version() || is_back {
            self.slots.iter_mut().for_each(Slot::try_again);
        }
        true
    }

    /// Whether the primary was upgraded or downgraded since this was asked last.
    fn speaks_another_version(&mut self) -> bool {
        let version = self
            .client
            .as_ref()
            .and_then(|(client, _)| client.version());
        let Some(version) = version else {
            return false;
        };
        self.spoken
            .replace(version)
            .is_some_and(|before| before != version)
    }

    fn wake(&mut self, wake: Wake) {
        match wake {
            // What is due is started after every event.
            Wake::Collection => {}
            Wake::Refresh => self.publish(),
            Wake::Save => self.save(),
        }
    }

    fn save(&mut self) {
        let estate = Arc::clone(&self.estate);
        self.saving.spawn(async move {
            if let Some(ledger) = estate.open_ledger() {
                // A failure has been logged, and comes back as another wake.
                let _told = collection::publish(&estate, ledger).await;
            }
        });
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
}

#[cfg(test)]
mod tests;

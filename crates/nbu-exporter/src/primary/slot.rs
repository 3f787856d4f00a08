//! One collector of one primary: when it runs, and what is known from its runs.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_client::Reason;
use nbu_metrics::collector::{Collected, Collector, State};
use nbu_metrics::ledger::Ledger;
use nbu_metrics::samples::Samples;
use nbu_metrics::schedule::{Outcome, Run, Schedule};
use tokio::task::Id;
use tokio::time::Instant;
use tracing::{info, warn};

use super::collection::Failure;
use super::trouble::{STEADY, Telling, Trouble};
use crate::board::CollectorView;
use crate::config::{self, CollectorSettings};
use crate::remedy::{Reader, remedy};

/// The pause before a collector whose client was closed under it runs on the next one.
const AFTER_CLOSE: Duration = Duration::from_secs(1);

/// What a collector's runs leave behind.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// What the next run builds on; replaced only together with the samples.
    pub(super) state: State,
    /// What the last run found that found something; before the first one, what was recalled.
    pub(super) samples: Arc<Samples>,
    /// When the samples were found.
    found_at: Option<Instant>,
    pub(super) last: Option<Last>,
    /// When a run last succeeded as a whole, in wall time.
    pub(super) success: Option<Timestamp>,
    /// Runs that have failed in a row.
    failures: u32,
    /// The last run that ended as a whole failed, in part at least.
    failing: bool,
    /// What has been logged of it.
    trouble: Trouble<Kind>,
}

/// What makes a failure another one than the one before: reason, endpoint, HTTP status.
type Kind = (Reason, &'static str, Option<u16>);

/// The last run.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub(super) duration: Duration,
    pub(super) reason: Reason,
    /// The error in words; `None` after a success.
    pub(super) error: Option<String>,
    /// What to do about it.
    pub(super) remedy: Option<String>,
    /// The primary was reached and accepted the credentials.
    pub(super) accepted: bool,
}

/// A collector with its rhythm.
pub(super) struct Slot {
    pub(super) collector: &'static dyn Collector,
    pub(super) settings: CollectorSettings,
    pub(super) memory: Memory,
    pub(super) running: Option<Id>,
    schedule: Schedule,
    runs: u64,
    /// When the run began; one that goes on in several pieces is one.
    started: Instant,
    /// The next piece belongs to the run that began at `started`.
    goes_on: bool,
    due: Instant,
    /// As long as nothing was found, age is counted from here.
    born: Instant,
}

impl Slot {
    pub(super) fn new(
        collector: &'static dyn Collector,
        settings: CollectorSettings,
        seed: u64,
        memory: Memory,
    ) -> Self {
        let now = Instant::now();
        let schedule = Schedule {
            interval: settings.interval,
            seed,
        };
        let due = Instant::from_std(schedule.first(now.into_std()));
        Self {
            collector,
            settings,
            memory,
            running: None,
            schedule,
            runs: 0,
            started: now,
            goes_on: false,
            due,
            born: now,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.collector.name()
    }

    /// Whether it is the one that finds out if the primary is there. It is never put off for long: a primary that is being
    /// upgraded answers 404 to everything, and so may what stands in front of it.
    pub(super) fn is_probe(&self) -> bool {
        self.name() == "primary"
    }

    /// Whether its last run failed or was refused.
    pub(super) fn is_failing(&self) -> bool {
        self.memory.failing
    }

    /// What kept it from working may be gone: if it failed, it is due now.
    pub(super) fn try_again(&mut self) {
        if self.is_failing() {
            self.due = Instant::now();
        }
    }

    /// When it is to run; `None` while it does.
    pub(super) fn due(&self) -> Option<Instant> {
        self.running.is_none().then_some(self.due)
    }

    /// Makes it due now, if its last run failed for one of these reasons.
    pub(super) fn hurry(&mut self, reasons: &[Reason]) {
        let last = self.memory.last.as_ref();
        if last.is_some_and(|last| reasons.contains(&last.reason)) {
            self.due = Instant::now();
        }
    }

    pub(super) fn started(&mut self, task: Id) {
        self.running = Some(task);
        if !std::mem::take(&mut self.goes_on) {
            self.started = Instant::now();
        }
    }

    /// When what is known becomes too old to be shown as the present.
    pub(super) fn stale_at(&self) -> Instant {
        let fresh = self.memory.found_at.unwrap_or(self.born);
        // A `max_stale` beyond what an instant can hold means never; a century will do.
        fresh
            .checked_add(self.settings.max_stale)
            .unwrap_or(fresh + Duration::from_secs(3_155_760_000))
    }

    pub(super) fn is_stale(&self) -> bool {
        self.stale_at() <= Instant::now()
    }

    /// Whether what is known was true at another moment than this.
    pub(super) fn is_of_the_past(&self) -> bool {
        self.is_stale() || self.memory.found_at.is_none()
    }

    /// Shows what the collector knows from the process before, if it has found nothing itself.
    pub(super) fn recall(&mut self, ledger: &Ledger, now: Timestamp) {
        if self.memory.found_at.is_some() {
            return;
        }
        if let Some(recalled) = self.collector.recall(ledger, now) {
            self.memory.state = recalled.state;
            self.memory.samples = Arc::new(recalled.samples);
        }
    }

    /// Takes what a run found, or why it found nothing. Logs the beginning and the end of a [`Trouble`].
    pub(super) fn finish(
        &mut self,
        primary: &config::Primary,
        outcome: Result<Collected, Failure>,
        now: Timestamp,
    ) {
        let ended = Instant::now();
        self.running = None;
        let outcome = match outcome {
            Ok(collected) => {
                let more = collected.more;
                self.found(primary, collected, ended, now);
                if more {
                    self.due = ended;
                    self.goes_on = true;
                    return;
                }
                Outcome::Success
            }
            // We closed the client ourselves: no failure, and the next client is asked soon.
            Err(failure) if failure.reason == Reason::Closed => {
                self.last(ended, Reason::Closed, Some((failure.error, String::new())));
                self.due = ended + AFTER_CLOSE;
                return;
            }
            Err(failure) => self.failed(primary, ended, failure),
        };
        let run = Run {
            number: self.runs,
            started: self.started.into_std(),
            ended: ended.into_std(),
            outcome,
        };
        self.runs += 1;
        self.due = Instant::from_std(self.schedule.next(&run));
    }

    fn found(
        &mut self,
        primary: &config::Primary,
        collected: Collected,
        ended: Instant,
        now: Timestamp,
    ) {
        self.memory.state = collected.state;
        self.memory.samples = Arc::new(collected.samples);
        self.memory.found_at = Some(ended);
        // A piece that went well does not heal the piece that failed: the run has to reach its end.
        if collected.more && self.memory.failing {
            return;
        }
        self.memory.failures = 0;
        if let Some(refusal) = collected.refused {
            self.complain(primary, ended, Failure::from(refusal));
            // The rest was answered.
            self.memory
                .last
                .iter_mut()
                .for_each(|last| last.accepted = true);
            return;
        }
        self.memory.failing = false;
        if let Some(Telling::Ends { lasted, failures }) = self.memory.trouble.worked(ended) {
            info!(
                primary = %primary.name,
                collector = self.name(),
                ?lasted,
                failures,
                "collector works again"
            );
        }
        self.last(ended, Reason::Ok, None);
        self.memory.success = Some(now);
    }

    /// It may not run now, for this reason.
    pub(super) fn bar(&mut self, primary: &config::Primary, failure: Failure) {
        self.started = Instant::now();
        self.complain(primary, self.started, failure);
        self.memory.failures = self.memory.failures.saturating_add(1);
    }

    fn failed(&mut self, primary: &config::Primary, ended: Instant, failure: Failure) -> Outcome {
        let reason = failure.reason;
        self.complain(primary, ended, failure);
        self.memory.failures = self.memory.failures.saturating_add(1);
        match reason {
            Reason::Forbidden | Reason::NotSupported if !self.is_probe() => Outcome::Refused,
            _ => Outcome::Failed {
                consecutive: self.memory.failures,
            },
        }
    }

    fn complain(&mut self, primary: &config::Primary, ended: Instant, failure: Failure) {
        let remedy = remedy(failure.reason, &failure.facts, primary, Reader::Log);
        let kind = (failure.reason, failure.endpoint, failure.facts.status);
        self.memory.failing = true;
        if let Some(telling) = self.memory.trouble.failed(kind, ended) {
            failure.log(telling, &primary.name, self.name(), &remedy);
        }
        self.last(ended, failure.reason, Some((failure.error, remedy)));
    }

    fn last(&mut self, ended: Instant, reason: Reason, failed: Option<(String, String)>) {
        let accepted = match reason {
            // Lacking a permission takes accepted credentials.
            Reason::Ok | Reason::Forbidden => true,
            // Nothing was asked: what was known before still is.
            Reason::Closed | Reason::Saturated => {
                self.memory.last.as_ref().is_some_and(|last| last.accepted)
            }
            _ => false,
        };
        let (error, remedy) = failed.unzip();
        self.memory.last = Some(Last {
            duration: ended - self.started,
            reason,
            error,
            remedy: remedy.filter(|remedy| !remedy.is_empty()),
            accepted,
        });
    }

    pub(super) fn view(&self) -> CollectorView {
        let last = self.memory.last.as_ref();
        CollectorView {
            name: self.name(),
            reason: last.map(|last| last.reason),
            error: last.and_then(|last| last.error.clone()),
            remedy: last.and_then(|last| last.remedy.clone()),
            last_success: self.memory.success,
            stale_at: self.stale_at(),
        }
    }
}

impl Failure {
    fn log(&self, telling: Telling, primary: &str, collector: &str, remedy: &str) {
        let text = match telling {
            Telling::Begins | Telling::Ends { .. } => "collector fails".to_owned(),
            Telling::Changes => "collector fails in another way".to_owned(),
            Telling::Unsteady => format!(
                "collector fails and recovers again and again; told again when it has worked for {STEADY:?}"
            ),
        };
        warn!(
            primary,
            collector,
            reason = self.reason.as_str(),
            endpoint = (!self.endpoint.is_empty()).then_some(self.endpoint),
            argument = self.facts.argument,
            http_status = self.facts.status,
            error_code = self.facts.code,
            error_message = self.facts.message,
            request_id = self.facts.request_id,
            error = self.error,
            remedy,
            "{text}"
        );
    }
}

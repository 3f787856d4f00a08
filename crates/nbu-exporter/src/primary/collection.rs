//! One run of one collector, under its deadline.

use std::sync::Arc;
use std::time::Duration;

use nbu_client::{Client, Credential, Reason};
use nbu_metrics::collector::{CollectError, Collected, Collector, Context, State};
use nbu_metrics::ledger::{Ledger, OpenError, StoreError};
use thiserror::Error;
use tokio::task::JoinError;
use tokio::time::timeout;
use tracing::info;

use super::estate::Estate;
use super::material::{Obstacle, read_credential, with_causes};
use crate::config;
use crate::remedy::Facts;

/// Everything that a run needs, so that it can be a task of its own.
pub(super) struct Collection {
    pub(super) collector: &'static dyn Collector,
    pub(super) client: Client,
    pub(super) state: State,
    pub(super) estate: Arc<Estate>,
    pub(super) config: Arc<config::Primary>,
    pub(super) timeout: Duration,
}

/// Why a run found nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: Reason,
    /// The endpoint that failed; empty where it was none.
    pub(super) endpoint: &'static str,
    /// The error and its causes in words.
    pub(super) error: String,
    /// What else is known of it.
    pub(super) facts: Box<Facts>,
}

impl Collection {
    /// Runs. The ledger is published whatever happens: what it has committed counts also when the run failed. A collector that
    /// counts is run only once the ledger is open; the others find an empty one until then.
    pub(super) async fn run(self) -> Result<Collected, Failure> {
        let idle = Ledger::default();
        let ledger = self.estate.open_ledger().unwrap_or(&idle);
        let replaced = self.client.credentials_replaced();
        let mut outcome = self.once(ledger).await;
        if is_unauthorized(&outcome) && self.has_renewed_since(replaced).await {
            outcome = self.once(ledger).await;
        }
        let saved = match self.estate.open_ledger() {
            Some(ledger) if self.collector.counts() => publish(&self.estate, ledger).await,
            _ => Ok(()),
        };
        match (outcome, saved) {
            (outcome, Ok(())) => outcome,
            // What was found is shown; what was counted is not, and that is no success.
            (Ok(collected), Err(error)) => Ok(Collected {
                refused: Some(error.into()),
                ..collected
            }),
            // It was the state that took so long.
            (Err(failure), Err(error)) if failure.reason == Reason::Timeout => Err(error.into()),
            (failed, Err(_)) => failed,
        }
    }

    /// Looks for another credential than the one before `replaced`, which was refused: reads its file now, not at the next of the
    /// regular times. Another collector may have done so meanwhile.
    async fn has_renewed_since(&self, replaced: usize) -> bool {
        if self.config.credential.secret().file().is_none() {
            return false;
        }
        let config = Arc::clone(&self.config);
        let read = self.estate.read(move || read_credential(&config)).await;
        // What cannot be read is told by the regular reading.
        let Ok(Ok(credential)) = read else {
            return false;
        };
        renew(&self.config, &self.client, credential).is_ok()
            && self.client.credentials_replaced() != replaced
    }

    async fn once(&self, ledger: &Ledger) -> Result<Collected, Failure> {
        let clock = || self.estate.clock().now();
        let context = Context {
            client: &self.client,
            ledger,
            clock: &clock,
        };
        match timeout(self.timeout, self.collector.collect(context, &self.state)).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(Failure {
                reason: Reason::Timeout,
                endpoint: "",
                error: format!(
                    "the collector did not finish within its timeout of {:?}",
                    self.timeout
                ),
                facts: Box::default(),
            }),
        }
    }
}

/// True if the credential was refused, to the whole run or to a part of it.
fn is_unauthorized(outcome: &Result<Collected, Failure>) -> bool {
    let reason = match outcome {
        Ok(collected) => collected.refused.as_ref().map(CollectError::reason),
        Err(failure) => Some(failure.reason),
    };
    reason == Some(Reason::Unauthorized)
}

/// Gives the client another credential; `false` if it has that one already.
pub(super) fn renew(
    primary: &config::Primary,
    client: &Client,
    credential: Credential,
) -> Result<bool, Obstacle> {
    let renewed = client
        .set_credential(credential)
        .map_err(|error| Obstacle::new(Reason::Credentials, error.to_string(), primary))?;
    if renewed {
        info!(
            primary = %primary.name,
            "the credential has changed; using the new one from now on"
        );
    }
    Ok(renewed)
}

/// The longest that is waited for the state to be saved, or opened. A disk that takes longer does not answer.
pub(super) const ANSWER: Duration = Duration::from_secs(30);

/// The reason for which the state is not saved, or not open.
#[derive(Debug, Error)]
#[error("the file system that it is on does not answer: not within {ANSWER:?}")]
struct Unanswered;

/// Makes what the ledger has counted visible. A failure is logged when it begins, and when it ends.
pub(super) async fn publish(estate: &Estate, ledger: &Ledger) -> Result<(), StoreError> {
    // If this is given up the write goes on, and takes effect.
    let published = match timeout(ANSWER, ledger.publish(estate.clock().now())).await {
        Ok(published) => published.map(drop),
        Err(_) => Err(unanswered("written")),
    };
    match &published {
        Ok(()) => {
            if estate.saving().succeeded() {
                info!(primary = %estate.name(), "the state of the jobs can be saved again");
            }
        }
        Err(error) => {
            let first = estate.saving().failed();
            if first {
                estate.not_saved(error);
            }
        }
    }
    published
}

/// The state could not be so (a participle) because its file system does not answer.
pub(super) fn unanswered(act: &'static str) -> StoreError {
    StoreError {
        act,
        source: Box::new(Unanswered),
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self {
            reason: Reason::Limit,
            endpoint: "",
            error: with_causes(&error),
            facts: Box::new(Facts {
                unkept: true,
                ..Facts::default()
            }),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        CollectError::from(error).into()
    }
}

impl From<CollectError> for Failure {
    fn from(error: CollectError) -> Self {
        Self {
            reason: error.reason(),
            endpoint: error.endpoint().unwrap_or_default(),
            error: with_causes(&error),
            facts: Box::new(Facts::from(&error)),
        }
    }
}

impl From<&JoinError> for Failure {
    /// The closed list of reasons has no word for our own bugs; what panicked was reading an answer.
    fn from(error: &JoinError) -> Self {
        let error = format!("the collector panicked ({error}); this is a bug, please report it");
        Self {
            reason: Reason::Parse,
            endpoint: "",
            error,
            facts: Box::default(),
        }
    }
}

//! One run of one collector, under its deadline.

use std::sync::Arc;
use std::time::Duration;

use nbu_client::{Client, Credential, Reason};
use nbu_metrics::collector::{CollectError, Collected, Collector, Context, State};
use nbu_metrics::ledger::{Ledger, OpenError, StoreError};
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
        let outcome = match self.once(ledger).await {
            Err(failure) if failure.reason == Reason::Unauthorized && self.has_renewed().await => {
                self.once(ledger).await
            }
            outcome => outcome,
        };
        let saved = match self.estate.open_ledger() {
            Some(ledger) if self.collector.counts() => publish(&self.estate, ledger).await,
            _ => Ok(()),
        };
        let mut collected = outcome?;
        // What was found is shown; what was counted is not, and that is no success.
        if let Err(error) = saved {
            collected.refused = Some(error.into());
        }
        Ok(collected)
    }

    /// Whether there is another credential than the refused one: its file is read now, not at the next of the regular times.
    async fn has_renewed(&self) -> bool {
        if self.config.credential.secret().file().is_none() {
            return false;
        }
        let config = Arc::clone(&self.config);
        let read = self.estate.read(move || read_credential(&config)).await;
        // What cannot be read is told by the regular reading.
        let Ok(Ok(credential)) = read else {
            return false;
        };
        renew(&self.config, &self.client, credential).unwrap_or(false)
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

/// Makes what the ledger has counted visible. A failure is logged when it begins, and when it ends.
pub(super) async fn publish(estate: &Estate, ledger: &Ledger) -> Result<(), StoreError> {
    let published = ledger.publish(estate.clock().now()).await;
    match &published {
        Ok(_) => {
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
    published.map(drop)
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

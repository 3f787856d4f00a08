//! Protection: whose backup is missing, and how often there should be one.
//!
//! When each client was backed up last is known to the [ledger](crate::ledger), which reads it from the jobs and shows it with
//! its counters. This collector adds what only the configuration tells: which clients there should be backups of, how often,
//! which of them are paused; and it takes from the ledger what is gone from the configuration.
//!
//! A run is cut into pieces: the inventory first, then schedules (one request per policy, only of those that changed) and, at
//! the first start and if it is wanted, the image catalog (one walk per client). Each piece has the deadline to itself.
//!
//! One policy that cannot be read keeps nothing from the others: only when none can is that a failure, or when one after another
//! is not answered at all.
//!
//! What the configuration said is kept in the ledger's state, so that it is there again at once after a restart, also while the
//! primary is down. What is gone from the configuration goes after one complete inventory.
//!
//! The primary's texts for status codes are asked for here as well, few at a time: they are of no use to anybody in a hurry.

mod inventory;
mod kept;
mod list;
mod rhythm;
mod schedules;
mod seed;
mod texts;
mod tracking;
mod unreadable;
mod words;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_api::Endpoint;
use nbu_api::endpoint::{PAUSED_CLIENTS, POLICIES, POLICY, STATUS_CODES, UNIQUE_POLICY_CLIENTS};

use crate::catalogue::protection as families;
use crate::collector::{CollectError, CollectFuture, Collected, Collector, Context, State};
use crate::ledger::Ledger;
use crate::samples::Samples;

use inventory::Inventory;
use schedules::Schedules;
use texts::Texts;

/// Collects the families of `catalogue::protection` that do not come from jobs.
#[derive(Clone, Copy, Debug)]
pub struct Protection;

/// What a run leaves for the next.
#[derive(Clone, Debug, Default)]
struct Memory {
    inventory: Inventory,
    schedules: Schedules,
    texts: Texts,
    /// What is left of this run.
    policies_due: Vec<Arc<str>>,
    clients_due: Vec<Arc<str>>,
    /// The image catalog is asked in this run, and has not refused.
    seeds: bool,
    /// This run has begun and is not over.
    goes_on: bool,
    refused: Refused,
}

/// What the primary refused, or failed to answer in one place only.
#[derive(Clone, Debug, Default)]
struct Refused(Option<Arc<CollectError>>);

impl Collector for Protection {
    fn name(&self) -> &'static str {
        "protection"
    }

    fn default_interval(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn counts(&self) -> bool {
        true
    }

    /// Without the image catalog, which is asked only where it is wanted, and once.
    fn endpoints(&self) -> &'static [&'static Endpoint] {
        &[
            &POLICIES,
            &POLICY,
            &UNIQUE_POLICY_CLIENTS,
            &PAUSED_CLIENTS,
            &STATUS_CODES,
        ]
    }

    fn recall(&self, ledger: &Ledger, now: Timestamp) -> Option<Collected> {
        let memory = kept::recall(ledger);
        (!memory.inventory.is_empty()).then(|| Collected {
            samples: memory.render(ledger, now),
            state: State::new(memory),
            ..Collected::default()
        })
    }

    fn collect<'a>(&'a self, context: Context<'a>, state: &'a State) -> CollectFuture<'a> {
        let memory = state.read::<Memory>().cloned();
        let memory = memory.unwrap_or_else(|| kept::recall(context.ledger));
        Box::pin(collect(context, memory))
    }
}

async fn collect(context: Context<'_>, mut memory: Memory) -> Result<Collected, CollectError> {
    let now = (context.clock)();
    if memory.goes_on {
        memory.go_on(context, now).await?;
    } else {
        memory.begin(context, now).await?;
    }
    memory.goes_on = !memory.policies_due.is_empty() || !memory.clients_due.is_empty();
    if !memory.goes_on && memory.seeds {
        memory.seeds = false;
        context.ledger.set_seeded();
    }
    kept::keep(&memory, context.ledger);
    context.ledger.keep().await?;
    let samples = memory.render(context.ledger, now);
    let (more, mut refused) = (memory.goes_on, memory.refused.clone());
    if !more {
        refused.add(memory.schedules.end(&memory.inventory));
    }
    Ok(Collected {
        samples,
        refused: if more { None } else { refused.into_error() },
        state: State::new(memory),
        more,
    })
}

impl Memory {
    async fn begin(&mut self, context: Context<'_>, now: Timestamp) -> Result<(), CollectError> {
        self.refused = Refused::default();
        self.inventory
            .read(context.client, &mut self.refused)
            .await?;
        self.texts.ask(context, now).await?;
        if self.inventory.is_complete() {
            tracking::forget_the_gone(&self.inventory, context.ledger);
        }
        let policies = self.inventory.active_policies();
        self.schedules.retain(&self.inventory);
        self.policies_due = self.schedules.due(policies, now);
        self.seeds = seed::is_due(context.ledger) && self.inventory.is_complete();
        self.clients_due = if self.seeds {
            let settings = context.ledger.settings().protection;
            self.inventory
                .clients()
                .filter(|client| settings.wants(client))
                .cloned()
                .collect()
        } else {
            Vec::new()
        };
        Ok(())
    }

    async fn go_on(&mut self, context: Context<'_>, now: Timestamp) -> Result<(), CollectError> {
        if self.policies_due.is_empty() {
            let (due, refused) = (&mut self.clients_due, &mut self.refused);
            self.seeds &= seed::read(context, due, refused, now).await?;
            Ok(())
        } else {
            let (inventory, due) = (&self.inventory, &mut self.policies_due);
            let silence = self
                .schedules
                .read(context.client, inventory, due, now)
                .await?;
            self.refused.add(silence);
            Ok(())
        }
    }

    fn render(&self, ledger: &Ledger, now: Timestamp) -> Samples {
        let mut samples = Samples::new();
        for (name, policy) in self.inventory.policies() {
            let active = match policy.active {
                Some(true) => "true",
                Some(false) => "false",
                None => "",
            };
            let labels = [&**name, &*policy.policy_type, active];
            samples.info(&families::POLICY_INFO, &labels);
        }
        self.schedules.render(&self.inventory, now, &mut samples);
        if let Some(paused) = self.inventory.paused {
            samples.gauge(&families::CLIENTS_PAUSED, &[], paused as f64);
        }
        tracking::render(&self.inventory, ledger, &mut samples);
        samples
    }
}

impl Refused {
    /// Notes what keeps nothing from the rest; anything else fails the run.
    fn take(&mut self, error: CollectError) -> Result<(), CollectError> {
        if error.is_refusal() || error.is_of_one_answer() {
            self.0.get_or_insert_with(|| Arc::new(error));
            return Ok(());
        }
        Err(error)
    }

    /// The same of what was noted elsewhere.
    fn add(&mut self, error: Option<Arc<CollectError>>) {
        self.0 = self.0.take().or(error);
    }

    fn into_error(self) -> Option<CollectError> {
        self.0.map(|source| CollectError::Part { source })
    }
}

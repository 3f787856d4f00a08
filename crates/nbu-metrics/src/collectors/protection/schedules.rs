//! The schedules of the active policies, read again only when a policy has changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use nbu_api::endpoint::{GENERIC_POLICY_SCHEMA, POLICY};
use nbu_api::{PolicyDetail, Query};
use nbu_client::{Client, Error};

use super::inventory::{Inventory, KnownPolicy};
use super::rhythm::{self, Rhythm};
use super::unreadable::Unreadable;
use crate::catalogue::protection as families;
use crate::collector::CollectError;
use crate::ledger::encoding::{Reader, Writer};
use crate::ledger::instant;
use crate::samples::Samples;

/// Policies read in one piece of a run.
const AT_ONCE: usize = 50;
/// So many policies in a row that are not answered end a run: then it is more than the policies.
const SILENT: u32 = 2;
/// A policy that does not tell its generation is read again after this time.
const ANYHOW: Duration = Duration::from_secs(6 * 3600);

/// The schedules that are known, and the policies that could not be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedules {
    known: BTreeMap<Arc<str>, Known>,
    unreadable: Unreadable,
}

/// Those of one policy.
#[derive(Clone, Debug)]
pub(super) struct Known {
    generation: Option<i64>,
    read_at: Timestamp,
    rhythms: Vec<Rhythm>,
}

impl Schedules {
    /// What a process before this one knew.
    pub(super) fn recalled(known: BTreeMap<Arc<str>, Known>) -> Self {
        Self {
            known,
            unreadable: Unreadable::default(),
        }
    }

    /// Those of this policy, if they have been read.
    pub(super) fn known(&self, policy: &str) -> Option<&Known> {
        self.known.get(policy)
    }

    /// Forgets those of policies that are gone.
    pub(super) fn retain(&mut self, inventory: &Inventory) {
        self.known
            .retain(|name, _| inventory.policy(name).is_some());
        self.unreadable.retain(inventory);
    }

    /// The policies to be read.
    pub(super) fn due<'p>(
        &self,
        policies: impl Iterator<Item = (&'p Arc<str>, &'p KnownPolicy)>,
        now: Timestamp,
    ) -> Vec<Arc<str>> {
        let due = policies.filter(|(name, policy)| match self.known.get(*name) {
            _ if self.unreadable.is_put_off(name, policy.generation, now) => false,
            None => true,
            Some(known) if known.generation != policy.generation => true,
            Some(known) => {
                known.generation.is_none() && instant::between(known.read_at, now) >= ANYHOW
            }
        });
        due.map(|(name, _)| Arc::clone(name)).collect()
    }

    /// Reads some of those that are due, and takes them off the list. Of one that cannot be read, what is known is kept. Gives the
    /// failure if so many in a row are not answered that the others are left for the next run.
    pub(super) async fn read(
        &mut self,
        client: &Client,
        inventory: &Inventory,
        due: &mut Vec<Arc<str>>,
        now: Timestamp,
    ) -> Result<Option<Arc<CollectError>>, CollectError> {
        let mut silent = 0;
        for _ in 0..AT_ONCE {
            let Some(name) = due.pop() else {
                break;
            };
            let generation = inventory.policy(&name).and_then(|policy| policy.generation);
            match read_one(client, &name).await {
                Ok(rhythms) => {
                    silent = 0;
                    self.unreadable.was_read(client, &name);
                    let known = Known {
                        generation,
                        read_at: now,
                        rhythms,
                    };
                    self.known.insert(name, known);
                }
                Err(error) => {
                    let is_silent = matches!(error, Error::Timeout { .. } | Error::Broken { .. });
                    silent = if is_silent { silent + 1 } else { 0 };
                    let error = CollectError::from(error);
                    if !is_silent && !error.is_of_one_answer() {
                        return Err(error);
                    }
                    let error = self
                        .unreadable
                        .put_off(client, name, generation, now, error);
                    if silent == SILENT {
                        due.clear();
                        return Ok(Some(error));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Ends a run. Gives the failure if no active policy can be read; then all are asked for again in the next run.
    pub(super) fn end(&mut self, inventory: &Inventory) -> Option<Arc<CollectError>> {
        let active = inventory.active_policies();
        let refusal = self.unreadable.all(active.map(|(name, _)| &**name));
        if refusal.is_some() {
            self.unreadable.ask_all_again();
        }
        refusal
    }

    pub(super) fn render(&self, inventory: &Inventory, now: Timestamp, samples: &mut Samples) {
        self.unreadable.render(samples);
        let today = Offset::UTC.to_datetime(now).date();
        for (name, _) in inventory.active_policies() {
            let Some(known) = self.known.get(name) else {
                continue;
            };
            for (kind, seconds) in rhythm::expected(&known.rhythms, today) {
                let labels = [&**name, kind];
                let family = &families::POLICY_EXPECTED_INTERVAL_SECONDS;
                samples.gauge(family, &labels, seconds as f64);
            }
        }
    }
}

impl Known {
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.maybe(self.generation);
        writer.signed(self.read_at.as_millisecond());
        writer.count(self.rhythms.len());
        for rhythm in &self.rhythms {
            rhythm.write(writer);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let generation = reader.maybe()?;
        let read_at = instant::from_millis(reader.signed()?);
        let rhythms = (0..reader.count()?).map(|_| Rhythm::read(reader));
        Some(Self {
            generation,
            read_at,
            rhythms: rhythms.collect::<Option<_>>()?,
        })
    }
}

/// Reads the schedules of one policy; where its own schema cannot be answered or read, in the one that all types have. Each is asked
/// for once: repeating what fails would take the time of the others.
async fn read_one(client: &Client, name: &str) -> Result<Vec<Rhythm>, Error> {
    let query = Query::of(name.to_owned()).once();
    let generic = query.clone().header(GENERIC_POLICY_SCHEMA);
    match read_in(client, query).await {
        Err(error) if is_of_its_schema(&error) => read_in(client, generic).await,
        outcome => outcome,
    }
}

async fn read_in(client: &Client, query: Query) -> Result<Vec<Rhythm>, Error> {
    let page = client.fetch(&POLICY, query).await?;
    let mut rhythms = Vec::new();
    page.fold::<PolicyDetail<'_>>(|policy| {
        rhythms.extend(policy.schedules.iter().filter_map(Rhythm::of));
    })?;
    Ok(rhythms)
}

/// `true` if another schema may help: the primary answered, and neither permission nor policy is missing.
fn is_of_its_schema(error: &Error) -> bool {
    matches!(
        error,
        Error::Http { .. }
            | Error::NotSupported { .. }
            | Error::ContentType { .. }
            | Error::Decode { .. }
    ) && error.status() != Some(404)
}

//! The schedules of the active policies, read again only when a policy has changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;
use nbu_api::endpoint::POLICY;
use nbu_api::{PolicyDetail, Query};
use nbu_client::Client;

use super::Refused;
use super::inventory::{Inventory, KnownPolicy};
use super::rhythm::{self, Rhythm};
use crate::catalogue::protection as families;
use crate::collector::CollectError;
use crate::ledger::encoding::{Reader, Writer};
use crate::ledger::instant;
use crate::samples::Samples;

/// Policies read in one piece of a run.
const AT_ONCE: usize = 50;
/// A policy that does not tell its generation is read again after this time; so is one that could not be read.
const ANYHOW: Duration = Duration::from_secs(6 * 3600);

/// The schedules that are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedules(BTreeMap<Arc<str>, Known>);

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
        Self(known)
    }

    /// Those of this policy, if they have been read.
    pub(super) fn known(&self, policy: &str) -> Option<&Known> {
        self.0.get(policy)
    }

    /// Forgets those of policies that are gone.
    pub(super) fn retain(&mut self, inventory: &Inventory) {
        self.0.retain(|name, _| inventory.policy(name).is_some());
    }

    /// The policies to be read.
    pub(super) fn due<'p>(
        &self,
        policies: impl Iterator<Item = (&'p Arc<str>, &'p KnownPolicy)>,
        now: Timestamp,
    ) -> Vec<Arc<str>> {
        let due = policies.filter(|(name, policy)| match self.0.get(*name) {
            None => true,
            Some(known) if known.generation != policy.generation => true,
            Some(known) => {
                known.generation.is_none() && instant::between(known.read_at, now) >= ANYHOW
            }
        });
        due.map(|(name, _)| Arc::clone(name)).collect()
    }

    /// Reads some of those that are due, and takes them off the list.
    pub(super) async fn read(
        &mut self,
        client: &Client,
        inventory: &Inventory,
        due: &mut Vec<Arc<str>>,
        refused: &mut Refused,
        now: Timestamp,
    ) -> Result<(), CollectError> {
        for _ in 0..AT_ONCE {
            let Some(name) = due.pop() else {
                return Ok(());
            };
            let rhythms = match read_one(client, &name).await {
                Ok(rhythms) => Some(rhythms),
                // It was deleted meanwhile.
                Err(CollectError::Client(error)) if error.status() == Some(404) => None,
                Err(error) => {
                    refused.take(error)?;
                    None
                }
            };
            let generation = inventory.policy(&name).and_then(|policy| policy.generation);
            let known = self.0.entry(name).or_insert_with(|| Known {
                generation: None,
                read_at: now,
                rhythms: Vec::new(),
            });
            known.read_at = now;
            if let Some(rhythms) = rhythms {
                known.generation = generation;
                known.rhythms = rhythms;
            }
        }
        Ok(())
    }

    pub(super) fn render(&self, inventory: &Inventory, now: Timestamp, samples: &mut Samples) {
        let today = Offset::UTC.to_datetime(now).date();
        for (name, _) in inventory.active_policies() {
            let Some(known) = self.0.get(name) else {
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

async fn read_one(client: &Client, name: &str) -> Result<Vec<Rhythm>, CollectError> {
    let page = client.fetch(&POLICY, Query::of(name.to_owned())).await?;
    let mut rhythms = Vec::new();
    page.fold::<PolicyDetail<'_>>(|policy| {
        rhythms.extend(policy.schedules.iter().filter_map(Rhythm::of));
    })?;
    Ok(rhythms)
}

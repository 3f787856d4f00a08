//! What the configuration of a primary names: policies, their clients, and which of those are paused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nbu_api::endpoint::{PAUSED_CLIENTS, POLICIES, UNIQUE_POLICY_CLIENTS};
use nbu_api::{PausedClient, Policy, PolicyClient, PolicyType, Query};
use nbu_client::Client;

use super::words::{self, Named};
use super::{Refused, list};
use crate::collector::CollectError;
use crate::ledger::encoding::{Reader, Writer};

/// The inventory as it was read last. What an incomplete reading did not show stays from the one before.
#[derive(Clone, Debug, Default)]
pub(super) struct Inventory {
    policies: BTreeMap<Arc<str>, KnownPolicy>,
    clients: BTreeMap<Arc<str>, KnownClient>,
    /// How many clients are paused; `None` if that is not told.
    pub(super) paused: Option<usize>,
    has_policies: bool,
    has_clients: bool,
    is_complete: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct KnownPolicy {
    /// In the words of the job list.
    pub(super) policy_type: String,
    pub(super) named: Named,
    pub(super) active: Option<bool>,
    pub(super) generation: Option<i64>,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct KnownClient {
    /// It is named as a host, not as an instance or a group of them.
    pub(super) is_host: bool,
    /// What its policy types make of it; the hosts only if all do.
    pub(super) named: Named,
    /// The policies that name it.
    pub(super) policies: BTreeSet<Arc<str>>,
}

impl Inventory {
    /// What a process before this one knew.
    pub(super) fn recalled(
        policies: BTreeMap<Arc<str>, KnownPolicy>,
        clients: BTreeMap<Arc<str>, KnownClient>,
    ) -> Self {
        Self {
            has_policies: !policies.is_empty(),
            has_clients: !clients.is_empty(),
            policies,
            clients,
            paused: None,
            is_complete: false,
        }
    }

    /// Reads it again. What is refused is noted and keeps nothing from the rest; on an error nothing has changed.
    pub(super) async fn read(
        &mut self,
        client: &Client,
        refused: &mut Refused,
    ) -> Result<(), CollectError> {
        let mut new = Self::default();
        let mut complete = true;
        let query = Query::new().sort("policyName");
        let policies = &mut new.policies;
        let read = list::read::<Policy<'_>>(client, &POLICIES, query, |policy| {
            let (name, known) = KnownPolicy::of(policy);
            policies.insert(name, known);
        });
        match read.await {
            Ok(all) => {
                new.has_policies = true;
                complete &= all;
            }
            Err(error) => {
                refused.take(error.into())?;
                complete = false;
            }
        }
        let clients = &mut new.clients;
        let query = Query::new().sort("id");
        let read =
            list::read::<PolicyClient<'_>>(client, &UNIQUE_POLICY_CLIENTS, query, |client| {
                let (name, known) = KnownClient::of(client);
                clients.insert(name, known);
            });
        match read.await {
            Ok(all) => {
                new.has_clients = true;
                complete &= all;
            }
            Err(error) => {
                refused.take(error.into())?;
                complete = false;
            }
        }
        let mut paused = BTreeSet::new();
        let read =
            list::read::<PausedClient<'_>>(client, &PAUSED_CLIENTS, Query::new(), |client| {
                paused.extend(client.id.map(std::borrow::Cow::into_owned));
            });
        match read.await {
            Ok(_) => new.paused = Some(paused.len()),
            Err(error) => refused.take(error.into())?,
        }
        // A primary without any policy backs up nothing; more likely it is one that is not ready to tell.
        new.is_complete = complete && !new.policies.is_empty() && !new.clients.is_empty();
        self.replace(new);
        Ok(())
    }

    /// Both lists were read to their ends at the last reading.
    pub(super) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Both lists are known, if perhaps from two readings.
    pub(super) const fn is_known(&self) -> bool {
        self.has_policies && self.has_clients
    }

    /// Nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.clients.is_empty()
    }

    pub(super) fn policies(&self) -> impl Iterator<Item = (&Arc<str>, &KnownPolicy)> {
        self.policies.iter()
    }

    pub(super) fn policy(&self, name: &str) -> Option<&KnownPolicy> {
        self.policies.get(name)
    }

    pub(super) fn active_policies(&self) -> impl Iterator<Item = (&Arc<str>, &KnownPolicy)> {
        self.policies
            .iter()
            .filter(|(_, policy)| policy.active == Some(true))
    }

    pub(super) fn clients(&self) -> impl Iterator<Item = &Arc<str>> {
        self.clients.keys()
    }

    pub(super) fn known_clients(&self) -> impl Iterator<Item = (&Arc<str>, &KnownClient)> {
        self.clients.iter()
    }

    fn replace(&mut self, mut new: Self) {
        if !new.is_complete {
            let old = std::mem::take(self);
            new.has_policies |= old.has_policies;
            new.has_clients |= old.has_clients;
            for (name, policy) in old.policies {
                new.policies.entry(name).or_insert(policy);
            }
            for (name, client) in old.clients {
                new.clients.entry(name).or_insert(client);
            }
        }
        *self = new;
    }
}

impl KnownPolicy {
    fn of(policy: Policy<'_>) -> (Arc<str>, Self) {
        let policy_type = policy.policy_type;
        let known = Self {
            named: policy_type.as_ref().map_or(Named::Other, words::named),
            policy_type: policy_type
                .map(PolicyType::into_word)
                .unwrap_or_default()
                .into_owned(),
            active: policy.active,
            generation: policy.generation,
        };
        (policy.name.unwrap_or_default().into(), known)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.text(&self.policy_type);
        self.named.write(writer);
        writer.maybe(self.active.map(i64::from));
        writer.maybe(self.generation);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            policy_type: reader.text()?.to_owned(),
            named: Named::read(reader)?,
            active: reader.maybe()?.map(|active| active != 0),
            generation: reader.maybe()?,
        })
    }
}

impl KnownClient {
    fn of(client: PolicyClient<'_>) -> (Arc<str>, Self) {
        let types = client
            .policy_types
            .iter()
            .map(|word| words::named(&PolicyType::from(&**word)));
        let known = Self {
            is_host: client.kind.is_none_or(|kind| kind == "HOST"),
            named: types.max().unwrap_or(Named::Hosts),
            policies: client
                .policy_names
                .iter()
                .map(|name| Arc::from(&**name))
                .collect(),
        };
        (client.name.unwrap_or_default().into(), known)
    }
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.number(u64::from(self.is_host));
        self.named.write(writer);
        writer.count(self.policies.len());
        for policy in &self.policies {
            writer.text(policy);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let is_host = reader.number()? != 0;
        let named = Named::read(reader)?;
        let policies = (0..reader.count()?).map(|_| reader.text().map(Arc::from));
        Some(Self {
            is_host,
            named,
            policies: policies.collect::<Option<_>>()?,
        })
    }
}

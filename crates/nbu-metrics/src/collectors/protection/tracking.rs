//! The inventory beside what is known from jobs: who is gone, and who has no backup at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::inventory::Inventory;
use super::words::Named;
use crate::catalogue::protection as families;
use crate::ledger::{Ledger, instant};
use crate::samples::Samples;

/// What no list names, a virtual machine that a query finds for example, is gone after this time without a job.
const FORGOTTEN: Duration = Duration::from_secs(35 * 86_400);

/// Why the success of a client cannot be told from jobs: it is no host, or it is not kept.
const REASONS: [&str; 7] = [
    "virtual_machine",
    "cloud",
    "other",
    "instance",
    "policies_unknown",
    "excluded",
    "max_clients",
];

/// Takes from the ledger what a complete inventory does not name any more.
///
/// A client that a policy of hosts does not name is gone from it. Where policies name something else than what is backed up,
/// only the policy can be seen to be gone, and the client is after 35 days without a job; so is what belongs to no policy
/// of the inventory by its nature, as the copies that lifecycle policies make.
pub(super) fn forget_the_gone(inventory: &Inventory, ledger: &Ledger) {
    let settings = ledger.settings().protection;
    let hosts_by_policy = hosts_by_policy(inventory);
    // By the primary's clock, and only as far as its jobs have been read.
    let long_ago = ledger.marks().watermark.map_or(Timestamp::MIN, |read_to| {
        instant::before(read_to, FORGOTTEN)
    });
    ledger.retain_clients(|client, policy, last| {
        if !client.is_empty() && !settings.wants(client) {
            return false;
        }
        let is_recent = last >= long_ago;
        match (inventory.policy(policy), hosts_by_policy.get(policy)) {
            _ if policy.is_empty() || policy.starts_with("SLP_") => is_recent,
            (None, _) => false,
            (Some(_), Some(hosts)) => hosts.contains(&client.to_lowercase()),
            (Some(_), None) => is_recent,
        }
    });
}

/// The clients, in lower case, of the policies whose clients all are hosts under their own names.
fn hosts_by_policy(inventory: &Inventory) -> BTreeMap<&str, BTreeSet<String>> {
    let policies = inventory.policies();
    let mut hosts: BTreeMap<&str, BTreeSet<String>> = policies
        .filter(|(_, policy)| policy.named == Named::Hosts)
        .map(|(name, _)| (&**name, BTreeSet::new()))
        .collect();
    for (name, client) in inventory.known_clients() {
        if client.policies.is_empty() {
            // It may be of any policy.
            return BTreeMap::new();
        }
        for policy in &client.policies {
            if !client.is_host {
                hosts.remove(&**policy);
            } else if let Some(hosts) = hosts.get_mut(&**policy) {
                hosts.insert(name.to_lowercase());
            }
        }
    }
    hosts
}

pub(super) fn render(inventory: &Inventory, ledger: &Ledger, samples: &mut Samples) {
    let cut = ledger.cut_clients();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    if inventory.is_known() {
        reasons = REASONS.into_iter().map(|reason| (reason, 0)).collect();
        let mut judge = Judge::new(inventory, ledger);
        for (name, client) in inventory.known_clients() {
            let policies = || {
                let all = client.policies.iter();
                all.filter(|name| {
                    inventory
                        .policy(name)
                        .is_some_and(|policy| policy.active == Some(true))
                })
            };
            let reason = if client.policies.is_empty() {
                Some("policies_unknown")
            } else if policies().next().is_none() {
                continue;
            } else {
                judge.why_not(name, client.is_host, client.named)
            };
            if let Some(reason) = reason {
                *reasons.entry(reason).or_default() += 1;
                continue;
            }
            // Before the look-back is over, nothing is known of anybody.
            if !ledger.has_looked_back() {
                continue;
            }
            for policy in policies().filter(|policy| !judge.has_succeeded(name, policy)) {
                let labels = [&**name, &**policy];
                samples.gauge(&families::CLIENT_NEVER_SUCCEEDED, &labels, 1.0);
            }
        }
    }
    // Jobs show clients that no list names.
    for (reason, cut) in [("max_clients", cut.over_limit), ("excluded", cut.excluded)] {
        let count = reasons.entry(reason).or_default();
        *count = cut.max(*count);
    }
    for (reason, count) in reasons {
        samples.gauge(&families::CLIENTS_NOT_TRACKABLE, &[reason], count as f64);
    }
}

/// Tells which clients are followed, in the order in which they are asked about.
struct Judge {
    settings: crate::ledger::ProtectionSettings,
    known: BTreeSet<String>,
    successes: BTreeSet<(String, Arc<str>)>,
    room: usize,
}

impl Judge {
    fn new(inventory: &Inventory, ledger: &Ledger) -> Self {
        let settings = ledger.settings().protection;
        let known: BTreeSet<String> = ledger
            .clients()
            .iter()
            .map(|name| name.to_lowercase())
            .collect();
        let successes = ledger
            .successes()
            .into_iter()
            .filter(|(_, policy)| inventory.policy(policy).is_some())
            .map(|(client, policy)| (client.to_lowercase(), policy));
        Self {
            // A client that was cut for want of room has had jobs of which nothing is known.
            room: if ledger.cut_clients().over_limit > 0 {
                0
            } else {
                settings.max_clients.saturating_sub(known.len())
            },
            successes: successes.collect(),
            settings,
            known,
        }
    }

    fn why_not(&mut self, name: &str, is_host: bool, named: Named) -> Option<&'static str> {
        if !self.settings.wants(name) {
            return Some("excluded");
        }
        match named {
            Named::VirtualMachines => return Some("virtual_machine"),
            Named::Cloud => return Some("cloud"),
            Named::Other => return Some("other"),
            Named::Hosts if !is_host => return Some("instance"),
            Named::Hosts => {}
        }
        if self.known.contains(&name.to_lowercase()) {
            return None;
        }
        if self.room == 0 {
            return Some("max_clients");
        }
        self.room -= 1;
        None
    }

    fn has_succeeded(&self, client: &str, policy: &Arc<str>) -> bool {
        self.successes
            .contains(&(client.to_lowercase(), Arc::clone(policy)))
    }
}

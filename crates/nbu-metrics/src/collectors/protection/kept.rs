//! What the configuration said, kept for the next process: a note for each policy, with its schedules, and one for each client.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Memory;
use super::inventory::{Inventory, KnownClient, KnownPolicy};
use super::schedules::{Known, Schedules};
use crate::ledger::encoding::{Reader, Writer};
use crate::ledger::{Ledger, Shelf};

/// The form of both notes.
const FORM: u8 = 1;

/// Keeps it. Only a complete inventory takes something away.
pub(super) fn keep(memory: &Memory, ledger: &Ledger) {
    let all = memory.inventory.is_complete();
    let policies = memory.inventory.policies().map(|(name, policy)| {
        let mut writer = Writer::new(FORM);
        policy.write(&mut writer);
        let schedules = memory.schedules.known(name);
        writer.count(usize::from(schedules.is_some()));
        if let Some(known) = schedules {
            known.write(&mut writer);
        }
        (Arc::clone(name), writer.bare())
    });
    ledger.shelve(Shelf::Policies, policies, all);
    let clients = memory.inventory.known_clients().map(|(name, client)| {
        let mut writer = Writer::new(FORM);
        client.write(&mut writer);
        (Arc::clone(name), writer.bare())
    });
    ledger.shelve(Shelf::PolicyClients, clients, all);
}

/// What was kept. A note of another form is as if it were not there.
pub(super) fn recall(ledger: &Ledger) -> Memory {
    let (mut policies, mut schedules) = (BTreeMap::new(), BTreeMap::new());
    for (name, value) in ledger.found(Shelf::Policies) {
        if let Some((policy, known)) = policy(&value) {
            if let Some(known) = known {
                schedules.insert(Arc::clone(&name), known);
            }
            policies.insert(name, policy);
        }
    }
    let clients = ledger.found(Shelf::PolicyClients).into_iter();
    let clients = clients
        .filter_map(|(name, value)| Some((name, client(&value)?)))
        .collect();
    Memory {
        inventory: Inventory::recalled(policies, clients),
        schedules: Schedules::recalled(schedules),
        ..Memory::default()
    }
}

fn policy(value: &[u8]) -> Option<(KnownPolicy, Option<Known>)> {
    let mut reader = Reader::bare(FORM, value)?;
    let policy = KnownPolicy::read(&mut reader)?;
    let known = match reader.number()? {
        0 => None,
        _ => Some(Known::read(&mut reader)?),
    };
    reader.is_at_end().then_some((policy, known))
}

fn client(value: &[u8]) -> Option<KnownClient> {
    let mut reader = Reader::bare(FORM, value)?;
    let client = KnownClient::read(&mut reader)?;
    reader.is_at_end().then_some(client)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..100), form: bool) {
            let mut bytes = bytes;
            if form && !bytes.is_empty() {
                bytes[0] = FORM;
            }
            let _ = (policy(&bytes), client(&bytes));
        }
    }
}

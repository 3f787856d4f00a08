//! What parts of the ledger keep beside the counts, in a form that only they can read.

use std::sync::Arc;

/// One value under its key. A store keeps the bytes and never looks inside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Whose it is.
    pub shelf: Shelf,
    /// Its key, unique on the shelf.
    pub key: Arc<str>,
    /// Its value; `None` when it is to be forgotten.
    pub value: Option<Arc<[u8]>>,
}

/// Whose notes they are. The number is the one a store keeps: never give one to anything else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Shelf {
    /// Runs that are not judged yet.
    Runs = 0,
    /// The last runs of each client, policy and schedule type.
    Protection = 1,
    /// The last copies of each client and policy.
    Copies = 2,
    /// The primary's own texts for status codes.
    StatusTexts = 3,
    /// Which series were admitted under the budget.
    Admissions = 4,
    /// The policies of the inventory, with their schedules.
    Policies = 5,
    /// The clients that policies name.
    PolicyClients = 6,
}

impl Shelf {
    /// Whether it is one for what collectors [keep](crate::ledger::Ledger::shelve).
    pub(crate) const fn is_of_collectors(self) -> bool {
        matches!(self, Self::Policies | Self::PolicyClients)
    }

    /// What is on it, in words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Runs => "runs under way",
            Self::Protection => "the last runs of clients",
            Self::Copies => "the last copies",
            Self::StatusTexts => "texts of status codes",
            Self::Admissions => "the order of series",
            Self::Policies => "policies and their schedules",
            Self::PolicyClients => "the clients of policies",
        }
    }

    /// Every shelf, by number.
    pub const ALL: [Self; 7] = [
        Self::Runs,
        Self::Protection,
        Self::Copies,
        Self::StatusTexts,
        Self::Admissions,
        Self::Policies,
        Self::PolicyClients,
    ];
}

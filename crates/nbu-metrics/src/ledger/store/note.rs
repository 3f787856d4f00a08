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
}

impl Shelf {
    /// Every shelf, by number.
    pub const ALL: [Self; 5] = [
        Self::Runs,
        Self::Protection,
        Self::Copies,
        Self::StatusTexts,
        Self::Admissions,
    ];
}

//! Why a state in a file cannot be read or written.

use super::tables::FORMAT;

/// Why the database did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// redb refused, or the system below it.
    #[error(transparent)]
    Redb(#[from] redb::Error),
    /// What was read is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// redb ran into something that it thought impossible.
    #[error("it is damaged: {0}")]
    Panicked(String),
    /// A newer version of the exporter wrote it.
    #[error("a newer version wrote it, in format {found}; this one reads formats up to {FORMAT}")]
    Newer {
        /// Its format.
        found: u32,
    },
    /// It has been closed.
    #[error("it has been closed")]
    Closed,
}

macro_rules! from_redb {
    ($($error:ident),*) => {$(
        impl From<redb::$error> for Trouble {
            fn from(error: redb::$error) -> Self {
                Self::Redb(error.into())
            }
        }
    )*};
}

from_redb!(
    DatabaseError,
    TransactionError,
    TableError,
    StorageError,
    CommitError
);

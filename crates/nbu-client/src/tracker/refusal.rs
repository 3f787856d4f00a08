//! Why an entry was refused.

use thiserror::Error;

/// The tracker is closed: nothing enters any more, and what the cut cancelled ends with this too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("closed")]
pub struct Closed;

/// Why [`Tracker::try_enter`](crate::Tracker::try_enter) gave no permit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Refused {
    /// The tracker is closed, for ever.
    #[error("closed")]
    Closed,
    /// Every slot is taken, or others wait for one. A later try may succeed.
    #[error("as many attempts in flight as are allowed")]
    Saturated,
}

impl From<Closed> for Refused {
    fn from(Closed: Closed) -> Refused {
        Refused::Closed
    }
}

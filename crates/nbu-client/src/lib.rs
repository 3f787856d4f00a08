//! An async client for one NetBackup primary server.
//!
//! The heart of the crate is the [`Tracker`]: it knows what is in flight, refuses new work from the
//! instant it is closed, waits for the rest, and when told to, cuts the rest off, with one outcome
//! for everyone who asks. It needs no runtime and no HTTP stack (`default-features = false` builds
//! it alone), so loom and miri check it in seconds.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use nbu_client::{Refused, Tracker};
//!
//! let tracker = Tracker::new(NonZeroUsize::MIN);
//! let permit = tracker.try_enter()?;
//! assert_eq!(tracker.try_enter().unwrap_err(), Refused::Saturated);
//!
//! let closing = tracker.close(); // a future: it resolves when the last permit is gone
//! assert_eq!(tracker.try_enter().unwrap_err(), Refused::Closed);
//! drop(permit);
//! assert_eq!(tracker.in_flight(), 0);
//! # drop(closing);
//! # Ok::<(), Refused>(())
//! ```

mod sync;
mod tracker;

pub use tracker::{
    Attempt, CloseError, Closed, ClosedSignal, Closing, Enter, Permit, Refused, Tracker,
};

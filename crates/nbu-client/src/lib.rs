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

#[cfg(feature = "http")]
mod client;
#[cfg(feature = "http")]
mod credential;
#[cfg(feature = "http")]
pub mod error;
#[cfg(feature = "http")]
mod exchange;
#[cfg(feature = "http")]
mod limits;
#[cfg(feature = "http")]
mod observer;
#[cfg(feature = "http")]
mod page;
#[cfg(feature = "http")]
mod reason;
#[cfg(feature = "http")]
mod retry;
#[cfg(feature = "http")]
mod tls;
#[cfg(feature = "http")]
mod walk;

#[cfg(feature = "http")]
pub use client::{BuildError, Client, ClientBuilder, Clock, Ping, WhenFull};
#[cfg(feature = "http")]
pub use credential::{Credential, CredentialError};
#[cfg(feature = "http")]
pub use error::Error;
#[cfg(feature = "http")]
pub use exchange::StackError;
#[cfg(feature = "http")]
pub use limits::Limits;
#[cfg(feature = "http")]
pub use observer::{Code, Event, Observer};
#[cfg(feature = "http")]
pub use page::Page;
#[cfg(feature = "http")]
pub use reason::Reason;
#[cfg(feature = "http")]
pub use retry::RetryPolicy;
#[cfg(feature = "http")]
pub use tls::{ClientIdentity, Fingerprint, FingerprintError, TlsError, TlsFault, TlsSettings, TlsVersion};
#[cfg(feature = "http")]
pub use walk::{Walk, WalkSummary};

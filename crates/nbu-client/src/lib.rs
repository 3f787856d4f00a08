//! An async client for one NetBackup primary server.
//!
//! A [`Client`] finds out which API version the primary speaks, asks for lists page by page, repeats what is worth
//! repeating, bounds what it takes, and says in its errors what to do. Most of all it can be closed: from one instant on
//! nothing new is sent, what is on the wire is waited for, and at the deadline the rest is cut off, with one outcome for
//! everyone who asks. Sessions that it opened it also ends.
//!
//! ```no_run
//! use nbu_api::endpoint::JOBS;
//! use nbu_api::{Job, JobState, Query, filter::job};
//! use nbu_client::{Client, Credential};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder("paris", "https://nbu-paris.example.com:1556/netbackup".parse()?)
//!     .credential(Credential::api_key("the key"))
//!     .build()?;
//! let open = Query::new().filter(&job::STATE.ne(JobState::Done)).sort("jobId");
//! let (queued, summary) = client
//!     .walk(&JOBS, open)
//!     .fold::<Job<'_>, _>(0, |queued, job| *queued += u32::from(job.state == Some(JobState::Queued)))
//!     .await?;
//! println!("{queued} of {} open jobs are queued", summary.records);
//! client.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # How it is built
//!
//! * **One permit is one attempt**, from connect to the last byte of the answer. The [`Tracker`] hands them out. A back-off,
//!   a wait for someone else's version detection and the pause between two pages hold none, so they end at once on close, and
//!   a call never waits for a permit while it holds one.
//! * **One place holds the HTTP stack.** Close empties it, and the connections are closed.
//! * **Nothing is stored half way.** Dropping any future at any await leaves the client as it was.
//! * **The credential stays here**: redirects are not followed, no error or `Debug` output holds it, not even when the
//!   primary says it back.
//!
//! The [`Tracker`] needs no runtime and no HTTP stack: `default-features = false` builds it alone, so that loom and miri check
//! it in seconds. It can be used for anything else that must be closed in an orderly way:
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
//!
//! # What it does not do
//!
//! It reads no file, no environment and no wall clock. It knows no metrics: an [`Observer`] hears of every attempt. It writes
//! nothing to a primary. It does not poll: who calls decides when.

#![cfg_attr(
    not(feature = "http"),
    expect(
        rustdoc::broken_intra_doc_links,
        reason = "this page is about the client, of which only the tracker is built then; with the client every link is checked"
    )
)]

mod sync;
mod tracker;

pub use tracker::{
    Attempt, CloseError, Closed, ClosedSignal, Closing, Enter, Permit, Refused, Tracker,
};

#[cfg(feature = "http")]
mod circuit;
#[cfg(feature = "http")]
mod client;
#[cfg(feature = "http")]
mod credential;
#[cfg(feature = "http")]
pub mod error;
#[cfg(feature = "http")]
mod exchange;
#[cfg(feature = "http")]
mod keyring;
#[cfg(feature = "http")]
mod limits;
#[cfg(feature = "http")]
mod observer;
#[cfg(feature = "http")]
mod pace;
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
pub use credential::{Credential, CredentialError, CredentialKind, Login, code_point};
#[cfg(feature = "http")]
pub use error::Error;
#[cfg(feature = "http")]
pub use exchange::{ProxyFault, StackError, goes_direct};
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
pub use tls::{
    Certificate, ClientIdentity, Fingerprint, FingerprintError, PemProblem, Presented, TlsError,
    TlsFault, TlsSettings, TlsVersion, usable_name,
};
#[cfg(feature = "http")]
pub use walk::{Walk, WalkSummary};

/// A door for the fuzz targets to what is private.
#[cfg(all(fuzzing, feature = "http"))]
#[doc(hidden)]
pub mod fuzzing {
    /// See `retry::after`.
    pub fn retry_after(
        value: &str,
        date: Option<&str>,
        now: Option<jiff::Timestamp>,
    ) -> Option<std::time::Duration> {
        crate::retry::parse_retry_after(value, date, now)
    }
}

//! What a collector is: it asks a primary about one subject and turns the answers into samples.
//!
//! A collector has no timer and no memory of its own. Whoever runs it decides when, how long it may take, and keeps
//! the [`State`] between two runs:
//!
//! * one run at a time per collector and primary;
//! * `collect` may be dropped at any await. Nothing has changed then, but for what the ledger committed and whose
//!   turn the state says it is;
//! * before the first run, show what it [recalls](Collector::recall), and keep that state;
//! * on success, keep the new state and show the samples in place of the last ones. When [`Collected::more`] says
//!   so, run it again at once rather than at the next interval: the work was cut into pieces so that each has the
//!   deadline to itself and its result is seen early;
//! * on a success with a [refusal](Collected::refused), do the same, but show the run as failed for that reason;
//! * on failure, keep the old state and the old samples;
//! * after every run, also a failed or dropped one, publish the ledger ([`Ledger::publish`]) and show its samples
//!   beside those of the collectors: they are counters, and never go stale.
//!
//! ```
//! use nbu_metrics::collector;
//!
//! let names: Vec<_> = collector::ALL.iter().map(|collector| collector.name()).collect();
//! assert_eq!(names, ["primary", "jobs", "storage", "protection"]);
//! ```

mod state;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_api::Endpoint;
use nbu_client::{Client, Reason};

use crate::collectors::{Jobs, Primary, Protection, Storage};
use crate::ledger::{Ledger, StoreError};
use crate::samples::Samples;

pub use state::State;

/// Every collector.
pub static ALL: [&dyn Collector; 4] = [&Primary, &Jobs, &Storage, &Protection];

/// The collector of this name, as the configuration and the `collector` label have it.
pub fn find(name: &str) -> Option<&'static dyn Collector> {
    ALL.into_iter().find(|collector| collector.name() == name)
}

/// Asks about one subject.
pub trait Collector: Send + Sync + fmt::Debug {
    /// Its name, unique.
    fn name(&self) -> &'static str;

    /// How often it runs unless the configuration says otherwise.
    fn default_interval(&self) -> Duration;

    /// Whether it counts, and so must not run before the ledger of [`Context::ledger`] is open.
    fn counts(&self) -> bool {
        false
    }

    /// What it can tell before its first run, from what the process before left in the ledger; `None` if that is nothing.
    fn recall(&self, _ledger: &Ledger, _now: Timestamp) -> Option<Collected> {
        None
    }

    /// The endpoints it asks.
    fn endpoints(&self) -> &'static [&'static Endpoint];

    /// One run. See the [module](self) for what its caller owes it.
    fn collect<'a>(&'a self, context: Context<'a>, state: &'a State) -> CollectFuture<'a>;
}

/// One run of a collector.
pub type CollectFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Collected, CollectError>> + Send + 'a>>;

/// What a collector works with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The primary.
    pub client: &'a Client,
    /// The primary's job ledger; its settings are those of the jobs collector.
    pub ledger: &'a Ledger,
    /// Wall time.
    pub clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("client", self.client)
            .finish_non_exhaustive()
    }
}

/// What a run found.
#[derive(Debug, Default)]
pub struct Collected {
    /// All gauges of the collector, in place of those of the last run.
    pub samples: Samples,
    /// What the next run builds on.
    pub state: State,
    /// There is more to do now: run again at once.
    pub more: bool,
    /// A part that the primary forbids or does not support: the samples are the rest, and they are of now. Such a run is no
    /// success, but neither is it repeated at another time than one.
    pub refused: Option<CollectError>,
}

/// Why a run found nothing, or not all of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The primary could not be asked, or its answer not be read.
    #[error(transparent)]
    Client(#[from] nbu_client::Error),
    /// The ledger's state could not be kept. What was published stays, and the walk is repeated.
    #[error("what was counted cannot be kept; check that the state has room and may be written")]
    Ledger(#[from] StoreError),
    /// The primary does not tell its clock, without which no finished job can be counted.
    #[error(
        "/ping tells neither the primary's clock in its body nor a Date; check what stands between it and us"
    )]
    NoClock,
    /// Finished jobs were counted, but the jobs under way could not be read when it was last tried.
    #[error(
        "the unfinished jobs cannot be read ({reason}); the finished ones are counted all the same"
    )]
    LiveJobs {
        /// How that ended.
        reason: Reason,
        /// The failed call; `None` where none failed, as when the time was over.
        source: Option<Box<nbu_client::Error>>,
    },
    /// A slice of the finished jobs has more pages than a list may have.
    #[error(
        "/admin/jobs does not end within {pages} pages; raise limits.pages if the primary really finishes that many jobs"
    )]
    TooLong {
        /// The number of pages allowed.
        pages: u32,
    },
    /// Something was found, but not all.
    #[error(transparent)]
    Part {
        /// What kept the rest from being found.
        source: Arc<CollectError>,
    },
    /// A page does not lead to the next one: its job ids do not go on where they were asked to.
    #[error("/admin/jobs does not answer in the order asked for, after job {last}")]
    Order {
        /// The last id that came in order.
        last: u64,
    },
}

impl CollectError {
    /// The failure as the word of `netbackup_exporter_collector_status`. The list of words is closed and has none for a
    /// disk that fails, which is the exporter's own: it counts as a limit reached.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Client(error) => error.reason(),
            Self::Part { source } => source.reason(),
            Self::Ledger(_) | Self::TooLong { .. } => Reason::Limit,
            Self::LiveJobs { reason, .. } => *reason,
            Self::NoClock | Self::Order { .. } => Reason::Parse,
        }
    }

    /// The primary forbids it or does not support it: asking again soon changes nothing.
    pub fn is_refusal(&self) -> bool {
        matches!(self.reason(), Reason::Forbidden | Reason::NotSupported)
    }

    /// The primary answered this request, if not as it should or with another answer than wanted: for something else at the
    /// same place it may do better. Nothing that would be said to every request.
    pub(crate) fn is_of_one_answer(&self) -> bool {
        use nbu_client::Error;
        match self {
            Self::Client(error) => matches!(
                error,
                Error::Http { .. }
                    | Error::Forbidden { .. }
                    | Error::NotSupported { .. }
                    | Error::ContentType { .. }
                    | Error::Decode { .. }
                    | Error::Paging { .. }
                    | Error::Limit { .. }
            ),
            Self::Part { source } => source.is_of_one_answer(),
            _ => false,
        }
    }

    /// The HTTP status, where the primary answered with another one than expected.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Client(error) => error.status(),
            Self::Part { source } => source.status(),
            _ => None,
        }
    }

    /// The endpoint that failed, where it was one.
    pub fn endpoint(&self) -> Option<&'static str> {
        match self {
            Self::Client(error) => error.call().map(|call| call.endpoint),
            Self::Part { source } => source.endpoint(),
            Self::Ledger(_) => None,
            Self::NoClock => Some(nbu_api::endpoint::PING.name),
            Self::LiveJobs {
                source: Some(error),
                ..
            } => error.call().map(|call| call.endpoint),
            Self::TooLong { .. } | Self::Order { .. } | Self::LiveJobs { .. } => {
                Some(nbu_api::endpoint::JOBS.name)
            }
        }
    }
}

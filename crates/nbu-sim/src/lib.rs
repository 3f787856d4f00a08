//! A simulated NetBackup primary server: what the real one answers, over real sockets, with a job population that
//! lives, faults on demand, and the truth to compare with.
//!
//! It implements the *server's* side of the monitoring API on its own: negotiation of the API version, API keys and
//! sessions with permissions, OData filters with the operators each attribute really has, sort orders, cursor and offset
//! paging with their limits. It shares no parser, no filter and no page logic with the client crates, so that a
//! misunderstanding shows as a failing test instead of cancelling out.
//!
//! * Jobs are created, wait with a reason, run, fail, are retried, have children, end and vanish, all decided by a seed
//!   and driven by the primary's own [`Clock`]: frozen until a test [advances](Running::advance) it, or running.
//! * [`Running::truth`] tells what really happened, past every filter and page.
//! * [`Running::faults`] scripts what goes wrong per endpoint and request; [`Running::set_outage`] fails the whole server;
//!   [`Running::hold`] keeps requests waiting until the test lets them go.
//! * A million finished jobs can be preloaded; a page costs the same whether there are a thousand or a million.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use nbu_sim::{JobSpec, Population, Sim};
//!
//! let primary = Sim::builder()
//!     .population(Population::empty())
//!     .api_key("secret")
//!     .start(([127, 0, 0, 1], 0).into())
//!     .await?;
//! // A client would now ask primary.url() and trust primary.ca_pem().
//! let before = primary.now();
//! primary.add_done(&JobSpec::backup("daily", "STANDARD", "host1.example.com"), 2106);
//! let truth = primary.truth();
//! let failed = truth.leaves_ended_since(before).next().and_then(|job| job.status);
//! assert_eq!(failed, Some(2106));
//! primary.stop().await;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! What it deliberately does not do: `any()` in filters, `include` and sparse fields, the count request, endpoints that
//! monitoring does not read, and anything that changes a primary.

mod answer;
mod builder;
mod catalog;
mod certificate;
mod clock;
mod config;
mod configuration;
mod credential;
mod fault;
mod filter;
mod gate;
mod jobs;
mod json;
mod lock;
mod negotiation;
mod paging;
mod population;
mod primary;
mod query;
mod reply;
mod route;
mod running;
mod seen;
mod server;
mod status;
mod storage;
mod truth;

pub use builder::{Sim, SimBuilder, StartError};
pub use certificate::{CertificateError, Identity, Pair};
pub use clock::Clock;
pub use configuration::{Configuration, DetailAnswer, Policy, Rhythm, Schedule};
pub use credential::{Logins, Permission};
pub use fault::{Edit, ErrorShape, Fault, Faults, Malformed, Outage};
pub use gate::Gate;
pub use population::{Population, RecordSize, spec::JobSpec};
pub use route::Route;
pub use running::Running;
pub use seen::Seen;
pub use storage::{
    Capacity, DiskPool, DiskVolume, Msdp, PoolSize, Storage, StorageCounts, StorageServer,
    StorageUnit,
};
pub use truth::{Class, JobTruth, Protected, Subject, Tally, Truth};

/// A door for the fuzz targets to what is private.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    /// What a filter of the job list says to the primary.
    pub fn job_filter(text: &str) -> Result<String, String> {
        crate::filter::parse(crate::jobs::SCHEMA, text).map(|read| read.outline())
    }
}

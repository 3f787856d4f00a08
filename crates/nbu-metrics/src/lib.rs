//! From NetBackup answers to Prometheus numbers.
//!
//! The crate is a row of plain data types, each made from the one before:
//!
//! * The [`catalogue`] is one table of every metric family: name, kind, labels, help, source. Nothing
//!   that is not in it can be exported.
//! * [`Samples`] are values under families of the catalogue: what a collector
//!   found, or what [`ApiMetrics`] counted of a client's requests. Durations
//!   and sizes are [`Histogram`]s, with classic and native buckets.
//! * A [`Snapshot`] is everything that is known about one primary, sorted and
//!   unchangeable. Samples of a collector that has failed for too long enter it without what was true only at the moment.
//! * A [`Document`] is many snapshots rendered in one [`Format`]: Prometheus text, OpenMetrics or Prometheus
//!   protobuf. It is rendered and compressed once, and completed for each scrape with what belongs to the process.
//!
//! The [`ledger`] counts each finished job exactly once. A [`budget`] bounds how many series a primary may have.
//! [`ZeroFirst`] shows each new counter at 0 before its value. [`negotiation`] reads the headers of a
//! scrape, and [`schedule`] says when a collector runs next.
//!
//! ```
//! use std::sync::Arc;
//! use nbu_metrics::catalogue::{collection, jobs, process};
//! use nbu_metrics::{Document, Samples, Snapshot, negotiation};
//!
//! // What the collectors of one primary found …
//! let mut found = Samples::new();
//! found.gauge(&collection::UP, &[], 1.0);
//! found.gauge(&jobs::JOBS, &["BACKUP", "ACTIVE"], 3.0);
//! let paris = Arc::new(Snapshot::builder(Some("paris".into())).add(&found).build());
//!
//! // … rendered once …
//! let wanted = negotiation::exposition(Some("application/openmetrics-text; version=1.0.0"));
//! let shared = Document::render(wanted.format, &[paris])?;
//!
//! // … and completed for each scrape.
//! let mut own = Samples::new();
//! own.gauge(&process::PROCESS_OPEN_FDS, &[], 12.0);
//! let own = Arc::new(Snapshot::builder(None).add(&own).build());
//! let page = shared.parts(&Document::render(wanted.format, &[own])?).concat();
//!
//! let page = String::from_utf8(page)?;
//! assert!(page.contains("netbackup_jobs{primary=\"paris\",job_type=\"BACKUP\",state=\"ACTIVE\"} 3\n"));
//! assert!(page.ends_with("process_open_fds 12\n# EOF\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does not do
//!
//! It opens no socket, reads no clock but the one it is given, has no timers and spawns no task: the caller
//! decides when a collector runs and for how long. It has no global registry; two
//! exporters in one process do not notice each other.

mod api_metrics;
pub mod budget;
pub mod catalogue;
pub mod collector;
pub mod collectors;
pub mod exposition;
pub mod histogram;
pub mod ledger;
pub mod negotiation;
pub mod samples;
pub mod schedule;
pub mod snapshot;
pub mod zero_first;

pub use api_metrics::ApiMetrics;
pub use exposition::{Document, Format};
pub use histogram::Histogram;
pub use samples::Samples;
pub use schedule::Schedule;
pub use snapshot::Snapshot;
pub use zero_first::ZeroFirst;

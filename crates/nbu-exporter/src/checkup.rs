//! `nbu-exporter check`: everything that stands between this machine and the numbers of each primary, step by step.
//!
//! A [`Report`] is a list of [`Finding`]s per primary: the files, the name, the port, TLS, the API version, the clock, the
//! credential, then every endpoint of every enabled collector. Which endpoints, and which permission each needs, comes from
//! the collectors and the table of endpoints; nothing is listed here. Primaries are checked at the same time, each until its
//! own deadline, so that one that swallows packets neither delays the others nor hangs.
//!
//! Before a connection is verified nothing secret travels on it: the client that shows an unknown authority has no credential.

mod authority;
mod course;
mod endpoints;
mod finding;
mod reach;
mod sample;
mod table;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::authority::Authority;
use self::course::Course;
pub(crate) use self::finding::{Check, Finding, Status};
use crate::clock::Clock;
use crate::config;
use crate::version;

/// How to check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// The time for one primary.
    pub(crate) timeout: Duration,
    /// Show the authorities also where they are trusted.
    pub(crate) show_ca: bool,
}

/// What was found. Its JSON form is documented in `docs/check.md`, and only ever grows.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The version of this form.
    schema: u32,
    exporter: &'static str,
    /// Nothing failed.
    pub(crate) ok: bool,
    pub(crate) primaries: Vec<Checked>,
}

/// What was found of one primary.
#[derive(Debug, Serialize)]
pub(crate) struct Checked {
    pub(crate) primary: String,
    pub(crate) url: String,
    /// Nothing failed.
    pub(crate) ok: bool,
    /// In the order in which they were made.
    pub(crate) checks: Vec<Finding>,
    /// The authorities that the primary shows; empty unless they are unknown here or were asked for.
    pub(crate) authorities: Vec<Authority>,
}

/// Checks `primaries`, all at the same time.
pub(crate) async fn check(
    primaries: impl IntoIterator<Item = config::Primary>,
    options: Options,
    clock: &Clock,
) -> Report {
    let mut courses = JoinSet::new();
    for (number, primary) in primaries.into_iter().enumerate() {
        let deadline = Instant::now() + options.timeout;
        let course = Course::new(Arc::new(primary), options, clock.clone(), deadline);
        courses.spawn(async move { (number, course.run().await) });
    }
    let mut checked = courses.join_all().await;
    checked.sort_by_key(|(number, _)| *number);
    let primaries: Vec<Checked> = checked.into_iter().map(|(_, checked)| checked).collect();
    Report {
        schema: 1,
        exporter: version::VERSION,
        ok: primaries.iter().all(|checked| checked.ok),
        primaries,
    }
}

impl Report {
    /// For people.
    pub(crate) fn table(&self) -> String {
        table::table(self)
    }

    /// For machines.
    pub(crate) fn json(&self) -> String {
        // Strings, numbers and lists: there is nothing in it that JSON cannot say.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

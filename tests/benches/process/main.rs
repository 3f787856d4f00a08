//! The real binary, in release, against the simulator: what it costs. `cargo xtask bench [walk|steady|start|neighbour]`.
//!
//! Prints a table and the same as JSON for each. The exporter and the simulator share the machine, so seconds say what both need
//! together; processor time is the exporter's alone.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a bench prints, and fails by panicking"
)]

mod baseline;
mod neighbour;
mod start;
mod steady;
mod walk;

use nbu_tests::{Exporter, Page};
use std::time::Duration;

const MIB: f64 = 1024.0 * 1024.0;

#[tokio::main]
async fn main() {
    let filter = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let wanted = |name: &str| filter.as_deref().is_none_or(|filter| name.contains(filter));
    if wanted("walk") {
        walk::bench().await;
    }
    if wanted("steady") {
        steady::bench().await;
    }
    if wanted("start") {
        start::bench().await;
    }
    if wanted("neighbour") {
        neighbour::bench().await;
    }
}

/// As [`Exporter::scrape_until`], without its patience.
async fn until(exporter: &Exporter, condition: impl Fn(&Page) -> bool) -> Page {
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    loop {
        tick.tick().await;
        let page = exporter.scrape().await;
        if condition(&page) {
            return page;
        }
    }
}

/// Whether the first walk is complete.
fn walked(page: &Page) -> bool {
    page.has("netbackup_jobs_watermark_timestamp_seconds", &[])
}

/// Finished jobs counted so far, leaves and parents.
fn counted(page: &Page) -> f64 {
    page.sum("netbackup_jobs_finished_total", &[])
        + page.sum("netbackup_parent_jobs_finished_total", &[])
}

/// The size of the state, in bytes.
fn state_bytes(page: &Page) -> f64 {
    page.sum("netbackup_exporter_state_bytes", &[])
}

fn micros_each(seconds: f64, jobs: f64) -> f64 {
    seconds * 1e6 / jobs
}

//! The real binary, in release, against the simulator: what it costs. `cargo xtask bench [walk|steady|scrape|start|neighbour]`, or
//! a row of them: `walk/100000/0ms/4/disk/full`.
//!
//! Prints a table and the same as JSON for each. The exporter and the simulator share the machine, so seconds say what both need
//! together; processor time is the exporter's alone.
#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a bench prints, and fails by panicking"
)]

mod baseline;
mod commits;
mod neighbour;
mod scrape;
mod start;
mod steady;
mod walk;

use nbu_tests::{Exporter, Page};
use std::time::Duration;

const MIB: f64 = 1024.0 * 1024.0;

/// Which benches to run: those whose name contains a text, as everywhere with cargo.
struct Filter(Option<String>);

impl Filter {
    fn wants(&self, name: &str) -> bool {
        self.0.as_deref().is_none_or(|text| name.contains(text))
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let filter = Filter(arguments.find(|argument| !argument.starts_with('-')));
    walk::bench(&filter).await;
    if filter.wants("steady/large") {
        steady::large().await;
    }
    if filter.wants("steady/small") {
        steady::small().await;
    }
    if filter.wants("scrape") {
        scrape::bench().await;
    }
    if filter.wants("start") {
        start::bench().await;
    }
    if filter.wants("neighbour") {
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

/// Milliseconds within which so many of a hundred were over; the shortest are first.
fn millis_within(took: &[Duration], percent: usize) -> f64 {
    let place = (took.len() * percent).div_ceil(100);
    let took = took.get(place.saturating_sub(1)).copied();
    took.unwrap_or_default().as_secs_f64() * 1e3
}

fn micros_each(seconds: f64, jobs: f64) -> f64 {
    seconds * 1e6 / jobs
}

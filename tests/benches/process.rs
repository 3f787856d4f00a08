//! The real binary, in release, against the simulator: memory and time of walks. `cargo xtask bench walk`.
//!
//! Prints a table and the same as JSON. The two processes share the machine, so times say what both need together.
#![expect(
    clippy::print_stdout,
    reason = "a bench prints, and fails by panicking"
)]

use nbu_sim::{JobSpec, Population, Sim};
use nbu_tests::{Exporter, Launch, Memory, Page, Watched, configuration};
use std::time::{Duration, Instant};

const MIB: f64 = 1024.0 * 1024.0;
/// What one remembered job id may take.
const ID_BYTES: u64 = 24;

#[tokio::main]
async fn main() {
    let filter = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    if filter.is_none_or(|filter| "walk".contains(&filter)) {
        walks().await;
    }
}

/// One walk of so many finished jobs, all of them counted.
struct Walk {
    jobs: u64,
    took: Duration,
    before: Memory,
    after: Memory,
}

async fn walks() {
    let mut walks = Vec::new();
    for jobs in [10_000, 100_000, 1_000_000] {
        walks.push(walk(jobs).await);
    }
    println!(
        "\n{:>9} {:>9} {:>12} {:>12} {:>12} {:>16}",
        "jobs", "seconds", "idle MiB", "peak MiB", "after MiB", "peak - ids MiB"
    );
    for walk in &walks {
        println!(
            "{:>9} {:>9.2} {:>12.1} {:>12.1} {:>12.1} {:>16.1}",
            walk.jobs,
            walk.took.as_secs_f64(),
            walk.before.resident as f64 / MIB,
            walk.after.peak as f64 / MIB,
            walk.after.resident as f64 / MIB,
            walk.apart() / MIB,
        );
    }
    let rows: Vec<_> = walks.iter().map(Walk::json).collect();
    println!("{}", serde_json::json!({ "walk": rows }));
    let growth = walks[2].apart() - walks[0].apart();
    println!(
        "peak of the largest walk over the smallest, ids apart: {:.1} MiB (at most 8)",
        growth / MIB
    );
}

impl Walk {
    /// The peak without what the remembered ids may take.
    fn apart(&self) -> f64 {
        self.after.peak as f64 - (self.jobs * ID_BYTES) as f64
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "jobs": self.jobs,
            "seconds": self.took.as_secs_f64(),
            "idle_bytes": self.before.resident,
            "peak_bytes": self.after.peak,
            "resident_bytes": self.after.resident,
        })
    }
}

async fn walk(jobs: u64) -> Walk {
    let watched = Watched::start("bench", Sim::builder().population(Population::empty())).await;
    let watched =
        watched.setting("collectors: {jobs: {interval: 1s, timeout: 10m, max_stale: 1h}}");
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let counted = |page: &Page| page.sum("netbackup_jobs_finished_total", &[]);
    exporter
        .scrape_until("the first walk", |page| {
            page.has("netbackup_jobs_watermark_timestamp_seconds", &[])
        })
        .await;
    let before = exporter.memory();

    // A minute's jobs, however many: one walk has them all.
    watched.sim.advance(Duration::from_secs(60));
    let spec =
        JobSpec::backup("night", "STANDARD", "client-1.example.com").protects(1_000_000, 1_000);
    for _ in 0..jobs {
        watched.sim.add_done(&spec, 0);
    }
    let began = Instant::now();
    until(&exporter, |page| counted(page) >= jobs as f64).await;
    Walk {
        jobs,
        took: began.elapsed(),
        before,
        after: exporter.memory(),
    }
}

/// As [`Exporter::scrape_until`], without its patience.
async fn until(exporter: &Exporter, condition: impl Fn(&Page) -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    loop {
        tick.tick().await;
        if condition(&exporter.scrape().await) {
            return;
        }
    }
}

//! What a walk costs, measured as often as its length allows.

use super::scene::{Scene, Walk};
use super::{MIB, baseline, micros_each};
use crate::state_bytes;
use nbu_sim::RecordSize;
use nbu_tests::Memory;
use std::time::Duration;

/// What one remembered job id may take.
const ID_BYTES: u64 = 24;
/// Walks that take longer than this, in pages times their delay, are measured once.
const LONG: Duration = Duration::from_secs(30);
/// Records of walks that are measured once.
const MANY: u64 = 1_000_000;
/// How often the others are.
const TIMES: usize = 3;

/// What is walked.
#[derive(Clone, Copy)]
pub(super) struct Case {
    pub(super) jobs: u64,
    pub(super) page_delay: Duration,
    pub(super) cursors: usize,
    /// Where the state is kept.
    pub(super) on_disk: bool,
    pub(super) record: RecordSize,
}

/// What it cost.
pub(super) struct Cost {
    pub(super) case: Case,
    runs: Vec<Run>,
}

/// One exporter, started for this.
struct Run {
    /// A walk of one job.
    fixed: Walk,
    walk: Walk,
    /// Processor time of the bare loop in seconds.
    bare: f64,
    before: Memory,
    after: Memory,
    state_bytes: f64,
}

impl Case {
    /// By what it is chosen on the command line.
    pub(super) fn name(&self) -> String {
        let (jobs, delay) = (self.jobs, self.page_delay.as_millis());
        let (cursors, state, record) = (self.cursors, self.state(), self.record());
        format!("walk/{jobs}/{delay}ms/{cursors}/{state}/{record}")
    }

    fn state(&self) -> &'static str {
        if self.on_disk { "disk" } else { "memory" }
    }

    fn record(&self) -> &'static str {
        match self.record {
            RecordSize::Full => "full",
            RecordSize::Lean => "lean",
        }
    }

    fn times(&self) -> usize {
        let pages = u32::try_from(self.jobs / 100).unwrap_or(u32::MAX);
        if self.jobs >= MANY || self.page_delay * pages > LONG {
            1
        } else {
            TIMES
        }
    }
}

impl Cost {
    pub(super) async fn of(case: Case) -> Self {
        let mut runs = Vec::new();
        for _ in 0..case.times() {
            runs.push(Run::of(&case).await);
        }
        Self { case, runs }
    }

    /// The highest peak, without what the remembered ids may take.
    pub(super) fn apart(&self) -> f64 {
        self.peak() - (self.case.jobs * ID_BYTES) as f64
    }

    pub(super) fn print_head() {
        println!(
            "{:>9} {:>8} {:>7} {:>6} {:>6} {:>5} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>9} {:>9} {:>9} {:>10}",
            "jobs",
            "ms/page",
            "cursors",
            "state",
            "record",
            "times",
            "seconds",
            "requests",
            "fixed ms",
            "µs/job",
            "bare µs",
            "ratio",
            "idle MiB",
            "peak MiB",
            "state MiB",
            "peak - ids"
        );
    }

    pub(super) fn print(&self) {
        println!(
            "{:>9} {:>8} {:>7} {:>6} {:>6} {:>5} {:>8.2} {:>8.0} {:>8.1} {:>8.2} {:>8.2} {:>6.2} {:>9.1} {:>9.1} {:>9.1} {:>10.1}",
            self.case.jobs,
            self.case.page_delay.as_millis(),
            self.case.cursors,
            self.case.state(),
            self.case.record(),
            self.runs.len(),
            self.median(|run| run.walk.took.as_secs_f64()),
            self.median(|run| run.walk.requests as f64),
            self.median(|run| run.fixed.cpu * 1e3),
            self.micros(),
            self.bare_micros(),
            self.micros() / self.bare_micros(),
            self.median(|run| run.before.resident as f64) / MIB,
            self.peak() / MIB,
            self.median(|run| run.state_bytes) / MIB,
            self.apart() / MIB,
        );
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let each = |of: &dyn Fn(&Run) -> f64| self.runs.iter().map(of).collect::<Vec<_>>();
        serde_json::json!({
            "jobs": self.case.jobs,
            "page_delay_ms": self.case.page_delay.as_millis(),
            "cursors": self.case.cursors,
            "state": self.case.state(),
            "record": self.case.record(),
            "seconds": each(&|run| run.walk.took.as_secs_f64()),
            "requests": each(&|run| run.walk.requests as f64),
            "fixed_cpu_seconds": each(&|run| run.fixed.cpu),
            "cpu_seconds": each(&|run| run.walk.cpu),
            "bare_cpu_seconds": each(&|run| run.bare),
            "cpu_us_per_job": self.micros(),
            "bare_us_per_job": self.bare_micros(),
            "ratio": self.micros() / self.bare_micros(),
            "idle_bytes": each(&|run| run.before.resident as f64),
            "peak_bytes": each(&|run| run.after.peak as f64),
            "resident_bytes": each(&|run| run.after.resident as f64),
            "state_bytes": each(&|run| run.state_bytes),
        })
    }

    fn micros(&self) -> f64 {
        let jobs = self.case.jobs as f64;
        self.median(|run| micros_each(run.walk.cpu - run.fixed.cpu, jobs))
    }

    fn bare_micros(&self) -> f64 {
        self.median(|run| micros_each(run.bare, self.case.jobs as f64))
    }

    fn peak(&self) -> f64 {
        let peaks = self.runs.iter().map(|run| run.after.peak as f64);
        peaks.fold(0.0, f64::max)
    }

    fn median(&self, of: impl Fn(&Run) -> f64) -> f64 {
        let mut all: Vec<f64> = self.runs.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    }
}

impl Run {
    async fn of(case: &Case) -> Self {
        let scene = Scene::start(case).await;
        let (fixed, _) = scene.walk(1).await;
        let before = scene.exporter.memory();
        let (walk, page) = scene.walk(case.jobs).await;
        let after = scene.exporter.memory();
        drop(scene.exporter);
        Self {
            fixed,
            walk,
            bare: baseline::of(&scene.watched.sim),
            before,
            after,
            state_bytes: state_bytes(&page),
        }
    }
}

//! The first walk of many finished jobs, with a quick and a slow primary, by one and by four cursors.

use super::{MIB, baseline, counted, micros_each, state_bytes, until, walked};
use nbu_sim::{Fault, JobSpec, Population, RecordSize, Route, Sim};
use nbu_tests::{Launch, Memory, Watched, configuration, cpu};
use std::time::{Duration, Instant};

/// What one remembered job id may take.
const ID_BYTES: u64 = 24;
/// By how much the peak of the largest walk may exceed that of the smallest, remembered ids apart.
const GROWTH: f64 = 8.0 * MIB;

/// What is walked.
#[derive(Clone, Copy)]
struct Case {
    jobs: u64,
    page_delay: Duration,
    cursors: usize,
    /// Where the state is kept.
    on_disk: bool,
    record: RecordSize,
}

/// What it cost.
struct Cost {
    case: Case,
    took: Duration,
    /// Seconds.
    cpu: f64,
    /// Seconds.
    bare: f64,
    requests: usize,
    before: Memory,
    after: Memory,
    state_bytes: f64,
}

pub(crate) async fn bench() {
    println!(
        "\nfirst walk\n{:>9} {:>8} {:>7} {:>6} {:>6} {:>8} {:>8} {:>9} {:>9} {:>6} {:>9} {:>9} {:>9} {:>10}",
        "jobs",
        "ms/page",
        "cursors",
        "state",
        "record",
        "seconds",
        "requests",
        "µs/job",
        "bare µs",
        "ratio",
        "idle MiB",
        "peak MiB",
        "state MiB",
        "peak - ids"
    );
    let mut costs = Vec::new();
    for case in cases() {
        let cost = measure(case).await;
        cost.print();
        costs.push(cost);
    }
    let rows: Vec<_> = costs.iter().map(Cost::json).collect();
    println!("{}", serde_json::json!({ "walk": rows }));

    let apart = |jobs: u64| {
        costs
            .iter()
            .filter(move |cost| cost.case.jobs == jobs && !cost.case.on_disk)
            .map(Cost::apart)
    };
    let smallest = apart(10_000).fold(f64::INFINITY, f64::min);
    let largest = apart(1_000_000).fold(0.0, f64::max);
    println!(
        "peak of the largest walk over the smallest, ids apart: {:.1} MiB (at most {:.0})",
        (largest - smallest) / MIB,
        GROWTH / MIB
    );
    assert!(
        largest - smallest <= GROWTH,
        "a walk's memory grows with it"
    );
}

fn cases() -> Vec<Case> {
    let case = |jobs, delay, cursors, on_disk, record| Case {
        jobs,
        page_delay: Duration::from_millis(delay),
        cursors,
        on_disk,
        record,
    };
    let full = RecordSize::Full;
    vec![
        case(10_000, 0, 4, false, full),
        case(100_000, 0, 1, false, full),
        case(100_000, 0, 4, false, full),
        case(100_000, 0, 4, false, RecordSize::Lean),
        case(100_000, 0, 4, true, full),
        case(100_000, 20, 1, true, full),
        case(100_000, 20, 4, true, full),
        case(1_000_000, 0, 1, false, full),
        case(1_000_000, 0, 4, false, full),
        case(1_000_000, 0, 4, true, full),
        case(1_000_000, 20, 4, true, full),
        case(1_000_000, 20, 1, true, full),
    ]
}

async fn measure(case: Case) -> Cost {
    let population = Population {
        record: case.record,
        ..Population::empty()
    };
    let watched = Watched::start("bench", Sim::builder().population(population))
        .await
        .setting("collectors: {jobs: {interval: 1s, timeout: 30m, max_stale: 1h}}")
        .setting(&format!("max_in_flight: {}", case.cursors));
    let storage = if case.on_disk { "state" } else { "" };
    let exporter = Launch::with_config(configuration([&watched]))
        .arguments(["--storage.path", storage])
        .start()
        .await;
    exporter.scrape_until("an empty walk", walked).await;
    let before = exporter.memory();

    // A minute's jobs, however many: one slice has them all. None is seen before all are there.
    let gate = watched.sim.hold(Route::Jobs);
    watched.sim.advance(Duration::from_secs(60));
    let spec =
        JobSpec::backup("night", "STANDARD", "client-1.example.com").protects(1_000_000, 1_000);
    for _ in 0..case.jobs {
        watched.sim.add_done(&spec, 0);
    }
    if !case.page_delay.is_zero() {
        watched
            .sim
            .faults()
            .always(Route::Jobs, Fault::Delay(case.page_delay));
    }
    let asked = watched.sim.requests_to(Route::Jobs).len();
    let busy = cpu::of_process(exporter.pid());
    let began = Instant::now();
    drop(gate);
    let page = until(&exporter, |page| counted(page) >= case.jobs as f64).await;
    let took = began.elapsed();
    let cpu = cpu::of_process(exporter.pid()) - busy;
    let after = exporter.memory();
    let requests = watched.sim.requests_to(Route::Jobs).len() - asked;
    drop(exporter);
    watched.sim.faults().clear();
    Cost {
        case,
        took,
        cpu,
        bare: baseline::of(&watched.sim),
        requests,
        before,
        after,
        state_bytes: state_bytes(&page),
    }
}

impl Cost {
    /// The peak without what the remembered ids may take.
    fn apart(&self) -> f64 {
        self.after.peak as f64 - (self.case.jobs * ID_BYTES) as f64
    }

    fn ratio(&self) -> f64 {
        self.cpu / self.bare
    }

    fn print(&self) {
        let jobs = self.case.jobs as f64;
        println!(
            "{:>9} {:>8} {:>7} {:>6} {:>6} {:>8.2} {:>8} {:>9.2} {:>9.2} {:>6.2} {:>9.1} {:>9.1} {:>9.1} {:>10.1}",
            self.case.jobs,
            self.case.page_delay.as_millis(),
            self.case.cursors,
            self.state(),
            self.record(),
            self.took.as_secs_f64(),
            self.requests,
            micros_each(self.cpu, jobs),
            micros_each(self.bare, jobs),
            self.ratio(),
            self.before.resident as f64 / MIB,
            self.after.peak as f64 / MIB,
            self.state_bytes / MIB,
            self.apart() / MIB,
        );
    }

    fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "jobs": self.case.jobs,
            "page_delay_ms": self.case.page_delay.as_millis(),
            "cursors": self.case.cursors,
            "state": self.state(),
            "record": self.record(),
            "seconds": self.took.as_secs_f64(),
            "requests": self.requests,
            "cpu_us_per_job": micros_each(self.cpu, self.case.jobs as f64),
            "bare_us_per_job": micros_each(self.bare, self.case.jobs as f64),
            "idle_bytes": self.before.resident,
            "peak_bytes": self.after.peak,
            "resident_bytes": self.after.resident,
            "state_bytes": self.state_bytes,
        })
    }

    fn state(&self) -> &'static str {
        if self.case.on_disk { "disk" } else { "memory" }
    }

    fn record(&self) -> &'static str {
        match self.case.record {
            RecordSize::Full => "full",
            RecordSize::Lean => "lean",
        }
    }
}

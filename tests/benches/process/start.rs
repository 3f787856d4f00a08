//! The start over a large state that a kill left behind.

use super::{MIB, counted, state_bytes, until, walked};
use nbu_sim::{JobSpec, Population, RecordSize, Route, Sim};
use nbu_tests::{Launch, Watched, configuration, http};
use nix::sys::signal::Signal;
use std::path::Path;
use std::time::{Duration, Instant};

const JOBS: u64 = 2_000_000;
const STARTS: usize = 5;

pub(crate) async fn bench() {
    let population = Population {
        record: RecordSize::Lean,
        ..Population::empty()
    };
    let watched = Watched::start("bench", Sim::builder().population(population))
        .await
        .setting("collectors: {jobs: {interval: 1s, timeout: 30m, max_stale: 1h}}");
    let directory = tempfile::tempdir().expect("a directory for the state");
    let config = configuration([&watched]);
    let state_bytes = leave_state(&watched, &config, directory.path()).await;

    println!(
        "\nstart over {:.0} MiB of state that kill -9 left",
        state_bytes / MIB
    );
    println!(
        "{:>6} {:>14} {:>16}",
        "start", "healthy ms", "counters back ms"
    );
    let mut rows = Vec::new();
    for start in 1..=STARTS {
        let (healthy, back) = start_over(&config, directory.path()).await;
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "{start:>6} {:>14.1} {:>16.1}",
            millis(healthy),
            millis(back)
        );
        rows.push(
            serde_json::json!({ "healthy_ms": millis(healthy), "counters_ms": millis(back) }),
        );
    }
    println!(
        "{}",
        serde_json::json!({ "start": { "state_bytes": state_bytes, "starts": rows } })
    );
}

/// Counts many jobs and is killed while it does; returns the size of what it left.
async fn leave_state(watched: &Watched, config: &str, directory: &Path) -> f64 {
    let mut exporter = launch(config, directory).start().await;
    until(&exporter, walked).await;
    let gate = watched.sim.hold(Route::Jobs);
    watched.sim.advance(Duration::from_secs(60));
    let spec =
        JobSpec::backup("night", "STANDARD", "client-1.example.com").protects(1_000_000, 1_000);
    for _ in 0..JOBS {
        watched.sim.add_done(&spec, 0);
    }
    drop(gate);
    let page = until(&exporter, |page| counted(page) >= JOBS as f64).await;
    exporter.signal(Signal::SIGKILL);
    exporter.ended().await;
    state_bytes(&page)
}

/// From the start of the process to its first answer, and to its counters; then kills it again.
async fn start_over(config: &str, directory: &Path) -> (Duration, Duration) {
    let client = http();
    let began = Instant::now();
    let mut exporter = launch(config, directory).start().await;
    let answer = client.get(exporter.url("/-/healthy")).send().await;
    let healthy = began.elapsed();
    assert_eq!(answer.expect("an answer").status(), 200);
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    while counted(&exporter.scrape().await) < JOBS as f64 {
        tick.tick().await;
    }
    let back = began.elapsed();
    exporter.signal(Signal::SIGKILL);
    exporter.ended().await;
    (healthy, back)
}

fn launch(config: &str, directory: &Path) -> Launch {
    let directory = directory.to_str().expect("a path in UTF-8");
    Launch::with_config(config).arguments(["--storage.path", directory])
}

//! The start over a large state that a kill left behind.

use super::{MIB, counted, until, walked};
use nbu_metrics::ledger::{Changes, Counted, FileStore, Store as _};
use nbu_sim::{JobSpec, Population, Sim};
use nbu_tests::{Launch, Watched, configuration, http};
use nix::sys::signal::Signal;
use std::path::Path;
use std::time::{Duration, Instant};

/// The least size that the state is to have.
const SIZE: u64 = 200_000_000;
/// The size to which it is grown: about a third is free space, which is given back when the file is opened again.
const GROWN: u64 = 310 << 20;
/// Remembered jobs in a commit while it grows, and the most commits.
const JOBS: u64 = 500_000;
const COMMITS: u64 = 100;
/// Far above those of the simulator, so that none of its jobs looks like one that was counted.
const FIRST_ID: u64 = 1_000_000_000;
const STARTS: usize = 5;

pub(crate) async fn bench() {
    let watched = Watched::start("bench", Sim::builder().population(Population::empty()))
        .await
        .setting("collectors: {jobs: {interval: 1s, timeout: 30m, max_stale: 1h}}");
    let directory = tempfile::tempdir().expect("a directory for the state");
    let config = configuration([&watched]);
    count_and_kill(&watched, &config, directory.path(), 1.0).await;
    let remembered = grow(&directory.path().join("state-bench.redb")).await;
    count_and_kill(&watched, &config, directory.path(), 2.0).await;
    let size = size(&directory.path().join("state-bench.redb"));
    assert!(size >= SIZE, "the state has {size} bytes only");

    println!(
        "\nstart over {:.0} MiB of state that kill -9 left ({remembered} jobs remembered)",
        size as f64 / MIB
    );
    println!(
        "{:>6} {:>14} {:>16} {:>13}",
        "start", "healthy ms", "counters back ms", "resident MiB"
    );
    let mut rows = Vec::new();
    for start in 1..=STARTS {
        let (healthy, back, resident) = start_over(&config, directory.path()).await;
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "{start:>6} {:>14.1} {:>16.1} {:>13.1}",
            millis(healthy),
            millis(back),
            resident as f64 / MIB
        );
        rows.push(serde_json::json!({
            "healthy_ms": millis(healthy), "counters_ms": millis(back), "resident_bytes": resident
        }));
    }
    println!(
        "{}",
        serde_json::json!({ "start": { "state_bytes": size, "remembered": remembered, "starts": rows } })
    );
}

/// Counts one more job, and is killed when so many are.
async fn count_and_kill(watched: &Watched, config: &str, directory: &Path, jobs: f64) {
    let mut exporter = launch(config, directory).start().await;
    until(&exporter, walked).await;
    watched.sim.advance(Duration::from_secs(60));
    let spec =
        JobSpec::backup("night", "STANDARD", "client-1.example.com").protects(1_000_000, 1_000);
    watched.sim.add_done(&spec, 0);
    until(&exporter, |page| counted(page) >= jobs).await;
    exporter.signal(Signal::SIGKILL);
    exporter.ended().await;
}

/// Remembers as many jobs as make the state large, as the ledger of a very large primary does over the days that it keeps;
/// how many.
async fn grow(path: &Path) -> u64 {
    let opened = FileStore::open(path).await.expect("the state opens");
    let store = opened.store;
    let saved = store.load().await.expect("the state is read");
    let marks = saved.expect("the state holds something").marks;
    let end = marks.watermark.expect("a walk was complete");
    let mut remembered = 0;
    for epoch in 1..=COMMITS {
        let ids = FIRST_ID + remembered..FIRST_ID + remembered + JOBS;
        let changes = Changes {
            epoch,
            marks: marks.clone(),
            counted: ids.map(|id| (id, Counted::new(end, 7))).collect(),
            ..Changes::default()
        };
        let committed = store.commit(changes).await;
        committed.expect("the state is written");
        remembered += JOBS;
        if size(path) >= GROWN {
            break;
        }
    }
    store.close().await.expect("the state is closed");
    remembered
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).expect("a file").len()
}

/// From the start of the process to its first answer, and to its counters; then kills it again.
async fn start_over(config: &str, directory: &Path) -> (Duration, Duration, u64) {
    let client = http();
    let began = Instant::now();
    let mut exporter = launch(config, directory).start().await;
    let answer = client.get(exporter.url("/-/healthy")).send().await;
    let healthy = began.elapsed();
    assert_eq!(answer.expect("an answer").status(), 200);
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    while counted(&exporter.scrape().await) < 2.0 {
        tick.tick().await;
    }
    let back = began.elapsed();
    let resident = exporter.memory().resident;
    exporter.signal(Signal::SIGKILL);
    exporter.ended().await;
    (healthy, back, resident)
}

fn launch(config: &str, directory: &Path) -> Launch {
    let directory = directory.to_str().expect("a path in UTF-8");
    Launch::with_config(config).arguments(["--storage.path", directory])
}

//! Killed thirty times while jobs finish and requests fail: every job is counted once all the same.
//!
//! Nothing heals what a walk missed: the reconciliation comes after the end. Some records are written late, within the overlap, and
//! at every third kill it is compared what was shown before and after.
//!
//! It goes red when an id is counted as often as it is read, when what is shown is not made durable first, when a walk moves the
//! watermark before it is complete, without the overlap and without the horizon. Two bugs are too quick for it and are left to the
//! properties of the ledger: to show what is being written a moment before it is written, and to move the watermark a little
//! further than to the clock read before the walk.

use super::truth::{finished_equal, parents_equal, reached};
use nbu_sim::{Fault, JobSpec, Population, Route, Sim};
use nbu_tests::{Launch, Page, Series, Watched, configuration};
use nix::sys::signal::Signal;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{interval, sleep, timeout};

const KILLS: usize = 30;
const FINISHED: &str = "netbackup_jobs_finished_total";
const WATERMARK: &str = "netbackup_jobs_watermark_timestamp_seconds";
const MINUTE: Duration = Duration::from_secs(60);

/// What of one primary must never go back, by series.
#[derive(Default)]
struct Shown(BTreeMap<Series, f64>);

impl Shown {
    /// How many jobs were shown last.
    fn finished(&self) -> f64 {
        let series = self.0.iter().filter(|(series, _)| series.name == FINISHED);
        series.map(|(_, value)| value).sum()
    }

    /// Compares a page with those before it.
    fn see(&mut self, page: &Page) {
        for (series, value) in page.select_all() {
            let counts = ["_total", "_count", "_sum", "_bucket"]
                .iter()
                .any(|end| series.name.ends_with(end));
            // Those of the exporter itself, and of its requests, begin at 0 with each process.
            if !counts || !series.name.starts_with("netbackup_") || series.name.contains("exporter")
            {
                continue;
            }
            let before = self.0.insert(series.clone(), value).unwrap_or(0.0);
            assert!(value >= before, "{series:?} went from {before} to {value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_kills_in_the_midst_of_faults_lose_nothing_and_count_nothing_twice() {
    let population = Population::living(30_000);
    let watched = Watched::start("paris", Sim::builder().seed(5).population(population))
        .await
        .setting("collectors: {jobs: {reconcile_interval: 8760h}}");
    let state = tempfile::tempdir().unwrap();
    let path = state.path().to_str().unwrap();
    let launch =
        || Launch::with_config(configuration([&watched])).arguments(["--storage.path", path]);
    let mut shown = Shown::default();
    let horizon = watched.sim.now();
    let mut exporter = launch().start().await;
    shown.see(&reached(&exporter, "paris", horizon).await);

    let slow_down = Fault::RetryAfter {
        status: 429,
        value: "0".into(),
    };
    let faults = [slow_down, Fault::Status(500), Fault::Reset, Fault::Truncate];
    for (seed, fault) in (0..).zip(faults) {
        watched
            .sim
            .faults()
            .sometimes(Route::Jobs, seed, 0.05, fault);
    }
    let mut random = Random(42);
    for kill in 0..KILLS {
        // Jobs go on finishing until the moment of the kill, which comes somewhere after a few more requests.
        let asked = watched.sim.requests_to(Route::Jobs).len();
        let patience = usize::try_from(random.below(9)).unwrap();
        let waiting = async {
            let mut tick = interval(Duration::from_millis(5));
            while watched.sim.requests_to(Route::Jobs).len() < asked + patience {
                tick.tick().await;
                watched.sim.advance(MINUTE / 12);
            }
        };
        if kill % 10 == 4 {
            fail_whole_walks(&watched).await;
        }
        // Written a little late: only the overlap leads back to them.
        for late in [30, 110] {
            let ended = watched.sim.now() - Duration::from_secs(late);
            let job = JobSpec::backup("late", "STANDARD", "host1")
                .started(ended - MINUTE)
                .ended(ended)
                .updated(ended);
            watched.sim.add_done(&job, 0);
        }
        let waited = timeout(Duration::from_secs(30), waiting).await;
        assert!(
            waited.is_ok(),
            "no request before kill {kill}\n{}",
            exporter.log()
        );
        // Every third time at the very moment when a scrape has shown something new, else at any.
        let seen = kill % 3 == 0;
        if seen {
            let before = shown.finished();
            watched.sim.advance(MINUTE);
            let page = exporter
                .scrape_until("more", |page| page.sum(FINISHED, &[]) > before)
                .await;
            shown.see(&page);
        } else {
            sleep(Duration::from_micros(random.below(20_000))).await;
        }
        exporter.signal(Signal::SIGKILL);
        exporter.ended().await;
        for word in ["set aside", "went back", "panicked"] {
            assert!(!exporter.log().contains(word), "{}", exporter.log());
        }
        watched.sim.forget_requests();
        if seen {
            // What it shows before it has asked for a single job is what the killed one had kept.
            let gate = watched.sim.hold(Route::Jobs);
            exporter = launch().start().await;
            let kept = exporter
                .scrape_until("what was kept", |page| page.has(WATERMARK, &[]))
                .await;
            shown.see(&kept);
            gate.release();
        } else {
            exporter = launch().start().await;
        }
    }

    assert!(watched.sim.faults().struck() > 5, "faults struck");
    watched.sim.faults().clear();
    watched.sim.advance(MINUTE);
    let page = reached(&exporter, "paris", watched.sim.now()).await;
    shown.see(&page);
    let truth = watched.sim.truth();
    finished_equal(&page, "paris", &truth, horizon);
    parents_equal(&page, "paris", &truth, horizon);
    let durations = page.sum(
        "netbackup_job_duration_seconds_count",
        &[("primary", "paris")],
    );
    let counted = truth.leaves_ended_since(horizon).count();
    assert_eq!(durations, counted as f64);
    assert!(counted > 1_000, "a test of {counted} jobs proves little");
}

/// Lets more requests in a row fail than one walk repeats, so that at least one walk over finished jobs ends with an error and a
/// later one has to make up for it.
async fn fail_whole_walks(watched: &Watched) {
    const REQUESTS: usize = 10;
    let faults = watched.sim.faults();
    let before = faults.struck();
    watched.sim.advance(5 * MINUTE);
    faults.next(Route::Jobs, REQUESTS, Fault::Status(500));
    let struck = async {
        let mut tick = interval(Duration::from_millis(20));
        while faults.struck() < before + REQUESTS {
            tick.tick().await;
            watched.sim.advance(MINUTE / 12);
        }
    };
    timeout(Duration::from_secs(60), struck).await.unwrap();
}

/// The same numbers in each run; the moments are random enough by what the machine does.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

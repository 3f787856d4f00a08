//! An exporter, and a primary whose jobs end while nobody looks.

use super::Case;
use crate::{counted, until, walked};
use nbu_sim::{Fault, JobSpec, Population, Route, Running, Seen, Sim};
use nbu_tests::{Exporter, Launch, Page, Watched, configuration, cpu};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

/// The jobs of a walk ended within this time: it is due at once, in one slice, and the walk after it finds only the last few
/// of them again (the overlap of two minutes).
const SPAN: Duration = Duration::from_secs(55 * 60);

/// A walk is over when the primary was left alone for so many looks, a millisecond or more apart: longer than a commit waits for
/// the disk. A busy machine makes the looks rare, too. The next cycle begins later: there is a pause of a tenth of the
/// interval behind every run.
const LOOKS: u32 = 400;

/// The clients that the jobs belong to: always as many, for what is kept of each is no matter of the walk's length.
const CLIENTS: u64 = 1_000;

/// Policies and their types; each client belongs to one.
const POLICIES: [(&str, &str); 8] = [
    ("night", "STANDARD"),
    ("files-gold", "STANDARD"),
    ("windows", "MS_WINDOWS"),
    ("vmware-prod", "VMWARE"),
    ("vmware-test", "VMWARE"),
    ("oracle", "ORACLE"),
    ("mssql", "MS_SQL_SERVER"),
    ("nas", "NDMP"),
];

pub(super) struct Scene {
    pub(super) watched: Watched,
    pub(super) exporter: Exporter,
    delay: Duration,
}

/// One walk.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    pub(super) took: Duration,
    /// Processor time in seconds.
    pub(super) cpu: f64,
    pub(super) requests: usize,
}

impl Scene {
    /// Starts with an empty primary, and waits until that was walked.
    pub(super) async fn start(case: &Case) -> Self {
        let population = Population {
            record: case.record,
            ..Population::empty()
        };
        let watched = Watched::start("bench", Sim::builder().population(population))
            .await
            .setting("collectors:")
            .setting(&format!(
                "  jobs: {{interval: {}s, timeout: 30m, max_stale: 1h}}",
                interval(case).as_secs()
            ))
            // Nothing else is to take processor time meanwhile.
            .setting("  primary: {interval: 1h}")
            .setting("  storage: {interval: 1h}")
            .setting("  protection: {interval: 1h}")
            .setting(&format!("max_in_flight: {}", case.cursors));
        let storage = if case.on_disk { "state" } else { "" };
        let exporter = Launch::with_config(configuration([&watched]))
            .arguments(["--storage.path", storage])
            .start()
            .await;
        exporter.scrape_until("an empty walk", walked).await;
        Self {
            watched,
            exporter,
            delay: case.page_delay,
        }
    }

    /// Lets so many more jobs end, and the exporter walk them.
    pub(super) async fn walk(&self, jobs: u64) -> (Walk, Page) {
        let sim = &self.watched.sim;
        let before = counted(&self.exporter.scrape().await);
        let gate = sim.hold(Route::Jobs);
        // None is seen before all are there, and nothing is under way when the time begins.
        gate.reached().await;
        let from = sim.now();
        sim.advance(SPAN);
        add(sim, jobs, from);
        if !self.delay.is_zero() {
            sim.faults().always(Route::Jobs, Fault::Delay(self.delay));
        }
        sim.forget_requests();
        let busy = cpu::of_process(self.exporter.pid());
        let began = Instant::now();
        drop(gate);
        let took = left_alone(sim, began).await;
        let cpu = cpu::of_process(self.exporter.pid()) - busy;
        let asked = sim.requests_to(Route::Jobs);
        let begins: BTreeSet<&str> = asked.iter().filter_map(since).collect();
        assert!(
            begins.len() <= 1,
            "the walk was measured together with the one after it: {begins:?}"
        );
        let requests = asked.len();
        assert!(
            requests as u64 >= jobs.div_ceil(100),
            "the walk was not over after {requests} pages"
        );
        sim.faults().clear();
        let all = before + jobs as f64;
        let page = until(&self.exporter, |page| counted(page) >= all).await;
        let walk = Walk {
            took,
            cpu,
            requests,
        };
        (walk, page)
    }
}

/// Long enough that no cycle is due while a walk is under way: it would begin right behind it, and be measured with it. Live jobs
/// are due half an interval after they were read.
fn interval(case: &Case) -> Duration {
    let pages = case.jobs.div_ceil(100);
    let waiting = case.page_delay.as_secs_f64() * pages as f64 / case.cursors as f64;
    let working = case.jobs as f64 * 12e-6;
    Duration::from_secs(10) + Duration::from_secs_f64((waiting + working) * 2.5)
}

/// From when on a walk over finished jobs asks for them: each walk has its own.
fn since(asked: &Seen) -> Option<&str> {
    let (_, since) = asked
        .parameter("filter")?
        .split_once("lastUpdateTime ge ")?;
    since.split_whitespace().next()
}

fn add(sim: &Running, jobs: u64, from: jiff::Timestamp) {
    let specs: Vec<JobSpec> = (0..CLIENTS)
        .zip(POLICIES.iter().cycle())
        .map(|(number, (policy, policy_type))| {
            let client = format!("client-{number:05}.example.com");
            JobSpec::backup(policy, policy_type, &client).protects(1_000_000, 1_000)
        })
        .collect();
    for (number, spec) in (0..jobs).zip(specs.iter().cycle()) {
        let ended = from + SPAN.mul_f64(number as f64 / jobs as f64);
        let spec = spec
            .clone()
            .started(ended - Duration::from_secs(600))
            .ended(ended)
            .updated(ended);
        let status = if number % 50 == 0 { 2106 } else { 0 };
        sim.add_done(&spec, status);
    }
}

/// Waits until the primary is left alone; how long it was not.
async fn left_alone(sim: &Running, began: Instant) -> Duration {
    let mut tick = tokio::time::interval(Duration::from_millis(1));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut last, mut asked, mut quiet) = (began, sim.asked(), 0);
    while quiet < LOOKS {
        tick.tick().await;
        quiet += 1;
        let now = sim.asked();
        if sim.in_flight() > 0 || now != asked {
            (last, asked, quiet) = (Instant::now(), now, 0);
        }
    }
    last - began
}

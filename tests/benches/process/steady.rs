//! The steady state: what is taken minute by minute, once the first walk is over.

mod demand;

use super::commits::Commits;
use super::{MIB, counted, micros_each, state_bytes, until, walked};
use demand::Demand;
use nbu_sim::{Population, Sim};
use nbu_tests::{Exporter, Launch, Page, Watched, configuration, cpu};
use nix::sys::signal::Signal;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const MINUTES: u32 = 60;
/// Minutes more in which commits are timed, with their lines logged.
const LOGGED: u32 = 20;

/// One primary with 700 jobs a minute and 10,000 clients.
pub(crate) async fn large() {
    let population = Population {
        preloaded: 0,
        jobs_per_day: 700 * 60 * 24,
        clients: 10_000,
        policies: 200,
        ..Population::default()
    };
    let title = "1 primary, 700 jobs a minute, 10,000 clients";
    let watched = Watched::start("bench", Sim::builder().population(population)).await;
    run("large", title, &[watched]).await;
}

/// Three primaries with 100,000 jobs a day each.
pub(crate) async fn small() {
    let mut all = Vec::new();
    for name in ["paris", "tokyo", "quito"] {
        let population = Population {
            preloaded: 0,
            jobs_per_day: 100_000,
            ..Population::default()
        };
        all.push(Watched::start(name, Sim::builder().population(population)).await);
    }
    run("small", "3 primaries, 100,000 jobs a day each", &all).await;
}

async fn run(name: &str, title: &str, all: &[Watched]) {
    // A cycle a second stands for one a minute: what is measured is per cycle and per job.
    let config = configuration(all);
    let exporter = Launch::with_config(&*config).start().await;
    until(&exporter, |page| all.iter().all(|_| walked(page))).await;
    let mut demand = Demand::default();
    let busy = cpu::of_process(exporter.pid());
    let mut page = minutes(&exporter, all, MINUTES, Some(&mut demand)).await;
    let cpu = cpu::of_process(exporter.pid()) - busy;
    let memory = exporter.memory();
    let (jobs, series) = (counted(&page), page.len());
    println!("\nsteady state: {title}; {MINUTES} minutes, a cycle a second");
    println!(
        "{:>8} {:>8} {:>10} {:>9} {:>13} {:>10} {:>10}",
        "jobs", "lines", "CPU s", "µs/job", "resident MiB", "peak MiB", "state MiB"
    );
    println!(
        "{jobs:>8} {series:>8} {cpu:>10.2} {:>9.1} {:>13.1} {:>10.1} {:>10.2}",
        micros_each(cpu, jobs),
        memory.resident as f64 / MIB,
        memory.peak as f64 / MIB,
        state_bytes(&page) / MIB,
    );
    demand.print();
    // Logged only now, so that it costs nothing above.
    exporter.rewrite_config(&format!("{config}log: {{level: debug}}\n"));
    exporter.signal(Signal::SIGHUP);
    exporter.logged("configuration reloaded").await;
    page = minutes(&exporter, all, LOGGED, None).await;
    let commits = Commits::of(&exporter);
    commits.print();
    println!(
        "{}",
        serde_json::json!({ "steady": {
            "name": name,
            "minutes": MINUTES,
            "jobs": jobs,
            "lines": series,
            "cpu_seconds": cpu,
            "cpu_us_per_job": micros_each(cpu, jobs),
            "resident_bytes": memory.resident,
            "peak_bytes": memory.peak,
            "state_bytes": state_bytes(&page),
            "requests": demand.json(),
            "commits": commits.json(),
        }})
    );
}

/// Lets minutes pass on every primary, each once the one before was counted.
async fn minutes(
    exporter: &Exporter,
    all: &[Watched],
    minutes: u32,
    mut demand: Option<&mut Demand>,
) -> Page {
    let mut page = exporter.scrape().await;
    for _ in 0..minutes {
        let mut due = Vec::new();
        for watched in all {
            watched.sim.forget_requests();
            watched.sim.advance(MINUTE);
            let now = watched.sim.now().as_millisecond() as f64 / 1000.0;
            due.push((watched.name.as_str(), now));
        }
        page = until(exporter, |page| {
            due.iter().all(|(name, now)| watermark(page, name) >= *now)
        })
        .await;
        if let Some(demand) = &mut demand {
            for watched in all {
                demand.add(&watched.sim);
            }
        }
    }
    page
}

fn watermark(page: &Page, primary: &str) -> f64 {
    let labels = [("primary", primary)];
    page.sum("netbackup_jobs_watermark_timestamp_seconds", &labels)
}

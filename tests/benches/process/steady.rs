//! The steady state: one primary with 700 jobs a minute and 10,000 clients.

use super::{MIB, counted, micros_each, state_bytes, until, walked};
use nbu_sim::{Population, Sim};
use nbu_tests::{Launch, Page, Watched, configuration, cpu};
use std::collections::BTreeMap;
use std::time::Duration;

const JOBS_PER_DAY: u32 = 700 * 60 * 24;
const CYCLES: u32 = 60;
const MINUTE: Duration = Duration::from_secs(60);

pub(crate) async fn bench() {
    let population = Population {
        preloaded: 0,
        jobs_per_day: JOBS_PER_DAY,
        clients: 10_000,
        policies: 200,
        ..Population::default()
    };
    let watched = Watched::start("bench", Sim::builder().population(population)).await;
    // A cycle a second stands for one a minute: what is measured is per cycle and per job.
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let first = until(&exporter, walked).await;
    let asked = watched.sim.requests().len();
    let busy = cpu::of_process(exporter.pid());
    let mut page = first;
    for _ in 0..CYCLES {
        watched.sim.advance(MINUTE);
        let now = watched.sim.now().as_millisecond() as f64 / 1000.0;
        page = until(&exporter, |page| watermark(page) >= now).await;
    }
    let jobs = counted(&page);
    let cpu = cpu::of_process(exporter.pid()) - busy;
    let memory = exporter.memory();
    let mut by_route: BTreeMap<String, usize> = BTreeMap::new();
    for seen in watched.sim.requests().into_iter().skip(asked) {
        *by_route.entry(format!("{:?}", seen.route)).or_default() += 1;
    }
    println!(
        "\nsteady state: {CYCLES} cycles of a minute with about 700 jobs each, 10,000 clients"
    );
    println!(
        "{:>8} {:>10} {:>9} {:>13} {:>13} {:>10}",
        "jobs", "CPU s", "µs/job", "resident MiB", "peak MiB", "state MiB"
    );
    println!(
        "{jobs:>8} {:>10.2} {:>9.1} {:>13.1} {:>13.1} {:>10.2}",
        cpu,
        micros_each(cpu, jobs),
        memory.resident as f64 / MIB,
        memory.peak as f64 / MIB,
        state_bytes(&page) / MIB,
    );
    println!("requests a cycle:");
    for (route, requests) in &by_route {
        println!(
            "  {:<24} {:>8.2}",
            route,
            *requests as f64 / f64::from(CYCLES)
        );
    }
    println!(
        "{}",
        serde_json::json!({ "steady": {
            "cycles": CYCLES,
            "jobs": jobs,
            "cpu_seconds": cpu,
            "cpu_us_per_job": micros_each(cpu, jobs),
            "resident_bytes": memory.resident,
            "peak_bytes": memory.peak,
            "state_bytes": state_bytes(&page),
            "requests": by_route,
        }})
    );
}

fn watermark(page: &Page) -> f64 {
    page.sum("netbackup_jobs_watermark_timestamp_seconds", &[])
}

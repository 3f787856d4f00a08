//! A healthy primary beside each way to misbehave, one after the other and then all at once: by how much its collectors take longer.
//!
//! One exporter watches the healthy one throughout; the hostile ones come and go by reload.

use std::collections::BTreeMap;

use nbu_sim::Sim;
use nbu_tests::hostile::{self, COLLECTORS, Hostile, Neighbour, finish_jobs, has_counted_to};
use nbu_tests::{Exporter, Launch, Watched};
use nix::sys::signal::Signal;

/// Runs of every collector of the healthy primary without any other.
const ALONE: usize = 30;
/// And while another misbehaves, whose collectors run every other second.
const BESIDE: usize = 5;

pub(crate) async fn bench() {
    let elsewhere = Watched::start("elsewhere", Sim::builder()).await;
    let mut well = Neighbour::start().await;
    let exporter = Launch::with_config(configuration(&well, &[])).start().await;
    well.settle(&exporter).await;
    well.take_longest();
    work(&exporter, &mut well, ALONE).await;
    let alone = well.take_longest();

    println!("\na healthy primary beside a hostile one: the longest run of its collectors, ms");
    println!(
        "{:<28} {:>9} {:>9} {:>9} {:>9}",
        "fault", "primary", "jobs", "storage", "more"
    );
    row("none", alone, alone);
    let mut costs = BTreeMap::new();
    for plan in hostile::plans(&elsewhere.sim.url()) {
        let name = plan.name().to_owned();
        let beside = beside(&exporter, &mut well, &[plan.start().await]).await;
        row(&name, beside, alone);
        costs.insert(name, beside);
    }
    let all = start(hostile::plans(&elsewhere.sim.url())).await;
    let at_once = beside(&exporter, &mut well, &all).await;
    row(&format!("all {} at once", all.len()), at_once, alone);

    let most = costs
        .values()
        .map(|beside| more(*beside, alone))
        .fold(0.0, f64::max);
    println!(
        "at most {:.1} ms more beside one hostile primary (target 100)",
        most * 1e3
    );
    println!(
        "{}",
        serde_json::json!({ "neighbour": {
            "alone_seconds": alone,
            "beside_seconds": costs,
            "beside_all_seconds": at_once,
        }})
    );
}

async fn start(plans: Vec<hostile::Plan>) -> Vec<Hostile> {
    let mut all = Vec::new();
    for plan in plans {
        all.push(plan.start().await);
    }
    all
}

/// The longest runs while these misbehave.
async fn beside(exporter: &Exporter, well: &mut Neighbour, hostile: &[Hostile]) -> [f64; 3] {
    exporter.rewrite_config(&configuration(well, hostile));
    exporter.signal(Signal::SIGHUP);
    let all_well = exporter.scrape_until("all of them well", |page| {
        hostile.iter().all(|one| {
            has_counted_to(page, &one.watched.sim, one.name())
                && COLLECTORS
                    .into_iter()
                    .all(|collector| page.reason(one.name(), collector) == Some("ok"))
        })
    });
    all_well.await;
    well.take_longest();
    for one in hostile {
        one.misbehave();
        finish_jobs(&one.watched.sim);
    }
    work(exporter, well, BESIDE).await;
    well.take_longest()
}

/// Lets jobs finish on the healthy primary, and waits for its collectors, so many times.
async fn work(exporter: &Exporter, well: &mut Neighbour, times: usize) {
    for _ in 0..times {
        well.work();
        well.cycles(exporter, 1).await;
    }
}

fn configuration(well: &Neighbour, hostile: &[Hostile]) -> String {
    let entries: String = std::iter::once(well.watched())
        .chain(hostile.iter().map(|one| &one.watched))
        .map(Watched::entry)
        .collect();
    format!(
        "primaries:\n{entries}collectors:\n  jobs: {{interval: 1s, look_back: 1m, reconcile_interval: 1h}}\n  storage: {{interval: 1s}}\n  primary: {{interval: 1s}}\n  protection: {{enabled: false}}\nmetrics: {{counter_birth: 0s}}\nlimits: {{pages: 12, records_per_page: 700}}\n"
    )
}

fn row(name: &str, [primary, jobs, storage]: [f64; 3], alone: [f64; 3]) {
    println!(
        "{name:<28} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
        primary * 1e3,
        jobs * 1e3,
        storage * 1e3,
        more([primary, jobs, storage], alone) * 1e3
    );
}

/// By how much a collector took longer, at most; seconds.
fn more(beside: [f64; 3], alone: [f64; 3]) -> f64 {
    beside
        .into_iter()
        .zip(alone)
        .map(|(beside, alone)| beside - alone)
        .fold(f64::NEG_INFINITY, f64::max)
}

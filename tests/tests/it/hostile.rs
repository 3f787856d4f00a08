//! A hundred primaries that misbehave, each in its own way and all at once, beside a healthy one that must not notice.
//!
//! One exporter watches them all: healthy first, then hostile, then healthy again. A second exporter, which watches a twin of
//! the healthy one and nothing else, goes through the same steps; what they say of the healthy one must be equal.
//!
//! Nothing reads the log of either in the meantime, at level `debug`: as text of the one and as JSON of the other.

#![expect(clippy::print_stdout, reason = "the tables are for people")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use nbu_sim::Sim;
use nbu_tests::hostile::{self, Hostile, Neighbour, finish_jobs, has_counted_to};
use nbu_tests::{Exporter, Launch, Page, Watched};
use nix::sys::signal::Signal;

/// The most memory with all faults at once: the largest answers allowed, several at a time, and the process itself.
const MEMORY: u64 = 512 << 20;
/// Long enough for the slowest machine.
const HANG: Duration = Duration::from_secs(480);
const DROPPED: &str = "netbackup_exporter_log_lines_dropped_total";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: `cargo xtask hostile` runs it"]
async fn every_fault_has_its_reason_and_the_healthy_neighbour_does_not_notice() {
    let mut alone = alone().await;
    let mut beside = beside().await;
    println!("healthy primary  longest run of primary, jobs, storage in seconds");
    println!("alone            {:.3?}", alone.take_longest());
    println!("beside           {:.3?}", beside.take_longest());
    alone.assert_same(&beside);
}

/// The healthy one without any other.
async fn alone() -> Neighbour {
    let mut neighbour = Neighbour::start().await;
    let exporter = launch(&[], &neighbour, "json").start().await;
    neighbour.settle(&exporter).await;
    exporter.stop_reading_log();
    neighbour.work();
    neighbour.cycles(&exporter, 4).await;
    exporter.read_log_again();
    neighbour.rest();
    neighbour.settle(&exporter).await;
    neighbour.finish(&exporter).await;
    neighbour
}

async fn beside() -> Neighbour {
    let elsewhere = Watched::start("elsewhere", Sim::builder()).await;
    let mut neighbour = Neighbour::start().await;
    let mut hostile = Vec::new();
    for plan in hostile::plans(&elsewhere.sim.url()) {
        hostile.push(plan.start().await);
    }
    println!("{} hostile primaries", hostile.len());
    let mut exporter = launch(&hostile, &neighbour, "logfmt").start().await;
    neighbour.settle(&exporter).await;
    all_well(&exporter, &hostile, "at first").await;

    exporter.stop_reading_log();
    for one in &hostile {
        one.misbehave();
        finish_jobs(&one.watched.sim);
    }
    neighbour.work();
    let said = verdicts(&exporter, &hostile, &mut neighbour).await;
    neighbour.cycles(&exporter, 4).await;
    let memory = exporter.memory();
    labels(&exporter.scrape().await);
    for format in ["application/openmetrics-text;version=1.0.0", "text/plain"] {
        readable(&exporter, format).await;
    }
    let dropped = exporter.scrape().await.value(DROPPED, &[]);
    println!("{} lines of the log were dropped", dropped.unwrap());
    exporter.read_log_again();
    report(&hostile, &said, memory.peak);
    assert!(memory.peak < MEMORY, "{} bytes were resident", memory.peak);

    for one in &hostile {
        one.behave();
        one.watched.sim.advance(Duration::from_secs(7_200));
    }
    // What was refused is asked again after an hour, and what has failed for long after minutes: the administrator says that
    // something has changed. The others find out by themselves.
    exporter.rewrite_config(&configuration(&hostile, &neighbour, "  "));
    exporter.signal(Signal::SIGHUP);
    neighbour.rest();
    neighbour.settle(&exporter).await;
    let page = all_well(&exporter, &hostile, "in the end").await;
    for one in &hostile {
        truth(&page, one);
    }
    neighbour.finish(&exporter).await;
    assert!(exporter.terminated().await.success());
    assert_eq!(
        elsewhere.sim.connections_accepted(),
        0,
        "a redirect was followed"
    );
    neighbour
}

/// The exporter of these, talkative.
fn launch(hostile: &[Hostile], well: &Neighbour, format: &str) -> Launch {
    let config = configuration(hostile, well, "");
    Launch::with_config(config).arguments(["--log.level", "debug", "--log.format", format])
}

/// These recover without any help.
const BY_THEMSELVES: [&str; 6] = [
    "status-500-lists",
    "html",
    "endless",
    "truncated",
    "next-repeated",
    "black-hole",
];

/// Everything is asked every other second, but for the inventory, which changes what is exposed whenever it comes. With a `mark`, all but a few hostile ones are configured anew.
fn configuration(hostile: &[Hostile], well: &Neighbour, mark: &str) -> String {
    let mut entries = well.watched().entry();
    for one in hostile {
        entries.push_str(&one.watched.entry());
        if !mark.is_empty() && !BY_THEMSELVES.contains(&one.name()) {
            entries.push_str("    max_in_flight: 3\n");
        }
    }
    format!(
        "primaries:\n{entries}collectors:\n  jobs: {{interval: 2s, look_back: 1m, reconcile_interval: 1h, reconcile_window: 3h, max_catch_up: 3h}}\n  storage: {{interval: 2s}}\n  primary: {{interval: 2s}}\n  protection: {{enabled: false}}\nmetrics: {{counter_birth: 0s}}\nlimits: {{response_bytes: 16MiB, pages: 12, records_per_page: 700}}\n"
    )
}

/// What every collector said while its primary misbehaved.
type Said = BTreeMap<(String, &'static str), BTreeSet<String>>;

/// Waits until each collector has said what it must say.
async fn verdicts(exporter: &Exporter, hostile: &[Hostile], neighbour: &mut Neighbour) -> Said {
    let mut said = Said::new();
    let began = Instant::now();
    loop {
        let page = exporter.scrape().await;
        neighbour.look(&page);
        let mut missing = Vec::new();
        for one in hostile {
            for (collector, expected) in one.expected() {
                let seen = said.entry((one.name().to_owned(), collector)).or_default();
                let now = page
                    .reason(one.name(), collector)
                    .unwrap_or_default()
                    .to_owned();
                // The jobs collector was well before; it still is if it got to the end since.
                let counts = now != "ok"
                    || collector != "jobs"
                    || has_counted_to(&page, &one.watched.sim, one.name());
                if counts {
                    seen.insert(now);
                }
                if !expected.iter().any(|reason| seen.contains(*reason)) {
                    missing.push(format!(
                        "{}/{collector} {seen:?}, not {expected:?}",
                        one.name()
                    ));
                }
            }
        }
        if missing.is_empty() {
            return said;
        }
        assert!(
            began.elapsed() < HANG,
            "after {HANG:?} these have not said what they must:\n{}",
            missing.join("\n")
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// No label is longer than `label_length`; what was longer ends in a mark.
fn labels(page: &Page) {
    let mut cut = 0;
    for (series, _) in page.select_all() {
        for value in series.labels.values() {
            let length = value.chars().count();
            assert!(length <= 256, "{length} characters in {}", series.name);
            cut += usize::from(length == 256 && value.ends_with('…'));
        }
    }
    assert!(cut > 0, "the name of ten megabytes is not shown at all");
}

/// Prints the table, and fails if a collector said something else than it may.
fn report(hostile: &[Hostile], said: &Said, peak: u64) {
    let mut wrong = Vec::new();
    println!(
        "{:<28} {:<14} {:<14} {:<14}",
        "fault", "primary", "jobs", "storage"
    );
    for one in hostile {
        print!("{:<28}", one.name());
        for (collector, expected) in one.expected() {
            let seen = &said[&(one.name().to_owned(), collector)];
            let told: Vec<_> = seen
                .iter()
                .map(String::as_str)
                .filter(|reason| expected.contains(reason))
                .collect();
            print!(" {:<14}", told.join("|"));
            // Well before, and until it was asked again. On a machine that is busy enough anything may take too long once.
            let other = seen.iter().find(|reason| {
                !["ok", "timeout"].contains(&reason.as_str())
                    && !expected.contains(&reason.as_str())
            });
            if let Some(other) = other {
                wrong.push(format!(
                    "{}/{collector} said {other}, not {expected:?}",
                    one.name()
                ));
            }
        }
        println!();
    }
    println!("peak of the process: {} MiB", peak >> 20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Waits until every collector of every primary is well and has counted everything.
async fn all_well(exporter: &Exporter, hostile: &[Hostile], when: &str) -> Page {
    let began = Instant::now();
    loop {
        let page = exporter.scrape().await;
        let sick: Vec<_> = hostile
            .iter()
            .filter_map(|one| complaint(&page, one))
            .collect();
        if sick.is_empty() {
            return page;
        }
        assert!(
            began.elapsed() < HANG,
            "{when}, after {HANG:?}, these are not well:\n{}\n{}",
            sick.join("\n"),
            exporter.log()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn complaint(page: &Page, one: &Hostile) -> Option<String> {
    for collector in hostile::COLLECTORS {
        let reason = page.reason(one.name(), collector);
        if reason != Some("ok") {
            return Some(format!("{}/{collector}: {reason:?}", one.name()));
        }
    }
    (!has_counted_to(page, &one.watched.sim, one.name()))
        .then(|| format!("{}: the watermark stands still", one.name()))
}

/// A page in a format that was asked for is whole.
async fn readable(exporter: &Exporter, accept: &str) {
    let client = nbu_tests::http();
    let answer = client
        .get(exporter.url("/metrics"))
        .header("accept", accept);
    let text = answer.send().await.unwrap().text().await;
    let text = text.unwrap();
    assert!(
        !text.contains('\0'),
        "Prometheus reads a NUL as the end of the page"
    );
    Page::parse(&text);
}

/// What is exposed of a primary in the end is what it knows to be true.
fn truth(page: &Page, one: &Hostile) {
    let name = one.name();
    let of = [("primary", name)];
    assert_eq!(page.value("netbackup_up", &of), Some(1.0), "{name}");
    let truth = one.watched.sim.truth();
    let mut jobs = 0;
    let mut kib = 0;
    for tally in truth.finished_since(one.horizon()).values() {
        jobs += tally.jobs;
        kib += tally.kib;
    }
    let finished = page.sum("netbackup_jobs_finished_total", &of);
    assert_eq!(finished, jobs as f64, "finished jobs of {name}");
    let bytes = page.sum("netbackup_jobs_backup_bytes_total", &of);
    // A job is counted with what its first record said, and some records said nothing that can be read.
    let exact = !one.spoils_records();
    assert!(bytes <= (kib * 1024) as f64, "bytes of {name}");
    assert!(!exact || bytes == (kib * 1024) as f64, "bytes of {name}");
    let storage = truth.storage;
    for (family, count) in [
        ("netbackup_storage_unit_info", storage.units.len()),
        (
            "netbackup_disk_pool_high_water_mark_ratio",
            storage.pools.len(),
        ),
    ] {
        assert_eq!(
            page.select(family, &of).count(),
            count,
            "{family} of {name}"
        );
    }
}

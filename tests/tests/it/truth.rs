//! What is served equals what the simulated primary knows to be true.

use jiff::Timestamp;
use nbu_api::ApiVersion;
use nbu_sim::{JobSpec, Policy, Population, Sim, StorageCounts, Truth};
use nbu_tests::{Exporter, Launch, Page, Watched, configuration};
use std::collections::BTreeMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn finished_jobs_are_counted_once_from_the_first_start_on() {
    let watched = Watched::start(
        "paris",
        Sim::builder()
            .seed(7)
            .population(Population::living(20_000)),
    )
    .await;
    let horizon = watched.sim.now();
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    reached(&exporter, "paris", horizon).await;

    for _ in 0..4 {
        watched.sim.advance(HOUR);
        let page = reached(&exporter, "paris", watched.sim.now()).await;
        let truth = watched.sim.truth();
        finished_equal(&page, "paris", &truth, horizon);
        parents_equal(&page, "paris", &truth, horizon);
    }
    let counted = watched.sim.truth().leaves_ended_since(horizon).count();
    assert!(counted > 1_000, "a test of {counted} jobs proves little");
}

/// The primary's clock was set back by a second while a job ran.
#[tokio::test]
async fn a_job_that_starts_after_it_ends_is_counted_once_also_after_a_restart() {
    let sim = Sim::builder().population(Population::empty());
    let watched = Watched::start("paris", sim).await;
    watched.sim.edit_configuration(|configuration| {
        configuration.policies = vec![Policy::new("daily", "STANDARD").client("host1")];
    });
    let state = tempfile::tempdir().unwrap();
    let launch = || {
        Launch::with_config(configuration([&watched]))
            .arguments(["--storage.path", state.path().to_str().unwrap()])
    };
    let mut exporter = launch().start().await;
    reached(&exporter, "paris", watched.sim.now()).await;
    watched.sim.advance(Duration::from_secs(60));
    let end = watched.sim.now();
    let job = JobSpec::backup("daily", "STANDARD", "host1")
        .protects(1_024, 7)
        .started(end + Duration::from_secs(1))
        .ended(end);
    watched.sim.add_done(&job, 13);
    for round in 0..6 {
        watched.sim.advance(Duration::from_secs(60));
        let page = reached(&exporter, "paris", watched.sim.now()).await;
        for (family, value) in [
            ("netbackup_jobs_finished_total", 1.0),
            ("netbackup_jobs_backup_bytes_total", 1_048_576.0),
            ("netbackup_jobs_files_total", 7.0),
            ("netbackup_client_consecutive_failures", 1.0),
        ] {
            assert_eq!(page.sum(family, &[]), value, "{family} in round {round}");
        }
        if round == 3 {
            assert_eq!(exporter.terminated().await.code(), Some(0));
            exporter = launch().start().await;
        }
    }
}

#[tokio::test]
async fn a_primary_of_the_oldest_version_gives_the_same_numbers() {
    let sim = Sim::builder()
        .seed(11)
        .api_version(ApiVersion::V4_0)
        .population(Population::living(5_000));
    let watched = Watched::start("attic", sim).await;
    let horizon = watched.sim.now();
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    reached(&exporter, "attic", horizon).await;
    watched.sim.advance(HOUR);
    let page = reached(&exporter, "attic", watched.sim.now()).await;
    finished_equal(&page, "attic", &watched.sim.truth(), horizon);
}

#[tokio::test]
async fn live_jobs_are_seen_by_state_and_by_queue_reason() {
    let watched = Watched::start(
        "oslo",
        Sim::builder()
            .seed(3)
            .population(Population::living(30_000)),
    )
    .await;
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let page = reached(&exporter, "oslo", watched.sim.now()).await;
    let truth = watched.sim.truth();

    let mut expected: BTreeMap<(String, String), u64> = BTreeMap::new();
    for ((job_type, state), count) in truth.live_by_state() {
        *expected.entry((job_type, state.to_owned())).or_default() += count;
    }
    assert!(
        expected.keys().any(|(_, state)| state == "QUEUED"),
        "nothing is queued"
    );
    assert!(
        expected.keys().any(|(_, state)| state == "ACTIVE"),
        "nothing is active"
    );
    for ((job_type, state), count) in &expected {
        let labels = [
            ("primary", "oslo"),
            ("job_type", job_type.as_str()),
            ("state", state.as_str()),
        ];
        assert_eq!(
            page.value("netbackup_jobs", &labels),
            Some(*count as f64),
            "{job_type} {state}"
        );
    }
    assert_eq!(page.sum("netbackup_jobs", &[]), truth.live().count() as f64);
    assert_eq!(
        page.sum("netbackup_jobs_queued", &[]),
        truth.queued_by_reason().values().sum::<u64>() as f64
    );
}

#[tokio::test]
async fn storage_is_complete_beyond_every_page_limit() {
    let counts = StorageCounts {
        units: 1_250,
        pools: 600,
        servers: 230,
    };
    let sim = Sim::builder()
        .population(Population::empty())
        .storage(counts);
    let watched = Watched::start("vault", sim).await;
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let page = exporter
        .scrape_until("storage", |page| {
            page.has("netbackup_storage_server_state", &[])
        })
        .await;
    let storage = watched.sim.truth().storage;

    assert_eq!(
        page.select("netbackup_storage_unit_info", &[]).count(),
        1_250
    );
    assert_eq!(
        page.select("netbackup_disk_pool_high_water_mark_ratio", &[])
            .count(),
        600
    );
    for unit in &storage.units {
        let found = page.values(
            "netbackup_storage_unit_used_bytes",
            &[("storage_unit", &unit.name)],
        );
        let measured = !unit.is_cloud && unit.category != "TAPE";
        let capacity = unit.capacity.as_ref().filter(|_| measured);
        let expected: Vec<f64> = capacity
            .map(|capacity| capacity.used as f64)
            .into_iter()
            .collect();
        assert_eq!(found, expected, "{} of {}", unit.name, unit.category);
    }
    for pool in &storage.pools {
        let state = [
            ("disk_pool", pool.name.as_str()),
            ("state", pool.state.as_str()),
        ];
        assert_eq!(
            page.values("netbackup_disk_pool_state", &state),
            [1.0],
            "{}",
            pool.name
        );
        let high = page.values("netbackup_disk_pool_high_water_mark_ratio", &state[..1]);
        assert_eq!(
            high,
            [f64::from(pool.high_water_mark) / 100.0],
            "{}",
            pool.name
        );
    }
    let servers: std::collections::BTreeSet<_> = page
        .select("netbackup_storage_server_state", &[])
        .map(|(series, _)| series.labels["storage_server"].clone())
        .collect();
    assert_eq!(servers.len(), storage.servers.len());
}

/// Waits until everything that changed before `moment` has been counted.
pub(super) async fn reached(exporter: &Exporter, primary: &str, moment: Timestamp) -> Page {
    let moment = moment.as_millisecond() as f64 / 1000.0;
    let watermark = |page: &Page| {
        page.value(
            "netbackup_jobs_watermark_timestamp_seconds",
            &[("primary", primary)],
        )
    };
    exporter
        .scrape_until("the watermark", |page| {
            watermark(page).is_some_and(|mark| mark >= moment)
        })
        .await
}

pub(super) fn finished_equal(page: &Page, primary: &str, truth: &Truth, horizon: Timestamp) {
    let absent = |word: &str| {
        if word.is_empty() {
            "none".to_owned()
        } else {
            word.to_owned()
        }
    };
    let mut bytes = BTreeMap::<_, u64>::new();
    let mut jobs = 0;
    for (class, tally) in truth.finished_since(horizon) {
        let status = if class.status < 0 {
            "none".to_owned()
        } else {
            class.status.to_string()
        };
        let (job_type, policy_type) = (absent(&class.job_type), absent(&class.policy_type));
        let labels = [
            ("primary", primary),
            ("job_type", &job_type),
            ("policy_type", &policy_type),
            ("status", &status),
        ];
        assert_eq!(
            page.sum("netbackup_jobs_finished_total", &labels),
            tally.jobs as f64,
            "{class:?}\n{}",
            page.text()
        );
        *bytes.entry((job_type, policy_type)).or_default() += tally.kib * 1024;
        jobs += tally.jobs;
    }
    assert_eq!(
        page.sum("netbackup_jobs_finished_total", &[("primary", primary)]),
        jobs as f64
    );
    for ((job_type, policy_type), bytes) in bytes {
        let labels = [
            ("primary", primary),
            ("job_type", &job_type),
            ("policy_type", &policy_type),
        ];
        assert_eq!(
            page.sum("netbackup_jobs_backup_bytes_total", &labels),
            bytes as f64,
            "{job_type} {policy_type}"
        );
    }
}

pub(super) fn parents_equal(page: &Page, primary: &str, truth: &Truth, horizon: Timestamp) {
    let parents = truth.parents_ended_since(horizon).count();
    assert_eq!(
        page.sum(
            "netbackup_parent_jobs_finished_total",
            &[("primary", primary)]
        ),
        parents as f64
    );
}

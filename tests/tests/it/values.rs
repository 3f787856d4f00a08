//! Values and words that mean something else than they look like, through the real binary.

use std::collections::BTreeMap;
use std::time::Duration;

use nbu_sim::{Fault, Malformed, Population, Route, Sim};
use nbu_tests::{Launch, Page, Watched, configuration};

const UNUSABLE: &str = "netbackup_exporter_fields_unusable_total";
const LARGEST: f64 = (1_u64 << 60) as f64;

fn spoil(watched: &Watched, routes: &[Route], how: &Malformed) {
    for route in routes {
        let how = how.clone();
        let fault = Fault::Malformed { every: 1, how };
        watched.sim.faults().always(*route, fault);
    }
}

/// The series of a family, by the values of their labels.
fn shown(page: &Page, family: &str) -> BTreeMap<Vec<String>, f64> {
    let series = page.select(family, &[]);
    series
        .map(|(series, value)| (series.labels.values().cloned().collect(), value))
        .collect()
}

#[tokio::test]
async fn no_number_on_the_page_means_no_limit() {
    for sentinel in [-1, i128::from(i64::MAX), i128::from(u64::MAX)] {
        let population = Population::living(20_000);
        let watched = Watched::start("paris", Sim::builder().seed(5).population(population)).await;
        let routes = [
            Route::Jobs,
            Route::StorageUnits,
            Route::DiskPools,
            Route::DiskPool,
            Route::StorageServers,
            Route::Policies,
            Route::PausedClients,
        ];
        spoil(&watched, &routes, &Malformed::Sentinel(sentinel));
        let exporter = Launch::with_config(configuration([&watched])).start().await;
        let page = exporter
            .scrape_until("unusable fields of all lists", |page| {
                let counted = |endpoint, field| {
                    let labels = [("endpoint", endpoint), ("field", field)];
                    page.sum(UNUSABLE, &labels) > 0.0
                };
                counted("/admin/jobs", "kilobytesTransferred")
                    && counted("/storage/storage-units", "totalCapacityBytes")
                    && counted("/storage/disk-pools", "highWaterMark")
                    && counted("/storage/storage-servers", "sizeBytes")
            })
            .await;
        let netbackup = page.select_all().filter(|(series, _)| {
            series.name.starts_with("netbackup_") && !series.name.contains("clock_skew")
        });
        for (series, value) in netbackup {
            let is_believable = value.is_finite() && (0.0..=LARGEST).contains(&value);
            assert!(is_believable, "{} is {value}", series.name);
        }
        assert!(page.has("netbackup_disk_pool_state", &[]));
        assert_eq!(page.reason("paris", "storage"), Some("ok"));
    }
}

#[tokio::test]
async fn a_primary_that_spells_its_words_in_another_way_has_the_same_series() {
    let start = || async {
        let population = Population {
            preloaded: 400,
            ..Population::living(20_000)
        };
        Watched::start("paris", Sim::builder().seed(9).population(population)).await
    };
    let (one, other) = (start().await, start().await);
    let routes = [
        Route::Jobs,
        Route::Policies,
        Route::Policy,
        Route::UniquePolicyClients,
        Route::StorageUnits,
        Route::DiskPools,
        Route::StorageServers,
    ];
    spoil(&other, &routes, &Malformed::OtherSpellings);
    let mut pages = Vec::new();
    for watched in [&one, &other] {
        let exporter = Launch::with_config(configuration([watched])).start().await;
        // What ends before the first reading is not counted.
        exporter
            .scrape_until("the first reading of jobs", |page| {
                page.has("netbackup_jobs_watermark_timestamp_seconds", &[])
            })
            .await;
        watched.sim.advance(Duration::from_secs(7_200));
        let page = exporter
            .scrape_until("all that is shown", |page| {
                page.has("netbackup_jobs_finished_total", &[])
                    && page.has("netbackup_policy_expected_interval_seconds", &[])
                    && page.has("netbackup_disk_pool_state", &[])
            })
            .await;
        pages.push(page);
    }
    for (family, label) in [
        ("netbackup_policy_info", "policy_type"),
        (
            "netbackup_policy_expected_interval_seconds",
            "schedule_type",
        ),
        ("netbackup_client_last_attempt_status", "schedule_type"),
        ("netbackup_jobs_finished_total", "policy_type"),
        ("netbackup_jobs_finished_total", "job_type"),
    ] {
        let words = |page: &Page| {
            let series = page.select(family, &[]);
            series
                .map(|(series, _)| series.labels[label].clone())
                .collect::<std::collections::BTreeSet<_>>()
        };
        let spelled = words(&pages[1]);
        assert!(!spelled.is_empty(), "{family}");
        let strange: Vec<_> = spelled
            .iter()
            .filter(|word| word.chars().any(|c| c.is_lowercase() || "- ".contains(c)))
            .filter(|word| *word != "none")
            .collect();
        assert!(strange.is_empty(), "{family} {label}: {strange:?}");
    }
    for family in [
        "netbackup_policy_info",
        "netbackup_policy_expected_interval_seconds",
        "netbackup_disk_pool_state",
        "netbackup_storage_server_state",
    ] {
        assert_eq!(
            shown(&pages[1], family),
            shown(&pages[0], family),
            "{family}"
        );
    }
}

#[tokio::test]
async fn pools_without_totals_in_the_list_have_their_sizes() {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    spoil(&watched, &[Route::DiskPools], &Malformed::NoTotals);
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let page = exporter
        .scrape_until("the sizes of pools", |page| {
            page.has("netbackup_disk_pool_usable_bytes", &[])
        })
        .await;
    for pool in watched.sim.truth().storage.pools {
        let labels = [("disk_pool", &*pool.name)];
        let usable = page.values("netbackup_disk_pool_usable_bytes", &labels);
        let size = pool.size.map(|size| size.usable as f64);
        assert_eq!(usable, Vec::from_iter(size));
    }
}

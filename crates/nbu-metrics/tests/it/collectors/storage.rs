use std::sync::Arc;

use nbu_client::Reason;
use nbu_metrics::ApiMetrics;
use nbu_metrics::samples::{Samples, Value};
use nbu_sim::{Capacity, Fault, Malformed, Permission, Population, Route, Sim, StorageCounts};

use super::bench::{Bench, KEY, Series, series};

async fn bench(counts: StorageCounts) -> Bench {
    Bench::start(
        Sim::builder()
            .population(Population::empty())
            .storage(counts),
    )
    .await
}

fn sized(entries: impl Iterator<Item = (String, Option<u64>)>) -> Series {
    entries
        .filter_map(|(labels, value)| Some((labels, value? as f64)))
        .collect()
}

#[tokio::test]
async fn every_unit_pool_and_server_of_a_large_primary_is_there() {
    let counts = StorageCounts {
        units: 1_250,
        pools: 600,
        servers: 230,
    };
    let mut bench = bench(counts).await;
    let found = bench.finish("storage").await;
    let storage = bench.primary.truth().storage;
    let units = || storage.units.iter();
    let unit = |unit: &nbu_sim::StorageUnit| format!("{} {}", unit.name, unit.storage_type);
    assert_eq!(
        series(&found, "netbackup_storage_unit_capacity_bytes"),
        sized(units().map(|one| (unit(one), one.capacity.map(|size| size.total))))
    );
    assert_eq!(
        series(&found, "netbackup_storage_unit_free_bytes"),
        sized(units().map(|one| (unit(one), one.capacity.map(|size| size.free))))
    );
    assert_eq!(
        series(&found, "netbackup_storage_unit_max_concurrent_jobs"),
        sized(units().map(|one| (unit(one), Some(one.max_concurrent.into()))))
    );
    assert_eq!(series(&found, "netbackup_storage_unit_info").len(), 1_250);
    let meaningless = units()
        .filter(|one| one.is_cloud || one.category == "TAPE")
        .count();
    assert!(meaningless > 0, "there are units without a size");
    let pools = || storage.pools.iter();
    let pool = |pool: &nbu_sim::DiskPool| format!("{} {}", pool.name, pool.category);
    assert_eq!(
        series(&found, "netbackup_disk_pool_used_bytes"),
        sized(pools().map(|one| (pool(one), one.size.map(|size| size.used))))
    );
    let marks: Series = pools()
        .map(|one| (pool(one), f64::from(one.high_water_mark) / 100.0))
        .collect();
    assert_eq!(
        series(&found, "netbackup_disk_pool_high_water_mark_ratio"),
        marks
    );
    let up: f64 = series(&found, "netbackup_disk_pool_state").values().sum();
    assert_eq!(up, 600.0, "each pool is in one state");
    let volumes = pools().map(|one| one.volumes.len()).sum::<usize>();
    let states: f64 = series(&found, "netbackup_disk_volume_state").values().sum();
    assert_eq!(states, volumes as f64);
    let servers = || storage.servers.iter();
    let server =
        |server: &nbu_sim::StorageServer| format!("{} {}", server.name, server.server_type);
    assert_eq!(
        series(&found, "netbackup_storage_server_logical_bytes"),
        sized(servers().map(|one| (server(one), one.msdp.map(|msdp| msdp.logical))))
    );
    let ratios: Series = servers()
        .filter_map(|one| {
            Some((
                server(one),
                f64::from(one.msdp?.dedup_tenths) / 10.0 / 100.0,
            ))
        })
        .collect();
    assert_eq!(
        series(&found, "netbackup_storage_server_dedup_ratio"),
        ratios
    );
}

#[tokio::test]
async fn a_state_nobody_knows_stands_under_its_own_name() {
    let mut bench = bench(StorageCounts::default()).await;
    let mut name = String::new();
    bench.primary.edit_storage(|storage| {
        storage.pools[0].state = "MELTING".to_owned();
        name.clone_from(&storage.pools[0].name);
    });
    let found = bench.finish("storage").await;
    let states = series(&found, "netbackup_disk_pool_state");
    let of = |state| states.get(&format!("{name} {state}")).copied();
    assert_eq!(
        ["UP", "DOWN", "TRANSIENT", "MELTING"].map(of),
        [Some(0.0), Some(0.0), Some(0.0), Some(1.0)]
    );
}

#[tokio::test]
async fn of_two_objects_with_one_name_the_first_is_shown() {
    let mut bench = bench(StorageCounts::default()).await;
    let mut name = String::new();
    bench.primary.edit_storage(|storage| {
        let mut double = storage.pools[0].clone();
        double.state = "MELTING".to_owned();
        name.clone_from(&double.name);
        storage.pools.insert(1, double);
    });
    let found = bench.finish("storage").await;
    let states = series(&found, "netbackup_disk_pool_state");
    let of_it: f64 = states
        .iter()
        .filter(|(labels, _)| labels.starts_with(&format!("{name} ")))
        .map(|(_, value)| *value)
        .sum();
    assert_eq!(of_it, 1.0, "{states:?}");
}

#[tokio::test]
async fn a_page_that_comes_broken_is_read_again_and_counted_once() {
    let mut bench = bench(StorageCounts {
        units: 600,
        pools: 3,
        servers: 1,
    })
    .await;
    bench.client = nbu_client::Client::builder("paris", bench.primary.url().parse().unwrap())
        .credential(nbu_client::Credential::api_key(KEY))
        .build()
        .unwrap();
    bench
        .primary
        .faults()
        .nth(Route::StorageUnits, 1, Fault::Truncate);
    let found = bench.finish("storage").await;
    assert_eq!(series(&found, "netbackup_storage_unit_info").len(), 600);
}

#[tokio::test]
async fn what_is_permitted_comes_through_beside_what_is_forbidden() {
    let mut bench = bench(StorageCounts::default()).await;
    bench
        .primary
        .faults()
        .always(Route::DiskPools, Fault::Status(403));
    let collected = bench.collect("storage").await.unwrap();
    let refused = collected.refused.unwrap();
    assert_eq!(
        (refused.reason(), refused.endpoint()),
        (Reason::Forbidden, Some("/storage/disk-pools"))
    );
    let truth = bench.primary.truth().storage;
    let found = |family| series(&collected.samples, family).len();
    assert_eq!(found("netbackup_storage_unit_info"), truth.units.len());
    assert!(found("netbackup_storage_server_state") >= truth.servers.len());
    assert_eq!(found("netbackup_disk_pool_state"), 0);
}

#[tokio::test]
async fn an_endpoint_that_fails_beside_a_forbidden_one_fails_the_run() {
    let mut bench = bench(StorageCounts::default()).await;
    let faults = bench.primary.faults();
    faults.always(Route::StorageUnits, Fault::Status(403));
    faults.always(Route::StorageServers, Fault::Status(500));
    let error = bench.collect("storage").await.unwrap_err();
    assert_eq!(
        (error.reason(), error.endpoint()),
        (Reason::Http, Some("/storage/storage-servers"))
    );
}

#[tokio::test]
async fn where_all_is_forbidden_the_run_fails_and_names_the_first() {
    let mut bench = bench(StorageCounts::default()).await;
    bench.primary.set_key(KEY, &[Permission::Jobs], None);
    let error = bench.collect("storage").await.unwrap_err();
    assert_eq!(
        (error.reason(), error.endpoint()),
        (Reason::Forbidden, Some("/storage/storage-units"))
    );
}

const LISTS: [Route; 3] = [Route::StorageUnits, Route::DiskPools, Route::StorageServers];

/// A bench whose client counts, and its counts.
async fn counting(counts: StorageCounts) -> (Bench, Arc<ApiMetrics>) {
    let metrics = Arc::new(ApiMetrics::new());
    let observer = Arc::clone(&metrics);
    let primary = Sim::builder()
        .population(Population::empty())
        .storage(counts);
    let bench = Bench::start_with(primary, move |client| client.observer(observer)).await;
    (bench, metrics)
}

fn spoil(bench: &Bench, routes: &[Route], how: &Malformed) {
    for route in routes {
        let how = how.clone();
        let fault = Fault::Malformed { every: 1, how };
        bench.primary.faults().always(*route, fault);
    }
}

/// Values that were counted as unusable: `endpoint field`, and how many.
fn unusable(metrics: &ApiMetrics) -> Series {
    series(
        &metrics.samples(),
        "netbackup_exporter_fields_unusable_total",
    )
}

/// Every number of every gauge.
fn numbers(samples: &Samples) -> Vec<(&'static str, f64)> {
    let families = samples.families();
    let numbers = families.flat_map(|(family, series)| {
        series.iter().filter_map(|one| match one.value {
            Value::Number(number) => Some((family.name, number)),
            Value::Histogram(_) => None,
        })
    });
    numbers.collect()
}

#[tokio::test]
async fn numbers_for_no_limit_are_absent_and_counted_each_time() {
    for sentinel in [-1, i128::from(i64::MAX), i128::from(u64::MAX)] {
        let (mut bench, metrics) = counting(StorageCounts::default()).await;
        let honest = bench.finish("storage").await;
        assert_eq!(unusable(&metrics), Series::new(), "before the first");
        spoil(&bench, &LISTS, &Malformed::Sentinel(sentinel));
        spoil(&bench, &[Route::DiskPool], &Malformed::Sentinel(sentinel));
        let found = bench.finish("storage").await;
        for (family, number) in numbers(&found) {
            assert!((0.0..=1.0).contains(&number), "{family} is {number}");
        }
        let states = "netbackup_disk_pool_state";
        assert_eq!(series(&found, states), series(&honest, states));
        let truth = bench.primary.truth().storage;
        let sized = truth.units.iter().filter(|unit| unit.capacity.is_some());
        let capacity = "/storage/storage-units totalCapacityBytes";
        let once = unusable(&metrics);
        assert_eq!(once[capacity], sized.count() as f64, "{sentinel}");
        for field in [
            "/storage/disk-pools highWaterMark",
            "/storage/disk-pools freeSizeBytes",
            "/storage/storage-servers deduplicationRatioPercentage",
            "/storage/storage-servers usedSpaceBytes",
        ] {
            assert!(once[field] > 0.0, "{field} {sentinel}");
        }
        bench.finish("storage").await;
        assert_eq!(unusable(&metrics)[capacity], 2.0 * once[capacity]);
    }
}

#[tokio::test]
async fn a_state_that_is_a_number_is_absent_and_counted() {
    let (mut bench, metrics) = counting(StorageCounts::default()).await;
    spoil(&bench, &LISTS, &Malformed::StatesAsNumbers);
    let found = bench.finish("storage").await;
    let truth = bench.primary.truth().storage;
    for family in [
        "netbackup_disk_pool_state",
        "netbackup_disk_volume_state",
        "netbackup_storage_server_state",
    ] {
        assert_eq!(series(&found, family), Series::new(), "{family}");
    }
    let used = series(&found, "netbackup_disk_pool_used_bytes");
    assert!(!used.is_empty(), "the rest of the record is there");
    let volumes: usize = truth.pools.iter().map(|pool| pool.volumes.len()).sum();
    let expected = [
        ("/storage/disk-pools diskPoolState", truth.pools.len()),
        ("/storage/disk-pools state", volumes),
        (
            "/storage/storage-servers storageServerState",
            truth.servers.len(),
        ),
    ];
    let expected = expected.map(|(field, count)| (field.to_owned(), count as f64));
    assert_eq!(unusable(&metrics), Series::from(expected));
}

#[tokio::test]
async fn without_a_category_units_of_tape_and_cloud_have_no_size() {
    let mut bench = bench(StorageCounts::default()).await;
    let size = Capacity {
        total: 9,
        used: 4,
        free: 5,
    };
    bench.primary.edit_storage(|storage| {
        for unit in &mut storage.units {
            unit.capacity = Some(size);
        }
    });
    let units = &[Route::StorageUnits];
    let families = [
        "netbackup_storage_unit_capacity_bytes",
        "netbackup_storage_unit_used_bytes",
        "netbackup_storage_unit_free_bytes",
    ];
    let honest = bench.finish("storage").await;
    spoil(&bench, units, &Malformed::NoCategory);
    let found = bench.finish("storage").await;
    for family in families {
        let sizes = series(&honest, family);
        assert!(!sizes.is_empty() && sizes.len() < bench.primary.truth().storage.units.len());
        assert_eq!(series(&found, family), sizes, "{family}");
    }
}

/// The families of a pool's sizes.
const POOL: [&str; 4] = [
    "netbackup_disk_pool_raw_bytes",
    "netbackup_disk_pool_usable_bytes",
    "netbackup_disk_pool_used_bytes",
    "netbackup_disk_pool_available_bytes",
];

#[tokio::test]
async fn totals_that_the_list_lacks_come_from_the_detail_of_the_pool() {
    let mut bench = bench(StorageCounts::default()).await;
    let honest = bench.finish("storage").await;
    assert_eq!(bench.primary.requests_to(Route::DiskPool).len(), 0);
    spoil(&bench, &[Route::DiskPools], &Malformed::NoTotals);
    let found = bench.finish("storage").await;
    for family in POOL {
        let sizes = series(&honest, family);
        assert!(!sizes.is_empty(), "{family}");
        assert_eq!(series(&found, family), sizes, "{family}");
    }
    let pools = bench.primary.truth().storage.pools;
    let sized = pools.iter().filter(|pool| pool.size.is_some()).count();
    let asked = bench.primary.requests_to(Route::DiskPool).len();
    assert_eq!(asked, sized, "one request for each pool with a size");
}

#[tokio::test]
async fn without_a_detail_the_volumes_tell_what_they_can() {
    for fault in [
        Fault::Status(404),
        Fault::Status(403),
        Fault::Status(500),
        Fault::Html,
    ] {
        let mut bench = bench(StorageCounts::default()).await;
        let honest = bench.finish("storage").await;
        spoil(&bench, &[Route::DiskPools], &Malformed::NoTotals);
        let what = format!("{fault:?}");
        bench.primary.faults().always(Route::DiskPool, fault);
        let collected = bench.collect("storage").await.unwrap();
        assert!(collected.refused.is_none(), "{what}");
        let found = |family| series(&collected.samples, family);
        for family in [POOL[0], POOL[3]] {
            assert_eq!(found(family), series(&honest, family), "{what} {family}");
        }
        for family in [POOL[1], POOL[2]] {
            assert_eq!(found(family), Series::new(), "{what} {family}");
        }
        let asked = bench.primary.requests_to(Route::DiskPool).len();
        assert_eq!(asked, 8, "{what}: each once, whatever the others answer");
    }
}

#[tokio::test]
async fn details_are_asked_for_up_to_a_number() {
    let counts = StorageCounts {
        units: 1,
        pools: 120,
        servers: 1,
    };
    let mut bench = bench(counts).await;
    spoil(&bench, &[Route::DiskPools], &Malformed::NoTotals);
    let found = bench.finish("storage").await;
    let asked = bench.primary.requests_to(Route::DiskPool).len();
    assert_eq!(asked, 50);
    assert_eq!(series(&found, POOL[1]).len(), 50);
    let pools = bench.primary.truth().storage.pools;
    let sized = pools.iter().filter(|pool| pool.size.is_some()).count();
    assert_eq!(series(&found, POOL[0]).len(), sized);
}

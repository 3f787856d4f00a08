use nbu_client::Reason;
use nbu_sim::{Fault, Permission, Population, Route, Sim, StorageCounts};

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

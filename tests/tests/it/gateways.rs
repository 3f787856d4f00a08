//! Primaries, and gateways in front of them, that take less than the API promises.

use nbu_api::ApiVersion;
use nbu_sim::{Fault, Population, Route, Sim, StorageCounts};
use nbu_tests::{Exporter, Launch, Page, Watched, configuration};

const COUNTS: StorageCounts = StorageCounts {
    units: 730,
    pools: 240,
    servers: 130,
};

async fn watched(name: &str, version: ApiVersion) -> Watched {
    let sim = Sim::builder()
        .population(Population::finished(200))
        .storage(COUNTS)
        .api_version(version);
    Watched::start(name, sim).await
}

/// Waits until all collectors have succeeded; nothing is missing then.
async fn all_well(exporter: &Exporter, names: &[&str]) -> Page {
    let collectors = ["primary", "jobs", "storage", "protection"];
    let page = exporter
        .scrape_until("all collectors succeed", |page| {
            names.iter().all(|name| {
                collectors
                    .iter()
                    .all(|collector| page.reason(name, collector) == Some("ok"))
            })
        })
        .await;
    for name in names {
        let of = [("primary", *name)];
        assert_eq!(page.value("netbackup_up", &of), Some(1.0), "{name}");
        let units = page.select("netbackup_storage_unit_info", &of).count();
        assert_eq!(units, COUNTS.units, "{name}");
    }
    page
}

#[tokio::test]
async fn small_pages_hide_nothing() {
    let watched = watched("paris", ApiVersion::V12_0).await;
    watched.sim.set_page_limit(Some(100));
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let page = all_well(&exporter, &["paris"]).await;
    let pools = page.select("netbackup_disk_pool_high_water_mark_ratio", &[]);
    assert_eq!(pools.count(), COUNTS.pools);
    assert!(page.has("netbackup_policy_info", &[("primary", "paris")]));
    let refused = watched.sim.requests_to(Route::StorageUnits);
    let refused = refused.iter().filter(|seen| {
        let limit = seen.query.iter().find(|(name, _)| name == "page[limit]");
        limit.is_some_and(|(_, limit)| limit != "100")
    });
    assert_eq!(
        refused.count(),
        1,
        "what was refused once is not asked again"
    );
}

#[tokio::test]
async fn only_newer_versions_are_enough() {
    let mut primaries = Vec::new();
    for (name, own, oldest, ping_header) in [
        ("one-newer", ApiVersion::V11_0, ApiVersion::V11_0, true),
        ("two-newer", ApiVersion::V14_0, ApiVersion::V13_0, true),
        ("newest", ApiVersion::V14_0, ApiVersion::V14_0, false),
        (
            "unknown",
            ApiVersion::new(15, 0),
            ApiVersion::new(15, 0),
            true,
        ),
    ] {
        let watched = watched(name, own).await;
        watched.sim.set_oldest_version(Some(oldest));
        watched.sim.set_ping_header(ping_header);
        primaries.push(watched);
    }
    let configured = watched("configured", ApiVersion::V12_0)
        .await
        .setting("api_version: \"11.0\"");
    configured.sim.set_oldest_version(Some(ApiVersion::V11_0));
    primaries.push(configured);
    let exporter = Launch::with_config(configuration(&primaries)).start().await;
    let names: Vec<_> = primaries.iter().map(|one| one.name.as_str()).collect();
    all_well(&exporter, &names).await;
    // What is configured is all that is sent.
    let seen = primaries[4].sim.requests_to(Route::Any);
    let sent = seen.iter().filter_map(|seen| {
        let accept = seen.headers.get("accept")?.to_str().ok()?;
        accept.split_once("version=").map(|(_, version)| version)
    });
    assert!(sent.clone().count() > 5);
    assert!(
        sent.clone().all(|version| version == "11.0"),
        "{:?}",
        sent.collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_front_without_http2_is_spoken_to_over_http1() {
    let watched = watched("paris", ApiVersion::V12_0).await;
    watched
        .sim
        .faults()
        .always(Route::Any, Fault::Http1Required);
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    all_well(&exporter, &["paris"]).await;
    let told = exporter.log();
    let told = told.lines().filter(|line| line.contains("refuses HTTP/2"));
    assert_eq!(told.count(), 1, "it is said once");
}

#[tokio::test]
async fn http2_and_the_host_header_are_settings() {
    let plain = watched("plain", ApiVersion::V12_0).await;
    let old = watched("old", ApiVersion::V12_0)
        .await
        .setting("http2: false");
    let named = watched("named", ApiVersion::V12_0)
        .await
        .setting("host_header: nbu-paris.example.com:1556");
    let config = configuration([&plain, &old, &named]);
    let exporter = Launch::with_config(config).start().await;
    all_well(&exporter, &["plain", "old", "named"]).await;
    // Without either of them it is HTTP/2.
    let seen = plain.sim.requests_to(Route::Any);
    assert!(seen.iter().all(|seen| seen.http2), "{seen:?}");
    for seen in old.sim.requests_to(Route::Any) {
        assert!(!seen.http2, "{}", seen.path);
    }
    for seen in named.sim.requests_to(Route::Any) {
        assert_eq!(seen.headers["host"], "nbu-paris.example.com:1556");
    }
}

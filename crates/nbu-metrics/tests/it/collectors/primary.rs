use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_client::Reason;
use nbu_sim::{Permission, Population, Route, Sim, SimBuilder};

use super::bench::{Bench, KEY, series};

fn sim() -> SimBuilder {
    Sim::builder().population(Population::empty())
}

#[tokio::test]
async fn says_what_the_primary_is_and_how_far_its_clock_is_off() {
    let mut bench = Bench::start(sim().api_version(ApiVersion::V12_0)).await;
    let ours = bench.primary.now() - Duration::from_secs(5);
    let clock = || ours;
    let collected = bench
        .collect_at("primary", &clock, None)
        .await
        .unwrap()
        .unwrap();
    let info = series(&collected.samples, "netbackup_primary_info");
    assert!(
        info.keys()
            .all(|labels| labels.starts_with("10.5") && labels.contains(" 12.0 ")),
        "{info:?}"
    );
    assert_eq!(info.len(), 1);
    let skew = series(&collected.samples, "netbackup_clock_skew_seconds")[""];
    assert!((5.0..60.0).contains(&skew), "{skew}");
    // Nothing is asked again that does not change.
    bench.keep("primary", &collected);
    bench.primary.forget_requests();
    bench.collect("primary").await.unwrap();
    assert_eq!(
        bench.primary.requests().len(),
        3,
        "ping, server info, credentials"
    );
}

#[tokio::test]
async fn tells_when_the_key_ends_and_asks_for_it_rarely() {
    let family = "netbackup_exporter_credential_expiry_timestamp_seconds";
    let mut bench = Bench::start(sim()).await;
    let ends = bench.primary.now() + Duration::from_secs(86_400);
    let at = |collected: &nbu_metrics::collector::Collected| {
        series(&collected.samples, family).get("api_key").copied()
    };
    bench.primary.set_key(KEY, &[], Some(ends));
    // This is about the token that the primary makes of the key for one request, and ends long before the key.
    let token = br#"{"data":{"attributes":{"subject":"vx:primary:svc-monitoring","expireDate":"2020-01-01T00:00:00.000Z"}}}"#;
    let token = nbu_sim::Fault::Body(token.as_slice().into());
    bench
        .primary
        .faults()
        .always(Route::AuthorizationContext, token);
    let start = bench.primary.now();
    let mut told = Vec::new();
    for minutes in [0_u64, 1, 14, 15, 16] {
        let now = start + Duration::from_secs(60 * minutes);
        let clock = move || now;
        let collected = bench
            .collect_at("primary", &clock, None)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(at(&collected), Some(ends.as_duration().as_secs_f64()));
        bench.keep("primary", &collected);
        told.push(bench.primary.requests_to(Route::ApiKeys).len());
    }
    assert_eq!(told, [1, 1, 1, 2, 2]);
    // That nobody tells is no outage, and what was told stays true.
    bench
        .primary
        .faults()
        .always(Route::ApiKeys, nbu_sim::Fault::Status(400));
    let now = start + Duration::from_secs(3600);
    let clock = move || now;
    let collected = bench
        .collect_at("primary", &clock, None)
        .await
        .unwrap()
        .unwrap();
    assert!(at(&collected).is_some());
}

#[tokio::test]
async fn fails_when_the_credentials_are_not_accepted_but_not_for_want_of_permission() {
    let mut bench = Bench::start(sim()).await;
    bench.primary.set_key(KEY, &[], None);
    bench.collect("primary").await.unwrap();
    bench.primary.revoke(KEY);
    let error = bench.collect("primary").await.unwrap_err();
    assert_eq!(error.reason(), Reason::Unauthorized);
}

#[tokio::test]
async fn sees_an_upgrade_at_once() {
    let mut bench = Bench::start(sim().api_version(ApiVersion::V12_0)).await;
    bench.finish("primary").await;
    bench.primary.set_api_version(ApiVersion::V13_0);
    let samples = bench.finish("primary").await;
    let info = series(&samples, "netbackup_primary_info");
    assert!(
        info.keys().all(|labels| labels.contains(" 13.0 ")),
        "{info:?}"
    );
}

#[tokio::test]
async fn an_old_primary_without_the_newer_endpoints_is_up() {
    let mut bench = Bench::start(sim().api_version(ApiVersion::V4_0)).await;
    bench.primary.set_ping_header(false);
    for route in [Route::ServerInfo, Route::AuthorizationContext] {
        bench
            .primary
            .faults()
            .always(route, nbu_sim::Fault::Status(404));
    }
    let samples = bench.finish("primary").await;
    let info = series(&samples, "netbackup_primary_info");
    assert_eq!(info.keys().collect::<Vec<_>>(), ["8.3 4.0 none"]);
    bench.primary.revoke(KEY);
    assert!(bench.collect("primary").await.is_err());
}

#[tokio::test]
async fn says_when_the_credential_sees_some_jobs_only() {
    let living = || Sim::builder().population(Population::finished(200));
    let mut bench = Bench::start(living()).await;
    let view = |samples: &nbu_metrics::Samples| {
        series(samples, "netbackup_exporter_collector_partial_view")
    };
    let expected = |partial| [("jobs".to_owned(), partial)].into();
    assert_eq!(view(&bench.finish("primary").await), expected(0.0));
    let mut whole = Bench::start(living()).await;
    whole.finish("jobs").await;

    let some = [Permission::VmwareJobs, Permission::StorageUnits];
    bench.primary.set_key(KEY, &some, None);
    assert_eq!(view(&bench.finish("primary").await), expected(1.0));
    // It is no error: fewer jobs are there.
    bench.finish("jobs").await;
    let seen = async |bench: &Bench| {
        let family = "netbackup_client_last_attempt_timestamp_seconds";
        series(&*bench.counters().await, family).len()
    };
    let (some, all) = (seen(&bench).await, seen(&whole).await);
    assert!((1..all).contains(&some), "{some} of {all}");

    // A primary that does not tell is no reason to say anything.
    bench.primary.faults().always(
        Route::AuthorizationContext,
        nbu_sim::Fault::Body(br#"{"data":{"attributes":{"isAdmin":false}}}"#.as_slice().into()),
    );
    assert!(view(&bench.finish("primary").await).is_empty());
}

//! Versions and page sizes that a primary, or a gateway in front of it, does not take though it should.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use nbu_api::endpoint::{
    CACERT, CATALOG_IMAGES, DISK_POOLS, JOBS, LOGIN, PAUSED_CLIENTS, POLICIES, SERVER_INFO,
    STATUS_CODES, STORAGE_SERVERS, STORAGE_UNITS, UNIQUE_POLICY_CLIENTS,
};
use nbu_api::{ApiVersion, Endpoint, Query, StorageUnit};
use nbu_client::{Client, Credential, Error, Limits, Login, Reason};

use crate::server::{Reply, Seen, Server, within};

/// The version a request asks for.
fn asked(seen: &Seen) -> Option<ApiVersion> {
    seen.header("accept")?
        .rsplit_once("version=")?
        .1
        .parse()
        .ok()
}

/// The versions that an endpoint was asked in, in order.
fn versions(server: &Server, endpoint: &Endpoint) -> Vec<u16> {
    let seen = server.seen();
    seen.iter()
        .filter(|seen| seen.is(endpoint.path))
        .filter_map(|seen| Some(asked(seen)?.major()))
        .collect()
}

fn parameter(seen: &Seen, name: &str) -> Option<u64> {
    let (_, rest) = seen.target.split_once(&format!("page%5B{name}%5D="))?;
    rest.split('&').next()?.parse().ok()
}

/// A primary of version `own` behind a gateway that takes nothing below `oldest`, and refuses with `refusal`.
async fn gateway(own: u16, oldest: u16, refusal: fn() -> Reply) -> Server {
    Server::start(move |seen| match asked(seen) {
        None => Reply::ping(&format!("{own}.0")),
        Some(version) if (oldest..=own).contains(&version.major()) => Reply::jobs(1..2, None),
        Some(_) => refusal(),
    })
    .await
}

fn not_producible() -> Reply {
    Reply::error(406, 8952, "not producible")
}

/// Every way to refuse a version.
const REFUSALS: [fn() -> Reply; 5] = [
    not_producible,
    || Reply::error(415, 1, "unsupported"),
    || Reply::error(400, 8952, "no"),
    || Reply::error(400, 1, "API version 10.0 is no longer supported"),
    || Reply::error(400, 1, "The media type in the Accept header is not allowed"),
];

fn detecting(server: &Server) -> Client {
    server.client().api_version(None).build().unwrap()
}

/// The same with a session.
fn logging_in(server: &Server) -> Client {
    let user = Login::new("unixpwd", "", "user", "password".to_owned());
    let client = server.client().credential(Credential::Login(user));
    client.api_version(None).build().unwrap()
}

fn token() -> Reply {
    Reply::json(r#"{"token":"t0ken","validity":86400}"#).but_status(201)
}

#[tokio::test]
async fn a_primary_that_speaks_only_newer_versions_is_asked_in_its_own_from_then_on() {
    // 10.0 is the oldest that is asked for, and 15.0 newer than all that are known.
    for (own, oldest) in [(11, 11), (12, 11), (13, 13), (14, 12), (14, 14), (15, 15)] {
        let server = gateway(own, oldest, not_producible).await;
        let client = detecting(&server);
        for _ in 0..3 {
            within(client.fetch(&JOBS, Query::new())).await.unwrap();
        }
        assert_eq!(versions(&server, &JOBS), [10, own, own, own]);
        assert_eq!(server.count("/ping"), 1, "the version is known");
        let page = within(client.walk(&DISK_POOLS, Query::new()).next_page())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(page.version(), Some(ApiVersion::new(own, 0)));
        within(client.fetch(&STATUS_CODES, Query::of("1")))
            .await
            .unwrap();
        assert_eq!(
            versions(&server, &DISK_POOLS),
            [10, own],
            "once per endpoint"
        );
    }
}

#[tokio::test]
async fn a_primary_is_asked_in_the_oldest_version_that_has_the_fields() {
    for (own, sent) in [(4, 4), (9, 9), (10, 10), (12, 10), (14, 10), (15, 10)] {
        let server = gateway(own, 4, not_producible).await;
        let client = detecting(&server);
        within(client.fetch(&JOBS, Query::new())).await.unwrap();
        assert_eq!(versions(&server, &JOBS), [sent], "{own}");
    }
}

#[tokio::test]
async fn every_way_to_refuse_a_version_is_understood() {
    for refusal in REFUSALS {
        let server = gateway(14, 12, refusal).await;
        let client = detecting(&server);
        within(client.fetch(&JOBS, Query::new())).await.unwrap();
        assert_eq!(versions(&server, &JOBS), [10, 14]);
        // Also where the ping does not say the version.
        let server = Server::start(move |seen| match asked(seen) {
            None => Reply::status(200)
                .with("Content-Type", "text/plain")
                .body("1"),
            Some(version) if version.major() == 12 => Reply::jobs(1..2, None),
            Some(_) => refusal(),
        })
        .await;
        assert_eq!(
            within(detecting(&server).detect()).await.unwrap(),
            ApiVersion::V12_0
        );
        // A login is asked for in another one too.
        let server = Server::start(move |seen| match asked(seen) {
            None => Reply::ping("14.0"),
            Some(version) if version.major() < 12 => refusal(),
            Some(_) if seen.is("/login") => token(),
            Some(_) => Reply::jobs(1..2, None),
        })
        .await;
        within(logging_in(&server).fetch(&JOBS, Query::new()))
            .await
            .unwrap();
        assert_eq!(versions(&server, &LOGIN), [10, 14]);
    }
}

#[tokio::test]
async fn a_refusal_of_all_versions_is_nothing_else() {
    for refusal in REFUSALS {
        let server = gateway(14, 15, refusal).await;
        // No wrong password: it is not left alone for a while.
        let client = logging_in(&server);
        for _ in 0..2 {
            let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
            assert!(matches!(error, Error::NotSupported { .. }), "{error}");
        }
        // No page that is too large.
        let error = walk(&server.client().build().unwrap()).await.unwrap_err();
        assert!(matches!(error, Error::NotSupported { .. }), "{error}");
        assert_eq!(limits(&server, &STORAGE_UNITS), [500]);
    }
    // And not every media type is a version.
    let server = Server::pinging(|_| Reply::error(400, 1, "unknown media type of a backup")).await;
    let error = walk(&server.client().build().unwrap()).await.unwrap_err();
    assert_eq!((error.reason(), error.status()), (Reason::Http, Some(400)));
    assert_eq!(limits(&server, &STORAGE_UNITS), [500, 100]);
}

#[tokio::test]
async fn while_the_version_is_found_out_a_login_is_tried_once_in_each() {
    let server = Server::start(|seen| match asked(seen) {
        None => Reply::status(200)
            .with("Content-Type", "text/plain")
            .body("1"),
        Some(_) if seen.is(SERVER_INFO.path) => Reply::status(404),
        Some(version) if version.major() != 12 => not_producible(),
        Some(_) if seen.is("/login") => token(),
        Some(_) => Reply::jobs(1..2, None),
    })
    .await;
    let found = within(logging_in(&server).detect()).await.unwrap();
    assert_eq!(found, ApiVersion::V12_0);
    assert_eq!(versions(&server, &LOGIN), [14, 13, 12]);
}

#[tokio::test]
async fn a_version_in_which_nobody_is_let_in_is_not_remembered() {
    for status in [401, 403] {
        let server = gateway_that(status).await;
        let client = detecting(&server);
        for _ in 0..2 {
            let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
            assert_eq!(error.status(), Some(status), "{error}");
        }
        assert_eq!(versions(&server, &JOBS), [10, 14, 10, 14]);
    }
}

/// A primary of version 14.0 that takes no other one, and answers all calls in it with `status`.
async fn gateway_that(status: u16) -> Server {
    Server::start(move |seen| match asked(seen) {
        None => Reply::ping("14.0"),
        Some(version) if version.major() < 14 => not_producible(),
        Some(_) => Reply::error(status, 5, "no access"),
    })
    .await
}

#[tokio::test]
async fn the_configured_version_is_the_one_that_is_sent() {
    for configured in [4, 8, 10, 11, 12, 14, 15] {
        let server = gateway(configured, configured, not_producible).await;
        let version = ApiVersion::new(configured, 0);
        let client = server.client().api_version(Some(version)).build().unwrap();
        for endpoint in [&JOBS, &STORAGE_UNITS, &CACERT] {
            within(client.fetch(endpoint, Query::new())).await.unwrap();
            assert_eq!(versions(&server, endpoint), [configured]);
        }
    }
    // And nothing else, even if it is refused.
    let server = gateway(14, 14, not_producible).await;
    let client = server.client().build().unwrap();
    let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
    assert_eq!(error.reason(), Reason::NotSupported, "{error}");
    assert_eq!(versions(&server, &JOBS), [12]);
}

#[tokio::test]
async fn what_was_found_out_is_forgotten_when_the_version_changes() {
    let oldest = Arc::new(AtomicU16::new(12));
    let own = Arc::new(AtomicU16::new(14));
    let now = (Arc::clone(&oldest), Arc::clone(&own));
    let server = Server::start(move |seen| {
        let (oldest, own) = (now.0.load(Ordering::Relaxed), now.1.load(Ordering::Relaxed));
        match asked(seen) {
            None => Reply::ping(&format!("{own}.0")),
            Some(version) if (oldest..=own).contains(&version.major()) => Reply::jobs(1..2, None),
            Some(_) => not_producible(),
        }
    })
    .await;
    let client = detecting(&server);
    within(client.fetch(&JOBS, Query::new())).await.unwrap();
    // Upgraded, and speaking everything: its ping tells.
    own.store(15, Ordering::Relaxed);
    oldest.store(4, Ordering::Relaxed);
    within(client.ping()).await.unwrap();
    within(client.fetch(&JOBS, Query::new())).await.unwrap();
    // Downgraded: its refusals tell.
    own.store(9, Ordering::Relaxed);
    within(client.fetch(&JOBS, Query::new())).await.unwrap();
    assert_eq!(versions(&server, &JOBS), [10, 14, 10, 10, 15, 9]);
}

#[tokio::test]
async fn sessions_are_opened_and_ended_in_a_version_that_is_taken() {
    let server = Server::start(|seen| match asked(seen) {
        None => Reply::ping("14.0"),
        Some(version) if version.major() < 12 => not_producible(),
        Some(_) if seen.is("/login") => token(),
        Some(_) => Reply::jobs(1..2, None),
    })
    .await;
    let client = logging_in(&server);
    within(client.fetch(&JOBS, Query::new())).await.unwrap();
    within(client.close()).await.unwrap();
    let sent = |path: &str| {
        let seen = server.seen();
        let found = seen.iter().filter(|seen| seen.is(path));
        found
            .filter_map(asked)
            .map(ApiVersion::major)
            .collect::<Vec<_>>()
    };
    assert_eq!(sent("/login"), [10, 14]);
    assert_eq!(sent("/logout"), [14]);
}

#[tokio::test]
async fn a_missing_permission_is_told_from_a_dead_key_in_any_version() {
    for refusal in REFUSALS {
        // Who asks is known before the version is looked at, as at a real primary.
        let server = Server::start(move |seen| match asked(seen) {
            None => Reply::ping("14.0"),
            Some(_) if seen.is("/login") => token(),
            Some(_) if seen.is("/admin/jobs") => Reply::error(401, 401, "no permission"),
            Some(version) if version.major() < 14 => refusal(),
            Some(_) => Reply::json("{}"),
        })
        .await;
        for client in [detecting(&server), logging_in(&server)] {
            let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
            assert!(matches!(error, Error::Forbidden { .. }), "{error}");
        }
    }
}

/// A list of `total` storage units, of which a page has at most `most`; more are refused with `status`.
fn units(seen: &Seen, total: u64, most: u64, status: u16) -> Reply {
    if seen.is("/ping") {
        return Reply::ping("12.0");
    }
    let limit = parameter(seen, "limit").unwrap();
    if limit > most {
        let message = format!("page[limit] must be less than or equal to {most}");
        return Reply::error(status, 1, &message);
    }
    let offset = parameter(seen, "offset").unwrap_or(0);
    let records: Vec<_> = (offset..total.min(offset + limit))
        .map(|n| format!(r#"{{"type":"storageUnit","id":"u{n}","attributes":{{"name":"u{n}"}}}}"#))
        .collect();
    let next = if offset + limit < total {
        format!(r#","next":{}"#, offset + limit)
    } else {
        String::new()
    };
    Reply::json(format!(
        r#"{{"data":[{}],"meta":{{"pagination":{{"count":{total},"offset":{offset},"limit":{limit}{next}}}}}}}"#,
        records.join(",")
    ))
}

/// The names of all units, in order.
async fn walk(client: &Client) -> Result<Vec<String>, Error> {
    let walk = client.walk(&STORAGE_UNITS, Query::new().sort("name"));
    let (names, _) = within(walk.fold::<StorageUnit<'_>, _>(Vec::new(), |names, unit| {
        names.extend(unit.name.map(|name| name.to_string()));
    }))
    .await?;
    Ok(names)
}

fn all(total: u64) -> Vec<String> {
    (0..total).map(|n| format!("u{n}")).collect()
}

fn limits(server: &Server, endpoint: &Endpoint) -> Vec<u64> {
    let seen = server.seen();
    let seen = seen.iter().filter(|seen| seen.is(endpoint.path));
    seen.filter_map(|seen| parameter(seen, "limit")).collect()
}

#[tokio::test]
async fn a_primary_with_smaller_pages_is_asked_for_them_from_then_on() {
    for status in [400, 413, 416, 422] {
        let server = Server::start(move |seen| units(seen, 250, 100, status)).await;
        let client = server.client().build().unwrap();
        assert_eq!(walk(&client).await.unwrap(), all(250));
        assert_eq!(limits(&server, &STORAGE_UNITS), [500, 100, 100, 100]);
        assert_eq!(walk(&client).await.unwrap(), all(250));
        let expected = [500, 100, 100, 100, 100, 100, 100];
        assert_eq!(
            limits(&server, &STORAGE_UNITS),
            expected,
            "it is remembered"
        );
    }
}

#[tokio::test]
async fn every_list_with_larger_pages_can_be_read_by_smaller_ones() {
    for endpoint in [
        &STORAGE_UNITS,
        &DISK_POOLS,
        &POLICIES,
        &UNIQUE_POLICY_CLIENTS,
    ] {
        let server = Server::start(|seen| units(seen, 1, 100, 400)).await;
        let client = server.client().build().unwrap();
        let mut list = client.walk(endpoint, Query::new());
        within(list.next_page()).await.unwrap().unwrap();
        assert_eq!(list.records_per_page(), 100);
        let asked_for = limits(&server, endpoint);
        assert_eq!(asked_for, [u64::from(endpoint.page_limit), 100]);
    }
}

#[tokio::test]
async fn a_refusal_of_a_list_with_small_pages_is_about_something_else() {
    for endpoint in [&JOBS, &STORAGE_SERVERS, &PAUSED_CLIENTS, &CATALOG_IMAGES] {
        let server = Server::pinging(|_| Reply::error(400, 9401, "the filter is invalid")).await;
        let client = server.client().build().unwrap();
        let mut list = client.walk(endpoint, Query::new());
        let error = within(list.next_page()).await.unwrap().unwrap_err();
        assert_eq!(error.status(), Some(400), "{error}");
        assert_eq!(limits(&server, endpoint), [100], "asked once");
    }
}

#[tokio::test]
async fn the_middle_of_a_walk_goes_on_with_smaller_pages() {
    // A second primary of a cluster answers from the second page on.
    let server = Server::start(|seen| match parameter(seen, "offset") {
        Some(offset) if offset > 0 => units(seen, 1_234, 100, 400),
        _ => units(seen, 1_234, 500, 400),
    })
    .await;
    let client = server.client().build().unwrap();
    assert_eq!(walk(&client).await.unwrap(), all(1_234));
    let asked_for = limits(&server, &STORAGE_UNITS);
    assert_eq!(asked_for[..3], [500, 500, 100]);
    assert_eq!(asked_for.len(), 2 + 8);
}

#[tokio::test]
async fn a_refusal_of_smaller_pages_as_well_keeps_its_first_reason_and_is_not_remembered() {
    let server = Server::start(|seen| match parameter(seen, "limit") {
        None => Reply::ping("12.0"),
        Some(500) => Reply::error(400, 7, "the sort is invalid"),
        Some(_) => Reply::error(400, 8, "something else"),
    })
    .await;
    let client = server.client().build().unwrap();
    for _ in 0..2 {
        let error = walk(&client).await.unwrap_err();
        assert!(error.to_string().contains("the sort is invalid"), "{error}");
    }
    assert_eq!(limits(&server, &STORAGE_UNITS), [500, 100, 500, 100]);
}

#[tokio::test]
async fn a_failure_of_smaller_pages_is_told_as_it_is() {
    let server = Server::start(|seen| match parameter(seen, "limit") {
        None => Reply::ping("12.0"),
        Some(500) => Reply::error(400, 7, "page[limit]"),
        Some(_) => Reply::status(503),
    })
    .await;
    let error = walk(&server.client().build().unwrap()).await.unwrap_err();
    assert_eq!(error.status(), Some(503), "{error}");
}

#[tokio::test]
async fn page_sizes_can_be_capped_by_hand() {
    let server = Server::start(|seen| units(seen, 250, 60, 400)).await;
    let mut limits_of_client = Limits::default();
    limits_of_client.records_per_page = 60;
    let client = server.client().limits(limits_of_client).build().unwrap();
    assert_eq!(walk(&client).await.unwrap(), all(250));
    assert_eq!(limits(&server, &STORAGE_UNITS), [60; 5]);
}

#[tokio::test]
async fn a_primary_that_gives_less_than_asked_for_without_a_word_is_read_to_the_end() {
    let server = Server::start(|seen| {
        let smaller = Seen {
            target: seen.target.replace("limit%5D=500", "limit%5D=100"),
            headers: Vec::new(),
        };
        units(&smaller, 250, 100, 400)
    })
    .await;
    let client = server.client().build().unwrap();
    assert_eq!(walk(&client).await.unwrap(), all(250));
}

#[tokio::test]
async fn both_at_once_are_found_out() {
    let server = Server::start(|seen| match asked(seen) {
        Some(version) if version.major() < 12 => not_producible(),
        Some(_) => units(seen, 250, 100, 400),
        None => Reply::ping("14.0"),
    })
    .await;
    let client = detecting(&server);
    assert_eq!(walk(&client).await.unwrap(), all(250));
    assert_eq!(versions(&server, &STORAGE_UNITS), [10, 14, 14, 14, 14]);
    assert_eq!(limits(&server, &STORAGE_UNITS), [500, 500, 100, 100, 100]);
}

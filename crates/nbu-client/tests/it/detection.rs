//! Finding out the version, and noticing that it has changed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use nbu_api::endpoint::JOBS;
use nbu_api::{ApiVersion, Query};
use nbu_client::{Error, Reason};

use crate::server::{Gate, Reply, Seen, Server, within};

/// The version a request asks for.
fn asked(seen: &Seen) -> Option<ApiVersion> {
    seen.header("accept")?
        .rsplit_once("version=")?
        .1
        .parse()
        .ok()
}

/// A primary that advertises nothing and refuses what is newer than `newest`.
async fn silent(newest: ApiVersion) -> Server {
    Server::start(move |seen| {
        if seen.is("/ping") {
            Reply::status(200)
                .with("Content-Type", "text/plain")
                .body("1700000000000")
        } else if asked(seen).unwrap() > newest {
            Reply::error(406, 8952, "not producible")
        } else {
            Reply::json("{}")
        }
    })
    .await
}

#[tokio::test]
async fn the_header_of_the_ping_settles_it() {
    let server = Server::start(|_| Reply::ping("13.0")).await;
    let client = server.client().api_version(None).build().unwrap();
    assert_eq!(client.version(), None);
    assert_eq!(within(client.detect()).await.unwrap(), ApiVersion::V13_0);
    assert_eq!(client.version(), Some(ApiVersion::V13_0));
    assert_eq!(server.seen().len(), 1);
    assert_eq!(
        asked(&server.seen()[0]),
        None,
        "a ping has no JSON to offer"
    );
}

#[tokio::test]
async fn without_the_header_the_versions_are_tried_downwards() {
    let server = silent(ApiVersion::V9_0).await;
    let client = server.client().api_version(None).build().unwrap();
    assert_eq!(within(client.detect()).await.unwrap(), ApiVersion::V9_0);
    let tried: Vec<_> = server.seen().iter().filter_map(asked).collect();
    assert_eq!(
        tried,
        [
            ApiVersion::V14_0,
            ApiVersion::V13_0,
            ApiVersion::V12_0,
            ApiVersion::V11_0,
            ApiVersion::V10_0,
            ApiVersion::V9_0
        ]
    );
}

#[tokio::test]
async fn a_primary_that_takes_no_known_version_is_not_supported() {
    let server = silent(ApiVersion::new(3, 0)).await;
    let client = server.client().api_version(None).build().unwrap();
    let error = within(client.detect()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::NotSupported, "{error}");
    assert_eq!(client.version(), None);
}

#[tokio::test]
async fn a_primary_that_hides_its_lists_is_told_from_another_server() {
    for (content_type, body, is_primary) in [
        ("text/plain", "1700000000000", true),
        ("text/plain", "welcome", false),
        ("text/html", "1700000000000", false),
    ] {
        let server = Server::start(move |seen| {
            if seen.is("/ping") {
                Reply::status(200)
                    .with("Content-Type", content_type)
                    .body(body)
            } else {
                Reply::status(404)
            }
        })
        .await;
        let client = server.client().api_version(None).build().unwrap();
        let error = within(client.detect()).await.unwrap_err();
        let is_detection = matches!(error, Error::Detection { .. });
        assert_eq!(is_detection, is_primary, "{error}");
        let is_elsewhere = matches!(error, Error::WrongPath { .. });
        assert_eq!(is_elsewhere, !is_primary, "{error}");
    }
}

#[tokio::test]
async fn many_callers_share_one_detection() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::start(move |seen| {
        if seen.is("/ping") {
            Reply::ping("12.0").behind(&held)
        } else {
            Reply::json("{}")
        }
    })
    .await;
    let client = server.client().api_version(None).build().unwrap();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.server_info().await.map(drop) })
        })
        .collect();
    server.arrived(1).await;
    gate.open();
    for call in calls {
        within(call).await.unwrap().unwrap();
    }
    assert_eq!(server.count("/ping"), 1);
}

#[tokio::test]
async fn many_callers_share_one_failure() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::start(move |_| Reply::status(500).behind(&held)).await;
    let client = server.client().api_version(None).build().unwrap();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.server_info().await.map(drop) })
        })
        .collect();
    server.arrived(1).await;
    gate.open();
    for call in calls {
        assert_eq!(
            within(call).await.unwrap().unwrap_err().reason(),
            Reason::Http
        );
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_detection_that_was_dropped_leaves_nothing_and_the_next_in_line_begins_anew() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::start(move |_| Reply::ping("12.0").behind(&held)).await;
    let client = server.client().api_version(None).build().unwrap();
    let (first, second) = (client.clone(), client.clone());
    let first = tokio::spawn(async move { first.detect().await });
    server.arrived(1).await;
    let second = tokio::spawn(async move { second.detect().await });
    tokio::task::yield_now().await;
    first.abort();
    server.arrived(2).await;
    assert_eq!(client.version(), None);
    gate.open();
    assert_eq!(within(second).await.unwrap().unwrap(), ApiVersion::V12_0);
}

/// A primary of a version that can be changed.
async fn changing(version: &Arc<AtomicU16>) -> Server {
    let version = Arc::clone(version);
    Server::start(move |seen| {
        let now = ApiVersion::new(version.load(Ordering::Relaxed), 0);
        if seen.is("/ping") {
            Reply::ping(&now.to_string())
        } else if asked(seen).unwrap() > now {
            Reply::error(406, 8952, "not producible")
        } else {
            Reply::jobs(1..2, None)
        }
    })
    .await
}

#[tokio::test]
async fn a_downgraded_primary_is_noticed_by_its_refusal() {
    let version = Arc::new(AtomicU16::new(14));
    let server = changing(&version).await;
    let client = server.client().api_version(None).build().unwrap();
    within(client.fetch(&JOBS, Query::new())).await.unwrap();
    let oldest_asked = JOBS.version.major();
    version.store(oldest_asked - 1, Ordering::Relaxed);
    let page = within(client.fetch(&JOBS, Query::new())).await.unwrap();
    assert_eq!(page.version(), Some(ApiVersion::new(oldest_asked - 1, 0)));
    // Also for a walk, whose first page it was.
    version.store(oldest_asked - 2, Ordering::Relaxed);
    let page = within(client.walk(&JOBS, Query::new()).next_page())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(page.version(), Some(ApiVersion::new(oldest_asked - 2, 0)));
}

#[tokio::test]
async fn an_upgraded_primary_is_noticed_by_its_ping() {
    let version = Arc::new(AtomicU16::new(9));
    let server = changing(&version).await;
    let client = server.client().api_version(None).build().unwrap();
    assert_eq!(within(client.detect()).await.unwrap(), ApiVersion::V9_0);
    version.store(13, Ordering::Relaxed);
    assert_eq!(
        within(client.ping()).await.unwrap().api_version,
        Some(ApiVersion::V13_0)
    );
    within(client.server_info()).await.unwrap();
    assert_eq!(client.version(), Some(ApiVersion::V13_0));
}

#[tokio::test]
async fn an_endpoint_that_refuses_all_versions_is_asked_once_in_each() {
    let server = Server::pinging(|_| Reply::error(406, 8952, "never")).await;
    let client = server.client().api_version(None).build().unwrap();
    let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
    assert!(matches!(error, Error::NotSupported { .. }), "{error}");
    assert_eq!((server.count("/admin/jobs"), server.count("/ping")), (2, 2));
}

#[tokio::test]
async fn a_ping_tells_clock_and_version() {
    let server = Server::start(|_| Reply::ping("12.0")).await;
    let client = server.client().build().unwrap();
    let ping = within(client.ping()).await.unwrap();
    assert_eq!(ping.clock.unwrap().as_millisecond(), 1_700_000_000_123);
    assert_eq!(ping.api_version, Some(ApiVersion::V12_0));

    let server = Server::start(|_| {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        Reply::status(200)
            .with("Content-Type", "text/plain")
            .with("Date", date)
            .body("pong")
    })
    .await;
    let ping = within(server.client().build().unwrap().ping())
        .await
        .unwrap();
    assert_eq!(ping.clock.unwrap().as_second(), 784_111_777);
    assert_eq!(ping.api_version, None);
}

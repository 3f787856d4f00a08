//! 401 and 403 told apart, and the credential kept where it belongs.

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use nbu_api::endpoint::{DISK_POOLS, JOBS, PING, SERVER_INFO, STORAGE_UNITS};
use nbu_api::{Job, Query};
use nbu_client::{Credential, Error, Reason};

use crate::server::{KEY, Reply, Server, within};

/// A primary that refuses the jobs, and answers `whoami` with this status.
async fn refusing(jobs: u16, whoami: u16) -> Server {
    Server::start(move |seen| {
        if seen.is("/ping") {
            Reply::ping("12.0")
        } else if seen.is("/authorization-context") {
            Reply::json("{}")
                .body(if whoami == 200 { "{}" } else { "" })
                .but_status(whoami)
        } else {
            Reply::error(jobs, 5, "no access")
        }
    })
    .await
}

#[tokio::test]
async fn a_401_with_a_good_credential_is_a_missing_permission() {
    let server = refusing(401, 200).await;
    // One slot: the question who we are must not wait for the permit of the call that asks it.
    let client = server
        .client()
        .max_in_flight(NonZeroUsize::MIN)
        .build()
        .unwrap();
    let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error}");
    assert!(
        error.to_string().contains(JOBS.permission.unwrap()),
        "the error names the namespace: {error}"
    );
    assert_eq!(error.refusal().unwrap().code, Some(5));
}

#[tokio::test]
async fn a_401_for_everything_is_a_bad_credential() {
    let server = refusing(401, 401).await;
    let client = server.client().build().unwrap();
    let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert_eq!(server.count("/authorization-context"), 1);
    let error = within(client.authorization_context()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Unauthorized);
    assert_eq!(
        server.count("/authorization-context"),
        2,
        "who we are is asked once, not about itself"
    );
}

#[tokio::test]
async fn an_undecided_401_blames_nobody() {
    let server = refusing(401, 500).await;
    let client = server.client().build().unwrap();
    let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
    assert_eq!((error.reason(), error.status()), (Reason::Http, Some(401)));
}

#[tokio::test]
async fn a_403_needs_no_question() {
    let server = refusing(403, 200).await;
    let client = server.client().build().unwrap();
    let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Forbidden);
    assert_eq!(server.count("/authorization-context"), 0);
}

#[tokio::test]
async fn the_key_goes_where_it_is_needed_and_nowhere_else() {
    let server = Server::pinging(|_| Reply::json("{}")).await;
    let client = server.client().client_id("nbu-tests/1").build().unwrap();
    within(client.server_info()).await.unwrap();
    within(client.fetch(&JOBS, Query::new())).await.unwrap();
    for seen in server.seen() {
        let key = seen.header("authorization");
        let public = seen.is(PING.path) || seen.is(SERVER_INFO.path);
        assert_eq!(key, (!public).then_some(KEY), "{}", seen.target);
        assert_eq!(seen.header("x-client-id"), Some("nbu-tests/1"));
    }
}

#[tokio::test]
async fn a_redirect_is_an_error_and_the_key_does_not_travel() {
    let elsewhere = Server::start(|_| Reply::json("{}")).await;
    let target = elsewhere.url();
    let server =
        Server::pinging(move |_| Reply::status(302).with("Location", target.as_str())).await;
    let client = server.client().build().unwrap();
    let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
    assert!(
        matches!(&error, Error::Redirect { status: 302, location, .. } if *location == elsewhere.url().as_str())
    );
    assert_eq!((error.reason(), error.status()), (Reason::Http, Some(302)));
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn the_key_is_in_no_debug_output_and_no_error() {
    // A primary that says it back in every way it can.
    let server = Server::start(|seen| {
        if seen.is("/ping") {
            Reply::ping("12.0")
        } else if seen.is("/admin/jobs") {
            Reply::error(400, 1, &format!("bad key {KEY}"))
        } else if seen.is("/storage/storage-units") {
            Reply::status(307).with("Location", format!("https://example.com/?key={KEY}"))
        } else {
            Reply::status(200).with("Content-Type", format!("text/{KEY}"))
        }
    })
    .await;
    let builder = server.client().credential(Credential::api_key(KEY));
    let mut said = format!("{builder:?}");
    let client = builder.build().unwrap();
    write!(said, "{client:?} {:?}", Credential::api_key(KEY)).unwrap();
    for endpoint in [&JOBS, &STORAGE_UNITS, &DISK_POOLS] {
        let error = within(client.fetch(endpoint, Query::new()))
            .await
            .unwrap_err();
        write!(said, "{error} {error:?}").unwrap();
    }
    assert!(said.contains("<secret>"));
    assert!(!said.contains(KEY), "{said}");
}

/// The beginning of the key, as a cut would leave it.
fn beginning() -> &'static str {
    &KEY[..6]
}

#[tokio::test]
async fn the_beginning_of_the_key_is_in_no_error_that_is_cut() {
    let server = Server::pinging(|seen| {
        if seen.is("/admin/jobs") {
            Reply::error(400, 1, &format!("{}{KEY}", "x".repeat(290)))
        } else if seen.is("/storage/storage-units") {
            // White space is taken together after the cut.
            Reply::status(400).body(format!("bad{}{KEY}", " ".repeat(1190)))
        } else {
            Reply::status(307).with("Location", format!("/{}{KEY}", "x".repeat(290)))
        }
    })
    .await;
    let client = server.client().build().unwrap();
    for endpoint in [&JOBS, &STORAGE_UNITS, &DISK_POOLS] {
        let error = within(client.fetch(endpoint, Query::new()))
            .await
            .unwrap_err();
        let said = format!("{error} {error:?}");
        assert!(said.contains("<secret"), "{said}");
        assert!(!said.contains(beginning()), "{said}");
    }
}

#[tokio::test]
async fn the_key_is_in_no_cursor_that_an_error_names() {
    for padding in [0, 50] {
        let cursor = format!("{}{KEY}", "x".repeat(padding));
        let server = Server::pinging(move |_| Reply::jobs(1..2, Some(&cursor))).await;
        let client = server.client().build().unwrap();
        let walk = client.walk(&JOBS, Query::new());
        let error = within(walk.fold::<Job<'_>, _>((), |(), _| {}))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Paging { .. }), "{error}");
        let said = format!("{error} {error:?}");
        assert!(said.contains("<secret>"), "{said}");
        assert!(!said.contains(beginning()), "{said}");
    }
}

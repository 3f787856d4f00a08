//! What is repeated, and what is not.

use std::sync::Mutex;
use std::time::Duration;

use nbu_api::endpoint::JOBS;
use nbu_api::{Job, Query};
use nbu_client::{Error, Reason, RetryPolicy};
use tokio::net::TcpSocket;

use crate::server::{Reply, Server, within};

/// Four tries without noticeable waits.
fn quick() -> RetryPolicy {
    let mut policy = RetryPolicy::default();
    policy.base = Duration::from_millis(1);
    policy
}

/// Answers pings, and everything else with these replies in order; the last one for good.
async fn scripted(replies: impl IntoIterator<Item = Reply>) -> Server {
    let mut replies: Vec<_> = replies.into_iter().collect();
    replies.reverse();
    let replies = Mutex::new(replies);
    Server::start(move |seen| {
        if seen.is("/ping") {
            return Reply::ping("12.0");
        }
        let mut replies = replies.lock().unwrap();
        if replies.len() > 1 {
            replies.pop().unwrap()
        } else {
            replies[0].clone()
        }
    })
    .await
}

#[tokio::test]
async fn failures_that_pass_are_repeated() {
    for failure in [
        Reply::status(408),
        Reply::status(429).with("Retry-After", "0"),
        Reply::status(500),
        Reply::status(502),
        Reply::status(503).with("Retry-After", "nonsense"),
        Reply::status(504),
        Reply::Raw(Vec::new()),
        Reply::Raw(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"
                .to_vec(),
        ),
    ] {
        let server = scripted([failure.clone(), failure, Reply::json("{}")]).await;
        let client = server.client().retry(quick()).build().unwrap();
        within(client.server_info()).await.unwrap();
        assert_eq!(server.count("/security/serverinfo"), 3);
    }
}

#[tokio::test]
async fn tries_come_to_an_end_with_the_last_error() {
    let server = scripted([Reply::error(503, 7, "busy")]).await;
    let client = server.client().retry(quick()).build().unwrap();
    let error = within(client.server_info()).await.unwrap_err();
    assert_eq!((error.reason(), error.status()), (Reason::Http, Some(503)));
    let refusal = error.refusal().unwrap();
    assert_eq!(
        (refusal.code, refusal.message.as_deref()),
        (Some(7), Some("busy"))
    );
    assert_eq!(server.count("/security/serverinfo"), 4);
    // Each attempt had its own id, and the error names the last one.
    let seen = server.seen();
    let ids: std::collections::HashSet<_> = seen
        .iter()
        .map(|seen| seen.header("x-request-id").unwrap())
        .collect();
    assert_eq!(ids.len(), seen.len());
    assert_eq!(
        error.call().unwrap().request_id.as_deref(),
        seen.last().unwrap().header("x-request-id")
    );
}

#[tokio::test]
async fn refusals_are_not_repeated() {
    for (status, reason) in [
        (400, Reason::Http),
        (401, Reason::Unauthorized),
        (403, Reason::Forbidden),
        (404, Reason::NotSupported),
        (406, Reason::NotSupported),
        (415, Reason::NotSupported),
        (204, Reason::Http),
    ] {
        let server = scripted([Reply::status(status)]).await;
        let client = server.client().retry(quick()).build().unwrap();
        let error = within(client.fetch(&JOBS, Query::new())).await.unwrap_err();
        assert_eq!(error.reason(), reason, "{status}: {error}");
        assert_eq!(server.count("/admin/jobs"), 1, "{status}");
    }
}

#[tokio::test]
async fn a_wait_longer_than_allowed_ends_the_call_and_is_told() {
    let server = scripted([Reply::status(429).with("Retry-After", "3600")]).await;
    let client = server.client().retry(quick()).build().unwrap();
    let error = within(client.server_info()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(server.count("/security/serverinfo"), 1);
}

#[tokio::test]
async fn a_time_to_come_back_is_read_on_the_clock_of_the_answer() {
    let answer = Reply::status(503)
        .with("Date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .with("Retry-After", "1994-11-06T09:49:37.000Z");
    let server = scripted([answer]).await;
    let client = server.client().retry(quick()).build().unwrap();
    let error = within(client.server_info()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn the_budget_of_the_client_bounds_all_its_calls() {
    let server = scripted([Reply::status(500)]).await;
    let mut policy = quick();
    policy.budget = 5;
    let client = server.client().retry(policy).build().unwrap();
    within(client.detect()).await.unwrap();
    for _ in 0..10 {
        within(client.server_info()).await.unwrap_err();
    }
    assert_eq!(server.count("/security/serverinfo"), 10 + 5);
}

#[tokio::test]
async fn an_attempt_without_an_answer_ends_in_time() {
    let server = scripted([Reply::Never]).await;
    let client = server
        .client()
        .request_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let error = within(client.server_info()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert_eq!(error.reason(), Reason::Timeout);
    assert_eq!(client.in_flight(), 0);
}

#[tokio::test]
async fn a_body_that_never_ends_ends_in_time() {
    let endless =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"
            .to_vec();
    // The connection stays open behind the first byte of the body.
    let server = scripted([Reply::RawThenNever(endless)]).await;
    let client = server
        .client()
        .request_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let error = within(client.server_info()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Timeout);
}

#[tokio::test]
async fn nobody_there_is_a_failure_to_connect() {
    // Bound, so that nobody else can have the port, but nobody listens.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let gone = format!("http://{}/netbackup", socket.local_addr().unwrap());
    let gone = gone.parse().unwrap();
    let client = nbu_client::Client::builder("gone", gone)
        .retry(quick())
        .build()
        .unwrap();
    let error = within(client.ping()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    assert!(
        error.to_string().starts_with("gone: /ping [request "),
        "{error}"
    );
}

#[tokio::test]
async fn a_page_that_came_broken_is_asked_for_again() {
    let server = scripted([
        Reply::json(r#"{"data":[{"id":"1"},"#),
        Reply::jobs(1..4, None),
    ])
    .await;
    let client = server.client().retry(quick()).build().unwrap();
    let walk = client.walk(&JOBS, Query::new());
    let ((), summary) = within(walk.fold::<Job<'_>, _>((), |(), _| {}))
        .await
        .unwrap();
    assert_eq!((summary.pages, summary.records), (1, 3));
    assert_eq!(server.count("/admin/jobs"), 2);

    let server = scripted([Reply::json("{")]).await;
    let client = server.client().retry(quick()).build().unwrap();
    let walk = client.walk(&JOBS, Query::new());
    let error = within(walk.fold::<Job<'_>, _>((), |(), _| {}))
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::Parse);
    assert_eq!(server.count("/admin/jobs"), 4);
}

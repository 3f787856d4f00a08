//! What closing means, one sentence per test. The numbers of the tracker are proven elsewhere (loom, miri); here it is the
//! client with its sockets.

use std::num::NonZeroUsize;
use std::task::Poll;
use std::time::Duration;

use nbu_api::endpoint::{JOBS, SERVER_INFO};
use nbu_api::{Job, Query};
use nbu_client::{Client, CloseError, Error, RetryPolicy};

use crate::server::{Gate, Reply, Server, within};

const HOUR: Duration = Duration::from_secs(3600);

/// Answers the ping, holds back everything else until the gate opens.
async fn held(gate: &Gate) -> Server {
    let gate = gate.clone();
    Server::pinging(move |_| Reply::json("{}").behind(&gate)).await
}

/// A client whose version is known, so that the next request is the one asked for.
async fn ready(server: &Server) -> Client {
    let client = server.client().build().unwrap();
    within(client.detect()).await.unwrap();
    client
}

fn ask(client: &Client) -> tokio::task::JoinHandle<Result<(), Error>> {
    let client = client.clone();
    tokio::spawn(async move { client.server_info().await.map(drop) })
}

fn is_closed<T>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Closed { .. }))
}

#[tokio::test]
async fn close_waits_for_the_request_in_flight_and_returns_with_it() {
    let gate = Gate::shut();
    let server = held(&gate).await;
    let client = ready(&server).await;
    let request = ask(&client);
    server.arrived(2).await;
    let mut closing = tokio::spawn(client.close());
    // It has been polled, yet is not done: the request is still out.
    assert!(
        tokio::time::timeout(Duration::from_millis(20), &mut closing)
            .await
            .is_err()
    );
    assert_eq!(client.in_flight(), 1);
    gate.open();
    assert_eq!(within(closing).await.unwrap(), Ok(()));
    assert_eq!(client.in_flight(), 0);
    within(request)
        .await
        .unwrap()
        .expect("an answer on the wire is delivered");
}

#[tokio::test]
async fn an_idle_client_closes_at_once_and_its_connections_with_it() {
    let server = held(&Gate::shut()).await;
    let client = ready(&server).await;
    assert_eq!(within(client.close()).await, Ok(()));
    server.all_closed().await;
}

#[tokio::test]
async fn after_close_nothing_touches_the_network() {
    let server = held(&Gate::shut()).await;
    let client = ready(&server).await;
    let mut walk = client.walk(&JOBS, Query::new());
    let before = server.seen().len();
    let closing = client.close();
    // Closed from the call on, not from the first poll of its future.
    assert!(client.is_closed());
    assert!(is_closed(&within(client.ping()).await));
    assert!(is_closed(&within(client.detect()).await));
    assert!(is_closed(&within(client.server_info()).await));
    assert!(is_closed(&within(client.authorization_context()).await));
    assert!(is_closed(
        &within(client.fetch(&SERVER_INFO, Query::new())).await
    ));
    assert!(is_closed(&within(walk.next_page()).await.unwrap()));
    assert!(within(walk.next_page()).await.is_none());
    assert_eq!(within(closing).await, Ok(()));
    assert_eq!(server.seen().len(), before);
}

#[tokio::test]
async fn callers_that_wait_for_their_turn_are_refused() {
    let gate = Gate::shut();
    let server = held(&gate).await;
    let client = server
        .client()
        .max_in_flight(NonZeroUsize::MIN)
        .build()
        .unwrap();
    within(client.detect()).await.unwrap();
    let first = ask(&client);
    server.arrived(2).await;
    let waiting: Vec<_> = (0..5).map(|_| ask(&client)).collect();
    tokio::task::yield_now().await;
    let closing = client.close();
    for waiting in waiting {
        assert!(is_closed(&within(waiting).await.unwrap()));
    }
    gate.open();
    assert_eq!(within(closing).await, Ok(()));
    within(first).await.unwrap().unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_walk_in_progress_ends_at_its_next_page() {
    let server = Server::pinging(|_| Reply::jobs(1..4, Some("more"))).await;
    let client = server.client().build().unwrap();
    let mut walk = client.walk(&JOBS, Query::new());
    let page = within(walk.next_page()).await.unwrap().unwrap();
    assert_eq!(within(client.close()).await, Ok(()));
    // The page that was delivered can still be read.
    assert_eq!(page.fold::<Job<'_>>(|_| {}).unwrap().records, 3);
    assert!(is_closed(&within(walk.next_page()).await.unwrap()));
    assert_eq!(server.count("/admin/jobs"), 1);
}

#[tokio::test]
async fn version_detection_ends_after_the_probe_on_the_wire() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::start(move |_| Reply::status(503).behind(&held)).await;
    let client = server
        .client()
        .retry(RetryPolicy::default())
        .build()
        .unwrap();
    let (detecting, waiting) = (client.clone(), client.clone());
    let detecting = tokio::spawn(async move { detecting.detect().await });
    server.arrived(1).await;
    let waiting = tokio::spawn(async move { waiting.server_info().await });
    tokio::task::yield_now().await;
    let closing = client.close();
    // Who waits for another's detection need not wait for the probe.
    assert!(is_closed(&within(waiting).await.unwrap()));
    gate.open();
    // The probe would have to be repeated: closed.
    assert!(is_closed(&within(detecting).await.unwrap()));
    assert_eq!(within(closing).await, Ok(()));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn past_the_deadline_the_rest_is_cut_off_and_counted() {
    let server = held(&Gate::shut()).await;
    let client = ready(&server).await;
    let requests: Vec<_> = (0..3).map(|_| ask(&client)).collect();
    server.arrived(4).await;
    let outcome = within(client.close_within(Duration::from_millis(20))).await;
    assert_eq!(outcome, Err(CloseError::TimedOut { in_flight: 3 }));
    for request in requests {
        assert!(is_closed(&within(request).await.unwrap()));
    }
    assert_eq!(client.in_flight(), 0);
    // Not only the callers are gone: the primary sees the connections close.
    server.all_closed().await;
}

#[tokio::test]
async fn every_closer_gets_the_one_outcome_before_during_and_after() {
    let server = held(&Gate::shut()).await;
    let client = ready(&server).await;
    let request = ask(&client);
    server.arrived(2).await;
    let patient: Vec<_> = (0..4)
        .map(|_| tokio::spawn(client.close_within(HOUR)))
        .collect();
    tokio::task::yield_now().await;
    // A later closer can only shorten the wait; the earliest deadline cuts for all.
    let hurried = client.close_within(Duration::from_millis(20));
    let expected = Err(CloseError::TimedOut { in_flight: 1 });
    assert_eq!(within(hurried).await, expected);
    for closer in patient {
        assert_eq!(within(closer).await.unwrap(), expected);
    }
    assert_eq!(within(client.close()).await, expected);
    assert_eq!(within(client.close_within(Duration::ZERO)).await, expected);
    assert!(is_closed(&within(request).await.unwrap()));
}

#[tokio::test]
async fn a_good_outcome_stays_good() {
    let server = held(&Gate::shut()).await;
    let client = ready(&server).await;
    assert_eq!(within(client.close()).await, Ok(()));
    assert_eq!(within(client.close_within(Duration::ZERO)).await, Ok(()));
    assert_eq!(within(client.clone().close()).await, Ok(()));
}

#[tokio::test]
async fn a_close_that_was_dropped_is_taken_up_by_the_next() {
    let gate = Gate::shut();
    let server = held(&gate).await;
    let client = ready(&server).await;
    let request = ask(&client);
    server.arrived(2).await;
    // Polled once, so that it waits; then dropped.
    let mut abandoned = Box::pin(client.close_within(HOUR));
    let poll =
        std::future::poll_fn(|context| Poll::Ready(abandoned.as_mut().poll(context).is_pending()));
    assert!(poll.await);
    drop(abandoned);
    assert!(client.is_closed());
    assert_eq!(client.in_flight(), 1);
    let closing = client.close_within(HOUR);
    gate.open();
    assert_eq!(within(closing).await, Ok(()));
    within(request).await.unwrap().unwrap();
    server.all_closed().await;
}

#[tokio::test]
async fn a_close_that_everyone_abandoned_still_closes_the_connections() {
    let gate = Gate::shut();
    let server = held(&gate).await;
    let client = ready(&server).await;
    let request = ask(&client);
    server.arrived(2).await;
    drop(client.close());
    gate.open();
    within(request).await.unwrap().unwrap();
    server.all_closed().await;
}

#[tokio::test]
async fn the_last_call_closes_the_connections_even_if_it_is_cancelled() {
    let server = held(&Gate::shut()).await;
    let client = ready(&server).await;
    let request = ask(&client);
    server.arrived(2).await;
    // The request has the first connection, so this opens another, which stays behind.
    within(client.ping()).await.unwrap();
    drop(client.close());
    request.abort();
    assert!(within(request).await.unwrap_err().is_cancelled());
    server.all_closed().await;
    assert!(client.is_closed());
}

#[tokio::test]
async fn an_idle_client_closes_its_connections_though_nobody_waits_for_it() {
    let server = held(&Gate::shut()).await;
    let client = ready(&server).await;
    drop(client.close());
    server.all_closed().await;
    assert!(client.is_closed());
}

#[tokio::test]
async fn dropping_the_client_cancels_nothing_and_leaks_nothing() {
    let gate = Gate::shut();
    let server = held(&gate).await;
    let client = ready(&server).await;
    let request = ask(&client);
    server.arrived(2).await;
    drop(client);
    gate.open();
    within(request).await.unwrap().unwrap();
    server.all_closed().await;
}

#[tokio::test]
async fn a_back_off_holds_no_permit_and_ends_at_once() {
    let server = Server::pinging(|_| Reply::status(500).with("Retry-After", "3000")).await;
    let mut retry = RetryPolicy::default();
    retry.longest_retry_after = HOUR;
    let client = server
        .client()
        .max_in_flight(NonZeroUsize::MIN)
        .retry(retry)
        .build()
        .unwrap();
    let request = ask(&client);
    server.arrived(2).await;
    // The only slot is free while the call waits for its next attempt.
    within(client.ping()).await.unwrap();
    assert_eq!(within(client.close()).await, Ok(()));
    assert!(is_closed(&within(request).await.unwrap()));
    assert_eq!(server.count("/security/serverinfo"), 1);
}

#[tokio::test]
async fn an_attempt_that_would_be_repeated_gives_closed() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::pinging(move |_| Reply::status(503).behind(&held)).await;
    let client = server
        .client()
        .retry(RetryPolicy::default())
        .build()
        .unwrap();
    let request = ask(&client);
    server.arrived(2).await;
    let closing = client.close();
    gate.open();
    assert!(is_closed(&within(request).await.unwrap()));
    assert_eq!(within(closing).await, Ok(()));
    assert_eq!(server.seen().len(), 2);
}

//! The circuit: a primary that cannot be reached is knocked at by one at a time.

use std::time::Duration;

use nbu_api::Query;
use nbu_api::endpoint::{JOBS, PING, SERVER_INFO};
use tokio::sync::watch;
use tokio::time::{Instant, advance};

use super::scene::{Act, Scene, settle};
use crate::client::Client;
use crate::exchange::Failure;
use crate::sync::{Arc, Mutex, lock};
use crate::{Error, Reason, RetryPolicy, TlsFault};

fn refused() -> Failure {
    Failure::Connect(Arc::new(std::io::Error::other("refused")))
}

/// A primary that fails in this way until told otherwise.
fn failing(failure: Failure) -> (Scene, Arc<Mutex<Option<Act>>>) {
    let mood = Arc::new(Mutex::new(Some(Act::Fail(failure))));
    let shared = Arc::clone(&mood);
    let scene = Scene::new(move |seen| match (&*lock(&shared), &*seen.path) {
        (Some(act), _) => Act::clone(act),
        (None, "/ping") => Act::ping(),
        (None, _) => Act::json(200, r#"{"data":[]}"#),
    });
    (scene, mood)
}

fn client(scene: &Scene) -> Client {
    scene.client(|builder| builder.retry(RetryPolicy::never()))
}

async fn jobs(client: &Client) -> Result<(), Error> {
    client.fetch(&JOBS, Query::new()).await.map(drop)
}

/// Calls every two seconds until a call is refused without an attempt.
async fn open(client: &Client) -> Error {
    for _ in 0..20 {
        match client.ping().await {
            Err(error @ Error::Unreachable { .. }) => return error,
            _ => advance(Duration::from_secs(2)).await,
        }
    }
    panic!("it never opens")
}

#[tokio::test(start_paused = true)]
async fn failures_to_connect_open_it_whatever_their_kind_and_calls_fail_at_once() {
    let timeout = Failure::ConnectTimeout(Duration::from_secs(10));
    for (failure, reason) in [
        (refused(), Reason::Connect),
        (timeout, Reason::Connect),
        (Failure::Tls(TlsFault::UnknownCa), Reason::Tls),
    ] {
        let (scene, _) = failing(failure);
        let client = client(&scene);
        let error = open(&client).await;
        assert_eq!(error.reason(), reason);
        assert!(std::error::Error::source(&error).is_some());
        let asked = scene.seen().len();
        let error = jobs(&client).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        assert_eq!(
            error.call().unwrap().endpoint,
            PING.name,
            "the detection comes first"
        );
        assert_eq!(scene.seen().len(), asked, "nobody touches the network");
    }
}

#[tokio::test(start_paused = true)]
async fn answers_of_any_status_and_broken_ones_leave_it_closed() {
    for act in [
        Act::json(500, "{}"),
        Act::json(404, "{}"),
        Act::Fail(Failure::Timeout(Duration::from_secs(30))),
        Act::Fail(Failure::Reset(Arc::new(std::io::Error::other("reset")))),
        Act::Fail(Failure::Body(Arc::new(std::io::Error::other("cut")))),
    ] {
        let (scene, mood) = failing(refused());
        *lock(&mood) = Some(act);
        let client = client(&scene);
        for number in 1..30 {
            let error = client.ping().await.unwrap_err();
            assert!(!matches!(error, Error::Unreachable { .. }), "{error}");
            assert_eq!(scene.seen().len(), number);
            advance(Duration::from_secs(2)).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_probe_at_a_time_and_it_is_a_ping() {
    let (scene, mood) = failing(refused());
    let client = client(&scene);
    // The version is known, so that calls need no detection.
    *lock(&mood) = None;
    client.detect().await.unwrap();
    *lock(&mood) = Some(Act::Fail(refused()));
    open(&client).await;
    let (gate, _open) = watch::channel(false);
    *lock(&mood) = Some(Act::Fail(refused()).behind(&gate));
    advance(Duration::from_secs(60)).await;
    let asked = scene.seen().len();
    let probing = tokio::spawn({
        let client = client.clone();
        async move { jobs(&client).await }
    });
    settle().await;
    for _ in 0..5 {
        let error = jobs(&client).await.unwrap_err();
        assert!(
            matches!(error, Error::Unreachable { left, .. } if left.is_zero()),
            "{error}"
        );
    }
    let seen = scene.seen();
    assert_eq!(seen.len(), asked + 1);
    assert_eq!(seen[asked].path, PING.path);
    assert_eq!(seen[asked].key, None, "it shows no credential");
    gate.send_replace(true);
    assert_eq!(
        probing.await.unwrap().unwrap_err().reason(),
        Reason::Connect
    );
    assert_eq!(
        scene.seen().len(),
        asked + 1,
        "the call itself was not made"
    );
}

#[tokio::test(start_paused = true)]
async fn probes_become_rarer_and_the_first_connection_closes_it_for_all() {
    let (scene, mood) = failing(refused());
    let client = client(&scene);
    *lock(&mood) = None;
    client.detect().await.unwrap();
    *lock(&mood) = Some(Act::Fail(refused()));
    open(&client).await;
    let before = scene.seen().len();
    let begun = Instant::now();
    for _ in 0..6000 {
        jobs(&client).await.unwrap_err();
        advance(Duration::from_millis(100)).await;
    }
    let probes = scene.seen().len() - before;
    assert!(
        (20..50).contains(&probes),
        "{probes} in {:?}",
        begun.elapsed()
    );
    *lock(&mood) = None;
    advance(Duration::from_secs(30)).await;
    jobs(&client).await.unwrap();
    let asked = scene.seen().len();
    client.fetch(&SERVER_INFO, Query::new()).await.unwrap();
    assert_eq!(scene.seen().len(), asked + 1, "no further probe");
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_caller_goes_away_is_made_by_the_next() {
    let (scene, mood) = failing(refused());
    let client = client(&scene);
    open(&client).await;
    let (gate, _open) = watch::channel(false);
    *lock(&mood) = Some(Act::ping().behind(&gate));
    advance(Duration::from_secs(60)).await;
    let probing = tokio::spawn({
        let client = client.clone();
        async move { client.ping().await }
    });
    settle().await;
    probing.abort();
    settle().await;
    gate.send_replace(true);
    client.ping().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_does_not_go_on_repeating_when_it_has_opened() {
    let (scene, _) = failing(refused());
    let policy = RetryPolicy {
        tries: 100,
        budget: 1000,
        ..RetryPolicy::default()
    };
    let client = scene.client(|builder| builder.retry(policy));
    let error = client.ping().await.unwrap_err();
    assert!(
        matches!(error, Error::Connect { .. }),
        "the failure itself: {error}"
    );
    let asked = scene.seen().len();
    assert!((5..20).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn a_closed_client_says_so_whatever_the_circuit_is() {
    let (scene, _) = failing(refused());
    let client = client(&scene);
    open(&client).await;
    assert_eq!(client.close().await, Ok(()));
    let error = jobs(&client).await.unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
}

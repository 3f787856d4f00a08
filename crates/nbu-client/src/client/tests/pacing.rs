//! The pace: the configured rate, and a primary that says it is overloaded.

use std::num::NonZeroUsize;
use std::time::Duration;

use nbu_api::Query;
use nbu_api::endpoint::{JOBS, SERVER_INFO};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance};

use super::scene::{Act, Scene, settle};
use crate::client::Client;
use crate::sync::{Arc, Mutex, lock};
use crate::{Error, Reason, RetryPolicy};

fn seconds(scene: &Scene, path: &str, since: Instant) -> Vec<f64> {
    let at = |at: Instant| (at - since).as_secs_f64();
    scene.to(path).iter().map(|seen| at(seen.at)).collect()
}

async fn info(client: Client, number: usize) -> (usize, Result<(), Error>) {
    let query = Query::new().with("number", number.to_string());
    (number, client.fetch(&SERVER_INFO, query).await.map(drop))
}

/// A primary that can be told to be overloaded.
fn moody() -> (Scene, Arc<Mutex<Option<Act>>>) {
    let mood = Arc::new(Mutex::new(None));
    let shared = Arc::clone(&mood);
    let scene = Scene::new(move |seen| {
        if let Some(act) = &*lock(&shared) {
            return Act::clone(act);
        }
        match &*seen.path {
            "/ping" => Act::ping(),
            _ => Act::json(200, r#"{"data":[]}"#),
        }
    });
    (scene, mood)
}

fn once() -> RetryPolicy {
    RetryPolicy::never()
}

#[tokio::test(start_paused = true)]
async fn a_rate_spaces_all_attempts_in_the_order_of_coming_and_the_waits_hold_no_permit() {
    let (scene, _) = moody();
    let client = scene.client(|builder| {
        builder
            .requests_per_second(Some(2.0))
            .max_in_flight(NonZeroUsize::MIN)
    });
    client.detect().await.unwrap();
    advance(Duration::from_secs(1)).await;
    let begun = Instant::now();
    let mut callers = JoinSet::new();
    for number in 0..8 {
        callers.spawn(info(client.clone(), number));
        settle().await;
    }
    assert_eq!(client.in_flight(), 0);
    let mut order = Vec::new();
    while let Some(ended) = callers.join_next().await {
        let (number, outcome) = ended.unwrap();
        outcome.unwrap();
        order.push(number);
    }
    assert_eq!(order, (0..8).collect::<Vec<_>>());
    let expected: Vec<_> = (0..8).map(|number| f64::from(number) * 0.5).collect();
    let times = seconds(&scene, "/security/serverinfo", begun);
    assert!(
        times
            .iter()
            .zip(&expected)
            .all(|(time, expected)| (time - expected).abs() < 0.01),
        "{times:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_primary_does_not_save_up_attempts_for_a_burst() {
    // Each answer takes five seconds, one at a time; then they come fast.
    let scene = Scene::new(|seen| match &*seen.path {
        "/ping" => Act::ping(),
        path if path == SERVER_INFO.path => Act::json(200, "{}").after(5),
        _ => Act::json(200, r#"{"data":[]}"#),
    });
    let client = scene.client(|builder| {
        builder
            .requests_per_second(Some(1.0))
            .max_in_flight(NonZeroUsize::new(2).unwrap())
    });
    client.detect().await.unwrap();
    let mut callers = JoinSet::new();
    for number in 0..12 {
        callers.spawn(info(client.clone(), number));
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap().1.unwrap();
    }
    let times: Vec<_> = scene.seen().iter().map(|seen| seen.at).collect();
    assert!(
        times
            .windows(2)
            .all(|pair| pair[1] - pair[0] >= Duration::from_millis(999)),
        "{times:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_the_pace_is_refused_on_close_at_once_and_who_goes_away_blocks_nobody() {
    let (scene, _) = moody();
    let client = scene.client(|builder| builder.requests_per_second(Some(0.1)));
    client.detect().await.unwrap();
    let call = |number| tokio::spawn(info(client.clone(), number));
    let (first, second, third) = (call(0), call(1), call(2));
    settle().await;
    second.abort();
    first.abort();
    settle().await;
    advance(Duration::from_secs(10)).await;
    third.await.unwrap().1.unwrap();
    let waiting: Vec<_> = (0..5).map(call).collect();
    settle().await;
    let begun = Instant::now();
    assert_eq!(client.close().await, Ok(()));
    for waiting in waiting {
        let (_, outcome) = waiting.await.unwrap();
        assert!(matches!(outcome, Err(Error::Closed { .. })));
    }
    assert!(begun.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn the_time_that_one_call_was_told_holds_all_of_them() {
    for status in [429, 503] {
        let (scene, mood) = moody();
        let client = scene.client(|builder| builder.retry(once()));
        client.detect().await.unwrap();
        *lock(&mood) = Some(Act::json(status, "{}").with("retry-after", "30"));
        let begun = Instant::now();
        info(client.clone(), 0).await.1.unwrap_err();
        *lock(&mood) = None;
        let asked = scene.seen().len();
        let others: Vec<_> = (1..4)
            .map(|number| tokio::spawn(info(client.clone(), number)))
            .collect();
        settle().await;
        assert_eq!(scene.seen().len(), asked, "nobody asks meanwhile");
        assert_eq!(client.in_flight(), 0);
        for other in others {
            other.await.unwrap().1.unwrap();
        }
        let times = seconds(&scene, SERVER_INFO.path, begun);
        assert!((times[1] - 30.0).abs() < 0.1, "{times:?}");
        assert!(times[3] < 31.0, "and then they go on: {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hold_that_is_longer_than_a_call_waits_is_told_without_asking() {
    let (scene, mood) = moody();
    let client = scene.client(|builder| builder.retry(once()));
    client.detect().await.unwrap();
    *lock(&mood) = Some(Act::json(503, "{}").with("retry-after", "1000"));
    info(client.clone(), 0).await.1.unwrap_err();
    *lock(&mood) = None;
    let asked = scene.seen().len();
    let error = client.ping().await.unwrap_err();
    assert!(matches!(error, Error::Overloaded { .. }), "{error}");
    assert_eq!(
        (error.reason(), error.retry_after()),
        (Reason::Http, Some(Duration::from_secs(1000)))
    );
    assert_eq!(scene.seen().len(), asked);
    advance(Duration::from_secs(941)).await;
    client.ping().await.unwrap();
    assert_eq!(
        scene.seen().len(),
        asked + 1,
        "what is left is short enough to wait for"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_time_the_pause_grows_is_bounded_and_decays() {
    let (scene, mood) = moody();
    let client = scene.client(|builder| builder.retry(once()));
    client.detect().await.unwrap();
    *lock(&mood) = Some(Act::json(429, "{}").after(1));
    for number in 0..8 {
        info(client.clone(), number).await.1.unwrap_err();
    }
    let times: Vec<_> = scene
        .to(SERVER_INFO.path)
        .iter()
        .map(|seen| seen.at)
        .collect();
    let pauses: Vec<_> = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_secs_f64().round() - 1.0)
        .collect();
    assert_eq!(
        pauses,
        [1.0, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0],
        "half a second rounds up"
    );
    *lock(&mood) = None;
    let begun = Instant::now();
    for number in 0..12 {
        info(client.clone(), number).await.1.unwrap();
    }
    assert!(
        begun.elapsed() < Duration::from_secs(40),
        "{:?}",
        begun.elapsed()
    );
    let begun = Instant::now();
    for number in 0..12 {
        info(client.clone(), number).await.1.unwrap();
    }
    assert!(begun.elapsed().is_zero(), "recovered");
}

#[tokio::test(start_paused = true)]
async fn other_errors_slow_nobody_down() {
    let (scene, mood) = moody();
    let client = scene.client(|builder| builder.retry(once()));
    client.detect().await.unwrap();
    let begun = Instant::now();
    for status in [400, 404, 408, 500, 502, 504] {
        *lock(&mood) = Some(Act::json(status, "{}").with("retry-after", "30"));
        client.fetch(&JOBS, Query::new()).await.unwrap_err();
    }
    assert!(begun.elapsed().is_zero());
}

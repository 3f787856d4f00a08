//! Sessions are not left behind: neither by a renewal, nor by another credential, nor by the close.

use std::num::NonZeroUsize;
use std::time::Duration;

use nbu_api::Query;
use nbu_api::endpoint::{JOBS, STORAGE_UNITS};
use tokio::sync::watch;
use tokio::time::{Instant, advance};

use super::scene::{Act, Scene, settle, user};
use super::scripted::Tally;
use crate::client::Client;
use crate::sync::{Arc, Mutex, lock};
use crate::{CloseError, Credential, Error, RetryPolicy};

/// What the primary does with `POST /logout`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Logout {
    Works,
    Fails,
    Hangs,
}

/// A primary that gives `token-1`, `token-2`, … for an hour each, and lists jobs once the gate is open.
fn scene(gate: &watch::Sender<bool>, logout: Logout) -> Scene {
    let (logins, held) = (Mutex::new(0), gate.clone());
    Scene::pinging(move |seen| match &*seen.path {
        "/login" => {
            let mut logins = lock(&logins);
            *logins += 1;
            Act::token(&format!("token-{logins}"), 3600)
        }
        "/logout" => match logout {
            Logout::Works => Act::json(200, ""),
            Logout::Fails => Act::json(500, "{}"),
            Logout::Hangs => Act::json(200, "").after(86_400),
        },
        "/admin/jobs" => Act::json(200, r#"{"data":[]}"#).behind(&held),
        _ => Act::json(200, r#"{"data":[]}"#),
    })
}

fn client(scene: &Scene, observer: &Arc<Tally>) -> Client {
    let observer = Arc::clone(observer);
    scene.client(|builder| {
        builder
            .credential(user("right"))
            .observer(observer)
            .request_timeout(Duration::from_secs(86_400))
            .retry(RetryPolicy::never())
    })
}

/// A client with a session, and a call that waits for its answer.
async fn at_work(scene: &Scene, observer: &Arc<Tally>) -> (Client, Call) {
    let client = client(scene, observer);
    units(&client).await.unwrap();
    let asking = client.clone();
    let call = tokio::spawn(async move { asking.fetch(&JOBS, Query::new()).await.map(drop) });
    settle().await;
    assert_eq!(client.in_flight(), 1);
    (client, call)
}

type Call = tokio::task::JoinHandle<Result<(), Error>>;

async fn units(client: &Client) -> Result<(), Error> {
    client.fetch(&STORAGE_UNITS, Query::new()).await.map(drop)
}

/// The tokens that were logged out of, in order.
fn left(scene: &Scene) -> Vec<String> {
    let seen = scene.to("/logout");
    seen.into_iter().filter_map(|seen| seen.key).collect()
}

#[tokio::test(start_paused = true)]
async fn the_close_logs_out_when_everything_has_its_answer() {
    let (gate, _open) = watch::channel(false);
    let (scene, observer) = (scene(&gate, Logout::Works), Arc::default());
    let (client, call) = at_work(&scene, &observer).await;
    let closing = tokio::spawn(client.close());
    settle().await;
    assert_eq!(left(&scene), [""; 0], "a request is on the wire with it");
    gate.send_replace(true);
    assert_eq!(closing.await.unwrap(), Ok(()));
    assert!(call.await.unwrap().is_ok());
    assert_eq!(left(&scene), ["token-1"]);
    let sent = &scene.to("/logout")[0];
    assert_eq!((sent.content_type.as_deref(), &*sent.body), (None, ""));
    assert_eq!((client.in_flight(), observer.under_way()), (0, 0));
    assert_eq!(client.close().await, Ok(()));
    assert_eq!(left(&scene).len(), 1, "once is enough");
    assert!(matches!(units(&client).await, Err(Error::Closed { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_replaced_token_is_logged_out_of_when_no_request_shows_it_any_more() {
    let (gate, _open) = watch::channel(false);
    let (scene, observer) = (scene(&gate, Logout::Works), Arc::default());
    let (client, call) = at_work(&scene, &observer).await;
    // Three quarters of the hour are over. The request on the wire may take as long as it likes.
    advance(Duration::from_secs(2701)).await;
    for _ in 0..3 {
        units(&client).await.unwrap();
    }
    let shown: Vec<_> = scene.to("/storage/storage-units");
    assert_eq!(shown[1].key.as_deref(), Some("token-2"));
    assert_eq!(left(&scene), [""; 0], "the first one is still shown");
    gate.send_replace(true);
    assert!(call.await.unwrap().is_ok());
    for _ in 0..3 {
        units(&client).await.unwrap();
    }
    assert_eq!(left(&scene), ["token-1"]);
    client.close().await.unwrap();
    assert_eq!(left(&scene), ["token-1", "token-2"]);
}

#[tokio::test(start_paused = true)]
async fn the_session_of_a_credential_that_was_replaced_is_ended() {
    let (gate, _open) = watch::channel(true);
    let (scene, observer) = (scene(&gate, Logout::Works), Arc::default());
    let client = client(&scene, &observer);
    units(&client).await.unwrap();
    client.set_credential(Credential::api_key("key")).unwrap();
    units(&client).await.unwrap();
    assert_eq!(left(&scene), ["token-1"]);
    // And none of the key, which is no session.
    client.close().await.unwrap();
    assert_eq!(left(&scene).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_opens_after_its_credential_was_replaced_is_ended() {
    let (gate, _open) = watch::channel(false);
    let held = gate.clone();
    let scene = Scene::pinging(move |seen| match &*seen.path {
        "/login" => Act::token("late", 3600).behind(&held),
        _ => Act::json(200, r#"{"data":[]}"#),
    });
    let client = client(&scene, &Arc::default());
    let asking = client.clone();
    let call = tokio::spawn(async move { units(&asking).await });
    settle().await;
    client.set_credential(Credential::api_key("key")).unwrap();
    gate.send_replace(true);
    call.await.unwrap().unwrap();
    units(&client).await.unwrap();
    assert_eq!(left(&scene), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_opens_during_the_close_is_ended_by_it() {
    let (gate, _open) = watch::channel(false);
    let held = gate.clone();
    let scene = Scene::pinging(move |seen| match &*seen.path {
        "/login" => Act::token("late", 3600).behind(&held),
        _ => Act::json(200, r#"{"data":[]}"#),
    });
    let client = client(&scene, &Arc::default());
    let asking = client.clone();
    let call = tokio::spawn(async move { units(&asking).await });
    settle().await;
    let closing = tokio::spawn(client.close());
    settle().await;
    gate.send_replace(true);
    assert_eq!(closing.await.unwrap(), Ok(()));
    assert!(matches!(call.await.unwrap(), Err(Error::Closed { .. })));
    assert_eq!(left(&scene), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_hangs_delays_nobody_for_long_and_changes_no_outcome() {
    for (patience, took) in [(30, 5), (2, 2)] {
        let (gate, _open) = watch::channel(true);
        let (scene, observer) = (scene(&gate, Logout::Hangs), Arc::default());
        let client = client(&scene, &observer);
        units(&client).await.unwrap();
        let began = Instant::now();
        let closing = client.close_within(Duration::from_secs(patience));
        assert_eq!(closing.await, Ok(()), "everything was answered");
        assert_eq!(began.elapsed().as_secs(), took);
        assert_eq!(left(&scene), ["token-1"]);
        settle().await;
        assert_eq!((client.in_flight(), observer.under_way()), (0, 0));
        assert_eq!(client.close().await, Ok(()));
        assert_eq!(left(&scene).len(), 1, "it is not tried again");
    }
    // The same where a call comes by it.
    let (gate, _open) = watch::channel(true);
    let (scene, observer) = (scene(&gate, Logout::Hangs), Arc::default());
    let client = client(&scene, &observer);
    units(&client).await.unwrap();
    client.set_credential(Credential::api_key("key")).unwrap();
    let began = Instant::now();
    for _ in 0..3 {
        units(&client).await.unwrap();
    }
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_fails_is_not_tried_again() {
    let (gate, _open) = watch::channel(true);
    let (scene, observer) = (scene(&gate, Logout::Fails), Arc::default());
    let client = client(&scene, &observer);
    for second in [0, 2701] {
        advance(Duration::from_secs(second)).await;
        units(&client).await.unwrap();
        units(&client).await.unwrap();
    }
    units(&client).await.unwrap();
    assert_eq!(left(&scene), ["token-1"]);
    assert_eq!(client.close().await, Ok(()));
    assert_eq!(left(&scene), ["token-1", "token-2"]);
}

#[tokio::test(start_paused = true)]
async fn of_several_closers_one_logs_out_and_another_takes_over_when_it_goes_away() {
    let (gate, _open) = watch::channel(true);
    let (scene, observer) = (scene(&gate, Logout::Hangs), Arc::default());
    let client = client(&scene, &observer);
    units(&client).await.unwrap();
    let (first, second) = (client.close(), client.close_within(Duration::from_secs(3)));
    let (first, second) = (tokio::spawn(first), tokio::spawn(second));
    settle().await;
    assert_eq!(left(&scene).len(), 1, "one of them");
    assert_eq!(client.in_flight(), 1, "it counts");
    let began = Instant::now();
    // Whichever it is, the other has to end it.
    first.abort();
    assert_eq!(second.await.unwrap(), Ok(()));
    assert_eq!(began.elapsed().as_secs(), 3);
    assert_eq!(left(&scene), ["token-1", "token-1"]);
    assert_eq!(client.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_earliest_deadline_ends_the_logout_for_all() {
    let (gate, _open) = watch::channel(true);
    let (scene, observer) = (scene(&gate, Logout::Hangs), Arc::default());
    let client = client(&scene, &observer);
    units(&client).await.unwrap();
    let began = Instant::now();
    let (long, short) = (client.close(), client.close_within(Duration::from_secs(1)));
    let (long, short) = tokio::join!(long, short);
    assert_eq!((long, short), (Ok(()), Ok(())));
    assert_eq!(began.elapsed().as_secs(), 1);
    assert_eq!(left(&scene).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_session_any_more_is_not_logged_out_of() {
    // Never opened.
    let (gate, _open) = watch::channel(true);
    let (scene, observer) = (scene(&gate, Logout::Works), Arc::<Tally>::default());
    client(&scene, &observer).close().await.unwrap();
    // Over.
    let over = client(&scene, &observer);
    units(&over).await.unwrap();
    advance(Duration::from_secs(3600)).await;
    over.close().await.unwrap();
    assert_eq!(left(&scene), [""; 0]);
    // Refused by the primary: the first one for certain, the second one has had no second chance.
    let logins = Mutex::new(0);
    let scene = Scene::pinging(move |seen| match &*seen.path {
        "/login" => {
            let mut logins = lock(&logins);
            *logins += 1;
            Act::token(&format!("token-{logins}"), 3600)
        }
        _ => Act::json(401, "{}"),
    });
    let refused = client(&scene, &observer);
    units(&refused).await.unwrap_err();
    refused.close().await.unwrap();
    assert_eq!(left(&scene), ["token-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_cut_sends_nothing_more() {
    let (gate, _open) = watch::channel(false);
    let (scene, observer) = (scene(&gate, Logout::Works), Arc::default());
    let (client, call) = at_work(&scene, &observer).await;
    let closing = client.close_within(Duration::from_secs(1));
    assert_eq!(closing.await, Err(CloseError::TimedOut { in_flight: 1 }));
    assert!(call.await.unwrap().is_err());
    settle().await;
    assert_eq!(left(&scene), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn one_slot_is_enough() {
    let (gate, _open) = watch::channel(true);
    let scene = scene(&gate, Logout::Works);
    let client = scene.client(|builder| {
        builder
            .credential(user("right"))
            .max_in_flight(NonZeroUsize::MIN)
    });
    units(&client).await.unwrap();
    advance(Duration::from_secs(2701)).await;
    units(&client).await.unwrap();
    units(&client).await.unwrap();
    client.close().await.unwrap();
    assert_eq!(left(&scene), ["token-1", "token-2"]);
}

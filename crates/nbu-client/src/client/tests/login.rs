//! Sessions: opened once, renewed in time, given up when refused, and never a rejected password in a loop.

use std::num::NonZeroUsize;
use std::time::Duration;

use nbu_api::Query;
use nbu_api::endpoint::{JOBS, STORAGE_UNITS};
use tokio::sync::watch;
use tokio::time::{Instant, advance};

use super::scene::{Act, Scene, settle, user};
use crate::client::Client;
use crate::error::LoginFault;
use crate::sync::{Arc, Mutex, lock};
use crate::{CloseError, Credential, Error, Reason, RetryPolicy};

/// Gives the tokens `token-1`, `token-2`, … for `right`, and accepts the last one.
#[derive(Default)]
struct Primary {
    logins: usize,
    accepts: Vec<String>,
    forbids: &'static str,
}

/// The stage of such a primary, whose tokens live for so many seconds.
fn scene(validity: u64) -> (Scene, Arc<Mutex<Primary>>) {
    let primary = Arc::new(Mutex::new(Primary::default()));
    let shared = Arc::clone(&primary);
    let scene = Scene::pinging(move |seen| {
        let mut primary = lock(&shared);
        if seen.path == "/login" {
            primary.logins += 1;
            if !seen.body.contains(r#""password":"right""#) {
                return Act::json(401, r#"{"errorCode":8000,"errorMessage":"wrong password"}"#);
            }
            let token = format!("token-{}", primary.logins);
            primary.accepts = vec![token.clone()];
            return Act::token(&token, validity);
        }
        let known = seen
            .key
            .as_ref()
            .is_some_and(|key| primary.accepts.contains(key));
        if known && seen.path != primary.forbids {
            Act::json(200, r#"{"data":[]}"#)
        } else {
            Act::json(401, r#"{"errorCode":5,"errorMessage":"no access"}"#)
        }
    });
    (scene, primary)
}

fn client(scene: &Scene, password: &str) -> Client {
    // One slot: neither the login nor the question who we are may wait for the permit of the call that needs it.
    scene.client(|builder| {
        builder
            .credential(user(password))
            .max_in_flight(NonZeroUsize::MIN)
            .retry(RetryPolicy::never())
    })
}

async fn jobs(client: &Client) -> Result<(), Error> {
    client.fetch(&JOBS, Query::new()).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn ten_callers_are_one_login_and_its_token_is_sent_as_it_is() {
    let (scene, _) = scene(3600);
    let client = client(&scene, "right");
    client.detect().await.unwrap();
    let callers: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { jobs(&client).await })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let logins = scene.to("/login");
    assert_eq!(logins.len(), 1);
    assert_eq!(logins[0].key, None);
    assert_eq!(
        logins[0].content_type.as_deref(),
        Some("application/vnd.netbackup+json;version=12.0")
    );
    let form: serde_json::Value = serde_json::from_str(&logins[0].body).unwrap();
    let expected = serde_json::json!({
        "domainType": "unixpwd", "domainName": "nbu.example.com", "userName": "monitor", "password": "right"
    });
    assert_eq!(form, expected);
    let asked = scene.to("/admin/jobs");
    assert_eq!(asked.len(), 10);
    assert!(
        asked
            .iter()
            .all(|seen| seen.key.as_deref() == Some("token-1"))
    );
}

#[tokio::test(start_paused = true)]
async fn ten_callers_share_one_failed_login_too() {
    let (gate, _open) = watch::channel(false);
    let held = gate.clone();
    let scene = Scene::pinging(move |seen| match &*seen.path {
        "/login" => Act::json(500, "{}").behind(&held),
        _ => Act::json(401, "{}"),
    });
    let client = client(&scene, "right");
    client.detect().await.unwrap();
    let callers: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { jobs(&client).await })
        })
        .collect();
    settle().await;
    gate.send_replace(true);
    for caller in callers {
        let error = caller.await.unwrap().unwrap_err();
        assert_eq!((error.reason(), error.status()), (Reason::Http, Some(500)));
    }
    assert_eq!(scene.count("/login"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_before_it_ends_and_nobody_but_the_one_who_does_it_waits() {
    let (gate, _open) = watch::channel(false);
    let held = gate.clone();
    let logins = Mutex::new(0);
    let scene = Scene::pinging(move |seen| {
        if seen.path == "/login" {
            *lock(&logins) += 1;
            let token = Act::token(&format!("token-{}", lock(&logins)), 3600);
            return if *lock(&logins) == 1 {
                token
            } else {
                token.behind(&held)
            };
        }
        Act::json(200, r#"{"data":[]}"#)
    });
    let client = scene.client(|builder| builder.credential(user("right")));
    jobs(&client).await.unwrap();
    advance(Duration::from_secs(2699)).await;
    jobs(&client).await.unwrap();
    assert_eq!(scene.count("/login"), 1, "three quarters are not over");
    advance(Duration::from_secs(1)).await;
    let renewing = tokio::spawn({
        let client = client.clone();
        async move { jobs(&client).await }
    });
    settle().await;
    assert_eq!(scene.count("/login"), 2);
    jobs(&client).await.unwrap();
    gate.send_replace(true);
    renewing.await.unwrap().unwrap();
    jobs(&client).await.unwrap();
    let keys: Vec<_> = scene
        .to("/admin/jobs")
        .into_iter()
        .filter_map(|seen| seen.key)
        .collect();
    assert_eq!(
        keys,
        ["token-1", "token-1", "token-1", "token-2", "token-2"]
    );
    assert_eq!(scene.count("/login"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_costs_nothing_while_the_token_is_good() {
    let logins = Mutex::new(0);
    let scene = Scene::pinging(move |seen| {
        if seen.path != "/login" {
            return Act::json(200, r#"{"data":[]}"#);
        }
        *lock(&logins) += 1;
        if *lock(&logins) == 1 {
            Act::token("token", 3600)
        } else {
            Act::json(500, "{}")
        }
    });
    let client = client(&scene, "right");
    jobs(&client).await.unwrap();
    advance(Duration::from_secs(3000)).await;
    for _ in 0..20 {
        jobs(&client).await.unwrap();
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(
        scene.count("/login"),
        3,
        "one, and then one every ten seconds"
    );
    advance(Duration::from_secs(600)).await;
    assert_eq!(
        jobs(&client).await.unwrap_err().status(),
        Some(500),
        "now it is over"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once_and_the_call_repeated_once() {
    let (scene, primary) = scene(3600);
    let client = client(&scene, "right");
    jobs(&client).await.unwrap();
    lock(&primary).accepts.clear();
    jobs(&client).await.unwrap();
    assert_eq!((scene.count("/login"), scene.count("/admin/jobs")), (2, 3));
    assert_eq!(scene.count("/authorization-context"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_costs_no_login() {
    let (scene, primary) = scene(3600);
    lock(&primary).forbids = "/storage/storage-units";
    let client = client(&scene, "right");
    for _ in 0..3 {
        let error = client
            .fetch(&STORAGE_UNITS, Query::new())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Forbidden { .. }), "{error}");
    }
    assert_eq!(scene.count("/login"), 1);
    assert_eq!(scene.count("/storage/storage-units"), 3, "asked once each");
    assert_eq!(scene.count("/authorization-context"), 3);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_are_never_accepted_do_not_become_a_loop_of_logins() {
    let scene = Scene::pinging(|seen| match &*seen.path {
        "/login" => Act::token("worthless", 3600),
        _ => Act::json(401, "{}"),
    });
    let client = client(&scene, "right");
    let mut last = None;
    for _ in 0..20 {
        last = Some(jobs(&client).await.unwrap_err());
    }
    let last = last.unwrap();
    assert_eq!(last.reason(), Reason::Unauthorized);
    assert!(
        matches!(
            last,
            Error::Login {
                fault: LoginFault::Worthless,
                ..
            }
        ),
        "{last}"
    );
    assert!(scene.count("/login") <= 4, "{}", scene.count("/login"));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_password_is_left_alone_longer_each_time_and_says_so() {
    let (scene, _) = scene(3600);
    let client = client(&scene, "wrong");
    let error = jobs(&client).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert_eq!(error.refusal().unwrap().code, Some(8000));
    assert!(error.to_string().contains("/login"), "{error}");
    let begun = Instant::now();
    let mut tried = Vec::new();
    // A collector that asks every ten seconds, for three hours.
    for _ in 0..1080 {
        advance(Duration::from_secs(10)).await;
        let before = scene.count("/login");
        let error = jobs(&client).await.unwrap_err();
        assert_eq!(error.reason(), Reason::Unauthorized);
        if scene.count("/login") > before {
            tried.push(begun.elapsed().as_secs());
        } else {
            assert!(
                error.to_string().contains("not tried for another"),
                "{error}"
            );
        }
    }
    assert_eq!(tried, [600, 1800, 4200, 7800]);
}

#[tokio::test(start_paused = true)]
async fn another_password_is_tried_at_once_and_the_same_one_is_not() {
    let (scene, _) = scene(3600);
    let client = client(&scene, "wrong");
    jobs(&client).await.unwrap_err();
    assert_eq!(client.set_credential(user("wrong")), Ok(false));
    jobs(&client).await.unwrap_err();
    assert_eq!(scene.count("/login"), 1);
    assert_eq!(client.set_credential(user("right")), Ok(true));
    jobs(&client).await.unwrap();
    assert_eq!(
        (scene.count("/login"), client.credentials_replaced()),
        (2, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn who_goes_away_during_a_login_leaves_it_to_the_next() {
    let (gate, _open) = watch::channel(false);
    let held = gate.clone();
    let scene = Scene::pinging(move |seen| match &*seen.path {
        "/login" => Act::token("token", 3600).behind(&held),
        _ => Act::json(200, r#"{"data":[]}"#),
    });
    let client = client(&scene, "right");
    client.detect().await.unwrap();
    let call = |client: &Client| {
        let client = client.clone();
        tokio::spawn(async move { jobs(&client).await })
    };
    let first = call(&client);
    settle().await;
    let second = call(&client);
    settle().await;
    assert_eq!(scene.count("/login"), 1);
    first.abort();
    settle().await;
    assert_eq!(scene.count("/login"), 2, "the next one took over");
    gate.send_replace(true);
    second.await.unwrap().unwrap();
    assert_eq!(client.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_a_close_no_login_begins_and_one_under_way_counts_as_any_attempt() {
    let (gate, _open) = watch::channel(false);
    let held = gate.clone();
    let scene = Scene::pinging(move |_| Act::token("token", 3600).behind(&held));
    let client = client(&scene, "right");
    let callers: Vec<_> = (0..2)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { jobs(&client).await })
        })
        .collect();
    settle().await;
    assert_eq!(
        client.in_flight(),
        1,
        "the login has a permit, who waits for it has none"
    );
    let closing = client.close_within(Duration::from_secs(5));
    assert_eq!(closing.await, Err(CloseError::TimedOut { in_flight: 1 }));
    for caller in callers {
        assert!(matches!(caller.await.unwrap(), Err(Error::Closed { .. })));
    }
    let error = jobs(&client).await.unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
    assert_eq!(scene.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_second_factor_is_said_and_not_asked_for_again() {
    let scene =
        Scene::pinging(|_| Act::json(201, r#"{"token":"half","tokenType":"MFA","validity":180}"#));
    let client = client(&scene, "right");
    for _ in 0..3 {
        let error = jobs(&client).await.unwrap_err();
        assert!(error.to_string().contains("API key"), "{error}");
        assert_eq!(error.reason(), Reason::Unauthorized);
    }
    assert_eq!(scene.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_exchanged_meanwhile_is_used_at_once() {
    let (gate, _open) = watch::channel(false);
    let held = gate.clone();
    let scene = Scene::pinging(move |seen| match seen.key.as_deref() {
        Some("new") => Act::json(200, r#"{"data":[]}"#),
        _ => Act::json(401, "{}").behind(&held),
    });
    let client = scene.client(|builder| builder.credential(Credential::api_key("old")));
    let call = tokio::spawn({
        let client = client.clone();
        async move { jobs(&client).await }
    });
    settle().await;
    client.set_credential(Credential::api_key("new")).unwrap();
    gate.send_replace(true);
    call.await.unwrap().unwrap();
    assert_eq!(scene.count("/admin/jobs"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_api_key_is_never_logged_in_with() {
    let scene = Scene::pinging(|_| Act::json(401, "{}"));
    let client = scene.client(|builder| builder.credential(Credential::api_key("dead")));
    let error = jobs(&client).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert!(error.to_string().contains("renew the API key"), "{error}");
    assert_eq!(
        (
            scene.count("/admin/jobs"),
            scene.count("/authorization-context"),
            scene.seen().len()
        ),
        (1, 1, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_that_met_another_version_takes_part_in_the_detection() {
    // No ping header, no server info: the version is found out on the job list, with a token.
    let scene = Scene::new(|seen| match &*seen.path {
        "/ping" => Act::Answer {
            status: 200,
            content_type: "text/plain",
            headers: Vec::new(),
            body: "1".to_owned(),
        },
        "/security/serverinfo" => Act::json(404, "{}"),
        "/login"
            if seen.content_type.as_deref()
                != Some("application/vnd.netbackup+json;version=8.0") =>
        {
            Act::json(415, "{}")
        }
        "/login" => Act::token("token", 3600),
        _ => Act::json(200, r#"{"data":[]}"#),
    });
    let client = scene.client(|builder| builder.credential(user("right")).api_version(None));
    assert_eq!(client.detect().await.unwrap(), nbu_api::ApiVersion::V8_0);
    jobs(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whichever_way_a_user_is_not_let_in_the_account_rests_and_trouble_is_no_such_way() {
    for (status, rests) in [
        (400, true),
        (401, true),
        (403, true),
        (404, false),
        (500, false),
    ] {
        let scene = Scene::pinging(move |seen| match &*seen.path {
            "/login" => Act::json(status, "{}"),
            _ => Act::json(401, "{}"),
        });
        let client = client(&scene, "right");
        for _ in 0..3 {
            jobs(&client).await.unwrap_err();
            advance(Duration::from_secs(60)).await;
        }
        let logins = if rests { 1 } else { 3 };
        assert_eq!(scene.count("/login"), logins, "{status}");
    }
}

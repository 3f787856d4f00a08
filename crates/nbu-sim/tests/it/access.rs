//! Keys, sessions, permissions, certificates.

use std::time::Duration;

use jiff::SignedDuration;
use nbu_sim::{Identity, Permission, Population, Sim};
use serde_json::json;

use crate::asking::{Answer, Asking, KEY, client};

fn empty() -> nbu_sim::SimBuilder {
    Sim::builder().population(Population::empty())
}

#[tokio::test]
async fn a_missing_permission_looks_like_a_dead_key_until_one_asks_who_one_is() {
    let asking = Asking::start(empty().api_key_with("half", &[Permission::Jobs], None)).await;
    let with = |key: &'static str, path: &'static str| {
        let request = asking
            .client
            .get(format!("{}{path}", asking.primary.url()))
            .header("authorization", key);
        async { Answer::of(request).await }
    };
    assert_eq!(with("half", "/admin/jobs").await.status, 200);
    let forbidden = with("half", "/storage/disk-pools").await;
    let dead = with("dead", "/storage/disk-pools").await;
    assert_eq!(
        (forbidden.status.as_u16(), dead.status.as_u16()),
        (401, 401)
    );
    assert_eq!(forbidden.body, dead.body);
    assert_eq!(with("half", "/authorization-context").await.status, 200);
    assert_eq!(with("dead", "/authorization-context").await.status, 401);
    assert_eq!(with("Bearer half", "/admin/jobs").await.status, 200);
    asking.primary.revoke("half");
    assert_eq!(with("half", "/authorization-context").await.status, 401);
}

#[tokio::test]
async fn keys_expire_on_the_primarys_clock() {
    let builder = empty();
    let asking = Asking::start(builder).await;
    let soon = asking.primary.now() + SignedDuration::from_secs(60);
    asking
        .primary
        .set_key("short", &Permission::ALL, Some(soon));
    let ask = || {
        asking
            .client
            .get(format!("{}/authorization-context", asking.primary.url()))
            .header("authorization", "short")
    };
    let context = Answer::of(ask()).await;
    assert_eq!(
        context.body["data"]["attributes"]["expireDate"],
        format!("{soon:.3}")
    );
    asking.primary.advance(Duration::from_secs(61));
    assert_eq!(Answer::of(ask()).await.status, 401);
}

#[tokio::test]
async fn sessions_are_opened_and_end() {
    let asking = Asking::start(
        empty()
            .user("monitor", "right", &Permission::ALL)
            .token_validity(600),
    )
    .await;
    let login = |password: &str| {
        let form = json!({"domainType": "unixpwd", "domainName": "", "userName": "monitor", "password": password});
        Answer::of(
            asking
                .client
                .post(format!("{}/login", asking.primary.url()))
                .header(
                    "content-type",
                    "application/vnd.netbackup+json;version=12.0",
                )
                .body(form.to_string()),
        )
    };
    assert_eq!(login("wrong").await.status, 401);
    let session = login("right").await;
    assert_eq!(session.status, 201);
    assert_eq!(session.body["validity"], 600);
    let token = session.body["token"].as_str().unwrap().to_owned();
    let jobs = || {
        asking
            .client
            .get(format!("{}/admin/jobs", asking.primary.url()))
            .header("authorization", &token)
    };
    assert_eq!(Answer::of(jobs()).await.status, 200);
    assert_eq!(asking.primary.sessions(), 1);
    asking.primary.advance(Duration::from_secs(600));
    assert_eq!(Answer::of(jobs()).await.status, 401);
    assert_eq!(asking.primary.sessions(), 0);
}

#[tokio::test]
async fn sessions_are_logged_out_of() {
    let asking = Asking::start(empty().user("monitor", "right", &Permission::ALL)).await;
    let url = |path: &str| format!("{}{path}", asking.primary.url());
    let json = "application/vnd.netbackup+json;version=12.0";
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let form = r#"{"userName":"monitor","password":"right"}"#;
        let login = asking.client.post(url("/login")).body(form);
        let session = Answer::of(login.header("content-type", json)).await;
        tokens.push(session.body["token"].as_str().unwrap().to_owned());
    }
    let logout = |token: &str| {
        let logout = asking.client.post(url("/logout"));
        Answer::of(logout.header("authorization", token))
    };
    assert_eq!(logout(&tokens[0]).await.status, 200);
    assert_eq!(asking.primary.sessions(), 1, "the other one goes on");
    assert_eq!(logout(&tokens[0]).await.status, 401, "it has ended");
    let jobs = |token: &str| {
        asking
            .client
            .get(url("/admin/jobs"))
            .header("authorization", token)
    };
    assert_eq!(Answer::of(jobs(&tokens[0])).await.status, 401);
    assert_eq!(Answer::of(jobs(&tokens[1])).await.status, 200);
    // A key is no session.
    assert_eq!(logout(KEY).await.status, 401);
    assert_eq!(Answer::of(jobs(KEY)).await.status, 200);
    assert_eq!(asking.primary.logins().ended, 1);
}

#[tokio::test]
async fn only_its_own_authority_vouches_for_it() {
    let asking = Asking::start(empty()).await;
    let other = Asking::start(empty()).await;
    let ping =
        |client: &reqwest::Client| client.get(format!("{}/ping", asking.primary.url())).send();
    assert!(ping(&asking.client).await.is_ok());
    assert!(ping(&other.client).await.unwrap_err().is_connect());
    let expired = Identity {
        not_after: "2021-01-01T00:00:00Z".parse().unwrap(),
        ..Identity::default()
    };
    asking.primary.set_identity(&expired).unwrap();
    assert!(
        ping(&client(&asking.primary))
            .await
            .unwrap_err()
            .is_connect()
    );
    let elsewhere = Identity {
        names: vec!["elsewhere.example.com".to_owned()],
        ..Identity::default()
    };
    asking.primary.set_identity(&elsewhere).unwrap();
    assert!(
        ping(&client(&asking.primary))
            .await
            .unwrap_err()
            .is_connect()
    );
}

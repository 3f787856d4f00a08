//! Users and passwords, as the toolkit's own tests try them. The hash of one user costs a quarter of a million rounds: nobody
//! else waits for it.

use super::super::{Site, TLS};
use nbu_tests::Exporter;
use reqwest::Client;

const SLOW: &str = "  bob: $2y$18$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n";

fn users() -> String {
    let line = |name: &str| {
        let hash = bcrypt::hash(format!("{name}123"), 10).unwrap();
        format!("  {name}: {hash}\n")
    };
    format!(
        "basic_auth_users:\n{}{SLOW}{}{}",
        line("alice"),
        line("carol"),
        line("dave")
    )
}

async fn login(
    client: &Client,
    exporter: &Exporter,
    scheme: &str,
    who: Option<(&str, &str)>,
) -> u16 {
    let request = client.get(format!("{scheme}://{}/", exporter.address()));
    let request = match who {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    };
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    if status == 401 {
        assert!(answer.text().await.unwrap().contains("Unauthorized"));
    }
    status
}

#[tokio::test]
async fn logins_with_and_without_tls() {
    let site = Site::new();
    for (scheme, web) in [("http", users()), ("https", format!("{TLS}{}", users()))] {
        let exporter = site.start(&web).await;
        let client = site.visitor().client();
        for (who, expected) in [
            (None, 401),
            (Some(("dave", "dave123")), 200),
            (Some(("carol", "carol123")), 200),
            (Some(("dave", "bad")), 401),
            (Some(("nonexistent", "nonexistent")), 401),
        ] {
            let status = login(&client, &exporter, scheme, who).await;
            assert_eq!(status, expected, "{scheme} {who:?}");
        }
    }
}

#[tokio::test]
async fn what_is_remembered_stays_right() {
    let site = Site::new();
    let web = users();
    let exporter = site.start(&web).await;
    let client = nbu_tests::http();
    let login = |user: &'static str, password: &'static str| {
        let (client, exporter) = (&client, &exporter);
        async move { login(client, exporter, "http", Some((user, password))).await }
    };
    for _ in 0..2 {
        assert_eq!(login("fakeuser", "fakepassword").await, 401);
        assert_eq!(login("alice", "alice123").await, 200);
        assert_eq!(login("alice", "alice1234").await, 401);
    }
    // The parts of a remembered login cannot be cut elsewhere.
    let hash = web
        .lines()
        .find_map(|line| line.strip_prefix("  alice: "))
        .unwrap();
    for (user, password) in [
        (format!("alice{hash}"), "fakepassword".to_owned()),
        ("alice".to_owned(), format!("{hash}fakepassword")),
    ] {
        let who = Some((&*user, &*password));
        assert_eq!(
            super::users::login(&client, &exporter, "http", who).await,
            401
        );
    }
    let mut crowd = Vec::new();
    for number in 0..300 {
        let (password, expected) = [("alice123", 200), ("alice1234", 401)][number % 2];
        let (client, url) = (client.clone(), exporter.url("/"));
        crowd.push(tokio::spawn(async move {
            let request = client.get(url).basic_auth("alice", Some(password));
            let status = request.send().await.unwrap().status();
            assert_eq!(status, expected);
        }));
    }
    for one in crowd {
        one.await.unwrap();
    }
}

//! Passwords, paths that need none, headers and the rate limit.

use super::{Site, TLS, user};
use nbu_tests::Exporter;
use reqwest::{Client, Response};

async fn ask(
    client: &Client,
    exporter: &Exporter,
    path: &str,
    who: Option<(&str, &str)>,
) -> Response {
    let request = client.get(format!("https://{}{path}", exporter.address()));
    let request = match who {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    };
    request.send().await.unwrap()
}

#[tokio::test]
async fn only_users_of_the_file_come_in() {
    let site = Site::new();
    let web = format!(
        "{TLS}basic_auth_users:\n{}{}",
        user("alice", "correct horse"),
        user("bob", "pass:word")
    );
    let exporter = site.start(&web).await;
    let client = site.visitor().client();
    // Twice, since the second time it is known.
    for _ in 0..2 {
        for (who, expected) in [
            (None, 401),
            (Some(("alice", "correct horse")), 200),
            (Some(("bob", "pass:word")), 200),
            (Some(("alice", "pass:word")), 401),
            (Some(("alice", "")), 401),
            (Some(("carol", "correct horse")), 401),
            (Some(("", "")), 401),
            (Some(("Alice", "correct horse")), 401),
        ] {
            let answer = ask(&client, &exporter, "/metrics", who).await;
            assert_eq!(answer.status(), expected, "{who:?}");
            let challenge = answer.headers().get("www-authenticate");
            assert_eq!(challenge.is_some(), expected == 401, "{who:?}");
            if let Some(challenge) = challenge {
                assert!(challenge.to_str().unwrap().starts_with("Basic"));
                assert!(answer.text().await.unwrap().contains("Unauthorized"));
            }
        }
    }
    for scheme in [
        "Basic",
        "Basic ?",
        "Bearer YWxpY2U6Y29ycmVjdCBob3JzZQ==",
        "Basic YWxpY2U=",
    ] {
        let url = format!("https://{}/metrics", exporter.address());
        let answer = client.get(url).header("authorization", scheme).send();
        assert_eq!(answer.await.unwrap().status(), 401, "{scheme}");
    }
    // Every path but the exempt one, and that one only as it is written.
    for (path, expected) in [
        ("/", 401),
        ("/-/ready", 401),
        ("/-/reload", 401),
        ("/nowhere", 401),
        ("/-/healthy", 200),
        ("/-/healthy?a=b", 200),
        ("/-/healthy/", 401),
        ("/-//healthy", 401),
        ("/%2d/healthy", 401),
        ("/-/HEALTHY", 401),
    ] {
        let answer = ask(&client, &exporter, path, None).await;
        assert_eq!(answer.status(), expected, "{path}");
    }
    let metrics = ask(&client, &exporter, "/metrics", Some(("bob", "pass:word"))).await;
    let metrics = metrics.text().await.unwrap();
    let refused = "netbackup_exporter_http_requests_total{handler=\"/metrics\",code=\"401\"} ";
    assert!(metrics.contains(refused), "{metrics}");
    let log = exporter.log();
    assert!(
        !log.contains("correct horse") && !log.contains("pass:word"),
        "{log}"
    );
}

#[tokio::test]
async fn a_flood_of_wrong_passwords_lets_a_known_scraper_in() {
    let site = Site::new();
    let hash = bcrypt::hash("right", 8).unwrap();
    let exporter = site
        .start(&format!("{TLS}basic_auth_users: {{alice: '{hash}'}}\n"))
        .await;
    let client = site.visitor().client();
    let known = ask(&client, &exporter, "/metrics", Some(("alice", "right"))).await;
    assert_eq!(known.status(), 200);
    let flood: Vec<_> = (0..200)
        .map(|number| {
            let (client, url) = (client.clone(), format!("https://{}/", exporter.address()));
            tokio::spawn(async move {
                let wrong = client
                    .get(url)
                    .basic_auth("alice", Some(format!("wrong {number}")));
                wrong.send().await.unwrap().status().as_u16()
            })
        })
        .collect();
    for _ in 0..20 {
        let known = ask(&client, &exporter, "/metrics", Some(("alice", "right"))).await;
        assert_eq!(known.status(), 200);
    }
    for one in flood {
        let status = one.await.unwrap();
        assert!(matches!(status, 401 | 503), "{status}");
    }
}

#[tokio::test]
async fn headers_are_on_every_answer_and_the_limit_holds_for_everybody() {
    let site = Site::new();
    let headers = "http_server_config:\n  headers:\n    Strict-Transport-Security: max-age=31536000\n    X-Content-Type-Options: nosniff\n    X-Frame-Options: deny\n    X-XSS-Protection: 1; mode=block\n    Content-Security-Policy: default-src 'self'\n";
    let web = format!(
        "{TLS}{headers}basic_auth_users:\n{}rate_limit: {{interval: 1h, burst: 4}}\n",
        user("alice", "right")
    );
    let exporter = site.start(&web).await;
    let client = site.visitor().client();
    let alice = Some(("alice", "right"));
    for (path, who, expected) in [
        ("/metrics", alice, 200),
        ("/metrics", None, 401),
        ("/nowhere", alice, 404),
        ("/nowhere", None, 401),
        ("/metrics", alice, 429),
        // A health check needs no password, so that no limit holds for it; one that needs a password is as any request.
        ("/-/healthy", None, 200),
        ("/-/healthy", None, 200),
        ("/-/ready", None, 429),
        ("/-/ready", alice, 429),
        ("/-/healthy/", None, 429),
    ] {
        let answer = ask(&client, &exporter, path, who).await;
        assert_eq!(answer.status(), expected, "{path} {who:?}");
        for (name, value) in [
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "deny"),
            ("x-xss-protection", "1; mode=block"),
            ("content-security-policy", "default-src 'self'"),
        ] {
            let found = answer
                .headers()
                .get(name)
                .map(|found| found.to_str().unwrap());
            assert_eq!(found, Some(value), "{path} {who:?}");
        }
        if expected == 429 {
            let text = answer.text().await.unwrap();
            assert!(text.contains("Too Many Requests"), "{text}");
        }
    }
}

#[tokio::test]
async fn without_users_no_limit_holds_for_health_checks() {
    let site = Site::new();
    let web = format!("{TLS}rate_limit: {{interval: 1h, burst: 0}}\n");
    let exporter = site.start(&web).await;
    let client = site.visitor().client();
    for (path, expected) in [
        ("/metrics", 429),
        ("/-/healthy", 200),
        ("/-/ready", 200),
        ("/-/ready/", 429),
    ] {
        let answer = ask(&client, &exporter, path, None).await;
        assert_eq!(answer.status(), expected, "{path}");
    }
}

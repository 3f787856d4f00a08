//! The port speaks TLS as the file says.

use super::{HANG, Site, TLS, status, tls_with};
use nbu_tests::{Exporter, Visitor};
use nix::sys::signal::Signal;
use reqwest::Version;
use rustls::crypto::ring::{cipher_suite, kx_group};
use rustls::version::{TLS12, TLS13};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What running responses get; idle connections must not need it.
const GRACE: Duration = Duration::from_secs(30);

async fn version(visitor: Visitor, exporter: &Exporter) -> Version {
    let url = format!("https://{}/-/healthy", exporter.address());
    let answer = visitor.client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.version()
}

#[tokio::test]
async fn a_scrape_over_tls_in_both_protocols() {
    let site = Site::new();
    let mut exporter = site.start(TLS).await;
    assert_eq!(version(site.visitor(), &exporter).await, Version::HTTP_2);
    let mut old = site.visitor();
    old.http2 = false;
    assert_eq!(version(old, &exporter).await, Version::HTTP_11);
    let mut idle = Vec::new();
    for http2 in [true, false] {
        let mut visitor = site.visitor();
        visitor.http2 = http2;
        let client = visitor.client();
        let url = format!("https://{}/metrics", exporter.address());
        // More than one on the same connection.
        for _ in 0..3 {
            let page = client.get(&url).send().await.unwrap().text().await.unwrap();
            assert!(page.contains("netbackup_exporter_build_info"), "{page}");
        }
        idle.push(client);
    }
    // Connections that are open and idle keep nothing from ending.
    exporter.signal(Signal::SIGTERM);
    let status = exporter.ended_within(GRACE / 2).await;
    assert_eq!(status.code(), Some(0), "{}", exporter.log());
    drop(idle);

    let site = Site::new();
    let exporter = site
        .start(&format!("{TLS}http_server_config: {{http2: false}}\n"))
        .await;
    assert_eq!(version(site.visitor(), &exporter).await, Version::HTTP_11);
}

#[tokio::test]
async fn whoever_speaks_plain_http_to_it_is_told_so() {
    let site = Site::new();
    let exporter = site.start(TLS).await;
    let answer = exporter.request("/metrics").await;
    assert_eq!(answer.status(), 400);
    let told = answer.text().await.unwrap();
    assert!(told.contains("HTTP") && told.contains("https://"), "{told}");
}

#[tokio::test]
async fn versions_suites_and_curves_are_those_of_the_file() {
    let site = Site::new();
    let healthy = "/-/healthy";
    let strict = site.start(&tls_with(&["min_version: TLS13"])).await;
    let mut old = site.visitor();
    old.versions = vec![&TLS12];
    assert_eq!(status(old.client(), &strict, healthy).await, None);
    assert_eq!(
        status(site.visitor().client(), &strict, healthy).await,
        Some(200)
    );

    let only = "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]";
    let lines = ["max_version: TLS12", only, "curve_preferences: [CurveP384]"];
    let narrow = site.start(&tls_with(&lines)).await;
    let with = |change: &dyn Fn(&mut Visitor)| {
        let mut visitor = site.visitor();
        change(&mut visitor);
        status(visitor.client(), &narrow, healthy)
    };
    assert_eq!(with(&|_| ()).await, Some(200));
    assert_eq!(with(&|it| it.versions = vec![&TLS13]).await, None);
    assert_eq!(
        with(&|it| it.provider.kx_groups = vec![kx_group::X25519]).await,
        None
    );
    let other = cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
    assert_eq!(
        with(&|it| {
            it.versions = vec![&TLS12];
            it.provider.cipher_suites = vec![other];
        })
        .await,
        None
    );
}

#[tokio::test]
async fn who_does_not_finish_a_handshake_keeps_nobody_waiting() {
    let site = Site::new();
    let mut exporter = site.start(TLS).await;
    let mut strangers = Vec::new();
    for number in 0..50 {
        let mut stranger = TcpStream::connect(exporter.address()).await.unwrap();
        if number % 2 == 0 {
            // The beginning of a ClientHello.
            stranger.write_all(&[22, 3, 1, 0x02]).await.unwrap();
        }
        strangers.push(stranger);
    }
    assert_eq!(
        status(site.visitor().client(), &exporter, "/-/ready").await,
        Some(200)
    );
    // Nor does it keep the process from ending.
    assert_eq!(
        exporter.terminated().await.code(),
        Some(0),
        "{}",
        exporter.log()
    );

    // And it is not waited for without end.
    let exporter = site.start(TLS).await;
    let mut stranger = TcpStream::connect(exporter.address()).await.unwrap();
    stranger.write_all(&[22, 3, 1, 0x02]).await.unwrap();
    let mut said = Vec::new();
    let ended = tokio::time::timeout(HANG, stranger.read_to_end(&mut said)).await;
    assert!(ended.is_ok(), "the connection was kept for ever");
}

#[tokio::test]
async fn the_demo_is_served_as_the_file_says() {
    let site = Site::new();
    let exporter = site.launch(TLS).arguments(["demo"]).start().await;
    assert_eq!(
        status(site.visitor().client(), &exporter, "/").await,
        Some(200)
    );
    let told = exporter.logged("their metrics").await;
    assert!(told.contains("https://127.0.0.1:"), "{told}");
}

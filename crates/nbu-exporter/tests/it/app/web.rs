//! What each path answers.

use std::io::Read;

use flate2::bufread::GzDecoder;
use tokio::net::TcpStream;

use super::harness::{Exporter, primary, sim};

const OPENMETRICS: &str = "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5";

#[tokio::test]
async fn each_format_comes_with_its_own_type_and_its_own_end() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let exporter =
        Exporter::start(&primary("paris", &sim, &directory, ""), &directory, |_| ()).await;
    exporter.until("netbackup_up{primary=\"paris\"} 1").await;

    let text = exporter.get("/metrics").await;
    assert!(
        text.head
            .contains("content-type: text/plain; version=0.0.4; charset=utf-8"),
        "{}",
        text.head
    );
    assert!(
        text.head
            .contains(&format!("content-length: {}", text.body.len())),
        "{}",
        text.head
    );
    let text = text.text();
    assert!(
        text.contains("# TYPE netbackup_exporter_http_requests_total counter\n")
            && !text.contains("# EOF")
    );

    let open = exporter.request("GET", "/metrics", OPENMETRICS).await;
    assert!(
        open.head
            .contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{}",
        open.head
    );
    let open = open.text();
    assert!(
        open.contains("# TYPE netbackup_exporter_http_requests counter\n")
            && open.ends_with("# EOF\n")
    );
    assert_eq!(open.matches("# EOF").count(), 1);

    let zipped = exporter
        .request(
            "GET",
            "/metrics",
            &format!("{OPENMETRICS}\nAccept-Encoding: gzip"),
        )
        .await;
    assert!(
        zipped.head.contains("content-encoding: gzip"),
        "{}",
        zipped.head
    );
    let mut member = GzDecoder::new(&*zipped.body);
    let mut plain = String::new();
    member.read_to_string(&mut plain).unwrap();
    assert!(plain.contains("netbackup_up{primary=\"paris\"} 1\n") && plain.ends_with("# EOF\n"));
    assert!(member.into_inner().is_empty(), "one member holds all of it");

    for line in [
        "process_start_time_seconds ",
        "netbackup_exporter_build_info{",
        "netbackup_exporter_api_in_flight_requests{primary=\"paris\"} ",
    ] {
        assert!(plain.lines().any(|found| found.starts_with(line)), "{line}");
    }
    let mut families: Vec<_> = plain
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    let all = families.len();
    families.sort_unstable();
    families.dedup();
    assert_eq!(families.len(), all, "no family comes twice");

    let head = exporter.request("HEAD", "/metrics", "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    exporter.terminated().await;
}

#[tokio::test]
async fn who_asks_is_answered_while_the_thread_that_collects_is_busy() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let exporter =
        Exporter::start(&primary("paris", &sim, &directory, ""), &directory, |_| ()).await;
    exporter.until("netbackup_up{primary=\"paris\"} 1").await;
    // Blocks this thread, and it is the only one of the runtime in which all but the serving goes on.
    for path in ["/-/healthy", "/metrics"] {
        assert_eq!(exporter.get_blocking(path).status, 200, "{path}");
    }
    exporter.terminated().await;
}

#[tokio::test]
async fn the_small_paths_answer_as_exporters_do() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let paris = primary("paris", &sim, &directory, "");
    let config = paris + "metrics: {counter_birth: 0s}\n";
    let exporter = Exporter::start(&config, &directory, |options| {
        options.lifecycle = false;
        options.telemetry_path = "/:all".into();
    })
    .await;
    for (method, path, status) in [
        ("GET", "/-/healthy", 200),
        ("HEAD", "/-/healthy", 200),
        ("POST", "/-/healthy", 405),
        ("GET", "/-/reload", 405),
        ("POST", "/-/reload", 403),
        ("GET", "/nothing", 404),
        ("GET", "/metrics", 404),
        ("GET", "/:all", 200),
    ] {
        assert_eq!(
            exporter.request(method, path, "").await.status,
            status,
            "{method} {path}"
        );
    }
    let page = exporter.get("/").await.text();
    assert!(
        page.contains("<td>paris</td>") && page.contains("href=\"/:all\""),
        "{page}"
    );
    let metrics = exporter.get("/:all").await.text();
    assert!(
        metrics.contains("http_requests_total{handler=\"other\",code=\"404\"} 2\n"),
        "{metrics}"
    );
    assert!(!metrics.contains("/nothing"), "a client's path is no label");
    exporter.terminated().await;
}

#[tokio::test]
async fn every_format_says_the_same_packed_and_unpacked() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let exporter =
        Exporter::start(&primary("paris", &sim, &directory, ""), &directory, |_| ()).await;
    exporter.until("netbackup_up{primary=\"paris\"} 1").await;
    for (accept, content_type) in [
        (
            "Accept: text/plain",
            "text/plain; version=0.0.4; charset=utf-8",
        ),
        (
            OPENMETRICS,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        (
            "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
            "application/vnd.google.protobuf; proto=io.prometheus.client.metricfamily; encoding=delimited",
        ),
    ] {
        for encoding in ["identity", "gzip"] {
            let headers = format!("{accept}\nAccept-Encoding: {encoding}");
            let response = exporter.request("GET", "/metrics", &headers).await;
            let typed = format!("content-type: {content_type}\r\n");
            assert!(
                format!("{}\r\n", response.head).contains(&typed),
                "{}",
                response.head
            );
            let packed = response.head.contains("content-encoding: gzip");
            assert_eq!(packed, encoding == "gzip", "{}", response.head);
            let mut body = Vec::new();
            if packed {
                GzDecoder::new(&*response.body)
                    .read_to_end(&mut body)
                    .unwrap();
            } else {
                body = response.body;
            }
            for family in ["netbackup_up", "netbackup_exporter_build"] {
                assert!(
                    body.windows(family.len())
                        .any(|window| window == family.as_bytes()),
                    "{family} in {content_type} {encoding}"
                );
            }
        }
    }
    exporter.terminated().await;
}

#[tokio::test]
async fn an_ipv6_loopback_listens_on_a_port_of_the_systems_choice() {
    if TcpStream::connect("[::1]:9").await.is_err_and(|error| {
        error.kind() == std::io::ErrorKind::AddrNotAvailable
            || error.kind() == std::io::ErrorKind::Unsupported
    }) {
        return;
    }
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let exporter = Exporter::start(
        &primary("paris", &sim, &directory, ""),
        &directory,
        |options| {
            options.listen = vec!["[::1]:0".parse().unwrap()];
        },
    )
    .await;
    assert!(exporter.address.is_ipv6() && exporter.address.port() != 0);
    assert_eq!(exporter.get("/-/healthy").await.status, 200);
    exporter.terminated().await;
}

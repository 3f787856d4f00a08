//! What a real client reports arrives in the metrics.

use std::net::TcpListener;
use std::sync::Arc;

use nbu_client::{Client, RetryPolicy};
use nbu_metrics::exposition::{Format, encode};
use nbu_metrics::{ApiMetrics, Snapshot};

#[tokio::test]
async fn an_attempt_that_finds_nobody_is_counted_as_one_that_did_not_connect() {
    // Bound once, so that the port is free and nobody listens on it.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/netbackup")
        .parse()
        .unwrap();
    let metrics = Arc::new(ApiMetrics::new());
    let client = Client::builder("paris", url)
        .retry(RetryPolicy::never())
        .observer(Arc::clone(&metrics) as _)
        .build()
        .unwrap();

    client.ping().await.unwrap_err();

    let snapshot = Snapshot::builder(Some("paris".into()))
        .add(&metrics.samples())
        .build();
    let page = String::from_utf8(encode(Format::Text, &[snapshot.into()]).unwrap()).unwrap();
    for line in [
        "netbackup_exporter_api_requests_total{primary=\"paris\",endpoint=\"/ping\",code=\"connect\"} 1",
        "netbackup_exporter_api_request_duration_seconds_count{primary=\"paris\",endpoint=\"/ping\"} 1",
        "netbackup_exporter_api_response_bytes_total{primary=\"paris\",endpoint=\"/ping\"} 0",
        "netbackup_exporter_api_in_flight_requests{primary=\"paris\"} 0",
    ] {
        assert!(page.lines().any(|l| l == line), "no {line} in\n{page}");
    }
    client.close().await.unwrap();
}

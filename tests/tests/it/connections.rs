//! The exporter's own port under many connections, and under requests that are none.

use nbu_tests::Launch;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const HANG: Duration = Duration::from_secs(60);

/// Sends this and reads the status of the answer.
async fn ask(stream: &mut TcpStream, request: &str) -> u16 {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = timeout(HANG, stream.read_buf(&mut answer)).await;
        assert!(read.unwrap().unwrap() > 0, "{request}");
    }
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn of_more_connections_than_descriptors_those_in_use_stay_and_no_scrape_waits() {
    let launch = Launch::with_config("primaries: []\n").descriptor_limit(64);
    let exporter = launch.start().await;
    // An answer without a body, so that the next one follows at once.
    let request = "HEAD /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut used = TcpStream::connect(exporter.address()).await.unwrap();
    // Each is used once, so that it may stay idle for minutes.
    let mut idle = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(exporter.address()).await.unwrap();
        assert_eq!(ask(&mut stream, request).await, 200);
        idle.push(stream);
        assert_eq!(ask(&mut used, request).await, 200);
    }
    // Others say nothing at all.
    for _ in 0..100 {
        idle.push(TcpStream::connect(exporter.address()).await.unwrap());
        assert_eq!(ask(&mut used, request).await, 200);
    }
    let mut rest = Vec::new();
    let first = timeout(HANG, idle[0].read_to_end(&mut rest)).await;
    // A reset is an end as well.
    let _ended = first.expect("the longest idle is closed");
    let page = exporter.scrape().await;
    assert_eq!(ask(&mut used, request).await, 200);
    let open = page.value("process_open_fds", &[]).unwrap();
    assert!(open < 60.0, "{open}");
    let log = exporter.log();
    let reported = log
        .matches("as many connections are open as are allowed")
        .count();
    assert_eq!(reported, 1, "{log}");
    assert!(!log.contains("cannot accept"), "{log}");
}

#[tokio::test]
async fn a_request_names_one_host() {
    let exporter = Launch::with_config("primaries: []\n").start().await;
    for (request, expected) in [
        ("GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET /-/healthy HTTP/1.1\r\nhost: a:80\r\n\r\n", 200),
        ("GET /-/healthy HTTP/1.1\r\nHost:\r\n\r\n", 200),
        ("GET http://a/-/healthy HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET /-/healthy HTTP/1.0\r\n\r\n", 200),
        ("GET /-/healthy HTTP/1.1\r\n\r\n", 400),
        ("GET http://a/-/healthy HTTP/1.1\r\n\r\n", 400),
        ("GET /-/healthy HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET /-/healthy HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /-/healthy HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        ("GET /-/healthy HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /-/healthy HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET /nowhere HTTP/1.1\r\n\r\n", 400),
        // RFC 9112, section 2.2, lets a server take a line feed alone, and so does the parser, which cannot be told not to.
        ("GET /-/healthy HTTP/1.1\nHost: a\n\n", 200),
        ("GET /-/healthy HTTP/1.1\n\n", 400),
    ] {
        let mut stream = TcpStream::connect(exporter.address()).await.unwrap();
        let request = request.replacen("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1);
        assert_eq!(ask(&mut stream, &request).await, expected, "{request}");
    }
}

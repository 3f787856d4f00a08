//! Answers that are not what they should be.

use std::io::Write as _;

use nbu_api::Query;
use nbu_api::endpoint::JOBS;
use nbu_client::{Error, Limits, Reason};

use crate::server::{Reply, Server, within};

async fn answering(reply: Reply) -> Server {
    Server::pinging(move |_| reply.clone()).await
}

fn small() -> Limits {
    let mut limits = Limits::default();
    limits.response_bytes = 1000;
    limits
}

#[tokio::test]
async fn another_content_type_is_not_read() {
    for (content_type, found) in [
        (Some("text/html; charset=utf-8"), "text/html"),
        (Some("text/plain"), "text/plain"),
        (None, "no declared type"),
    ] {
        let mut reply = Reply::status(200).body("{}");
        if let Some(content_type) = content_type {
            reply = reply.with("Content-Type", content_type);
        }
        let server = answering(reply).await;
        let error = within(server.client().build().unwrap().server_info())
            .await
            .unwrap_err();
        assert_eq!(error.reason(), Reason::Parse);
        assert!(error.to_string().contains(found), "{error}");
    }
}

#[tokio::test]
async fn a_web_page_is_no_ping() {
    let page = Reply::status(200)
        .with("Content-Type", "text/html")
        .body("<html>Sign in</html>");
    let server = Server::start(move |_| page.clone()).await;
    let error = within(server.client().build().unwrap().ping())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::ContentType { .. }), "{error}");
}

#[tokio::test]
async fn a_body_may_be_as_large_as_allowed_and_no_larger() {
    for (size, fits) in [(1000, true), (1001, false)] {
        let body = format!("{{{}}}", " ".repeat(size - 2));
        for head in [
            format!("Content-Length: {size}\r\n\r\n{body}"),
            format!("Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n"),
        ] {
            let raw = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{head}");
            let server = answering(Reply::Raw(raw.into_bytes())).await;
            let client = server.client().limits(small()).build().unwrap();
            match within(client.server_info()).await {
                Ok(page) => assert!(fits && page.body().len() == size, "{size}"),
                Err(error) => {
                    assert!(!fits, "{error}");
                    assert_eq!(error.reason(), Reason::Limit);
                    assert!(
                        error.to_string().contains("response_bytes = 1000"),
                        "{error}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn compressed_answers_are_read_and_counted_decompressed() {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let compressed = |body: &[u8]| {
        Reply::json("")
            .with("Content-Encoding", "gzip")
            .body(gzip(body))
    };

    let server = answering(compressed(b"{\"serverName\":\"nbu\"}")).await;
    let page = within(server.client().build().unwrap().server_info())
        .await
        .unwrap();
    assert_eq!(&page.body()[..], b"{\"serverName\":\"nbu\"}");
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| seen.header("accept-encoding").unwrap().contains("gzip"))
    );

    let bomb = vec![b' '; 10 << 20];
    let reply = compressed(&bomb);
    let server = answering(reply).await;
    let mut limits = small();
    limits.response_bytes = 1 << 20;
    let error = within(
        server
            .client()
            .limits(limits)
            .build()
            .unwrap()
            .server_info(),
    )
    .await
    .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                limit: "response_bytes",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn an_endless_explanation_does_not_hide_the_status() {
    let body = "x".repeat(1 << 20);
    let server = answering(Reply::status(400).body(body)).await;
    let error = within(server.client().build().unwrap().fetch(&JOBS, Query::new()))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(400));
    assert!(error.to_string().len() < 1000);
}

#[tokio::test]
async fn too_many_headers_are_refused() {
    let mut limits = Limits::default();
    limits.header_count = 10;
    let mut reply = Reply::json("{}");
    for _ in 0..20 {
        reply = reply.with("X-Filler", "x");
    }
    let server = answering(reply).await;
    let error = within(
        server
            .client()
            .limits(limits)
            .build()
            .unwrap()
            .server_info(),
    )
    .await
    .unwrap_err();
    assert_eq!(error.reason(), Reason::Limit, "{error}");
    assert!(error.to_string().contains("header_count = 10"), "{error}");
}

#[tokio::test]
async fn a_header_line_beyond_every_buffer_is_refused() {
    let reply = Reply::json("{}").with("X-Filler", "x".repeat(1 << 20));
    let server = answering(reply).await;
    let error = within(server.client().build().unwrap().server_info())
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::Limit, "{error}");
}

//! The scrape.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use nbu_metrics::exposition::Document;
use nbu_metrics::negotiation::{self, Encoding};
use tokio::time::timeout;
use tracing::{error, warn};

use super::Site;
use super::chunks::Chunks;
use crate::encoder::Variant;

/// How long a scraper waits, in seconds, in its own words.
const SCRAPE_TIMEOUT: HeaderName = HeaderName::from_static("x-prometheus-scrape-timeout-seconds");

/// How long to wait for a cold page where the scraper does not say.
const LONGEST: Duration = Duration::from_secs(120);

pub(super) async fn answer(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let Ok(permit) = Arc::clone(&site.scrapes.free).try_acquire_owned() else {
        let reason = format!(
            "{} scrapes are being answered already; try again later.\n",
            site.scrapes.most
        );
        return (StatusCode::SERVICE_UNAVAILABLE, reason).into_response();
    };
    let (variant, content_type) = negotiate(&headers);
    let Ok(page) = timeout(
        patience(&headers, site.timeout_offset),
        site.pages.page(variant),
    )
    .await
    else {
        warn!(?variant, "a scrape ended before its page was rendered");
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the page is not rendered yet; try again.\n",
        )
            .into_response();
    };
    // Not the snapshots: whoever holds them last frees them, and that takes long.
    let traffic = site.board.borrow().traffic();
    let rest = match Document::render(variant.format, &site.own.snapshots(&traffic)) {
        Ok(rest) => rest,
        Err(error) => {
            error!(
                error = &error as &dyn std::error::Error,
                "the process's own metrics could not be rendered"
            );
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let parts = page.complete(&rest);
    let mut response = Response::new(Chunks::body(parts.pieces().cloned(), permit));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if variant.gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// What to answer with, and the media type that says so.
fn negotiate(headers: &HeaderMap) -> (Variant, &'static str) {
    let exposition = negotiation::exposition(list(headers, ACCEPT).as_deref());
    let gzip = negotiation::encoding(list(headers, ACCEPT_ENCODING).as_deref()) == Encoding::Gzip;
    (
        Variant {
            format: exposition.format,
            gzip,
        },
        exposition.content_type,
    )
}

/// Several headers of one name are one list.
fn list(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let values: Vec<&str> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// What the scraper waits, less the offset; a header that makes no sense is none.
fn patience(headers: &HeaderMap, offset: Duration) -> Duration {
    headers
        .get(SCRAPE_TIMEOUT)
        .and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok())
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| !timeout.is_zero())
        .map_or(LONGEST, |timeout| {
            timeout.saturating_sub(offset).max(timeout / 2).min(LONGEST)
        })
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::Pin;

    use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
    use nbu_metrics::catalogue::collection::{COLLECTOR_STALE, UP};
    use nbu_metrics::catalogue::storage::STORAGE_UNIT_USED_BYTES;
    use nbu_metrics::exposition::{Format, PIECE};
    use nbu_metrics::samples::Samples;
    use nbu_metrics::snapshot::Snapshot;
    use tokio::time::Instant;

    use super::*;
    use crate::board::{Board, CollectorView, Entry, View};
    use crate::clock::Clock;
    use crate::encoder::{Encoder, Page};
    use crate::heartbeat::Health;
    use crate::readiness::Readiness;
    use crate::reload::{self, Record};
    use crate::web::{Own, Scrapes};

    /// A site whose pages are rendered, or never.
    fn site(board: &Board, most: usize, rendered: bool) -> Arc<Site> {
        let (encoder, pages) = Encoder::new(board.reader(), Page::renderer());
        if rendered {
            tokio::spawn(encoder.run());
        }
        Arc::new(Site {
            telemetry_path: "/metrics".into(),
            timeout_offset: Duration::from_millis(500),
            scrapes: Scrapes::new(most),
            pages,
            board: board.reader(),
            own: Own::new(Arc::new(Record::new(
                jiff::Timestamp::UNIX_EPOCH,
                Duration::ZERO,
            ))),
            health: Arc::new(Health::new(Clock::system())),
            readiness: Readiness::new().0,
            reload: reload::queue().0,
            lifecycle: false,
        })
    }

    async fn scrape(site: &Arc<Site>) -> Response {
        answer(State(Arc::clone(site)), HeaderMap::new()).await
    }

    #[tokio::test]
    async fn scrapes_beyond_the_bound_are_refused_until_the_body_of_one_is_taken() {
        let site = site(&Board::default(), 2, true);
        let (one, two) = (scrape(&site).await, scrape(&site).await);
        assert_eq!(
            (one.status(), two.status()),
            (StatusCode::OK, StatusCode::OK)
        );
        let refused = scrape(&site).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = to_bytes(refused.into_body(), usize::MAX).await.unwrap();
        assert!(
            body.starts_with(b"2 scrapes are being answered already"),
            "{body:?}"
        );
        to_bytes(one.into_body(), usize::MAX).await.unwrap();
        assert_eq!(scrape(&site).await.status(), StatusCode::OK);
    }

    /// A primary with so many series that no format holds them in one piece.
    fn large() -> Entry {
        let mut samples = Samples::new();
        for n in 0..2_000 {
            let unit = format!("stü {n}");
            samples.gauge(&STORAGE_UNIT_USED_BYTES, &[&unit, "BasicDisk"], 1.0);
        }
        let snapshot = Snapshot::builder(Some("paris".into())).add(&samples);
        Entry {
            snapshot: Arc::new(snapshot.build()),
            ..Entry::of(View::default())
        }
    }

    /// The pieces in which a body comes, once it has said how many bytes they will be.
    async fn pieces(mut body: Body) -> (u64, Vec<Bytes>) {
        let length = body.size_hint().exact().unwrap();
        let mut pieces = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            pieces.push(frame.unwrap().into_data().unwrap());
        }
        (length, pieces)
    }

    #[tokio::test]
    async fn a_long_page_comes_in_the_pieces_in_which_it_is_kept() {
        let board = Board::default();
        board.publish(&Arc::from("paris"), large());
        let site = site(&board, 0, true);
        for format in Format::ALL {
            let headers = || {
                HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(format.content_type()))])
            };
            let mut took = Vec::new();
            for _ in 0..2 {
                let response = answer(State(Arc::clone(&site)), headers()).await;
                let (length, pieces) = pieces(response.into_body()).await;
                assert!(pieces.len() >= 3, "{format:?}");
                assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
                let all: usize = pieces.iter().map(Bytes::len).sum();
                assert_eq!(all as u64, length);
                took.push(pieces);
            }
            // Not only equal: the same memory.
            assert_eq!(took[0][0].as_ptr(), took[1][0].as_ptr());
            assert_eq!(took[0][1].as_ptr(), took[1][1].as_ptr());
        }
    }

    #[tokio::test]
    async fn a_bound_of_zero_is_none() {
        let site = site(&Board::default(), 0, true);
        let mut answers = Vec::new();
        for _ in 0..100 {
            answers.push(scrape(&site).await);
        }
        assert!(
            answers
                .iter()
                .all(|answer| answer.status() == StatusCode::OK)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_does_not_come_is_given_up_before_the_scraper_does() {
        let site = site(&Board::default(), 1, false);
        let headers = HeaderMap::from_iter([(SCRAPE_TIMEOUT, HeaderValue::from_static("10"))]);
        let began = Instant::now();
        let response = answer(State(Arc::clone(&site)), headers).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(began.elapsed(), Duration::from_millis(9_500));
        assert_eq!(site.scrapes.free.available_permits(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn gauges_of_the_moment_go_in_time_though_nothing_is_published_any_more() {
        let board = Board::default();
        let mut samples = Samples::new();
        samples.gauge(&STORAGE_UNIT_USED_BYTES, &["one", "Disk"], 1.0);
        samples.gauge(&UP, &[], 1.0);
        samples.gauge(&COLLECTOR_STALE, &["storage"], 0.0);
        let snapshot = Snapshot::builder(Some("paris".into())).add(&samples);
        let storage = CollectorView {
            name: "storage",
            reason: None,
            error: None,
            remedy: None,
            last_success: None,
            stale_at: Instant::now() + Duration::from_secs(900),
        };
        let entry = Entry {
            snapshot: Arc::new(snapshot.build()),
            ..Entry::of(View {
                collectors: vec![storage],
                ..View::default()
            })
        };
        board.publish(&Arc::from("paris"), entry);
        let site = site(&board, 0, true);
        let page = async || {
            let body = scrape(&site).await.into_body();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            String::from_utf8(body.to_vec()).unwrap()
        };
        let used = "\nnetbackup_storage_unit_used_bytes{";
        let stale = |value| {
            format!(
                "netbackup_exporter_collector_stale{{primary=\"paris\",collector=\"storage\"}} {value}\n"
            )
        };
        let fresh = page().await;
        assert!(fresh.contains(used) && fresh.contains(&stale(0)), "{fresh}");
        tokio::time::sleep(Duration::from_secs(899)).await;
        assert!(page().await.contains(used));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let old = page().await;
        assert!(!old.contains(used) && old.contains(&stale(1)), "{old}");
        assert!(
            old.contains("\nnetbackup_up{primary=\"paris\"} 1\n"),
            "{old}"
        );
    }

    fn of(seconds: &'static str) -> Duration {
        let headers = HeaderMap::from_iter([(SCRAPE_TIMEOUT, HeaderValue::from_static(seconds))]);
        patience(&headers, Duration::from_millis(500))
    }

    #[test]
    fn the_announced_timeout_bounds_the_wait() {
        assert_eq!(of("10"), Duration::from_millis(9_500));
        assert_eq!(
            of("0.4"),
            Duration::from_millis(200),
            "an offset larger than half of it would leave nothing"
        );
        assert_eq!(of("86400"), LONGEST);
        for nonsense in ["", "soon", "-1", "0", "NaN", "inf", "1e300"] {
            assert_eq!(of(nonsense), LONGEST, "{nonsense:?}");
        }
        assert_eq!(patience(&HeaderMap::new(), Duration::ZERO), LONGEST);
    }
}

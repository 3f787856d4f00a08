//! What an observer hears.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderValue};
use nbu_api::endpoint::{JOBS, SERVER_INFO, STORAGE_UNITS};
use nbu_api::{Job, Query, ServerInfo};
use nbu_client::{Event, Observer, RetryPolicy};

use crate::server::{Reply, Server, within};

/// Keeps what it hears, as text without times.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(match event {
            Event::AttemptStarted { endpoint, .. } => format!("{endpoint} started"),
            Event::AttemptEnded {
                endpoint,
                code,
                bytes,
                ..
            } => format!("{endpoint} ended {code} {bytes}"),
            Event::Retry {
                endpoint, reason, ..
            } => format!("{endpoint} retry {reason}"),
            Event::RecordsSkipped {
                endpoint,
                reason,
                count,
                ..
            } => format!("{endpoint} skipped {count} {reason}"),
            Event::FieldsUnusable {
                endpoint,
                field,
                count,
                ..
            } => format!("{endpoint} unusable {count} {field}"),
            Event::Closed { endpoint, .. } => format!("{endpoint} closed"),
            other => format!("{other:?}"),
        });
    }

    fn headers(&self, headers: &mut HeaderMap) {
        headers.insert("traceparent", HeaderValue::from_static("00-trace"));
    }
}

struct Panics;

impl Observer for Panics {
    fn event(&self, _: &Event<'_>) {
        panic!("a bug in the observer");
    }

    fn headers(&self, _: &mut HeaderMap) {
        panic!("another one");
    }
}

#[tokio::test]
async fn every_attempt_is_told_from_beginning_to_end() {
    let replies = Mutex::new(vec![
        Reply::json(r#"{"data":[{"type":"job","id":"7","attributes":{"jobId":7}},3]}"#),
        Reply::status(503),
    ]);
    let server = Server::pinging(move |_| replies.lock().unwrap().pop().unwrap()).await;
    let notes = Arc::new(Notes::default());
    let mut retry = RetryPolicy::default();
    retry.base = std::time::Duration::from_millis(1);
    let client = server
        .client()
        .observer(notes.clone())
        .retry(retry)
        .build()
        .unwrap();
    let walk = client.walk(&JOBS, Query::new());
    within(walk.fold::<Job<'_>, _>((), |(), _| {}))
        .await
        .unwrap();
    within(client.close()).await.unwrap();
    within(client.ping()).await.unwrap_err();
    assert_eq!(
        *notes.0.lock().unwrap(),
        [
            "/ping started",
            "/ping ended 200 13",
            "/admin/jobs started",
            "/admin/jobs ended 503 0",
            "/admin/jobs retry http",
            "/admin/jobs started",
            "/admin/jobs ended 200 61",
            "/admin/jobs skipped 1 not_an_object",
            "/ping closed",
        ]
    );
    assert!(
        server
            .seen()
            .iter()
            .all(|seen| seen.header("traceparent") == Some("00-trace"))
    );
}

#[tokio::test]
async fn values_that_cannot_be_used_are_told_by_field() {
    let jobs = r#"{"data":[{"id":"7","attributes":{"status":-1,"state":2}},{"id":"8","attributes":{"status":"x"}}]}"#;
    let server = Server::pinging(move |seen| {
        if seen.is("/security/serverinfo") {
            Reply::json(r#"{"serverName":"p","nbuKeySize":-1}"#)
        } else {
            Reply::json(jobs)
        }
    })
    .await;
    let notes = Arc::new(Notes::default());
    let client = server.client().observer(notes.clone()).build().unwrap();
    let walk = client.walk(&JOBS, Query::new());
    let ((), summary) = within(walk.fold::<Job<'_>, _>((), |(), _| {}))
        .await
        .unwrap();
    let unusable: Vec<_> = summary.mismatches.iter().collect();
    assert_eq!(unusable, [("status", 2), ("state", 1)]);
    let page = within(client.fetch(&SERVER_INFO, Query::new()))
        .await
        .unwrap();
    assert_eq!(page.object::<ServerInfo<'_>>().unwrap().key_size, None);
    let mut told = notes.0.lock().unwrap().clone();
    told.retain(|note| note.contains("unusable"));
    assert_eq!(
        told,
        [
            "/admin/jobs unusable 2 status",
            "/admin/jobs unusable 1 state",
            "/security/serverinfo unusable 1 nbuKeySize",
        ]
    );
}

#[tokio::test]
async fn a_page_that_nobody_read_has_nothing_skipped() {
    // Fit to be read, but not as a job.
    let unit = r#"{"type":"storageUnit","id":"disk-unit","attributes":{"name":"disk-unit"}}"#;
    let server = Server::pinging(move |_| Reply::json(format!(r#"{{"data":[{unit}]}}"#))).await;
    let notes = Arc::new(Notes::default());
    let client = server.client().observer(notes.clone()).build().unwrap();
    let mut walk = client.walk(&STORAGE_UNITS, Query::new());
    drop(within(walk.next_page()).await.unwrap().unwrap());
    assert!(within(walk.next_page()).await.is_none());
    let notes = notes.0.lock().unwrap();
    assert!(
        notes.iter().all(|note| !note.contains("skipped")),
        "{notes:?}"
    );
}

#[tokio::test]
async fn an_attempt_that_was_dropped_has_an_end_too() {
    let server = Server::start(|_| Reply::Never).await;
    let notes = Arc::new(Notes::default());
    let client = server.client().observer(notes.clone()).build().unwrap();
    tokio::select! {
        _ = client.ping() => panic!("nobody answers"),
        () = server.arrived(1) => {}
    }
    assert_eq!(
        *notes.0.lock().unwrap(),
        ["/ping started", "/ping ended cancelled 0"]
    );
    assert_eq!(client.in_flight(), 0);
}

#[tokio::test]
async fn a_panic_in_the_observer_harms_nobody() {
    let server = Server::start(|_| Reply::ping("12.0")).await;
    let client = server.client().observer(Arc::new(Panics)).build().unwrap();
    within(client.ping()).await.unwrap();
    assert_eq!(client.in_flight(), 0);
    assert_eq!(within(client.close()).await, Ok(()));
}

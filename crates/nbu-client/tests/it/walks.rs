//! Pages, one after the other.

use nbu_api::endpoint::{JOBS, STORAGE_UNITS};
use nbu_api::{Job, Query};
use nbu_client::{Error, Limits, Reason};

use crate::server::{Gate, Reply, Seen, Server, within};

fn after(seen: &Seen) -> Option<&str> {
    seen.target
        .split_once("page%5Bafter%5D=")
        .map(|(_, cursor)| cursor.split('&').next().unwrap())
}

/// Three pages of jobs: 1..100, 100..200 and 200..250.
fn three_pages(seen: &Seen) -> Reply {
    if seen.is("/ping") {
        return Reply::ping("12.0");
    }
    match after(seen) {
        None => Reply::jobs(1..100, Some("1:99")),
        Some("1%3A99") => Reply::jobs(100..200, Some("1:199")),
        Some("1%3A199") => Reply::jobs(200..250, None),
        Some(other) => Reply::error(400, 1, &format!("unknown cursor {other}")),
    }
}

#[tokio::test]
async fn no_page_is_forgotten() {
    let server = Server::start(three_pages).await;
    let client = server.client().build().unwrap();
    let walk = client.walk(&JOBS, Query::new().sort("jobId"));
    let (ids, summary) =
        within(walk.fold::<Job<'_>, _>(Vec::new(), |ids, job| ids.push(job.job_id)))
            .await
            .unwrap();
    assert_eq!(ids, (1..250).collect::<Vec<_>>());
    assert_eq!(
        (summary.pages, summary.records, summary.skipped.total()),
        (3, 249, 0)
    );
    let first = &server.seen()[1].target;
    assert_eq!(
        first,
        "/netbackup/admin/jobs?sort=jobId&page%5Blimit%5D=100"
    );
}

#[tokio::test]
async fn pages_can_be_taken_one_by_one_and_read_elsewhere() {
    let server = Server::start(three_pages).await;
    let client = server.client().build().unwrap();
    let mut walk = client.walk(&JOBS, Query::new());
    let mut records = 0;
    while let Some(page) = within(walk.next_page()).await {
        let page = page.unwrap();
        assert_eq!(client.in_flight(), 0);
        records +=
            tokio::task::spawn_blocking(move || page.fold::<Job<'_>>(|_| {}).unwrap().records)
                .await
                .unwrap();
    }
    assert_eq!(records, 249);
}

#[tokio::test]
async fn a_page_that_nobody_read_does_not_stop_the_walk() {
    let server = Server::start(three_pages).await;
    let client = server.client().build().unwrap();
    let mut walk = client.walk(&JOBS, Query::new());
    let mut pages = 0;
    while let Some(page) = within(walk.next_page()).await {
        drop(page.unwrap());
        pages += 1;
    }
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn a_dropped_step_is_taken_again() {
    let gate = Gate::shut();
    let held = gate.clone();
    let server = Server::start(move |seen| match after(seen) {
        Some("1%3A99") => three_pages(seen).behind(&held),
        _ => three_pages(seen),
    })
    .await;
    let client = server.client().build().unwrap();
    let mut walk = client.walk(&JOBS, Query::new());
    let page = within(walk.next_page()).await.unwrap().unwrap();
    page.fold::<Job<'_>>(|_| {}).unwrap();
    tokio::select! {
        _ = walk.next_page() => panic!("the page is held back"),
        () = server.arrived(3) => {}
    }
    assert_eq!(client.in_flight(), 0);
    gate.open();
    let mut ids = Vec::new();
    while let Some(page) = within(walk.next_page()).await {
        page.unwrap()
            .fold::<Job<'_>>(|job| ids.push(job.job_id))
            .unwrap();
    }
    assert_eq!(ids, (100..250).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cursor_that_comes_again_ends_the_walk() {
    for cursors in [["a", "a"], ["a", "b"]] {
        let server = Server::start(move |seen| {
            if seen.is("/ping") {
                return Reply::ping("12.0");
            }
            let next = if after(seen) == Some(cursors[0]) {
                cursors[1]
            } else {
                cursors[0]
            };
            Reply::jobs(1..2, Some(next))
        })
        .await;
        let client = server.client().build().unwrap();
        let walk = client.walk(&JOBS, Query::new());
        let error = within(walk.fold::<Job<'_>, _>((), |(), _| {}))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Paging { .. }), "{error}");
        assert_eq!(error.reason(), Reason::Parse);
    }
}

#[tokio::test]
async fn the_budget_of_pages_is_a_limit() {
    let server = Server::start(three_pages).await;
    let mut limits = Limits::default();
    limits.pages = 2;
    let client = server.client().limits(limits).build().unwrap();
    let walk = client.walk(&JOBS, Query::new());
    let error = within(walk.fold::<Job<'_>, _>((), |(), _| {}))
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::Limit, "{error}");
    assert_eq!(server.count("/admin/jobs"), 2);
}

#[tokio::test]
async fn a_page_with_more_records_than_allowed_is_refused() {
    let server = Server::start(three_pages).await;
    let mut limits = Limits::default();
    limits.records_per_page = 50;
    let client = server.client().limits(limits).build().unwrap();
    let walk = client.walk(&JOBS, Query::new());
    let error = within(walk.fold::<Job<'_>, _>((), |(), _| {}))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                limit: "records_per_page",
                allowed: 50,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        server.seen()[1].target.contains("page%5Blimit%5D=50"),
        "not more is asked for than allowed"
    );
}

#[tokio::test]
async fn offsets_are_followed_by_what_was_received() {
    let server = Server::start(|seen| {
        if seen.is("/ping") {
            return Reply::ping("12.0");
        }
        let offset: usize = seen
            .target
            .split_once("offset%5D=")
            .map_or(0, |(_, offset)| offset.parse().unwrap());
        let records =
            vec![r#"{"type":"storageUnit","id":"u","attributes":{"name":"u"}}"#; 3.min(8 - offset)];
        Reply::json(format!(
            r#"{{"data":[{}],"meta":{{"pagination":{{"count":8,"offset":{offset},"limit":3}}}}}}"#,
            records.join(",")
        ))
    })
    .await;
    let client = server.client().build().unwrap();
    let walk = client.walk(&STORAGE_UNITS, Query::new()).page_limit(3);
    let ((), summary) = within(walk.fold::<nbu_api::StorageUnit<'_>, _>((), |(), _| {}))
        .await
        .unwrap();
    assert_eq!((summary.pages, summary.records), (3, 8));
}

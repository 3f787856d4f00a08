//! Each fault, as a client meets it.

use std::time::Duration;

use nbu_sim::{Edit, ErrorShape, Fault, Malformed, Outage, Population, Route, Running, Sim};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::timeout;

use crate::asking::{Answer, Asking, HUNG};

async fn start() -> Asking {
    Asking::start(Sim::builder().population(Population::finished(30))).await
}

async fn plain() -> Asking {
    Asking::start(
        Sim::builder()
            .population(Population::finished(30))
            .tls(false),
    )
    .await
}

fn always(primary: &Running, fault: Fault) {
    primary.faults().clear();
    primary.faults().always(Route::Jobs, fault);
}

#[tokio::test]
async fn statuses_with_and_without_a_word_on_when_to_return() {
    let asking = start().await;
    for code in [401, 403, 404, 429, 500, 503] {
        asking
            .primary
            .faults()
            .next(Route::Jobs, 1, Fault::Status(code));
        let answer = asking.jobs(&[]).await;
        assert_eq!(answer.status, code);
        assert_eq!(answer.body["errorCode"], code);
    }
    let value = "2026-03-02T07:00:00.000Z".to_owned();
    asking.primary.faults().next(
        Route::Jobs,
        1,
        Fault::RetryAfter {
            status: 429,
            value: value.clone(),
        },
    );
    assert_eq!(asking.jobs(&[]).await.headers["retry-after"], value);
    assert_eq!(asking.jobs(&[]).await.status, 200);
    assert_eq!(asking.primary.faults().struck(), 7);
}

#[tokio::test]
async fn answers_that_are_not_what_was_asked_for() {
    let asking = start().await;
    always(&asking.primary, Fault::Html);
    let html = asking.jobs(&[]).await;
    assert_eq!((html.status, html.body), (StatusCode::OK, Value::Null));
    always(&asking.primary, Fault::ContentType(None));
    assert!(asking.jobs(&[]).await.headers.get("content-type").is_none());
    always(
        &asking.primary,
        Fault::Redirect("https://elsewhere.example.com/".to_owned()),
    );
    assert_eq!(
        asking.jobs(&[]).await.headers["location"],
        "https://elsewhere.example.com/"
    );
    always(&asking.primary, Fault::RedirectToSelf);
    assert_eq!(
        asking.jobs(&[]).await.headers["location"],
        "/netbackup/admin/jobs"
    );
    always(&asking.primary, Fault::NoContent);
    assert_eq!(asking.jobs(&[]).await.status, 204);
    always(
        &asking.primary,
        Fault::Edit(Edit::new(|body| body.repeat(2))),
    );
    assert_eq!(asking.jobs(&[]).await.body, Value::Null);
}

#[tokio::test]
async fn connections_break_before_and_in_the_body() {
    for asking in [start().await, plain().await] {
        always(&asking.primary, Fault::Reset);
        assert!(
            timeout(HUNG, asking.request("/admin/jobs").send())
                .await
                .unwrap()
                .is_err()
        );
        for fault in [Fault::ResetInBody, Fault::Truncate] {
            always(&asking.primary, fault.clone());
            // Whether the client has read the head before it hears of the break is the network's to decide.
            let whole = async { asking.request("/admin/jobs").send().await?.bytes().await };
            assert!(timeout(HUNG, whole).await.unwrap().is_err(), "{fault:?}");
        }
        asking.primary.faults().clear();
        assert_eq!(asking.jobs(&[]).await.status, 200);
    }
}

#[tokio::test]
async fn http1_can_be_broken_in_its_own_bytes() {
    let asking = plain().await;
    always(&asking.primary, Fault::BrokenChunks);
    let response = timeout(HUNG, asking.request("/admin/jobs").send())
        .await
        .unwrap()
        .unwrap();
    assert!(timeout(HUNG, response.bytes()).await.unwrap().is_err());
    always(
        &asking.primary,
        Fault::Raw("SSH-2.0-OpenSSH_9.9\r\n".into()),
    );
    assert!(
        timeout(HUNG, asking.request("/admin/jobs").send())
            .await
            .unwrap()
            .is_err()
    );
}

#[tokio::test]
async fn answers_come_late_or_never_or_without_end() {
    let asking = start().await;
    always(&asking.primary, Fault::Delay(Duration::from_millis(1)));
    asking
        .primary
        .faults()
        .always(Route::Jobs, Fault::Status(500));
    assert_eq!(
        asking.jobs(&[]).await.status,
        500,
        "a delay goes together with another fault"
    );
    always(&asking.primary, Fault::Hang);
    let hung = tokio::spawn(asking.request("/admin/jobs").send());
    timeout(HUNG, async {
        while asking.primary.in_flight() == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert!(!hung.is_finished());
    hung.abort();
    always(&asking.primary, Fault::Endless);
    let mut response = asking.request("/admin/jobs").send().await.unwrap();
    let mut bytes = 0;
    while bytes < 1 << 20 {
        bytes += timeout(HUNG, response.chunk())
            .await
            .unwrap()
            .unwrap()
            .unwrap()
            .len();
    }
    always(
        &asking.primary,
        Fault::Drip {
            every: Duration::from_millis(1),
        },
    );
    let mut response = asking.request("/admin/jobs").send().await.unwrap();
    assert_eq!(
        timeout(HUNG, response.chunk())
            .await
            .unwrap()
            .unwrap()
            .unwrap(),
        "{"
    );
}

#[tokio::test]
async fn a_small_body_becomes_a_large_one() {
    let asking = start().await;
    always(&asking.primary, Fault::GzipBomb { bytes: 3 << 20 });
    let response = asking.request("/admin/jobs").send().await.unwrap();
    assert_eq!(
        timeout(HUNG, response.bytes())
            .await
            .unwrap()
            .unwrap()
            .len(),
        3 << 20
    );
}

#[tokio::test]
async fn pages_lie() {
    let asking = start().await;
    let page = |after: &'static str| {
        let asking = &asking;
        async move {
            asking
                .jobs(&[
                    ("sort", "jobId"),
                    ("page[limit]", "10"),
                    ("page[after]", after),
                ])
                .await
                .body["meta"]["pagination"]["next"]
                .clone()
        }
    };
    always(&asking.primary, Fault::RepeatCursor);
    assert_eq!(page("").await, page("").await);
    always(&asking.primary, Fault::AlternateCursors);
    let (a, b, c) = (page("").await, page("").await, page("").await);
    assert!(a != b && a == c);
    always(&asking.primary, Fault::EmptyPageWithNext);
    let empty = asking.jobs(&[]).await;
    assert!(empty.ids().is_empty() && empty.body["meta"]["pagination"]["next"].is_string());
    always(&asking.primary, Fault::IgnoreFilter);
    assert_eq!(
        asking.jobs(&[("filter", "jobId eq 0")]).await.ids().len(),
        10
    );
    asking.primary.faults().clear();
    asking
        .primary
        .faults()
        .always(Route::StorageUnits, Fault::CountLies(-20));
    assert_eq!(
        asking.ask("/storage/storage-units", &[]).await.body["meta"]["pagination"]["count"],
        4
    );
}

#[tokio::test]
async fn pages_by_offset_lie_too() {
    let asking = start().await;
    let unit = |offset: &'static str| {
        let asking = &asking;
        async move {
            let query = [
                ("sort", "name"),
                ("page[limit]", "5"),
                ("page[offset]", offset),
            ];
            let body = asking.ask("/storage/storage-units", &query).await.body;
            let name = body["data"][0]["id"].clone();
            (
                name,
                body["meta"]["pagination"]["offset"].clone(),
                body["meta"]["pagination"]["next"].clone(),
            )
        }
    };
    let lie = |fault: Fault| {
        asking.primary.faults().clear();
        asking.primary.faults().always(Route::StorageUnits, fault);
    };
    let honest = [
        unit("0").await,
        unit("5").await,
        unit("6").await,
        unit("4").await,
    ];
    for (by, moved) in [(1, 2), (-1, 3)] {
        lie(Fault::Shift(by));
        assert_eq!(unit("0").await, honest[0]);
        let shifted = unit("5").await;
        assert_eq!(shifted.0, honest[moved].0, "{by}");
        assert_eq!(
            (shifted.1, shifted.2),
            (honest[1].1.clone(), honest[1].2.clone())
        );
    }
    lie(Fault::RepeatCursor);
    assert_eq!(unit("5").await.2, 5);
    lie(Fault::AlternateCursors);
    assert_ne!(unit("5").await.2, unit("5").await.2);
    lie(Fault::EmptyPageWithNext);
    let (name, _, next) = unit("5").await;
    assert!(name.is_null() && next.is_u64());
    lie(Fault::Repeated(3));
    let body = asking
        .ask("/storage/storage-units", &[("page[limit]", "5")])
        .await
        .body;
    assert_eq!(body["data"].as_array().map(Vec::len), Some(15));
}

#[tokio::test]
async fn refusals_come_in_every_shape() {
    let asking = start().await;
    for shape in ErrorShape::ALL {
        always(&asking.primary, Fault::Refusal { status: 502, shape });
        let response = asking.request("/admin/jobs").send().await.unwrap();
        assert_eq!(response.status(), 502, "{shape:?}");
        let said = response.headers().contains_key("content-type");
        assert_eq!(said, shape != ErrorShape::Empty);
    }
}

#[tokio::test]
async fn headers_are_many_and_long() {
    let asking = start().await;
    always(&asking.primary, Fault::Headers(60));
    assert!(asking.jobs(&[]).await.headers.len() >= 60);
    always(&asking.primary, Fault::LongHeader(9000));
    assert_eq!(asking.jobs(&[]).await.headers["x-filler"].len(), 9000);
}

#[tokio::test]
async fn connections_break_in_the_header_and_stay_half_open() {
    let asking = plain().await;
    always(&asking.primary, Fault::ResetInHeaders);
    let broken = timeout(HUNG, asking.request("/admin/jobs").send())
        .await
        .unwrap();
    assert!(broken.is_err());
    asking.primary.faults().clear();
    asking.primary.set_outage(Outage::HalfOpen);
    let half = timeout(HUNG, asking.request("/admin/jobs").send())
        .await
        .unwrap();
    assert!(half.is_err());
    asking.primary.set_outage(Outage::None);
    assert_eq!(asking.jobs(&[]).await.status, 200);
}

#[tokio::test]
async fn records_are_spoiled() {
    let asking = start().await;
    let spoiled = |how: Malformed| {
        always(&asking.primary, Fault::Malformed { every: 2, how });
        Answer::of(asking.request("/admin/jobs?page%5Blimit%5D=4"))
    };
    let page = spoiled(Malformed::NumbersAsStrings).await;
    assert!(page.body["data"][0]["attributes"]["jobId"].is_u64());
    assert!(page.body["data"][1]["attributes"]["jobId"].is_string());
    assert!(
        spoiled(Malformed::NumbersAsFloats).await.body["data"][3]["attributes"]["jobId"].is_f64()
    );
    assert!(spoiled(Malformed::Nulls).await.body["data"][1]["attributes"]["jobId"].is_null());
    assert!(spoiled(Malformed::NotAnObject).await.body["data"][1].is_string());
    assert_eq!(spoiled(Malformed::InvalidUtf8).await.body, Value::Null);
    assert_eq!(spoiled(Malformed::Deep(200_000)).await.body, Value::Null);
    let limitless = spoiled(Malformed::Sentinel(i64::MAX.into())).await;
    let attributes = &limitless.body["data"][1]["attributes"];
    assert_eq!(attributes["kilobytesTransferred"], i64::MAX);
    assert_ne!(attributes["jobId"], i64::MAX);
    let respelled = spoiled(Malformed::OtherSpellings).await;
    let state = |index: usize| respelled.body["data"][index]["attributes"]["state"].clone();
    assert!(state(1).as_str().unwrap().starts_with(char::is_lowercase));
    assert!(state(0).as_str().unwrap().starts_with(char::is_uppercase));
    let numbered = spoiled(Malformed::StatesAsNumbers).await;
    assert!(numbered.body["data"][1]["attributes"]["state"].is_u64());
    let twice = spoiled(Malformed::SameAsFirst).await;
    assert_eq!(twice.body["data"][0]["id"], twice.body["data"][1]["id"]);
}

#[tokio::test]
async fn pools_lose_their_totals_in_the_list_and_have_them_in_the_detail() {
    let asking = start().await;
    for (how, gone) in [
        (Malformed::NoTotals, "usableSizeBytes"),
        (Malformed::NoCategory, "storageCategory"),
    ] {
        let honest = asking.ask("/storage/disk-pools", &[]).await;
        let pool = &honest.body["data"][0];
        assert!(!pool["attributes"][gone].is_null(), "{gone}");
        let faults = asking.primary.faults();
        faults.always(Route::DiskPools, Fault::Malformed { every: 1, how });
        let list = asking.ask("/storage/disk-pools", &[]).await;
        let attributes = &list.body["data"][0]["attributes"];
        assert!(attributes[gone].is_null(), "{gone}");
        assert!(!attributes["diskVolumes"][0]["rawSizeBytes"].is_null());
        let id = pool["id"].as_str().unwrap().replace(':', "%3A");
        let detail = asking.ask(&format!("/storage/disk-pools/{id}"), &[]).await;
        assert_eq!(&detail.body["data"], pool);
        faults.clear();
    }
    let missing = asking.ask("/storage/disk-pools/no-such", &[]).await;
    assert_eq!(missing.status, 404);
}

//! What tests can see and hold of the traffic.

use nbu_sim::{Fault, Outage, Population, Route, Sim};
use tokio::time::timeout;

use crate::asking::{Asking, HUNG, KEY};

fn empty() -> nbu_sim::SimBuilder {
    Sim::builder().population(Population::empty())
}

#[tokio::test]
async fn requests_are_remembered_decoded_and_without_the_key_in_their_debug_output() {
    let asking = Asking::start(empty()).await;
    asking
        .jobs(&[("filter", "state eq 'DONE'"), ("page[limit]", "3")])
        .await;
    let seen = asking.primary.requests_to(Route::Jobs);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].path, "/netbackup/admin/jobs");
    assert_eq!(seen[0].parameter("filter"), Some("state eq 'DONE'"));
    assert_eq!(seen[0].parameter("page[limit]"), Some("3"));
    assert_eq!(seen[0].header("authorization"), Some(KEY));
    assert!(!format!("{seen:?} {:?}", asking.primary).contains(KEY));
    asking.primary.forget_requests();
    assert!(asking.primary.requests().is_empty());
}

#[tokio::test]
async fn a_gate_holds_requests_until_it_is_released() {
    let asking = Asking::start(empty()).await;
    let gate = asking.primary.hold(Route::Jobs);
    let (first, second) = (
        tokio::spawn(asking.request("/admin/jobs").send()),
        tokio::spawn(asking.request("/admin/jobs").send()),
    );
    timeout(HUNG, gate.reached_by(2)).await.unwrap();
    assert_eq!((gate.waiting(), asking.primary.in_flight()), (2, 2));
    assert_eq!(
        asking.ask("/storage/disk-pools", &[]).await.status,
        200,
        "other routes pass"
    );
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.release();
    assert_eq!(
        timeout(HUNG, second)
            .await
            .unwrap()
            .unwrap()
            .unwrap()
            .status(),
        200
    );
    assert!(asking.primary.max_concurrent() >= 3);
}

#[tokio::test]
async fn a_client_that_gives_up_is_noticed() {
    let asking = Asking::start(empty()).await;
    let gate = asking.primary.hold(Route::Any);
    let asked = tokio::spawn(asking.request("/admin/jobs").send());
    timeout(HUNG, gate.reached()).await.unwrap();
    asked.abort();
    timeout(HUNG, gate.abandoned()).await.unwrap();
}

#[tokio::test]
async fn connections_are_counted_and_closed() {
    let asking = Asking::start(empty()).await;
    assert_eq!(asking.primary.connections(), 0);
    asking.jobs(&[]).await;
    asking.jobs(&[]).await;
    assert_eq!(
        (
            asking.primary.connections(),
            asking.primary.connections_accepted()
        ),
        (1, 1)
    );
    let (client, url) = (asking.client.clone(), asking.primary.url());
    asking.primary.stop().await;
    assert!(client.get(format!("{url}/ping")).send().await.is_err());
}

#[tokio::test]
async fn http1_and_http2_and_plain_http() {
    let asking = Asking::start(empty()).await;
    asking.jobs(&[]).await;
    assert!(asking.primary.requests()[0].http2);
    let plain = Asking::start(empty().tls(false)).await;
    assert!(plain.primary.url().starts_with("http://"));
    assert_eq!(plain.jobs(&[]).await.status, 200);
    assert!(!plain.primary.requests()[0].http2);
}

#[tokio::test]
async fn http2_is_refused_in_favour_of_http1() {
    let asking = Asking::start(empty()).await;
    let faults = asking.primary.faults();
    faults.always(Route::Jobs, Fault::Http1Required);
    assert!(asking.request("/admin/jobs").send().await.is_err());
    assert!(asking.primary.requests()[0].http2);
    let plain = Asking::start(empty().tls(false)).await;
    let faults = plain.primary.faults();
    faults.always(Route::Jobs, Fault::Http1Required);
    assert_eq!(plain.jobs(&[]).await.status, 200);
}

#[tokio::test]
async fn outages_come_and_go() {
    let asking = Asking::start(empty()).await;
    assert_eq!(asking.jobs(&[]).await.status, 200);
    asking.primary.set_outage(Outage::BlackHole);
    let swallowed = tokio::spawn(asking.request("/admin/jobs").send());
    let fresh = crate::asking::client(&asking.primary);
    let unanswered = tokio::spawn(fresh.get(format!("{}/ping", asking.primary.url())).send());
    // Both are in: one request on the old connection, one new connection without a handshake.
    timeout(HUNG, async {
        while asking.primary.in_flight() < 1 || asking.primary.connections() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert!(!swallowed.is_finished() && !unanswered.is_finished());
    for outage in [Outage::Reset, Outage::ResetInHandshake, Outage::Down] {
        asking.primary.set_outage(outage);
        let client = crate::asking::client(&asking.primary);
        let failed = timeout(
            HUNG,
            client.get(format!("{}/ping", asking.primary.url())).send(),
        )
        .await
        .unwrap();
        assert!(failed.unwrap_err().is_connect(), "{outage:?}");
    }
    assert!(timeout(HUNG, swallowed).await.unwrap().unwrap().is_err());
    assert!(timeout(HUNG, unanswered).await.unwrap().unwrap().is_err());
    asking.primary.set_outage(Outage::None);
    let back = timeout(HUNG, async {
        loop {
            if let Ok(response) = asking.request("/admin/jobs").send().await {
                return response.status();
            }
        }
    });
    assert_eq!(back.await.unwrap(), 200);
}

//! API versions and the endpoints that tell them.

use nbu_api::ApiVersion;
use nbu_sim::{Population, Sim};

use crate::asking::{Answer, Asking};

fn small() -> nbu_sim::SimBuilder {
    Sim::builder().population(Population::finished(20))
}

#[tokio::test]
async fn ping_tells_clock_and_version_without_a_credential() {
    let asking = Asking::start(small()).await;
    let ping = || asking.client.get(format!("{}/ping", asking.primary.url()));
    let response = ping().send().await.unwrap();
    assert_eq!(response.headers()["x-netbackup-api-version"], "12.0");
    assert_eq!(response.headers()["date"], "Mon, 02 Mar 2026 06:00:00 GMT");
    let now = asking.primary.now().as_millisecond().to_string();
    assert_eq!(response.text().await.unwrap(), now);
    asking.primary.set_ping_header(false);
    assert!(
        ping()
            .send()
            .await
            .unwrap()
            .headers()
            .get("x-netbackup-api-version")
            .is_none()
    );
    assert_eq!(
        asking.ask("/ping", &[]).await.status,
        406,
        "ping does not speak JSON"
    );
}

#[tokio::test]
async fn a_newer_version_is_not_acceptable_and_an_older_one_is() {
    let mut asking = Asking::start(small()).await;
    asking.version = "13.0";
    for path in ["/admin/jobs", "/security/serverinfo", "/storage/disk-pools"] {
        let refused = asking.ask(path, &[]).await;
        assert_eq!(refused.status, 406, "{path}");
        assert_eq!(refused.body["errorCode"], 8952);
    }
    asking.version = "10.0";
    let served = asking.jobs(&[]).await;
    assert_eq!(served.status, 200);
    assert_eq!(
        served.headers["content-type"],
        "application/vnd.netbackup+json;version=10.0"
    );
}

#[tokio::test]
async fn a_primary_can_be_upgraded_and_downgraded_while_it_runs() {
    let mut asking = Asking::start(small()).await;
    asking.version = "14.0";
    assert_eq!(asking.ask("/security/serverinfo", &[]).await.status, 406);
    asking.primary.set_api_version(ApiVersion::V14_0);
    let info = asking.ask("/security/serverinfo", &[]).await;
    assert_eq!(
        info.body["nbuVersion"],
        ApiVersion::V14_0.release().unwrap()
    );
    assert_eq!(info.body["freezeModeEnabled"], false);
    asking.primary.set_api_version(ApiVersion::V10_0);
    assert_eq!(asking.ask("/security/serverinfo", &[]).await.status, 406);
}

#[tokio::test]
async fn old_records_look_old() {
    let mut asking = Asking::start(small()).await;
    let modern = asking.jobs(&[("page[limit]", "1")]).await;
    let attributes = &modern.body["data"][0]["attributes"];
    assert!(
        attributes["elapsedTime"]
            .as_str()
            .unwrap()
            .starts_with("PT")
    );
    assert!(attributes["childCount"].is_u64() && attributes["jobPath"].is_string());
    asking.version = "4.0";
    let old = asking.jobs(&[("page[limit]", "1")]).await;
    let attributes = &old.body["data"][0]["attributes"];
    assert_eq!(
        attributes["elapsedTime"]
            .as_str()
            .unwrap()
            .split(':')
            .count(),
        3
    );
    assert!(attributes.get("childCount").is_none() && attributes.get("jobPath").is_none());
    assert_eq!(old.body["meta"]["pagination"]["count"], 20);
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let asking = Asking::start(small()).await;
    assert_eq!(asking.ask("/no/such/thing", &[]).await.status, 404);
    assert_eq!(asking.ask("/admin/jobs/999999", &[]).await.status, 404);
    assert_eq!(asking.ask("/status-codes/2106", &[]).await.status, 200);
    assert_eq!(asking.ask("/status-codes/31337", &[]).await.status, 404);
    let posted = Answer::of(
        asking
            .client
            .post(format!("{}/admin/jobs", asking.primary.url())),
    )
    .await;
    assert_eq!(posted.status, 405);
    asking.primary.set_api_version(ApiVersion::V10_0);
    let mut older = asking;
    older.version = "10.0";
    assert_eq!(
        older.ask("/status-codes/2106", &[]).await.status,
        404,
        "the endpoint came with 11.0"
    );
}

#[tokio::test]
async fn versions_can_be_refused_from_below() {
    let mut asking = Asking::start(small()).await;
    asking.primary.set_oldest_version(Some(ApiVersion::V12_0));
    for (version, status) in [("10.0", 406), ("11.0", 406), ("12.0", 200), ("13.0", 406)] {
        asking.version = version;
        let answer = asking.ask("/security/serverinfo", &[]).await;
        assert_eq!(answer.status, status, "{version}");
    }
    asking.primary.set_oldest_version(None);
    asking.version = "4.0";
    assert_eq!(asking.ask("/security/serverinfo", &[]).await.status, 200);
}

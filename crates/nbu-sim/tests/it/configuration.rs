//! What is to be protected, and what was.

use std::time::Duration;

use nbu_sim::{JobSpec, Permission, Policy, Population, Rhythm, Sim};

use crate::asking::{Asking, KEY};

async fn asking() -> Asking {
    let asking = Asking::start(Sim::builder().population(Population::empty())).await;
    asking.primary.edit_configuration(|configuration| {
        configuration.paused = vec!["host2".to_owned()];
        configuration.policies = vec![
            Policy::new("windows", "WINDOWS_NT").client("host1"),
            Policy::new("daily & more", "STANDARD")
                .client("host2")
                .client("host1")
                .schedule(
                    "full",
                    "FULL_BACKUP",
                    Rhythm::DaysOfWeek(vec!["1:1".to_owned()]),
                )
                .schedule(
                    "incr",
                    "DIFFERENTIAL_INCREMENTAL_BACKUP",
                    Rhythm::Every(86_400),
                ),
        ];
    });
    asking
}

#[tokio::test]
async fn policies_are_listed_in_their_own_words_and_change_their_generation() {
    let asking = asking().await;
    let page = asking
        .ask("/config/policies/", &[("sort", "policyName")])
        .await
        .body;
    let listed = |page: &serde_json::Value| {
        let data = page["data"].as_array().unwrap().clone();
        let one = |one: &serde_json::Value| {
            format!(
                "{} {} {}",
                one["id"], one["type"], one["attributes"]["generationId"]
            )
        };
        data.iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(
        listed(&page),
        [
            r#""daily & more" "Standard" 1"#,
            r#""windows" "MS-Windows" 1"#
        ]
    );
    assert_eq!(page["meta"]["pagination"]["count"], 2);
    asking.primary.edit_configuration(|configuration| {
        configuration.edit("windows", |policy| policy.active = false);
    });
    let page = asking
        .ask(
            "/config/policies/",
            &[("filter", "contains(policyType,'Windows')")],
        )
        .await
        .body;
    assert_eq!(listed(&page), [r#""windows" "MS-Windows" 2"#]);
    assert_eq!(page["data"][0]["attributes"]["active"], false);
    let refused = asking
        .ask(
            "/config/policies/",
            &[("filter", "policyName eq 'windows'")],
        )
        .await;
    assert_eq!(refused.status, 400, "strings have contains only");
}

#[tokio::test]
async fn a_policy_has_its_schedules_under_the_name_of_its_type() {
    let asking = asking().await;
    let policy = asking
        .ask("/config/policies/daily%20%26%20more", &[])
        .await
        .body;
    let body = &policy["data"]["attributes"]["policyStandard"];
    assert_eq!(
        body["schedules"][0]["includeDates"]["recurringDaysOfWeek"][0],
        "1:1"
    );
    assert_eq!(body["schedules"][0]["backupType"], "Full Backup");
    assert_eq!(body["schedules"][1]["frequencySeconds"], 86_400);
    assert_eq!(body["schedules"][1]["startWindow"][6]["dayOfWeek"], 7);
    assert_eq!(asking.ask("/config/policies/none", &[]).await.status, 404);
}

#[tokio::test]
async fn clients_name_their_policies_and_paused_ones_tell_no_length() {
    let asking = asking().await;
    let clients = asking
        .ask("/config/unique-policy-clients", &[("sort", "id")])
        .await
        .body;
    assert_eq!(clients["data"][0]["id"], "host1");
    assert_eq!(
        clients["data"][0]["attributes"]["policyNames"],
        serde_json::json!(["windows", "daily & more"])
    );
    assert_eq!(
        clients["data"][0]["attributes"]["policyTypes"],
        serde_json::json!(["MS-Windows", "Standard"])
    );
    let paused = asking.ask("/config/paused-clients", &[]).await.body;
    assert_eq!(paused["data"][0]["attributes"]["displayName"], "host2");
    assert_eq!(paused["meta"], serde_json::Value::Null);
}

#[tokio::test]
async fn images_outlive_their_jobs_and_are_of_the_last_day_unless_asked_otherwise() {
    let asking = asking().await;
    let long_ago = asking.primary.now() - Duration::from_secs(3 * 86_400);
    let backup = JobSpec::backup("daily", "STANDARD", "host1").started(long_ago);
    let job = asking
        .primary
        .add_done(&backup.clone().ended(long_ago + Duration::from_secs(60)), 0);
    asking.primary.add_done(&backup, 13);
    asking.primary.purge(job);
    assert_eq!(
        asking.ask("/catalog/images", &[]).await.body["data"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    let since = long_ago - Duration::from_secs(60);
    let filter = format!("clientName eq 'host1' and backupTime ge {since:.3}");
    let images = asking
        .ask("/catalog/images", &[("filter", &filter)])
        .await
        .body;
    assert_eq!(images["meta"]["pagination"]["count"], 1);
    let image = &images["data"][0]["attributes"];
    assert_eq!(
        (&image["scheduleType"], &image["elapsedTimeSeconds"]),
        (&"FULL".into(), &60.into())
    );

    let most = Permission::ALL
        .into_iter()
        .filter(|one| *one != Permission::Images);
    asking.primary.set_key(KEY, &most.collect::<Vec<_>>(), None);
    assert_eq!(asking.ask("/catalog/images", &[]).await.status, 401);
}

#[tokio::test]
async fn the_truth_about_runs_is_that_of_their_worst_leaf() {
    let asking = asking().await;
    let since = asking.primary.now();
    let backup = JobSpec::backup("daily", "STANDARD", "host1");
    asking.primary.add_done(&backup, 0);
    asking.primary.advance(Duration::from_secs(60));
    let root = asking.primary.add_done(&backup, 0);
    for status in [0, 13, 1] {
        asking
            .primary
            .add_done(&backup.clone().child_of(root), status);
    }
    let truth = asking.primary.truth();
    let (subject, protected) = truth.protection(since).into_iter().next().unwrap();
    assert_eq!((&*subject.client, protected.last_status), ("host1", 13));
    assert_eq!(protected.last_success, Some(since));
    let failures: Vec<_> = truth.consecutive_failures(since).into_values().collect();
    assert_eq!(failures, [1]);
}

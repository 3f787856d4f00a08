//! What is asked, and what is said of the rest.

use super::*;

/// The paths that were asked of this route, as they were sent.
fn paths(watched: &Watched, route: Route) -> Vec<String> {
    let seen = watched.sim.requests_to(route);
    seen.into_iter().map(|seen| seen.path).collect()
}

#[tokio::test]
async fn paths_with_a_parameter_are_asked_for_what_the_primary_has_named() {
    let watched = Watched::start("paris", sim()).await;
    let name = "nightly / \"big\" & \u{e9}";
    watched.sim.edit_configuration(|configuration| {
        configuration.policies.truncate(1);
        name.clone_into(&mut configuration.policies[0].name);
    });
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 0, "{found:#}");
    let policy = row(&found, "endpoint", "/config/policies/{policyName}");
    assert_eq!(policy["status"], "ok", "{policy:#}");
    assert_eq!(policy["permission"], "|PROTECTION|POLICIES|");
    let detail = policy["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("asked for {name:?}")), "{detail}");
    let asked = paths(&watched, Route::Policy);
    assert_eq!(
        asked,
        ["/netbackup/config/policies/nightly%20%2F%20%22big%22%20%26%20%C3%A9"]
    );
    let text = row(&found, "endpoint", "/status-codes");
    assert_eq!(text["status"], "ok", "{text:#}");
    assert_eq!(
        paths(&watched, Route::StatusCode),
        ["/netbackup/status-codes/1"],
        "there is no job to learn one from"
    );
}

#[tokio::test]
async fn the_status_of_the_first_job_is_the_one_that_is_asked_for() {
    let watched = Watched::start("paris", sim()).await;
    let job = nbu_sim::JobSpec::backup("daily", "STANDARD", "host1.example.com");
    watched.sim.add_done(&job, 96);
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 0, "{found:#}");
    assert_eq!(
        paths(&watched, Route::StatusCode),
        ["/netbackup/status-codes/96"]
    );
    assert_eq!(paths(&watched, Route::Jobs).len(), 1, "no second request");
}

#[tokio::test]
async fn what_is_not_asked_is_said_with_the_reason() {
    let watched = Watched::start("paris", sim()).await;
    let policy = "/config/policies/{policyName}";
    watched
        .sim
        .edit_configuration(|configuration| configuration.policies.clear());
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 0, "{found:#}");
    let skipped = row(&found, "endpoint", policy);
    assert_eq!(skipped["status"], "skipped", "{skipped:#}");
    let why = "not asked: its path names a policy, and there is none yet";
    assert_eq!(skipped["detail"], why);
    let table = check(&[&watched], &[]).await;
    assert!(table.stdout.contains(why), "{}", table.stdout);

    watched.sim.set_key(API_KEY, &[Permission::Jobs], None);
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 1);
    let skipped = row(&found, "endpoint", policy);
    let why = "not asked: its path names a policy, and /config/policies named none";
    assert_eq!(
        (&skipped["status"], &skipped["detail"]),
        (&"skipped".into(), &why.into())
    );
    assert!(paths(&watched, Route::Policy).is_empty());
}

#[tokio::test]
async fn one_policy_that_is_refused_is_told_like_any_other_endpoint() {
    let watched = Watched::start("paris", sim()).await;
    watched
        .sim
        .faults()
        .always(Route::Policy, Fault::Status(403));
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 1);
    let policy = row(&found, "endpoint", "/config/policies/{policyName}");
    assert_eq!(policy["status"], "failed", "{policy:#}");
    assert_eq!(policy["http_status"], 403);
    assert_eq!(policy["collectors"], serde_json::json!(["protection"]));
}

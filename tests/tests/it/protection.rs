//! What is said of clients equals what the simulated primary knows to be true.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use nbu_sim::{DetailAnswer, JobSpec, Outage, Permission, Policy, Population, Rhythm, Sim};
use nbu_tests::{API_KEY, Exporter, Launch, Page, Watched, configuration};

const HOUR: Duration = Duration::from_secs(3600);
const SUCCESS: &str = "netbackup_client_last_success_timestamp_seconds";
const SUBJECT: [&str; 3] = ["client", "policy", "schedule_type"];

type Known = BTreeMap<Vec<String>, f64>;

fn shown(page: &Page, family: &str, labels: &[&str]) -> Known {
    page.select(family, &[])
        .map(|(series, value)| {
            let labels = labels.iter().map(|label| series.labels[*label].clone());
            (labels.collect(), value)
        })
        .collect()
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

async fn reached(exporter: &Exporter, moment: Timestamp) -> Page {
    exporter
        .scrape_until("the watermark", |page| {
            page.values("netbackup_jobs_watermark_timestamp_seconds", &[])
                .first()
                .is_some_and(|mark| *mark >= seconds(moment))
        })
        .await
}

#[tokio::test]
async fn the_last_backups_of_every_client_are_the_true_ones() {
    let population = Population {
        preloaded: 0,
        warm_up: Duration::ZERO,
        ..Population::living(20_000)
    };
    let sim = Sim::builder().seed(9).population(population);
    let watched = Watched::start("paris", sim).await;
    let since = watched.sim.now();
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    reached(&exporter, since).await;
    for _ in 0..3 {
        watched.sim.advance(2 * HOUR);
        let page = reached(&exporter, watched.sim.now()).await;
        let truth = watched.sim.truth();
        let (mut successes, mut attempts, mut statuses) =
            (Known::new(), Known::new(), Known::new());
        for (subject, protected) in truth.protection(since) {
            let labels = [subject.client, subject.policy, subject.schedule_type];
            let labels: Vec<String> = labels
                .into_iter()
                .map(|word| {
                    if word.is_empty() {
                        "none".to_owned()
                    } else {
                        word
                    }
                })
                .collect();
            if let Some(success) = protected.last_success {
                successes.insert(labels.clone(), seconds(success));
            }
            attempts.insert(labels.clone(), seconds(protected.last_attempt));
            statuses.insert(labels, f64::from(protected.last_status));
        }
        assert!(successes.len() > 100, "{} prove little", successes.len());
        assert_eq!(shown(&page, SUCCESS, &SUBJECT), successes);
        let attempt = "netbackup_client_last_attempt_timestamp_seconds";
        assert_eq!(shown(&page, attempt, &SUBJECT), attempts);
        let status = "netbackup_client_last_attempt_status";
        assert_eq!(shown(&page, status, &SUBJECT), statuses);
        let failures: Known = truth
            .consecutive_failures(since)
            .into_iter()
            .map(|((client, policy), count)| (vec![client, policy], count as f64))
            .collect();
        let family = "netbackup_client_consecutive_failures";
        assert_eq!(shown(&page, family, &["client", "policy"]), failures);
    }
}

#[tokio::test]
async fn policies_clients_and_texts_are_those_of_the_primary_and_what_is_gone_goes() {
    let sim = Sim::builder()
        .seed(4)
        .population(Population::finished(3_000));
    let watched = Watched::start("tokyo", sim).await;
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    reached(&exporter, watched.sim.now()).await;
    let page = exporter
        .scrape_until("schedules and texts", |page| {
            page.has("netbackup_policy_expected_interval_seconds", &[])
                && page.has(
                    "netbackup_status_code_info",
                    &[("message", "the operation was successful")],
                )
                && page.has(SUCCESS, &[])
        })
        .await;
    let configuration = watched.sim.truth().configuration;
    let active = |page: &Page| {
        page.select("netbackup_policy_info", &[("active", "true")])
            .count()
    };
    let expected = configuration.policies.iter().filter(|policy| policy.active);
    assert_eq!(active(&page), expected.count());
    assert_eq!(
        page.select("netbackup_policy_info", &[]).count(),
        configuration.policies.len()
    );
    assert_eq!(
        page.values("netbackup_clients_paused", &[]),
        [configuration.paused.len() as f64]
    );
    let known: Vec<_> = shown(&page, SUCCESS, &["policy", "client"])
        .into_keys()
        .collect();
    let never = shown(
        &page,
        "netbackup_client_never_succeeded",
        &["policy", "client"],
    );
    assert!(never.keys().all(|pair| !known.contains(pair)));

    let gone = &known[0][0];
    watched.sim.edit_configuration(|configuration| {
        configuration.policies.retain(|policy| policy.name != *gone);
    });
    let page = exporter
        .scrape_until("the end of a policy", |page| {
            !page.has("netbackup_policy_info", &[("policy", gone)])
                && !page.has(SUCCESS, &[("policy", gone)])
        })
        .await;
    assert!(page.has(SUCCESS, &[]), "the others are still there");
}

#[tokio::test]
async fn what_the_policies_said_is_there_at_once_when_the_primary_is_down_at_the_restart() {
    let sim = Sim::builder()
        .seed(4)
        .population(Population::finished(3_000));
    let watched = Watched::start("tokyo", sim).await;
    watched.sim.edit_configuration(|configuration| {
        let new = Policy::new("new", "STANDARD").client("nobody-yet");
        configuration.policies.push(new);
    });
    let state = tempfile::tempdir().unwrap();
    let launch = || {
        Launch::with_config(configuration([&watched]))
            .arguments(["--storage.path", state.path().to_str().unwrap()])
    };
    let families = [
        "netbackup_client_never_succeeded",
        "netbackup_policy_info",
        "netbackup_policy_expected_interval_seconds",
    ];
    let told = |page: &Page| {
        families.map(|family| {
            let series = page.select(family, &[]);
            let series = series.map(|(series, value)| (series.labels.clone(), value));
            series.collect::<Vec<_>>()
        })
    };
    let mut first = launch().start().await;
    reached(&first, watched.sim.now()).await;
    let success = [("primary", "tokyo"), ("collector", "protection")];
    let is_read = |page: &Page| {
        page.value("netbackup_exporter_collector_success", &success) == Some(1.0)
            && page.has(families[0], &[("client", "nobody-yet")])
            && page.has(families[2], &[])
    };
    let before = first.scrape_until("the policies", is_read).await;
    assert_eq!(first.terminated().await.code(), Some(0), "{}", first.log());

    watched.sim.set_outage(Outage::Down);
    let second = launch().start().await;
    let page = second
        .scrape_until("the state", |page| page.has(SUCCESS, &[]))
        .await;
    let page = if page.has(families[1], &[]) {
        page
    } else {
        second
            .scrape_until("the policies", |page| page.has(families[1], &[]))
            .await
    };
    assert_eq!(told(&page), told(&before));
    assert!(!page.has("netbackup_clients_paused", &[]), "of the moment");
}

/// A primary with two policies of one client each, and no jobs.
async fn two_policies() -> Watched {
    let sim = Sim::builder().population(Population::empty());
    let watched = Watched::start("lima", sim).await;
    watched.sim.edit_configuration(|configuration| {
        let policy = |name: &str, client: &str| {
            let policy = Policy::new(name, "STANDARD").client(client);
            policy.schedule("full", "FULL_BACKUP", Rhythm::Every(86_400))
        };
        configuration.policies = vec![policy("daily", "host1"), policy("broken", "host2")];
    });
    watched
}

#[tokio::test]
async fn one_policy_that_the_primary_does_not_tell_is_named_once_and_is_no_failure() {
    let watched = two_policies().await;
    watched.sim.edit_configuration(|configuration| {
        configuration.edit("broken", |policy| {
            policy.detail = DetailAnswer::Refused(500);
        });
    });
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let skipped = [
        ("endpoint", "/config/policies/{policyName}"),
        ("reason", "unreadable"),
    ];
    let page = exporter
        .scrape_until("the policies", |page| {
            let skipped = page.values("netbackup_exporter_records_skipped_total", &skipped);
            skipped == [1.0] && page.has("netbackup_policy_expected_interval_seconds", &[])
        })
        .await;
    let interval = "netbackup_policy_expected_interval_seconds";
    assert!(page.has(interval, &[("policy", "daily")]));
    assert!(!page.has(interval, &[("policy", "broken")]));
    let asked = || watched.sim.requests_to(nbu_sim::Route::Policies).len();
    let before = asked();
    let success = [("primary", "lima"), ("collector", "protection")];
    exporter
        .scrape_until("three more runs", |page| {
            let success = page.value("netbackup_exporter_collector_success", &success);
            asked() >= before + 3 && success == Some(1.0)
        })
        .await;
    let log = exporter.log();
    assert_eq!(log.matches("policy cannot be read").count(), 1, "{log}");
    assert!(
        log.contains("broken") && log.contains("request_id"),
        "{log}"
    );
}

#[tokio::test]
async fn a_client_whose_backups_have_a_parent_that_permissions_hide_has_succeeded() {
    let watched = two_policies().await;
    let mut hidden = Permission::ALL.to_vec();
    hidden.retain(|permission| *permission != Permission::Jobs);
    hidden.push(Permission::ChildJobs);
    watched.sim.set_key(API_KEY, &hidden, None);
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    reached(&exporter, watched.sim.now()).await;
    let backup = || JobSpec::backup("daily", "STANDARD", "host1");
    let parent = watched.sim.add_active(&backup());
    watched.sim.add_done(&backup().child_of(parent), 0);
    watched.sim.finish(parent, 0);
    let never = "netbackup_client_never_succeeded";
    let client = [("client", "host1")];
    watched.sim.advance(HOUR);
    reached(&exporter, watched.sim.now()).await;
    let waits = |page: &Page| page.has(never, &client) && !page.has(SUCCESS, &client);
    exporter.scrape_until("the inventory", waits).await;
    for _ in 0..5 {
        watched.sim.advance(5 * HOUR);
        reached(&exporter, watched.sim.now()).await;
    }
    let page = exporter
        .scrape_until("the success", |page| {
            page.has(SUCCESS, &client) && !page.has(never, &client)
        })
        .await;
    assert!(page.has(never, &[("client", "host2")]));
    assert_eq!(page.sum("netbackup_jobs_finished_total", &[]), 1.0);
}

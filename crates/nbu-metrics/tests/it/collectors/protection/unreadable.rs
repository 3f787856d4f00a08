//! Policies whose details are refused, or are no policies.

use std::time::Duration;

use nbu_metrics::collector::Collected;
use nbu_sim::{DetailAnswer, Rhythm, Route};

use super::super::bench::{Bench, series};
use super::{HOUR, bench};

const INTERVAL: &str = "netbackup_policy_expected_interval_seconds";
const SKIPPED: &str = "netbackup_exporter_records_skipped_total";
const WINDOWS: &str = "windows FULL_BACKUP";
const GENERIC: &str = "x-netbackup-policy-use-generic-schema";

async fn run(bench: &mut Bench) -> Collected {
    loop {
        let collected = bench.collect("protection").await.unwrap();
        bench.keep("protection", &collected);
        if !collected.more {
            return collected;
        }
    }
}

fn answer(bench: &Bench, policy: &str, detail: DetailAnswer) {
    bench.primary.edit_configuration(|configuration| {
        configuration.edit(policy, |policy| policy.detail = detail);
    });
}

/// How often each policy was asked for since that was asked last, and with the header for the generic schema.
fn asked(bench: &Bench, policy: &str) -> (usize, usize) {
    let requests = bench.primary.requests_to(Route::Policy);
    let of_policy = requests.iter().filter(|seen| seen.path.ends_with(policy));
    let (generic, own): (Vec<_>, Vec<_>) =
        of_policy.partition(|seen| seen.header(GENERIC) == Some("true"));
    bench.primary.forget_requests();
    (own.len(), generic.len())
}

fn skipped(collected: &Collected) -> f64 {
    series(&collected.samples, SKIPPED)["/config/policies/{policyName} unreadable"]
}

const UNREADABLE: [DetailAnswer; 5] = [
    DetailAnswer::Refused(500),
    DetailAnswer::Refused(501),
    DetailAnswer::Refused(400),
    DetailAnswer::Refused(422),
    DetailAnswer::Garbage,
];

#[tokio::test]
async fn one_policy_that_cannot_be_read_keeps_nothing_from_the_others_and_is_asked_rarely() {
    for detail in UNREADABLE {
        let mut bench = bench().await;
        answer(&bench, "windows", detail);
        let collected = run(&mut bench).await;
        assert!(collected.refused.is_none(), "{detail:?}");
        let intervals = series(&collected.samples, INTERVAL);
        assert!(intervals.contains_key("daily FULL_BACKUP"), "{detail:?}");
        assert!(!intervals.contains_key(WINDOWS), "{detail:?}");
        assert_eq!(skipped(&collected), 1.0, "{detail:?}");
        assert_eq!(asked(&bench, "windows"), (1, 1), "{detail:?}");
        for _ in 0..11 {
            bench.primary.advance(Duration::from_secs(300));
            let collected = run(&mut bench).await;
            assert!(collected.refused.is_none(), "{detail:?}");
            assert_eq!(asked(&bench, "windows"), (0, 0), "{detail:?}");
            assert_eq!(skipped(&collected), 1.0, "{detail:?}");
        }
        bench.primary.advance(Duration::from_secs(300));
        assert_eq!(skipped(&run(&mut bench).await), 2.0, "{detail:?}");
        assert_eq!(asked(&bench, "windows"), (1, 1), "{detail:?}");
        // A policy that is changed is asked for at once.
        answer(&bench, "windows", DetailAnswer::Told);
        let collected = run(&mut bench).await;
        assert!(
            series(&collected.samples, INTERVAL).contains_key(WINDOWS),
            "{detail:?}"
        );
        assert_eq!(asked(&bench, "windows"), (1, 0), "{detail:?}");
    }
}

#[tokio::test]
async fn what_was_known_of_a_policy_is_kept_while_it_cannot_be_read() {
    let mut bench = bench().await;
    let before = series(&run(&mut bench).await.samples, INTERVAL);
    assert!(before.contains_key(WINDOWS));
    for detail in UNREADABLE {
        answer(&bench, "windows", detail);
        bench.primary.advance(HOUR);
        let collected = run(&mut bench).await;
        assert_eq!(series(&collected.samples, INTERVAL), before, "{detail:?}");
    }
}

#[tokio::test]
async fn a_policy_that_is_told_only_in_the_generic_schema_is_read_in_that() {
    let mut bench = bench().await;
    for status in [400, 500, 501] {
        answer(&bench, "windows", DetailAnswer::OnlyGeneric(status));
        let collected = run(&mut bench).await;
        assert!(collected.refused.is_none(), "{status}");
        assert!(
            series(&collected.samples, INTERVAL).contains_key(WINDOWS),
            "{status}"
        );
        assert_eq!(skipped(&collected), 0.0, "{status}");
        assert_eq!(asked(&bench, "windows"), (1, 1), "{status}");
        // It was read, so it is not read again.
        bench.primary.advance(HOUR);
        run(&mut bench).await;
        assert_eq!(asked(&bench, "windows"), (0, 0), "{status}");
    }
}

#[tokio::test]
async fn only_when_no_policy_can_be_read_it_is_a_failure_that_tells_the_call() {
    let mut bench = bench().await;
    bench.primary.edit_configuration(|configuration| {
        for policy in &mut configuration.policies {
            policy.detail = DetailAnswer::Refused(500);
            policy.schedules.truncate(1);
        }
    });
    for _ in 0..2 {
        let refused = run(&mut bench).await.refused.unwrap();
        assert_eq!(refused.endpoint(), Some("/config/policies/{policyName}"));
        assert_eq!(refused.reason().as_str(), "http");
        bench.primary.advance(Duration::from_secs(300));
    }
    bench.primary.edit_configuration(|configuration| {
        configuration.edit("daily", |policy| {
            policy.detail = DetailAnswer::Told;
            policy.schedules[0].rhythm = Rhythm::Every(3_600);
        });
    });
    let collected = run(&mut bench).await;
    assert!(collected.refused.is_none());
    assert_eq!(
        series(&collected.samples, INTERVAL)["daily FULL_BACKUP"],
        3_600.0
    );
}

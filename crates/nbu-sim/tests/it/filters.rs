//! Filters: what is refused, and that what is found is what is true.

use nbu_sim::{JobTruth, Population, Sim};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::asking::Asking;

#[tokio::test]
async fn operators_are_enforced_per_attribute() {
    let asking = Asking::start(Sim::builder().population(Population::finished(30))).await;
    for refused in [
        "policyName eq 'daily'",
        "lastUpdateTime ge '2026-03-01T00:00:00.000Z'",
        "lastUpdateTime ge 2026-03-01",
        "state gt 'DONE'",
        "state eq DONE",
        "contains(state,'DONE')",
        "jobId eq '5'",
        "nonsense eq 5",
        "childCount eq 0",
        "state ne 'DONE' and",
    ] {
        let answer = asking.jobs(&[("filter", refused)]).await;
        assert_eq!(answer.status, 400, "{refused}");
        assert_eq!(answer.body["errorCode"], 9401, "{refused}");
    }
    for accepted in [
        "startswith(policyName,'linux')",
        "lastUpdateTime ge 2026-03-01T00:00:00.000Z and state eq 'DONE'",
        "not (status eq 0) or qReasonCode ne -99",
    ] {
        assert_eq!(
            asking.jobs(&[("filter", accepted)]).await.status,
            200,
            "{accepted}"
        );
    }
}

/// A filter and what it means, written apart from the simulator's.
#[derive(Clone, Debug)]
enum Asked {
    State(&'static str, bool),
    Status(&'static str, i64),
    Id(&'static str, u64),
    Updated(&'static str, i64),
    End(&'static str, i64),
    Policy(String),
    Type(&'static str, bool),
    Not(Box<Asked>),
    And(Box<Asked>, Box<Asked>),
    Or(Box<Asked>, Box<Asked>),
}

impl Asked {
    fn text(&self) -> String {
        let equal = |yes: &bool| if *yes { "eq" } else { "ne" };
        let time = |ms: &i64| format!("{:.3}", jiff::Timestamp::from_millisecond(*ms).unwrap());
        match self {
            Self::State(state, yes) => format!("state {} '{state}'", equal(yes)),
            Self::Type(kind, yes) => format!("policyType {} '{kind}'", equal(yes)),
            Self::Status(operator, status) => format!("status {operator} {status}"),
            Self::Id(operator, id) => format!("jobId {operator} {id}"),
            Self::Updated(operator, ms) => format!("lastUpdateTime {operator} {}", time(ms)),
            Self::End(operator, ms) => format!("endTime {operator} {}", time(ms)),
            Self::Policy(part) => format!("contains(policyName,'{part}')"),
            Self::Not(inner) => format!("not ({})", inner.text()),
            Self::And(a, b) => format!("({}) and ({})", a.text(), b.text()),
            Self::Or(a, b) => format!("({}) or ({})", a.text(), b.text()),
        }
    }

    fn holds(&self, job: &JobTruth) -> bool {
        let compare = |left: i64, operator: &str, right: i64| match operator {
            "eq" => left == right,
            "ne" => left != right,
            "lt" => left < right,
            "le" => left <= right,
            "gt" => left > right,
            "ge" => left >= right,
            other => panic!("{other}"),
        };
        match self {
            Self::State(state, yes) => (job.state == *state) == *yes,
            Self::Type(kind, yes) => (job.policy_type.as_deref() == Some(*kind)) == *yes,
            Self::Status(operator, status) => match job.status {
                Some(has) => compare(has.into(), operator, *status),
                None => *operator == "ne",
            },
            Self::Id(operator, id) => compare(
                i64::try_from(job.id).unwrap(),
                operator,
                i64::try_from(*id).unwrap(),
            ),
            Self::Updated(operator, ms) => compare(job.updated.as_millisecond(), operator, *ms),
            Self::End(operator, ms) => {
                let instant_access = &*job.job_type == "INSTANT_ACCESS";
                match job.end {
                    Some(end) => compare(end.as_millisecond(), operator, *ms),
                    // Unfinished: the epoch, or nothing at all.
                    None if instant_access => *operator == "ne",
                    None => compare(0, operator, *ms),
                }
            }
            Self::Policy(part) => job
                .policy
                .as_deref()
                .is_some_and(|policy| policy.contains(part.as_str())),
            Self::Not(inner) => !inner.holds(job),
            Self::And(a, b) => a.holds(job) && b.holds(job),
            Self::Or(a, b) => a.holds(job) || b.holds(job),
        }
    }
}

fn asked(from_ms: i64, until_ms: i64) -> impl Strategy<Value = Asked> {
    let operator = prop::sample::select(vec!["eq", "ne", "lt", "le", "gt", "ge"]);
    let leaf = prop_oneof![
        (
            prop::sample::select(vec!["DONE", "ACTIVE", "QUEUED", "REQUEUED"]),
            any::<bool>()
        )
            .prop_map(|(s, y)| Asked::State(s, y)),
        (
            operator.clone(),
            prop::sample::select(vec![0, 1, 71, 150, 2106])
        )
            .prop_map(|(o, s)| Asked::Status(o, s)),
        (operator.clone(), 900_u64..3_500).prop_map(|(o, id)| Asked::Id(o, id)),
        (operator.clone(), from_ms..until_ms).prop_map(|(o, ms)| Asked::Updated(o, ms)),
        (operator, prop_oneof![Just(0), from_ms..until_ms]).prop_map(|(o, ms)| Asked::End(o, ms)),
        "[a-z]{1,2}".prop_map(Asked::Policy),
        (
            prop::sample::select(vec!["VMWARE", "STANDARD"]),
            any::<bool>()
        )
            .prop_map(|(t, y)| Asked::Type(t, y)),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| Asked::Not(Box::new(a))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Asked::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Asked::Or(Box::new(a), Box::new(b))),
        ]
    })
}

/// Kills: a block skipped that holds a match, a range read off a disjunction or a negation, an operator off by one.
#[test]
fn a_filter_finds_exactly_what_is_true() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let asking = runtime.block_on(Asking::start(
        Sim::builder()
            .seed(11)
            .population(Population::living(2_000)),
    ));
    let truth = asking.primary.truth();
    let now = truth.now.as_millisecond();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let shapes = (
        asked(now - 86_400_000, now + 1_000),
        prop::sample::select(vec!["jobId", "-jobId"]),
    );
    runner
        .run(&shapes, |(asked, sort)| {
            let (mut found, _) = runtime.block_on(asking.walk(&asked.text(), sort, "100"));
            found.sort_unstable();
            let expected: Vec<u64> = truth
                .visible()
                .filter(|job| asked.holds(job))
                .map(|job| job.id)
                .collect();
            prop_assert_eq!(found, expected, "{}", asked.text());
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn the_two_queries_of_an_exporter_are_answered_from_a_hundred_thousand_jobs() {
    let population = Population {
        preloaded: 100_000,
        ..Population::default()
    };
    let asking = Asking::start(Sim::builder().population(population)).await;
    let truth = asking.primary.truth();
    assert!(truth.jobs.len() > 100_000);
    let since = truth.now - jiff::SignedDuration::from_mins(90);
    let filter = format!("state eq 'DONE' and lastUpdateTime ge {since:.3}");
    let (found, _) = asking.walk(&filter, "jobId", "100").await;
    let expected: Vec<u64> = truth
        .jobs
        .iter()
        .filter(|job| job.state == "DONE" && job.updated >= since)
        .map(|job| job.id)
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(found, expected);
    let (live, _) = asking.walk("state ne 'DONE'", "jobId", "100").await;
    assert_eq!(live, truth.live().map(|job| job.id).collect::<Vec<_>>());
    assert!(!live.is_empty());
}

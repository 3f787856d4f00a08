//! The same failure before every collector, and whatever it asks: the same facts, the same advice.

use std::collections::BTreeMap;

use nbu_metrics::collector::{self, Context, State};
use nbu_metrics::ledger::Ledger;
use nbu_sim::{Fault, Policy, Rhythm, Route, Running, Sim};

use super::*;

/// The endpoints that the collectors ask, with their names.
const ASKED: [(&str, Route, &str); 10] = [
    ("storage", Route::StorageUnits, "/storage/storage-units"),
    ("storage", Route::DiskPools, "/storage/disk-pools"),
    ("storage", Route::StorageServers, "/storage/storage-servers"),
    ("primary", Route::ServerInfo, "/security/serverinfo"),
    ("jobs", Route::Ping, "/ping"),
    ("jobs", Route::Jobs, "/admin/jobs"),
    ("protection", Route::Policies, "/config/policies"),
    ("protection", Route::Policy, "/config/policies/{policyName}"),
    (
        "protection",
        Route::UniquePolicyClients,
        "/config/unique-policy-clients",
    ),
    ("protection", Route::PausedClients, "/config/paused-clients"),
];

async fn sim() -> Running {
    let sim = Sim::builder().api_key("k").tls(false);
    let sim = sim.start("127.0.0.1:0".parse().unwrap()).await.unwrap();
    sim.edit_configuration(|configuration| {
        let policy = Policy::new("gold & silver", "Standard")
            .client("db1")
            .schedule("full", "Full Backup", Rhythm::Every(86_400));
        configuration.policies = vec![policy];
    });
    sim
}

/// The complaint of a collector in the end of all its runs, if it has one.
async fn said(client: &Client, name: &str) -> Option<CollectError> {
    let collector = collector::find(name).unwrap();
    let (ledger, mut state) = (Ledger::default(), State::default());
    let clock = || Clock::system().now();
    loop {
        let context = Context {
            client,
            ledger: &ledger,
            clock: &clock,
        };
        match collector.collect(context, &state).await {
            Err(error) => return Some(error),
            Ok(collected) if !collected.more => return collected.refused,
            Ok(collected) => state = collected.state,
        }
    }
}

/// An advice without what differs from endpoint to endpoint: its name, its permission, the request.
fn common(advice: &str) -> String {
    let is_own = |word: &str| word.starts_with('/') || word.starts_with('|') || word.len() == 32;
    let words = advice.split_whitespace();
    let words: Vec<_> = words
        .map(|word| if is_own(word) { "…" } else { word })
        .collect();
    words.join(" ")
}

#[tokio::test]
async fn one_failure_has_one_advice() {
    let sim = sim().await;
    let faults = [
        ("400", Fault::Status(400)),
        ("401", Fault::Status(401)),
        ("403", Fault::Status(403)),
        ("404", Fault::Status(404)),
        ("406", Fault::Status(406)),
        ("500", Fault::Status(500)),
        ("502", Fault::Status(502)),
        (
            "429",
            Fault::RetryAfter {
                status: 429,
                value: "1".to_owned(),
            },
        ),
        (
            "503",
            Fault::RetryAfter {
                status: 503,
                value: "1".to_owned(),
            },
        ),
        (
            "redirect",
            Fault::Redirect("https://login.example.com/".to_owned()),
        ),
        ("html", Fault::Html),
        ("garbage", Fault::Body("{".into())),
        ("hang", Fault::Hang),
        ("reset", Fault::Reset),
    ];
    for (fault, how) in faults {
        // Of what hangs the end is awaited; nothing else may come to it.
        let timeout = if fault == "hang" { "2s" } else { "60s" };
        let primary = at(
            &sim.url(),
            &format!("api_key: k, api_version: '12.0', request_timeout: {timeout}"),
        );
        let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, route, endpoint) in ASKED {
            let is_ping = route == Route::Ping;
            let is_open = is_ping || route == Route::ServerInfo;
            // What these mean of an endpoint that needs no permission is another matter; and a page of JSON is none.
            let is_other = matches!(fault, "401" | "403" | "404" | "406" | "html" | "garbage");
            // A policy that was deleted meanwhile.
            let is_deleted = route == Route::Policy && fault == "404";
            if is_open && is_other || is_deleted {
                continue;
            }
            sim.faults().clear();
            sim.faults().always(route, how.clone());
            let error = said(&client(&primary), name).await;
            let Some(error) = error else {
                panic!("{name} is content with {fault} from {endpoint}");
            };
            let facts = Facts::from(&error);
            assert_eq!(error.endpoint(), Some(endpoint), "{fault}: {error}");
            let is_answer = !matches!(fault, "hang" | "reset");
            assert!(facts.request_id.is_some(), "{fault} {endpoint}: {error}");
            let policy = (route == Route::Policy).then_some("gold & silver");
            assert_eq!(facts.argument.as_deref(), policy, "{fault} {endpoint}");
            if fault.parse::<u16>().is_ok() {
                assert_eq!(
                    facts.status.map(|status| status.to_string()).as_deref(),
                    Some(fault)
                );
                assert!(facts.code.is_some() || is_ping, "{fault} {endpoint}");
            }
            let advice = remedy(error.reason(), &facts, &primary, Reader::Log);
            assert!(!is_answer || !advice.is_empty());
            let kind = format!("{} {:?} {}", error.reason(), facts.status, common(&advice));
            seen.entry(kind)
                .or_default()
                .push(format!("{name} {endpoint}"));
        }
        // A collector that asks one endpoint has lost everything with it, the others a part.
        let parts = usize::from(matches!(fault, "401" | "403" | "404"));
        assert!(seen.len() <= 1 + parts, "{fault}: {seen:#?}");
    }
}

#[tokio::test]
async fn live_jobs_that_were_not_read_keep_the_facts_of_their_failure() {
    let sim = sim().await;
    let primary = at(&sim.url(), "api_key: k, api_version: '12.0'");
    let client = client(&primary);
    let collector = collector::find("jobs").unwrap();
    let (ledger, state) = (Ledger::default(), State::default());
    let now = Clock::system().now();
    let clock = || now;
    let context = Context {
        client: &client,
        ledger: &ledger,
        clock: &clock,
    };
    sim.faults().next(Route::Jobs, 1, Fault::Status(500));
    let live = collector.collect(context, &state).await.unwrap_err();
    let finished = collector.collect(context, &state).await.unwrap();
    let told = finished.refused.unwrap();
    assert!(matches!(told, CollectError::LiveJobs { .. }), "{told}");
    assert_eq!(Facts::from(&told), Facts::from(&live));
    assert_eq!(told.endpoint(), live.endpoint());
}

#[tokio::test]
async fn a_part_that_is_missing_costs_that_part_and_says_so() {
    let sim = sim().await;
    let primary = at(&sim.url(), "api_key: k, api_version: '12.0'");
    for (name, route, endpoint) in ASKED {
        let counts_parts = matches!(name, "storage" | "protection") && route != Route::Policy;
        if !counts_parts {
            continue;
        }
        for fault in [404, 403] {
            sim.faults().clear();
            sim.faults().always(route, Fault::Status(fault));
            let error = said(&client(&primary), name).await.unwrap();
            let advice = remedy(error.reason(), &Facts::from(&error), &primary, Reader::Log);
            let told = format!("{error}; {advice}");
            assert!(
                told.contains(&format!("only what {endpoint} tells is missing")),
                "{told}"
            );
            assert!(!told.contains("disable"), "{told}");
        }
    }
}

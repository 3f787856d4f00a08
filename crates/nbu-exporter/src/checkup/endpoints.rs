//! Every endpoint of every enabled collector: one small request each.

use nbu_api::{Endpoint, Method, Query};
use nbu_client::{Client, Error, Reason};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::{Check, Finding, Status};
use crate::config;
use crate::primary::enabled_collectors;

/// An endpoint, and who asks it.
struct Need {
    endpoint: &'static Endpoint,
    collectors: Vec<&'static str>,
}

/// Asks all of them, as many at a time as the client allows; a row each, in the order of the collectors.
pub(super) async fn ask(
    primary: &std::sync::Arc<config::Primary>,
    client: &Client,
    deadline: Instant,
) -> Vec<Finding> {
    let mut asked = JoinSet::new();
    for (number, need) in needs(primary).into_iter().enumerate() {
        let (primary, client) = (std::sync::Arc::clone(primary), client.clone());
        asked.spawn(async move { (number, one(&primary, &client, need, deadline).await) });
    }
    let mut rows = asked.join_all().await;
    rows.sort_by_key(|(number, _)| *number);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The endpoints of the enabled collectors, each once.
fn needs(primary: &config::Primary) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for (collector, _) in enabled_collectors(primary) {
        for endpoint in collector.endpoints() {
            match needs.iter_mut().find(|need| need.endpoint == *endpoint) {
                Some(need) => need.collectors.push(collector.name()),
                None => needs.push(Need {
                    endpoint,
                    collectors: vec![collector.name()],
                }),
            }
        }
    }
    needs
}

async fn one(primary: &config::Primary, client: &Client, need: Need, deadline: Instant) -> Finding {
    let endpoint = need.endpoint;
    let subject = endpoint.name;
    let finding = if endpoint.method != Method::Get || endpoint.path.contains('{') {
        Finding::skipped(
            Check::Endpoint,
            subject,
            "asks for one thing at a time; not tried here",
        )
    } else {
        let began = Instant::now();
        let finding = match timeout_at(deadline, fetch(client, endpoint)).await {
            Ok(Ok(())) => Finding::good(Check::Endpoint, subject, answered(endpoint)),
            Ok(Err(error)) => refused(endpoint, &error, primary),
            Err(_) => late(Check::Endpoint, subject),
        };
        finding.took(began.elapsed())
    };
    Finding {
        permission: endpoint.permission,
        collectors: need.collectors,
        ..finding
    }
}

/// One record, where it is a list.
async fn fetch(client: &Client, endpoint: &'static Endpoint) -> Result<(), Error> {
    if endpoint == &nbu_api::endpoint::PING {
        return client.ping().await.map(drop);
    }
    let query = match endpoint.page_limit {
        0 => Query::new(),
        _ => Query::new().with("page[limit]", "1"),
    };
    client.fetch(endpoint, query).await.map(drop)
}

/// What is answered, but not all of it, is told: the primary says nothing, and the numbers are too small.
pub(super) fn warn_of_partial_views(rows: &mut [Finding], partial: &[&Endpoint]) {
    for row in rows.iter_mut().filter(|row| row.status == Status::Ok) {
        let Some(namespace) = partial
            .iter()
            .find(|endpoint| endpoint.name == row.subject)
            .and_then(|endpoint| endpoint.permission)
        else {
            continue;
        };
        row.status = Status::Warning;
        row.detail = format!(
            "answers, but only with what VIEW on single objects shows: there is none on {namespace}"
        );
        row.remedy = format!(
            "give the credential's role the VIEW operation on {namespace}; the numbers are too small without it"
        );
    }
}

/// What needs no permission tells about the primary and the credential only, and the collectors go on without it.
fn refused(endpoint: &Endpoint, error: &Error, primary: &config::Primary) -> Finding {
    let finding = Finding::of_error(Check::Endpoint, endpoint.name, error, primary);
    let dispensable = matches!(error.reason(), Reason::Forbidden | Reason::NotSupported);
    if endpoint.permission.is_some() || !dispensable {
        return finding;
    }
    Finding {
        status: Status::Warning,
        remedy: "nothing has to be done: the collector goes on without it".to_owned(),
        ..finding
    }
}

fn answered(endpoint: &Endpoint) -> String {
    match endpoint.permission {
        Some(namespace) => format!("VIEW on {namespace}"),
        None => "needs no permission".to_owned(),
    }
}

/// The deadline of the whole check came first.
pub(super) fn late(check: Check, subject: &str) -> Finding {
    Finding::failed(
        check,
        subject,
        Reason::Timeout,
        "no answer before the time for the check was over",
        "the primary is slow, or something on the way drops its answers; --timeout gives the check more time",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use nbu_metrics::collector;

    use super::*;
    use crate::config::Config;
    use crate::environment::Environment;

    fn needed(collectors: &str) -> Vec<(&'static str, Vec<&'static str>)> {
        let text = format!(
            "primaries: [{{name: paris, url: 'https://nbu.example.com:1556/netbackup', api_key: k}}]\ncollectors: {{{collectors}}}"
        );
        let config = Config::parse(Path::new("c.yml"), &text, &Environment::of([])).unwrap();
        let needs = needs(&config.primaries[0]);
        let named = needs
            .into_iter()
            .map(|need| (need.endpoint.name, need.collectors));
        named.collect()
    }

    #[test]
    fn every_endpoint_of_every_enabled_collector_is_asked_once() {
        let enabled: Vec<String> = collector::ALL
            .iter()
            .map(|collector| format!("{}: {{enabled: true}}", collector.name()))
            .collect();
        let needs = needed(&enabled.join(", "));
        for collector in collector::ALL {
            for endpoint in collector.endpoints() {
                let rows: Vec<_> = needs.iter().filter(|row| row.0 == endpoint.name).collect();
                assert_eq!(rows.len(), 1, "{}", endpoint.name);
                assert!(rows[0].1.contains(&collector.name()), "{rows:?}");
            }
        }
    }

    #[test]
    fn what_only_a_disabled_collector_asks_is_not_asked() {
        let needs = needed("storage: {enabled: false}");
        assert!(!needs.iter().any(|(name, _)| name.starts_with("/storage/")));
        assert!(needs.iter().any(|(name, _)| *name == "/admin/jobs"));
    }
}

//! Every endpoint of every enabled collector: one small request each.

use std::sync::Arc;

use nbu_api::{Endpoint, Method, Query};
use nbu_client::{Client, Error, Page, Reason};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::sample::{Sample, sample};
use super::{Check, Finding, Status};
use crate::config;
use crate::primary::enabled_collectors;

/// An endpoint, and who asks it.
struct Need {
    endpoint: &'static Endpoint,
    collectors: Vec<&'static str>,
}

/// Asks all of them, as many at a time as the client allows; a row each, in the order of the collectors. First those that
/// can be asked for as they are, then those that want to know of what: their answers tell.
pub(super) async fn ask(
    primary: &Arc<config::Primary>,
    client: &Client,
    deadline: Instant,
) -> Vec<Finding> {
    let (later, now): (Vec<_>, Vec<_>) = needs(primary)
        .into_iter()
        .enumerate()
        .partition(|(_, need)| need.endpoint.path.contains('{'));
    let now = now.into_iter().map(|(number, need)| (number, need, None));
    let asked = wave(now.collect(), primary, client, deadline).await;
    let mut rows = Vec::new();
    let mut answered = Vec::new();
    for (number, row, page) in asked {
        rows.push((number, row));
        answered.extend(page);
    }
    let later = later.into_iter().map(|(number, need)| {
        let sample = sample(need.endpoint, &answered);
        (number, need, Some(sample))
    });
    let asked = wave(later.collect(), primary, client, deadline).await;
    rows.extend(asked.into_iter().map(|(number, row, _)| (number, row)));
    rows.sort_by_key(|(number, _)| *number);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A row, its place, and what was answered.
type Asked = (usize, Finding, Option<(&'static Endpoint, Page)>);

async fn wave(
    needs: Vec<(usize, Need, Option<Sample>)>,
    primary: &Arc<config::Primary>,
    client: &Client,
    deadline: Instant,
) -> Vec<Asked> {
    let mut asked = JoinSet::new();
    for (number, need, sample) in needs {
        let (primary, client) = (Arc::clone(primary), client.clone());
        asked.spawn(async move {
            let endpoint = need.endpoint;
            let (row, page) = one(&primary, &client, need, sample, deadline).await;
            (number, row, page.map(|page| (endpoint, page)))
        });
    }
    asked.join_all().await
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

async fn one(
    primary: &config::Primary,
    client: &Client,
    need: Need,
    sample: Option<Sample>,
    deadline: Instant,
) -> (Finding, Option<Page>) {
    let endpoint = need.endpoint;
    let name = endpoint.name;
    let of = match sample {
        _ if endpoint.method != Method::Get => {
            Err("not asked: by POST it may change something on the primary".to_owned())
        }
        Some(Sample::None(why)) => Err(format!("not asked: {why}")),
        Some(Sample::Value(value)) => Ok(Some(value)),
        None => Ok(None),
    };
    let (finding, page) = match of {
        Err(why) => (Finding::skipped(Check::Endpoint, name, why), None),
        Ok(of) => {
            let began = Instant::now();
            let asked = timeout_at(deadline, fetch(client, endpoint, of.clone())).await;
            let (finding, page) = match asked {
                Ok(Ok(page)) => (answered(endpoint, of.as_deref()), page),
                Ok(Err(error)) => (refused(endpoint, &error, primary), None),
                Err(_) => (late(Check::Endpoint, name), None),
            };
            (finding.took(began.elapsed()), page)
        }
    };
    let finding = Finding {
        permission: endpoint.permission,
        collectors: need.collectors,
        ..finding
    };
    (finding, page)
}

/// One record, where it is a list; the one that is asked for, where the path has a parameter.
async fn fetch(
    client: &Client,
    endpoint: &'static Endpoint,
    of: Option<String>,
) -> Result<Option<Page>, Error> {
    if endpoint == &nbu_api::endpoint::PING {
        return client.ping().await.map(|_| None);
    }
    let query = match (of, endpoint.page_limit) {
        (Some(of), _) => Query::of(of),
        (None, 0) => Query::new(),
        (None, _) => Query::new().with("page[limit]", "1"),
    };
    client.fetch(endpoint, query).await.map(Some)
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

fn answered(endpoint: &Endpoint, of: Option<&str>) -> Finding {
    let mut detail = match endpoint.permission {
        Some(namespace) => format!("VIEW on {namespace}"),
        None => "needs no permission".to_owned(),
    };
    if let Some(of) = of {
        // Debug, since it is the primary's text.
        let shown: String = of.chars().take(60).collect();
        detail = format!("{detail}; asked for {shown:?}");
    }
    Finding::good(Check::Endpoint, endpoint.name, detail)
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
    fn every_parameter_of_a_path_is_known() {
        for endpoint in collector::ALL
            .iter()
            .flat_map(|collector| collector.endpoints())
        {
            if !endpoint.path.contains('{') {
                continue;
            }
            let Sample::None(why) = sample(endpoint, &[]) else {
                continue;
            };
            assert!(!why.contains("not known here"), "{}", endpoint.name);
        }
    }

    #[test]
    fn what_only_a_disabled_collector_asks_is_not_asked() {
        let needs = needed("storage: {enabled: false}");
        assert!(!needs.iter().any(|(name, _)| name.starts_with("/storage/")));
        assert!(needs.iter().any(|(name, _)| *name == "/admin/jobs"));
    }
}

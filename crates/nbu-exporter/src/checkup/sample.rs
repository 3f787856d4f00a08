//! A value for the parameter of a path: one that the primary itself has named before.

use nbu_api::endpoint::{JOBS, POLICIES, POLICY, STATUS_CODES};
use nbu_api::{Endpoint, Job, Policy};
use nbu_client::Page;

/// "Partially successful": every primary knows it, whatever its jobs have met with.
const KNOWN_STATUS: i64 = 1;

/// What to ask for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sample {
    /// This.
    Value(String),
    /// Nothing: why not.
    None(String),
}

/// What to ask `endpoint` for, in the light of the lists that were answered.
pub(super) fn sample(endpoint: &Endpoint, answered: &[(&Endpoint, Page)]) -> Sample {
    let page = |list: &Endpoint| {
        let found = answered.iter().find(|(endpoint, _)| *endpoint == list);
        found.map(|(_, page)| page)
    };
    if endpoint == &STATUS_CODES {
        let status = page(&JOBS).and_then(status).unwrap_or(KNOWN_STATUS);
        return Sample::Value(status.to_string());
    }
    if endpoint != &POLICY {
        return Sample::None("its path has a parameter that is not known here".to_owned());
    }
    match page(&POLICIES).map(policy) {
        Some(Some(name)) => Sample::Value(name),
        Some(None) => Sample::None("its path names a policy, and there is none yet".to_owned()),
        None => {
            let list = POLICIES.name;
            Sample::None(format!("its path names a policy, and {list} named none"))
        }
    }
}

/// The name of the first policy.
fn policy(page: &Page) -> Option<String> {
    let mut name = None;
    let read = page.fold::<Policy<'_>>(|policy| {
        name = name.take().or_else(|| policy.name.map(Into::into));
    });
    read.ok().and(name)
}

/// What the first job has met with, if that is worth a text.
fn status(page: &Page) -> Option<i64> {
    let mut status = None;
    let read = page.fold::<Job<'_>>(|job| status = status.or(job.status));
    read.ok().and(status).filter(|status| *status > 0)
}

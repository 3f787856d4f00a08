//! Policies whose details the primary does not tell, or not so that they can be read: each is named in the log once and asked for
//! rarely, and keeps nothing from the others. Where none can be read all are asked for again in each run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_api::endpoint::POLICY;
use nbu_client::{Client, Reason};
use tracing::{info, warn};

use super::inventory::Inventory;
use crate::catalogue::collection as families;
use crate::collector::CollectError;
use crate::ledger::instant;
use crate::samples::Samples;

/// A policy is asked for again after this time, or when its generation changes; in the next run if it was not answered for the
/// first time.
const PUT_OFF: Duration = Duration::from_secs(3600);

/// The policies that could not be read when they were last asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Unreadable {
    policies: BTreeMap<Arc<str>, FailedRead>,
    /// How often one could not be read, in this process.
    count: u64,
}

/// A policy that could not be read.
#[derive(Clone, Debug)]
struct FailedRead {
    generation: Option<i64>,
    /// When that was; `None` if it is to be asked for again.
    at: Option<Timestamp>,
    error: Arc<CollectError>,
    /// The log names it.
    was_logged: bool,
}

impl Unreadable {
    /// `true` if it is too early to ask for this policy again.
    pub(super) fn is_put_off(&self, policy: &str, generation: Option<i64>, now: Timestamp) -> bool {
        self.policies.get(policy).is_some_and(|failed| {
            let is_early = |at| instant::between(at, now) < PUT_OFF;
            failed.generation == generation && failed.at.is_some_and(is_early)
        })
    }

    /// Asks for all of them again, whenever they were asked for.
    pub(super) fn ask_all_again(&mut self) {
        for failed in self.policies.values_mut() {
            failed.at = None;
        }
    }

    /// Notes that a policy could not be read, and gives the failure. One that was deleted meanwhile is not worth a word.
    pub(super) fn put_off(
        &mut self,
        client: &Client,
        policy: Arc<str>,
        generation: Option<i64>,
        now: Timestamp,
        error: CollectError,
    ) -> Arc<CollectError> {
        let before = self.policies.get(&policy);
        let mut was_logged = before.is_some_and(|failed| failed.was_logged);
        // That may have been a moment's trouble.
        let is_asked_again = before.is_none() && may_pass(&error);
        if !is_gone(&error) {
            self.count = self.count.saturating_add(1);
            if !was_logged {
                log(client, &policy, &error);
                was_logged = true;
            }
        }
        let error = Arc::new(error);
        let failed = FailedRead {
            generation,
            at: (!is_asked_again).then_some(now),
            error: Arc::clone(&error),
            was_logged,
        };
        self.policies.insert(policy, failed);
        error
    }

    /// Notes that a policy was read.
    pub(super) fn was_read(&mut self, client: &Client, policy: &str) {
        let failed = self.policies.remove(policy);
        if failed.is_some_and(|failed| failed.was_logged) {
            info!(
                primary = %client.primary(),
                collector = "protection",
                policy,
                "policy can be read again"
            );
        }
    }

    /// Forgets those that are gone.
    pub(super) fn retain(&mut self, inventory: &Inventory) {
        self.policies
            .retain(|name, _| inventory.policy(name).is_some());
    }

    /// The failure of the first of these policies, if none can be read. One that was deleted meanwhile says nothing.
    pub(super) fn all<'p>(
        &self,
        policies: impl Iterator<Item = &'p str>,
    ) -> Option<Arc<CollectError>> {
        let mut first = None;
        for policy in policies {
            let error = &self.policies.get(policy)?.error;
            if !is_gone(error) {
                first.get_or_insert_with(|| Arc::clone(error));
            }
        }
        first
    }

    pub(super) fn render(&self, samples: &mut Samples) {
        let labels = [POLICY.name, "unreadable"];
        let family = &families::RECORDS_SKIPPED_TOTAL;
        samples.counter(family, &labels, self.count as f64);
    }
}

/// `true` if the policy was deleted since the list of them was read.
fn is_gone(error: &CollectError) -> bool {
    error.status() == Some(404)
}

/// `true` if it has perhaps nothing to do with the policy: nothing was answered, or that something was overloaded.
fn may_pass(error: &CollectError) -> bool {
    let is_silent = matches!(error.reason(), Reason::Timeout | Reason::Connect);
    is_silent || matches!(error.status(), Some(429 | 502..=504))
}

fn log(client: &Client, policy: &str, error: &CollectError) {
    let told = match error {
        CollectError::Client(error) => Some(error),
        _ => None,
    };
    let call = told.and_then(|error| error.call());
    warn!(
        primary = %client.primary(),
        collector = "protection",
        policy,
        reason = error.reason().as_str(),
        endpoint = POLICY.name,
        http_status = error.status(),
        error_code = told.and_then(|error| error.refusal()?.code),
        request_id = call.and_then(|call| call.request_id.as_deref()),
        %error,
        "policy cannot be read; its expected intervals stay as they were, and it is asked for once an hour and when it changes"
    );
}

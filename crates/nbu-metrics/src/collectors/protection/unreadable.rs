//! Policies whose details the primary does not tell, or not so that they can be read: each is named in the log once and asked for
//! rarely, and keeps nothing from the others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_api::endpoint::POLICY;
use nbu_client::{Client, Error};
use tracing::{info, warn};

use super::inventory::Inventory;
use crate::catalogue::collection as families;
use crate::collector::CollectError;
use crate::ledger::instant;
use crate::samples::Samples;

/// A policy is asked for again after this time, or when its generation changes.
const PUT_OFF: Duration = Duration::from_secs(3600);

/// The policies that could not be read when they were last asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Unreadable {
    policies: BTreeMap<Arc<str>, Attempt>,
    /// How often one could not be read, in this process.
    count: u64,
}

/// An attempt that failed.
#[derive(Clone, Debug)]
struct Attempt {
    generation: Option<i64>,
    at: Timestamp,
    error: Arc<CollectError>,
}

impl Unreadable {
    pub(super) fn contains(&self, policy: &str) -> bool {
        self.policies.contains_key(policy)
    }

    /// Whether it is too early to ask for this policy again.
    pub(super) fn is_put_off(&self, policy: &str, generation: Option<i64>, now: Timestamp) -> bool {
        self.policies.get(policy).is_some_and(|attempt| {
            attempt.generation == generation && instant::between(attempt.at, now) < PUT_OFF
        })
    }

    /// Notes that a policy could not be read. What was deleted meanwhile is not worth a word.
    pub(super) fn put_off(
        &mut self,
        client: &Client,
        policy: Arc<str>,
        generation: Option<i64>,
        now: Timestamp,
        error: Error,
    ) {
        if error.status() != Some(404) {
            self.count = self.count.saturating_add(1);
            if !self.contains(&policy) {
                let call = error.call();
                warn!(
                    primary = %client.primary(),
                    collector = "protection",
                    policy = &*policy,
                    reason = error.reason().as_str(),
                    endpoint = POLICY.name,
                    http_status = error.status(),
                    error_code = error.refusal().and_then(|refusal| refusal.code),
                    request_id = call.and_then(|call| call.request_id.as_deref()),
                    %error,
                    "policy cannot be read; its expected intervals stay as they were, and it is asked for once an hour and when it changes"
                );
            }
        }
        let attempt = Attempt {
            generation,
            at: now,
            error: Arc::new(error.into()),
        };
        self.policies.insert(policy, attempt);
    }

    /// Notes that a policy was read.
    pub(super) fn was_read(&mut self, client: &Client, policy: &str) {
        if self.policies.remove(policy).is_some() {
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

    /// Why none of these policies can be read, if none can.
    pub(super) fn all<'p>(
        &self,
        policies: impl Iterator<Item = &'p str>,
    ) -> Option<Arc<CollectError>> {
        let mut first = None;
        for policy in policies {
            let attempt = self.policies.get(policy)?;
            first.get_or_insert_with(|| Arc::clone(&attempt.error));
        }
        first
    }

    pub(super) fn render(&self, samples: &mut Samples) {
        let labels = [POLICY.name, "unreadable"];
        let family = &families::RECORDS_SKIPPED_TOTAL;
        samples.counter(family, &labels, self.count as f64);
    }
}

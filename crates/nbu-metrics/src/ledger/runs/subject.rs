//! What a run protects.

use std::sync::Arc;

use crate::ledger::{FinishedJob, key};

/// The client, policy and schedule type of a run, in the words of the job list; empty where the record has none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(in crate::ledger) struct Subject {
    pub(in crate::ledger) client: Arc<str>,
    pub(in crate::ledger) policy: Arc<str>,
    pub(in crate::ledger) schedule: Arc<str>,
}

impl Subject {
    pub(in crate::ledger) fn of(job: &FinishedJob<'_>) -> Self {
        Self::new(&job.client, &job.policy, &job.schedule_type)
    }

    pub(in crate::ledger) fn new(client: &str, policy: &str, schedule: &str) -> Self {
        Self {
            client: Arc::from(key::clean(client)),
            policy: Arc::from(key::clean(policy)),
            schedule: Arc::from(key::clean(schedule)),
        }
    }
}

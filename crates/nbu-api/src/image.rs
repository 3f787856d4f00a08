//! Backup images of the catalog: `GET /catalog/images`.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};
use crate::policy_type::PolicyType;
use crate::schedule_type::ScheduleType;

object! {
    /// What a backup left behind.
    pub struct Image<'a> {
        @own {
            /// The element's `id`: the backup id. Always there in a visited record.
            id: Option<Cow<'a, str>>,
        }
        /// `clientName`.
        client_name: Option<Cow<'a, str>> = "clientName",
        /// `policyName`.
        policy_name: Option<Cow<'a, str>> = "policyName",
        /// `policyType`.
        policy_type: Option<PolicyType<'a>> = "policyType",
        /// `scheduleType`.
        schedule_type: Option<ScheduleType<'a>> = "scheduleType",
        /// `backupTime`: when the backup began.
        backup_time: Option<Timestamp> = "backupTime",
        /// `elapsedTimeSeconds`: how long it took.
        elapsed_seconds: Option<u64> = "elapsedTimeSeconds" in Seconds,
        /// `backupStatus`: how the backup job ended.
        status: Option<i64> = "backupStatus" in Status,
        /// `jobId` of the backup job.
        job_id: Option<u64> = "jobId" in Identity,
    }
}

impl Sealed for Image<'_> {}

impl Record for Image<'_> {
    type Of<'a> = Image<'a>;

    const KIND: &'static str = "image";
}

impl<'de> Resource<'de> for Image<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.id = identity.id;
        self.id.is_some()
    }
}

//! Backup images of the catalog: `GET /catalog/images`.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};

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
        /// `policyType`, in the words of the catalog (`MS-Windows`).
        policy_type: Option<Cow<'a, str>> = "policyType",
        /// `scheduleType`, in the words of the catalog (`FULL`).
        schedule_type: Option<Cow<'a, str>> = "scheduleType",
        /// `backupTime`: when the backup began.
        backup_time: Option<Timestamp> = "backupTime",
        /// `elapsedTimeSeconds`: how long it took.
        elapsed_seconds: Option<u64> = "elapsedTimeSeconds",
        /// `backupStatus`: how the backup job ended.
        status: Option<i64> = "backupStatus",
        /// `jobId` of the backup job.
        job_id: Option<u64> = "jobId",
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

//! What a job's record says of how it ended.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

use crate::job::{Job, root_of};
use crate::job_state::JobState;
use crate::job_type::JobType;
use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};
use crate::policy_type::PolicyType;
use crate::schedule_type::ScheduleType;

object! {
    /// A job as the primary lists it, `GET /admin/jobs`, as far as it matters once the job is done: half of a [`Job`], for who
    /// reads a million of them.
    pub struct JobEnding<'a> {
        /// As [`Job::job_id`].
        job_id: u64 = "jobId" in Identity,
        /// As [`Job::parent_job_id`].
        parent_job_id: Option<u64> = "parentJobId" in Identity,
        /// As [`Job::job_path`].
        job_path: Option<Cow<'a, str>> = "jobPath",
        /// As [`Job::child_count`].
        child_count: Option<u64> = "childCount" in Setting,
        /// As [`Job::state`].
        state: Option<JobState<'a>> = "state",
        /// As [`Job::job_type`].
        job_type: Option<JobType<'a>> = "jobType",
        /// As [`Job::status`].
        status: Option<i64> = "status" in Status,
        /// As [`Job::policy_type`].
        policy_type: Option<PolicyType<'a>> = "policyType",
        /// As [`Job::policy_name`].
        policy_name: Option<Cow<'a, str>> = "policyName",
        /// As [`Job::schedule_type`].
        schedule_type: Option<ScheduleType<'a>> = "scheduleType",
        /// As [`Job::client_name`].
        client_name: Option<Cow<'a, str>> = "clientName",
        /// As [`Job::workload_display_name`].
        workload_display_name: Option<Cow<'a, str>> = "workloadDisplayName",
        /// As [`Job::start_time`].
        start_time: Option<Timestamp> = "startTime",
        /// As [`Job::end_time`].
        end_time: Option<Timestamp> = "endTime",
        /// As [`Job::last_update_time`].
        last_update_time: Option<Timestamp> = "lastUpdateTime",
        /// As [`Job::elapsed_time`].
        elapsed_time: Option<Duration> = "elapsedTime",
        /// As [`Job::kilobytes_transferred`].
        kilobytes_transferred: Option<u64> = "kilobytesTransferred" in Kilobytes,
        /// As [`Job::kilobytes_data_transferred`].
        kilobytes_data_transferred: Option<u64> = "kilobytesDataTransferred" in Kilobytes,
        /// As [`Job::number_of_files`].
        number_of_files: Option<u64> = "numberOfFiles" in Count,
        /// As [`Job::dedup_ratio`].
        dedup_ratio: Option<f64> = "dedupRatio" in Percent,
        /// As [`Job::destination_storage_unit`].
        destination_storage_unit: Option<Cow<'a, str>> = "destinationStorageUnitName",
        /// As [`Job::destination_media_server`].
        destination_media_server: Option<Cow<'a, str>> = "destinationMediaServerName",
    }
}

impl JobEnding<'_> {
    /// As [`Job::is_done`].
    pub fn is_done(&self) -> bool {
        self.state == Some(JobState::Done)
    }

    /// As [`Job::root_id`].
    pub fn root_id(&self) -> u64 {
        root_of(self.job_path.as_deref(), self.job_id)
    }
}

impl Sealed for JobEnding<'_> {}

impl Record for JobEnding<'_> {
    type Of<'a> = JobEnding<'a>;

    const KIND: &'static str = Job::KIND;
}

impl<'de> Resource<'de> for JobEnding<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.job_id = identity.number_or(self.job_id);
        self.job_id != 0
    }
}

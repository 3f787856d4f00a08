//! Jobs: `GET /admin/jobs`.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

use crate::job_state::JobState;
use crate::job_type::JobType;
use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};
use crate::policy_type::PolicyType;
use crate::queue_reason::QueueReason;
use crate::schedule_type::ScheduleType;

object! {
    /// A job as the primary lists it. Fields that do not apply are absent, never 0 and never empty.
    ///
    /// Sizes are in kilobytes (1024 bytes by the product's convention; the API does not say), ratios in percent.
    pub struct Job<'a> {
        /// `jobId`, or the element's `id` where that is missing. Counted from 1; never 0 in a visited record.
        job_id: u64 = "jobId" in Identity,
        /// `parentJobId`.
        parent_job_id: Option<u64> = "parentJobId" in Identity,
        /// `jobPath`: the ids from the root job down to this one, joined by dots. Absent in 8.3.
        job_path: Option<Cow<'a, str>> = "jobPath",
        /// `childCount`: direct children. Above 0 the job only groups others. Absent in 8.3.
        child_count: Option<u64> = "childCount" in Setting,
        /// `state`.
        state: Option<JobState<'a>> = "state",
        /// `jobType`.
        job_type: Option<JobType<'a>> = "jobType",
        /// `jobSubType`.
        job_sub_type: Option<Cow<'a, str>> = "jobSubType",
        /// `status`: the status code. Absent while the job runs; 0 is success, 1 partial success.
        status: Option<i64> = "status" in Status,
        /// `policyType`.
        policy_type: Option<PolicyType<'a>> = "policyType",
        /// `policyName`. Duplications by a lifecycle policy have `SLP_` and its name.
        policy_name: Option<Cow<'a, str>> = "policyName",
        /// `scheduleType`.
        schedule_type: Option<ScheduleType<'a>> = "scheduleType",
        /// `scheduleName`; `-` for some jobs.
        schedule_name: Option<Cow<'a, str>> = "scheduleName",
        /// `clientName`. For virtual machines it may be the backup host.
        client_name: Option<Cow<'a, str>> = "clientName",
        /// `workloadDisplayName`: what people call the protected thing. Absent in 8.3.
        workload_display_name: Option<Cow<'a, str>> = "workloadDisplayName",
        /// `instanceDatabaseName`.
        instance_database_name: Option<Cow<'a, str>> = "instanceDatabaseName",
        /// `startTime`.
        start_time: Option<Timestamp> = "startTime",
        /// `endTime`. The API gives the epoch while the job has not ended: absent here.
        end_time: Option<Timestamp> = "endTime",
        /// `lastUpdateTime`: when the record last changed.
        last_update_time: Option<Timestamp> = "lastUpdateTime",
        /// `activeTryStartTime`: when the current try started.
        active_try_start_time: Option<Timestamp> = "activeTryStartTime",
        /// `elapsedTime` since the start.
        elapsed_time: Option<Duration> = "elapsedTime",
        /// `activeElapsedTime` since the start of the last try.
        active_elapsed_time: Option<Duration> = "activeElapsedTime",
        /// `kilobytesTransferred`: the estimated amount.
        kilobytes_transferred: Option<u64> = "kilobytesTransferred" in Kilobytes,
        /// `kilobytesDataTransferred`: what really went over the wire.
        kilobytes_data_transferred: Option<u64> = "kilobytesDataTransferred" in Kilobytes,
        /// `kilobytesToTransfer`: what remains.
        kilobytes_to_transfer: Option<u64> = "kilobytesToTransfer" in Kilobytes,
        /// `transferRate`, in kilobytes per second.
        transfer_rate: Option<u64> = "transferRate" in Kilobytes,
        /// `numberOfFiles` protected.
        number_of_files: Option<u64> = "numberOfFiles" in Count,
        /// `estimatedFiles` to protect.
        estimated_files: Option<u64> = "estimatedFiles" in Count,
        /// `percentComplete`, 0 to 100.
        percent_complete: Option<f64> = "percentComplete" in Percent,
        /// `dedupRatio`: space saved by deduplication and compression together, in percent.
        dedup_ratio: Option<f64> = "dedupRatio" in Percent,
        /// `dedupSpaceRatio`: space saved by deduplication, in percent.
        dedup_space_ratio: Option<f64> = "dedupSpaceRatio" in Percent,
        /// `compressionSpaceRatio`: space saved by compression, in percent.
        compression_space_ratio: Option<f64> = "compressionSpaceRatio" in Percent,
        /// `acceleratorOptimization`, in percent.
        accelerator_optimization: Option<f64> = "acceleratorOptimization" in Percent,
        /// `jobQueueReason`; the API's −99, not applicable, is absent here.
        queue_reason: Option<QueueReason> = "jobQueueReason",
        /// `jobQueueResource`: what the job waits for.
        queue_resource: Option<Cow<'a, str>> = "jobQueueResource",
        /// `destinationStorageUnitName`.
        destination_storage_unit: Option<Cow<'a, str>> = "destinationStorageUnitName",
        /// `destinationMediaServerName`.
        destination_media_server: Option<Cow<'a, str>> = "destinationMediaServerName",
        /// `sourceMediaServerName` of a duplication.
        source_media_server: Option<Cow<'a, str>> = "sourceMediaServerName",
        /// `dteMode`: encryption in transit, `ON`, `OFF` or `UNKNOWN`. Absent in 8.3.
        dte_mode: Option<Cow<'a, str>> = "dteMode",
        /// `try`: number of the current try, from 1.
        try_number: Option<u64> = "try" in Setting,
        /// `priority`.
        priority: Option<i64> = "priority" in Opaque,
    }
}

impl Job<'_> {
    /// Whether the job has ended.
    pub fn is_done(&self) -> bool {
        self.state == Some(JobState::Done)
    }

    /// Whether the job groups others: it moved no data itself. Without `childCount` (8.3) this cannot be seen here.
    pub fn is_parent(&self) -> bool {
        self.child_count.is_some_and(|children| children > 0)
    }

    /// The job at the root of the tree this one belongs to: the first id of `jobPath`, the job itself without one.
    pub fn root_id(&self) -> u64 {
        root_of(self.job_path.as_deref(), self.job_id)
    }

    /// When a job that is done ended: `endTime`, else `lastUpdateTime`. `None` while it is not done.
    pub fn ended_at(&self) -> Option<Timestamp> {
        if self.is_done() {
            self.end_time.or(self.last_update_time)
        } else {
            None
        }
    }
}

/// The first id of the path; the job's own without one.
pub(crate) fn root_of(path: Option<&str>, job_id: u64) -> u64 {
    let first = path.unwrap_or_default().split('.').next();
    first.unwrap_or_default().trim().parse().unwrap_or(job_id)
}

impl Sealed for Job<'_> {}

impl Record for Job<'_> {
    type Of<'a> = Job<'a>;

    const KIND: &'static str = "job";
}

impl<'de> Resource<'de> for Job<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.job_id = identity.number_or(self.job_id);
        self.job_id != 0
    }
}

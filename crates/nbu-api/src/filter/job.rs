//! Attributes of `GET /admin/jobs`.
//!
//! Absent below API 10.0 (proven for 4.0): [`LAST_UPDATE_TIME`], [`JOB_PATH`], [`WORKLOAD_DISPLAY_NAME`] and [`DTE_MODE`].

use super::{Attribute, EqualOnly, Equality, Number, Ordered, Search, Strings, Text, Time, Word};
use crate::job_state::JobState;
use crate::job_type::JobType;

/// `jobId`: the id.
pub const JOB_ID: Attribute<Number, Ordered> = Attribute::new("jobId");
/// `parentJobId`: the parent's id.
pub const PARENT_JOB_ID: Attribute<Number, Ordered> = Attribute::new("parentJobId");
/// `state`: where the job is in its life.
pub const STATE: Attribute<Word<JobState<'static>>, Equality> = Attribute::new("state");
/// `jobType`: what the job does.
pub const JOB_TYPE: Attribute<Word<JobType<'static>>, Equality> = Attribute::new("jobType");
/// `policyType`: the policy type, in the words of the job list (`VMWARE`).
pub const POLICY_TYPE: Attribute<Text, Equality> = Attribute::new("policyType");
/// `policyName`: the policy. The API has no `eq` here.
pub const POLICY_NAME: Attribute<Text, Search> = Attribute::new("policyName");
/// `clientName`: the client.
pub const CLIENT_NAME: Attribute<Text, Strings> = Attribute::new("clientName");
/// `workloadDisplayName`: the workload as people know it.
pub const WORKLOAD_DISPLAY_NAME: Attribute<Text, Strings> = Attribute::new("workloadDisplayName");
/// `scheduleName`: the schedule.
pub const SCHEDULE_NAME: Attribute<Text, Strings> = Attribute::new("scheduleName");
/// `jobPath`: ids from the root job down, joined by dots.
pub const JOB_PATH: Attribute<Text, Strings> = Attribute::new("jobPath");
/// `status`: the status code. Jobs without one have not ended.
pub const STATUS: Attribute<Number, Ordered> = Attribute::new("status");
/// `startTime`: when the job started.
pub const START_TIME: Attribute<Time, Ordered> = Attribute::new("startTime");
/// `endTime`: when it ended; 1970-01-01T00:00:00Z while it has not.
pub const END_TIME: Attribute<Time, Ordered> = Attribute::new("endTime");
/// `lastUpdateTime`: when the record last changed.
pub const LAST_UPDATE_TIME: Attribute<Time, Ordered> = Attribute::new("lastUpdateTime");
/// `kilobytesTransferred`: estimated amount, in kilobytes.
pub const KILOBYTES_TRANSFERRED: Attribute<Number, Ordered> =
    Attribute::new("kilobytesTransferred");
/// `numberOfFiles`: files protected.
pub const NUMBER_OF_FILES: Attribute<Number, Ordered> = Attribute::new("numberOfFiles");
/// `transferRate`: kilobytes per second.
pub const TRANSFER_RATE: Attribute<Number, Ordered> = Attribute::new("transferRate");
/// `try`: number of the current try.
pub const TRY: Attribute<Number, Ordered> = Attribute::new("try");
/// `percentComplete`: estimated progress.
pub const PERCENT_COMPLETE: Attribute<Number, Ordered> = Attribute::new("percentComplete");
/// `priority`: the priority.
pub const PRIORITY: Attribute<Number, Ordered> = Attribute::new("priority");
/// `dedupRatio`: deduplication, in percent.
pub const DEDUP_RATIO: Attribute<Number, Ordered> = Attribute::new("dedupRatio");
/// `qReasonCode`: the queue reason; the answer calls it `jobQueueReason`.
pub const Q_REASON_CODE: Attribute<Number, Equality> = Attribute::new("qReasonCode");
/// `destinationStorageUnitName`: where the data goes.
pub const DESTINATION_STORAGE_UNIT_NAME: Attribute<Text, EqualOnly> =
    Attribute::new("destinationStorageUnitName");
/// `destinationMediaServerName`: the media server that writes.
pub const DESTINATION_MEDIA_SERVER_NAME: Attribute<Text, Strings> =
    Attribute::new("destinationMediaServerName");
/// `backupId`: the id of the image.
pub const BACKUP_ID: Attribute<Text, EqualOnly> = Attribute::new("backupId");
/// `dteMode`: encryption in transit: `ON`, `OFF`, `UNKNOWN`.
pub const DTE_MODE: Attribute<Text, EqualOnly> = Attribute::new("dteMode");

/// The names of all attributes here, for checks against the vendor's documents.
pub const NAMES: [&str; 26] = [
    JOB_ID.name(),
    PARENT_JOB_ID.name(),
    STATE.name(),
    JOB_TYPE.name(),
    POLICY_TYPE.name(),
    POLICY_NAME.name(),
    CLIENT_NAME.name(),
    WORKLOAD_DISPLAY_NAME.name(),
    SCHEDULE_NAME.name(),
    JOB_PATH.name(),
    STATUS.name(),
    START_TIME.name(),
    END_TIME.name(),
    LAST_UPDATE_TIME.name(),
    KILOBYTES_TRANSFERRED.name(),
    NUMBER_OF_FILES.name(),
    TRANSFER_RATE.name(),
    TRY.name(),
    PERCENT_COMPLETE.name(),
    PRIORITY.name(),
    DEDUP_RATIO.name(),
    Q_REASON_CODE.name(),
    DESTINATION_STORAGE_UNIT_NAME.name(),
    DESTINATION_MEDIA_SERVER_NAME.name(),
    BACKUP_ID.name(),
    DTE_MODE.name(),
];

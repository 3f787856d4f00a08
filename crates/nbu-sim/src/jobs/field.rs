//! What can be filtered and sorted, from the vendor's table (11.2), and where a job keeps it.

use crate::{
    filter::{Attribute, Kind, Operators, Schema, Value},
    population::{
        job::Job,
        name::{Name, Names},
    },
};

/// One attribute of a job, under its filter name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    JobId,
    ParentJobId,
    EndTime,
    StartTime,
    LastUpdateTime,
    Status,
    TransferRate,
    KilobytesTransferred,
    KilobytesDataTransferred,
    ActiveTryStartTime,
    DedupRatio,
    Try,
    NumberOfFiles,
    PercentComplete,
    ChildCount,
    StreamNumber,
    ClientName,
    WorkloadDisplayName,
    JobPath,
    DestinationMediaServerName,
    DestinationStorageUnitName,
    ScheduleName,
    ScheduleType,
    State,
    JobType,
    PolicyType,
    QueueReason,
    PolicyName,
    /// Attributes that no simulated job has.
    Nothing,
    /// Integers that are 0 on every simulated job.
    Zero,
}

const fn at(
    name: &'static str,
    field: Field,
    kind: Kind,
    operators: Operators,
    sortable: bool,
) -> Attribute<Field> {
    Attribute {
        name,
        field,
        kind,
        operators,
        sortable,
    }
}

const fn integer(name: &'static str, field: Field) -> Attribute<Field> {
    at(name, field, Kind::Integer, Operators::ORDERED, true)
}

const fn number(name: &'static str, field: Field) -> Attribute<Field> {
    at(name, field, Kind::Number, Operators::ORDERED, true)
}

const fn time(name: &'static str, field: Field) -> Attribute<Field> {
    at(name, field, Kind::Time, Operators::ORDERED, true)
}

const fn text(name: &'static str, field: Field, operators: Operators) -> Attribute<Field> {
    at(name, field, Kind::Text, operators, true)
}

const fn coded(name: &'static str, operators: Operators) -> Attribute<Field> {
    at(name, Field::Zero, Kind::Integer, operators, true)
}

const fn sort_only(name: &'static str, field: Field) -> Attribute<Field> {
    at(name, field, Kind::Integer, Operators::NONE, true)
}

pub(crate) const SCHEMA: &Schema<Field> = &[
    integer("jobId", Field::JobId),
    integer("parentJobId", Field::ParentJobId),
    time("endTime", Field::EndTime),
    time("startTime", Field::StartTime),
    time("lastUpdateTime", Field::LastUpdateTime),
    integer("status", Field::Status),
    integer("transferRate", Field::TransferRate),
    integer("kilobytesTransferred", Field::KilobytesTransferred),
    time("activeTryStartTime", Field::ActiveTryStartTime),
    number("dedupRatio", Field::DedupRatio),
    number("acceleratorOptimization", Field::Nothing),
    integer("activeProcessId", Field::Zero),
    integer("try", Field::Try),
    integer("numberOfFiles", Field::NumberOfFiles),
    integer("priority", Field::Zero),
    integer("sessionId", Field::Zero),
    integer("percentComplete", Field::PercentComplete),
    integer("copyNumber", Field::Zero),
    integer("numberOfTapeToEject", Field::Zero),
    text("clientName", Field::ClientName, Operators::TEXT),
    text("restoreBackupIDs", Field::Nothing, Operators::TEXT),
    text(
        "assetDisplayableName",
        Field::WorkloadDisplayName,
        Operators::TEXT,
    ),
    text(
        "workloadDisplayName",
        Field::WorkloadDisplayName,
        Operators::TEXT,
    ),
    text("jobPath", Field::JobPath, Operators::TEXT),
    text(
        "destinationMediaServerName",
        Field::DestinationMediaServerName,
        Operators::TEXT,
    ),
    text("sourceMediaServerName", Field::Nothing, Operators::TEXT),
    text("scheduleName", Field::ScheduleName, Operators::TEXT),
    text("state", Field::State, Operators::EQUALITY),
    text("jobType", Field::JobType, Operators::EQUALITY),
    text("policyType", Field::PolicyType, Operators::EQUALITY),
    coded("offHostType", Operators::EQUALITY),
    coded("currentOperation", Operators::EQUALITY),
    at(
        "qReasonCode",
        Field::QueueReason,
        Kind::Integer,
        Operators::EQUALITY,
        true,
    ),
    text("policyName", Field::PolicyName, Operators::SEARCH),
    text("assetID", Field::Nothing, Operators::EQ),
    text("backupId", Field::Nothing, Operators::EQ),
    text(
        "destinationStorageUnitName",
        Field::DestinationStorageUnitName,
        Operators::EQ,
    ),
    text("destinationMediaId", Field::Nothing, Operators::EQ),
    coded("applicationType", Operators::EQ),
    text("dteMode", Field::Nothing, Operators::EQ),
    text("jobOwner", Field::Nothing, Operators::EQ),
    coded("dataMovement", Operators::EQ),
    text("instanceDatabaseName", Field::Nothing, Operators::EQ),
    text("profileName", Field::Nothing, Operators::EQ),
    text("robotName", Field::Nothing, Operators::EQ),
    coded("transportType", Operators::EQ),
    text("vaultName", Field::Nothing, Operators::EQ),
    text("qResource", Field::Nothing, Operators::EQ),
    text("dumpHost", Field::Nothing, Operators::EQ),
    text("currentFile", Field::Nothing, Operators::EQ),
    sort_only("scheduleType", Field::ScheduleType),
    sort_only("streamNumber", Field::StreamNumber),
    sort_only("childCount", Field::ChildCount),
    sort_only("kilobytesDataTransferred", Field::KilobytesDataTransferred),
    sort_only("retention", Field::Zero),
    sort_only("killable", Field::Zero),
];

/// What a job has under `field` while the clock shows `now`.
pub(crate) fn value<'n>(names: &'n Names, job: &Job, now: i64, field: Field) -> Value<'n> {
    let word = |name: Name| {
        names
            .word(name)
            .map_or(Value::Absent, |word| Value::Text((&**word).into()))
    };
    let count = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    match field {
        Field::JobId => count(job.id),
        Field::ParentJobId => count(job.parent),
        Field::EndTime if job.no_end && !job.is_done() => Value::Absent,
        Field::EndTime => Value::Integer(job.end),
        Field::StartTime => Value::Integer(job.start),
        Field::LastUpdateTime => Value::Integer(job.updated(now)),
        Field::Status => job
            .status()
            .map_or(Value::Absent, |status| Value::Integer(status.into())),
        Field::TransferRate => count(super::record::transfer_rate(job, now)),
        Field::KilobytesTransferred => count(job.kib_now(now)),
        Field::KilobytesDataTransferred => count(job.kib_sent_now(now)),
        Field::ActiveTryStartTime => Value::Integer(job.active),
        Field::DedupRatio => job.dedup.map_or(Value::Absent, |tenths| {
            Value::Number(f64::from(tenths) / 10.0)
        }),
        Field::Try => Value::Integer(job.tries.into()),
        Field::NumberOfFiles => count(job.files_now(now)),
        Field::PercentComplete => count(job.percent(now)),
        Field::ChildCount => Value::Integer(job.children.into()),
        Field::StreamNumber => Value::Integer(job.stream.into()),
        Field::ClientName => word(job.client),
        Field::WorkloadDisplayName => word(job.workload),
        Field::JobPath => Value::Text(super::record::path(job).into()),
        Field::DestinationMediaServerName => word(job.server),
        Field::DestinationStorageUnitName => word(job.unit),
        Field::ScheduleName => word(job.schedule),
        Field::ScheduleType => word(job.schedule_type),
        Field::State => Value::Text(job.state.word().into()),
        Field::JobType => word(job.job_type),
        Field::PolicyType => word(job.policy_type),
        Field::QueueReason => Value::Integer(job.queue_reason.into()),
        Field::PolicyName => word(job.policy),
        Field::Nothing => Value::Absent,
        Field::Zero => Value::Integer(0),
    }
}

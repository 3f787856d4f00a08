//! Writes a job as the primary does: absent attributes are left out, numbers are integers when they are whole.

use nbu_api::ApiVersion;

use crate::{
    json::{self, Object},
    population::{
        RecordSize,
        job::{Job, State},
        name::{Name, Names},
        world::World,
    },
    reply::Refusal,
};

/// What the name of the primary is in links: without the port, as real ones write it, so that following them fails.
pub(crate) const LINK_BASE: &str = "https://primary.example.com/netbackup";

/// What decides the form of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) version: ApiVersion,
    pub(crate) size: RecordSize,
    /// What the clock shows.
    pub(crate) now: i64,
}

/// `GET /admin/jobs/{id}`.
pub(crate) fn one(world: &World, form: Form, id: &str) -> Result<Vec<u8>, Refusal> {
    let id: u64 = id
        .parse()
        .map_err(|_| Refusal::Parameter("jobId is not a number".to_owned()))?;
    let job = world.find(id).ok_or(Refusal::NotFound)?;
    let mut body = Vec::with_capacity(2048);
    body.extend_from_slice(b"{\"data\":");
    write(&mut body, &world.names, job, form, |_| ());
    body.push(b'}');
    Ok(body)
}

/// Writes one element of `data`; `cursor` writes the value of `meta.page.cursor`, which the offset scheme does not have.
pub(crate) fn write(
    out: &mut Vec<u8>,
    names: &Names,
    job: &Job,
    form: Form,
    cursor: impl Fn(&mut Vec<u8>),
) {
    let mut element = Object::begin(out);
    if form.size == RecordSize::Full {
        let links = element.key("links");
        links.extend_from_slice(b"{\"self\":{\"href\":\"/admin/jobs/");
        json::unsigned(links, job.id);
        for list in ["file-lists", "try-logs"] {
            links.extend_from_slice(b"\"},\"");
            links.extend_from_slice(list.as_bytes());
            links.extend_from_slice(b"\":{\"href\":\"");
            links.extend_from_slice(LINK_BASE.as_bytes());
            links.extend_from_slice(b"/admin/jobs/");
            json::unsigned(links, job.id);
            links.push(b'/');
            links.extend_from_slice(list.as_bytes());
        }
        links.extend_from_slice(b"\"}}");
    }
    element.string("type", "job");
    let id = element.key("id");
    id.push(b'"');
    json::unsigned(id, job.id);
    id.push(b'"');
    attributes(element.key("attributes"), names, job, form);
    if form.version >= ApiVersion::V9_0 {
        let meta = element.key("meta");
        meta.extend_from_slice(b"{\"page\":{\"cursor\":\"");
        cursor(meta);
        meta.extend_from_slice(b"\"}}");
    }
    element.end();
}

fn attributes(out: &mut Vec<u8>, names: &Names, job: &Job, form: Form) {
    let now = form.now;
    let modern = form.version >= ApiVersion::V9_0;
    let full = form.size == RecordSize::Full;
    let mut to = Object::begin(out);
    to.unsigned("jobId", job.id);
    to.unsigned("parentJobId", job.parent);
    word(&mut to, "jobType", names, job.job_type);
    word(&mut to, "policyType", names, job.policy_type);
    word(&mut to, "policyName", names, job.policy);
    word(&mut to, "scheduleType", names, job.schedule_type);
    word(&mut to, "scheduleName", names, job.schedule);
    word(&mut to, "clientName", names, job.client);
    word(&mut to, "destinationStorageUnitName", names, job.unit);
    word(&mut to, "destinationMediaServerName", names, job.server);
    if let Some(status) = job.status() {
        to.integer("status", status.into());
    }
    to.string("state", job.state.word());
    to.time("startTime", job.start);
    to.time("activeTryStartTime", job.active);
    if job.is_done() || !job.no_end {
        to.time("endTime", job.end);
    }
    to.time("lastUpdateTime", job.updated(now));
    to.unsigned("kilobytesTransferred", job.kib_now(now));
    to.unsigned("kilobytesDataTransferred", job.kib_sent_now(now));
    to.unsigned("numberOfFiles", job.files_now(now));
    to.unsigned("percentComplete", job.percent(now));
    to.unsigned("try", job.tries.into());
    to.integer("jobQueueReason", job.queue_reason.into());
    if let Some(tenths) = job.dedup {
        to.tenths("dedupRatio", tenths);
    }
    // Where it came in between 8.3 and 10.3 no document says.
    if form.version > ApiVersion::V4_0 {
        to.unsigned("childCount", job.children.into());
    }
    if modern {
        json::duration(to.key("elapsedTime"), job.elapsed_ms(now));
        json::duration(to.key("activeElapsedTime"), job.active_elapsed_ms(now));
        word(&mut to, "workloadDisplayName", names, job.workload);
        let path_out = to.key("jobPath");
        path_out.push(b'"');
        path_out.extend_from_slice(path(job).as_bytes());
        path_out.push(b'"');
    } else {
        json::clock_duration(to.key("elapsedTime"), job.elapsed_ms(now));
    }
    if full {
        rest(&mut to, names, job, form);
    }
    to.end();
}

/// The attributes that monitoring does not read, in the proportions of real records.
fn rest(to: &mut Object<'_>, names: &Names, job: &Job, form: Form) {
    let now = form.now;
    // Process ids and the like: any number, but always the same for one job.
    let scatter = job.id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    to.unsigned("activeProcessId", 1_000 + (scatter >> 40) % 60_000);
    to.unsigned("mainProcessId", 1_000 + (scatter >> 44) % 60_000);
    to.unsigned("transferRate", transfer_rate(job, now));
    to.integer("streamNumber", job.stream.into());
    to.unsigned("estimatedFiles", job.files.into());
    to.unsigned("kilobytesToTransfer", job.kib);
    to.integer(
        "currentOperation",
        if job.state == State::Active { 3 } else { -99 },
    );
    if job.queue_reason >= 0 {
        word(to, "jobQueueResource", names, job.unit);
    }
    if job.workload != Name::NONE {
        word(to, "assetDisplayableName", names, job.workload);
        let asset = to.key("assetID");
        asset.extend_from_slice(format!("\"{scatter:016x}-{:08x}\"", job.id).as_bytes());
    }
    if job.policy_type != Name::NONE {
        to.string(
            "jobSubType",
            if job.id.is_multiple_of(7) {
                "IMMEDIATE"
            } else {
                "SCHEDULED"
            },
        );
        to.string("dataMovement", "STANDARD");
        to.string("offHostType", "STANDARD");
        to.integer("retentionLevel", i64::try_from(scatter % 10).unwrap_or(0));
        if let Some(client) = names.word(job.client) {
            let backup = to.key("backupId");
            backup.push(b'"');
            backup.extend_from_slice(client.as_bytes());
            backup.push(b'_');
            json::integer(backup, job.start / 1000);
            backup.push(b'"');
        }
    }
    if form.version >= ApiVersion::V9_0 {
        if let Some(tenths) = job.dedup {
            to.tenths("dedupSpaceRatio", tenths / 20 * 19);
            to.tenths("compressionSpaceRatio", tenths / 3);
        }
        to.raw_members(r#""dteMode":"OFF","auditDomainType":0"#);
    } else {
        to.raw_members(r#""initiatorId":"""#);
    }
    to.raw_members(concat!(
        r#""applicationType":"NONE","controlHost":"primary.example.com","jobOwner":"root","jobGroup":"","#,
        r#""auditUserName":"","auditDomainName":"","sourceMediaId":"","sourceStorageUnitName":"","#,
        r#""sourceMediaServerName":"","destinationMediaId":"","copyNumber":0,"priority":0,"compression":0,"#,
        r#""restartable":0,"suspendable":0,"resumable":0,"cancellable":0,"frozenImage":0,"transportType":"LAN","#,
        r#""robotName":"","vaultName":"","profileName":"","sessionId":0,"numberOfTapeToEject":0,"submissionType":0,"#,
        r#""dumpHost":"","instanceDatabaseName":"","restoreBackupIDs":"","currentFile":"""#
    ));
}

fn word(to: &mut Object<'_>, key: &str, names: &Names, name: Name) {
    if let Some(word) = names.word(name) {
        to.string(key, word);
    }
}

/// `812432.812510.812700`: the ids from the root down.
pub(crate) fn path(job: &Job) -> String {
    if job.parent == 0 {
        job.id.to_string()
    } else if job.parent == job.root {
        format!("{}.{}", job.root, job.id)
    } else {
        format!("{}.{}.{}", job.root, job.parent, job.id)
    }
}

/// Kilobytes per second.
pub(crate) fn transfer_rate(job: &Job, now: i64) -> u64 {
    let seconds = u64::try_from(job.active_elapsed_ms(now) / 1000).unwrap_or(0);
    job.kib_sent_now(now) / seconds.max(1)
}

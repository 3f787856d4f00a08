//! `/catalog/images`: what successful backups left behind, longer than their jobs.

use crate::{
    config::config_type,
    filter::{Attribute, Kind, Operators, Schema, Value},
    json::Object,
    paging::Limits,
    population::{
        job::Job,
        name::{Name, Names},
        world::World,
    },
    query::Query,
    reply::Refusal,
    storage::{Listed, Read, list, text},
};

/// Without a lower bound on `backupTime` the primary shows this much.
const DAY_MS: i64 = 86_400_000;

/// One image, as its job made it.
struct Image {
    client: String,
    policy: String,
    policy_type: String,
    schedule: String,
    schedule_type: &'static str,
    job: Job,
}

/// `GET /catalog/images`.
pub(crate) fn images(world: &World, now: i64, query: &Query) -> Result<Vec<u8>, Refusal> {
    let bounded = query
        .value("filter")
        .is_some_and(|filter| filter.contains("backupTime ge"));
    let since = if bounded { i64::MIN } else { now - DAY_MS };
    let images: Vec<Image> = world
        .archive
        .iter()
        .chain(&world.jobs)
        .filter(|job| job.is_done() && job.children == 0 && job.start >= since)
        .filter_map(|job| Image::of(&world.names, job))
        .collect();
    list(&images, "/catalog/images", Limits::up_to(100), query)
}

impl Image {
    /// What the job left behind, if it made a backup of a client.
    fn of(names: &Names, job: &Job) -> Option<Self> {
        let word = |name: Name| names.word(name).map_or("", |word| word);
        let is_backup = matches!(word(job.job_type), "BACKUP" | "DBBACKUP");
        if !is_backup || !matches!(job.status(), Some(0 | 1)) || job.client == Name::NONE {
            return None;
        }
        let client = if job.workload == Name::NONE {
            job.client
        } else {
            job.workload
        };
        Some(Self {
            client: word(client).to_owned(),
            policy: word(job.policy).to_owned(),
            policy_type: config_type(word(job.policy_type)).to_owned(),
            schedule: word(job.schedule).to_owned(),
            schedule_type: match word(job.schedule_type) {
                "DIFFERENTIAL_INCREMENTAL_BACKUP" => "DIFFERENTIAL_INCREMENTAL",
                "CUMULATIVE_INCREMENTAL_BACKUP" => "CUMULATIVE_INCREMENTAL",
                "APPLICATION_BACKUP" | "USER_BACKUP" => "USER_BACKUP",
                _ => "FULL",
            },
            job: job.clone(),
        })
    }
}

impl Listed for Image {
    const SCHEMA: &'static Schema<Read<Self>> = &[
        Attribute {
            name: "backupTime",
            field: |image| Value::Integer(image.job.start),
            kind: Kind::Time,
            operators: Operators::RANGE,
            sortable: false,
        },
        text("clientName", |image| words(&image.client), Operators::EQ),
        text(
            "policyName",
            |image| words(&image.policy),
            Operators::EQ.and(Operators::CONTAINS),
        ),
        text(
            "policyType",
            |image| words(&image.policy_type),
            Operators::EQ,
        ),
        text(
            "scheduleType",
            |image| words(image.schedule_type),
            Operators::EQ,
        ),
    ];

    fn write(&self, out: &mut Vec<u8>) {
        let job = &self.job;
        let id = format!("{}_{}", self.client, job.start / 1000);
        let mut element = Object::begin(out);
        element.string("type", "image");
        element.string("id", &id);
        let mut to = Object::begin(element.key("attributes"));
        to.string("policyType", &self.policy_type);
        to.string("clientName", &self.client);
        to.string("policyName", &self.policy);
        to.string("scheduleName", &self.schedule);
        to.string("scheduleType", self.schedule_type);
        to.time("backupTime", job.start);
        to.integer("backupStatus", job.status().unwrap_or(0).into());
        to.integer("elapsedTimeSeconds", (job.end - job.start).max(0) / 1000);
        to.unsigned("jobId", job.id);
        to.unsigned("kbytes", job.kib);
        to.unsigned("kbytesDataTransferred", job.kib_sent);
        to.unsigned("numFiles", job.files.into());
        to.integer("streamNumber", job.stream.into());
        to.raw_members(concat!(
            r#""backupCopyType":"DEFAULT","blockIncrementalFullTime":"1970-01-01T00:00:00.000Z","clientCharset":0,"#,
            r#""compression":false,"contentFile":"","contentFileSize":"0","contentFileCompressed":"NOT","creator":"root","#,
            r#""dataClassification":"","encryption":"NONE","expiration":null,"extendedSecurityInfo":false,"#,
            r#""fileSystemOnly":false,"imageDumpLevel":0,"imageType":"NORMAL","keyword":"","mpx":false,"numCopies":1,"#,
            r#""numberFragments":0,"fragments":[],"originMasterServer":"","pfiType":0,"primaryCopy":1,"#,
            r#""providerGeneratedId":"","proxyClient":"","remoteExpirationDate":null,"retentionLevel":1,"slpVersion":0,"#,
            r#""slpCompleted":0,"slpName":"","tirExpirationDate":null,"version":18,"vmType":"NONE","#,
            r#""streamAggregatedKbytes":0,"streamAggregatedFiles":0"#
        ));
        to.end();
        element.end();
    }
}

fn words(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

//! What really happened, so that tests compare.
//!
//! Read from the simulation's own memory, past every filter, page and record that a client sees.

mod protection;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    clock::timestamp,
    configuration::Configuration,
    population::{
        job::Job,
        name::{Name, Names},
        world::World,
    },
    storage::Storage,
};

pub use protection::{Protected, Subject};

/// Everything that is true of a primary at one moment.
#[derive(Clone, Debug)]
pub struct Truth {
    /// What the primary's clock shows.
    pub now: Timestamp,
    /// Every job there ever was, in the order of creation; purged ones and those of lost databases included.
    pub jobs: Vec<JobTruth>,
    /// All storage.
    pub storage: Storage,
    /// What is to be protected.
    pub configuration: Configuration,
}

/// One job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobTruth {
    /// `jobId`
    pub id: u64,
    /// `parentJobId`; `None` for a root.
    pub parent: Option<u64>,
    /// The first id of `jobPath`.
    pub root: u64,
    /// `jobType`
    pub job_type: Arc<str>,
    /// `policyType`; `None` where the record does not have it.
    pub policy_type: Option<Arc<str>>,
    /// `policyName`
    pub policy: Option<Arc<str>>,
    /// `clientName`
    pub client: Option<Arc<str>>,
    /// `workloadDisplayName`
    pub workload: Option<Arc<str>>,
    /// `scheduleType`
    pub schedule_type: Option<Arc<str>>,
    /// `state`
    pub state: &'static str,
    /// `status`; `None` where the record does not have it.
    pub status: Option<i32>,
    /// `startTime`
    pub start: Timestamp,
    /// `endTime` of a finished job.
    pub end: Option<Timestamp>,
    /// `lastUpdateTime`
    pub updated: Timestamp,
    /// From start to end, as `elapsedTime` says; milliseconds.
    pub elapsed_ms: i64,
    /// `kilobytesTransferred`
    pub kib: u64,
    /// `kilobytesDataTransferred`
    pub kib_sent: u64,
    /// `numberOfFiles`
    pub files: u64,
    /// `dedupRatio` in tenths of a percent.
    pub dedup_tenths: Option<u16>,
    /// `childCount`; more than 0 makes it a parent.
    pub children: u16,
    /// `jobQueueReason`; `None` where it is -99.
    pub queue_reason: Option<i16>,
    /// Whether the record has vanished from the primary.
    pub purged: bool,
}

/// What finished leaf jobs are counted by. Empty words stand for absent attributes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    /// `jobType`
    pub job_type: String,
    /// `policyType`
    pub policy_type: String,
    /// `status`
    pub status: i32,
}

/// Sums over the jobs of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub jobs: u64,
    /// `kilobytesTransferred`
    pub kib: u64,
    /// `kilobytesDataTransferred`
    pub kib_sent: u64,
    /// `numberOfFiles`
    pub files: u64,
}

impl Truth {
    pub(crate) fn of(
        world: &World,
        storage: Storage,
        configuration: Configuration,
        now: i64,
    ) -> Self {
        let jobs = world.archive.iter().chain(&world.jobs);
        Self {
            now: timestamp(now),
            jobs: jobs
                .map(|job| JobTruth::of(&world.names, job, now))
                .collect(),
            storage,
            configuration,
        }
    }

    /// The finished leaf jobs that ended at or after `horizon`.
    pub fn leaves_ended_since(&self, horizon: Timestamp) -> impl Iterator<Item = &JobTruth> {
        self.jobs
            .iter()
            .filter(move |job| !job.is_parent() && job.end.is_some_and(|end| end >= horizon))
    }

    /// The finished parents that ended at or after `horizon`.
    pub fn parents_ended_since(&self, horizon: Timestamp) -> impl Iterator<Item = &JobTruth> {
        self.jobs
            .iter()
            .filter(move |job| job.is_parent() && job.end.is_some_and(|end| end >= horizon))
    }

    /// The finished leaf jobs that ended at or after `horizon`, summed by class.
    pub fn finished_since(&self, horizon: Timestamp) -> BTreeMap<Class, Tally> {
        let mut classes = BTreeMap::<_, Tally>::new();
        for job in self.leaves_ended_since(horizon) {
            classes.entry(job.class()).or_default().add(job);
        }
        classes
    }

    /// The jobs that are not done.
    pub fn live(&self) -> impl Iterator<Item = &JobTruth> {
        self.jobs.iter().filter(|job| job.state != "DONE")
    }

    /// The jobs that are not done, by type and state.
    pub fn live_by_state(&self) -> BTreeMap<(String, &'static str), u64> {
        let mut counts = BTreeMap::new();
        for job in self.live() {
            *counts
                .entry((job.job_type.to_string(), job.state))
                .or_default() += 1;
        }
        counts
    }

    /// The queued jobs by reason; `None` where there is none.
    pub fn queued_by_reason(&self) -> BTreeMap<Option<i16>, u64> {
        let mut counts = BTreeMap::new();
        for job in self.live().filter(|job| job.state == "QUEUED") {
            *counts.entry(job.queue_reason).or_default() += 1;
        }
        counts
    }

    /// The jobs whose records the primary would still show.
    pub fn visible(&self) -> impl Iterator<Item = &JobTruth> {
        self.jobs.iter().filter(|job| !job.purged)
    }
}

impl JobTruth {
    fn of(names: &Names, job: &Job, now: i64) -> Self {
        let word = |name: Name| names.word(name).cloned();
        Self {
            id: job.id,
            parent: (job.parent != 0).then_some(job.parent),
            root: job.root,
            job_type: word(job.job_type).unwrap_or_default(),
            policy_type: word(job.policy_type),
            policy: word(job.policy),
            client: word(job.client),
            workload: word(job.workload),
            schedule_type: word(job.schedule_type),
            state: job.state.word(),
            status: job.status(),
            start: timestamp(job.start),
            end: job.is_done().then(|| timestamp(job.end)),
            updated: timestamp(job.updated(now)),
            elapsed_ms: job.elapsed_ms(now),
            kib: job.kib_now(now),
            kib_sent: job.kib_sent_now(now),
            files: job.files_now(now),
            dedup_tenths: job.dedup,
            children: job.children,
            queue_reason: (job.queue_reason >= 0).then_some(job.queue_reason),
            purged: job.purged,
        }
    }

    /// Whether it has children, and so does no work of its own.
    pub fn is_parent(&self) -> bool {
        self.children > 0
    }

    /// What it is counted by once it is done; a missing status counts as -1.
    pub fn class(&self) -> Class {
        Class {
            job_type: self.job_type.to_string(),
            policy_type: self.policy_type.as_deref().unwrap_or_default().to_owned(),
            status: self.status.unwrap_or(-1),
        }
    }
}

impl Tally {
    fn add(&mut self, job: &JobTruth) {
        self.jobs += 1;
        self.kib += job.kib;
        self.kib_sent += job.kib_sent;
        self.files += job.files;
    }
}

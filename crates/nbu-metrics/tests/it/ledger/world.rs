//! A primary's job database, reduced to what a walk can see of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nbu_metrics::ledger::{FinishedJob, Slice};

/// Where the clock begins, in milliseconds.
pub(super) const START: i64 = 1_800_000_000_000;
pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// One finished job. What is counted of it does not change unless a test says so.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) last_update: i64,
    pub(super) kind: Kind,
}

/// What is counted of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) status: Option<i64>,
    pub(super) kilobytes: Option<u64>,
    pub(super) seconds: u64,
    pub(super) parent: bool,
    pub(super) vmware: bool,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) clock: i64,
    pub(super) jobs: BTreeMap<u64, Job>,
    /// Every job that ever finished, those included whose id was used again.
    pub(super) history: Vec<Job>,
    next: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            clock: START,
            jobs: BTreeMap::new(),
            history: Vec::new(),
            next: 1,
        }
    }

    /// A job finishes now; its record shows up `late` milliseconds stale.
    pub(super) fn finish(&mut self, kind: Kind, late: i64) -> u64 {
        let id = self.next;
        // Ids have gaps: other jobs run in between.
        self.next += 1 + (id % 3);
        let end = self.clock - late;
        self.insert(Job {
            id,
            start: end - 10 * MINUTE,
            end,
            last_update: end,
            kind,
        });
        id
    }

    /// A job starts; its id is taken now.
    pub(super) fn start(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        id
    }

    /// A job that was started finishes now.
    pub(super) fn finish_started(&mut self, id: u64, kind: Kind) {
        self.insert(Job {
            id,
            start: self.clock - MINUTE,
            end: self.clock,
            last_update: self.clock,
            kind,
        });
    }

    /// The job database was rebuilt: an id begins again. Only where the clock says that it is another job.
    pub(super) fn reuse(&mut self, pick: usize, kind: Kind) -> bool {
        let Some(old) = self.pick(pick).filter(|old| old.end + SECOND < self.clock) else {
            return false;
        };
        self.insert(Job {
            id: old.id,
            start: self.clock - SECOND / 2,
            end: self.clock,
            last_update: self.clock,
            kind,
        });
        true
    }

    /// A finished record is written again, perhaps with a later end.
    pub(super) fn touch(&mut self, pick: usize, end_too: bool) {
        let Some(old) = self.pick(pick) else {
            return;
        };
        let clock = self.clock;
        let touched = Job {
            last_update: clock,
            end: if end_too { old.end.max(clock) } else { old.end },
            ..old.clone()
        };
        if let Some(known) = self.history.iter_mut().rfind(|known| known.id == old.id) {
            *known = touched.clone();
        }
        self.jobs.insert(old.id, touched);
    }

    /// The next page of a walk: records in the slice with an id after the cursor.
    pub(super) fn page(&self, slice: &Slice, after: u64, size: usize) -> Vec<Job> {
        let from = slice.from.as_millisecond();
        let to = slice.to.map_or(i64::MAX, Timestamp::as_millisecond);
        self.jobs
            .range(after + 1..)
            .map(|(_, job)| job)
            .filter(|job| (from..to).contains(&job.last_update))
            .take(size)
            .cloned()
            .collect()
    }

    pub(super) fn now(&self) -> Timestamp {
        at(self.clock)
    }

    fn pick(&self, pick: usize) -> Option<Job> {
        let len = self.jobs.len();
        (len > 0).then(|| self.jobs.values().nth(pick % len).cloned())?
    }

    fn insert(&mut self, job: Job) {
        self.history.push(job.clone());
        self.jobs.insert(job.id, job);
    }
}

impl Job {
    pub(super) fn record(&self) -> FinishedJob<'static> {
        FinishedJob {
            id: self.id,
            child_count: Some(u64::from(self.kind.parent)),
            job_type: "BACKUP".into(),
            policy_type: if self.kind.vmware { "VMWARE" } else { "" }.into(),
            status: self.kind.status,
            start: Some(at(self.start)),
            end: Some(at(self.end)),
            last_update: Some(at(self.last_update)),
            elapsed: Some(std::time::Duration::from_secs(self.kind.seconds)),
            kilobytes: self.kind.kilobytes,
            ..FinishedJob::default()
        }
    }
}

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap()
}

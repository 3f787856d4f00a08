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
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) last_update: i64,
    pub(super) kind: Kind,
    /// Its start was written again, later than its end.
    restarted: bool,
}

/// What is counted of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) status: Option<i64>,
    pub(super) kilobytes: Option<u64>,
    pub(super) seconds: u64,
    pub(super) parent: bool,
    pub(super) vmware: bool,
    pub(super) times: Times,
}

/// What a record tells of when the job ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Times {
    /// When it began and when it ended, by whatever clock the primary had then.
    Usual,
    /// It ended in the moment in which it began.
    Equal,
    /// It began so much later than it ended.
    Inverted(i64),
    NoStart,
    NoEnd,
    /// It began at this time, of which no primary's clock can be right.
    Start(i64),
    /// It ended at this time.
    End(i64),
    /// It began and ended at this time.
    Both(i64),
}

/// What is written again in a finished record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    /// Nothing that is counted.
    Update,
    /// The end is corrected to now.
    End,
    /// The start is now, and later than the end.
    Start,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) clock: i64,
    pub(super) jobs: BTreeMap<u64, Job>,
    /// Every job that ever finished, those included whose id was used again.
    pub(super) history: Vec<Job>,
    /// For how long after the latest time that it tells the end of a record may still change.
    pub(super) correctable: i64,
    next: u64,
    /// Jobs that are running, and when they began.
    running: BTreeMap<u64, i64>,
    /// The latest time that a record of this id told.
    latest: BTreeMap<u64, i64>,
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            clock: START,
            jobs: BTreeMap::new(),
            history: Vec::new(),
            correctable: 48 * HOUR,
            next: 1,
            running: BTreeMap::new(),
            latest: BTreeMap::new(),
        }
    }

    /// A job finishes now; its record shows up `late` milliseconds stale.
    pub(super) fn finish(&mut self, kind: Kind, late: i64) -> u64 {
        let id = self.next;
        // Ids have gaps: other jobs run in between.
        self.next += 1 + (id % 3);
        let end = self.clock - late;
        self.insert(Job::new(id, end - 10 * MINUTE, end, kind));
        id
    }

    /// A job starts; its id is taken now.
    pub(super) fn start(&mut self) -> u64 {
        let id = self.next;
        self.next += 1;
        self.running.insert(id, self.clock);
        id
    }

    /// A job that was started finishes now, whatever steps the clock made meanwhile.
    pub(super) fn finish_started(&mut self, id: u64, kind: Kind) {
        let begun = self.running.remove(&id).unwrap();
        self.insert(Job::new(id, begun, self.clock, kind));
    }

    /// The one of the running jobs that began first finishes now.
    pub(super) fn finish_first(&mut self, kind: Kind) {
        if let Some(id) = self.running.keys().next().copied() {
            self.finish_started(id, kind);
        }
    }

    /// The job database was rebuilt: an id begins again. It is another job if its record says so: it starts later than anything that
    /// is known of the id, and does not end before it starts.
    pub(super) fn reuse(&mut self, pick: usize, kind: Kind) {
        let clock = self.clock;
        let is_later = |old: &Job| self.latest[&old.id] + SECOND < clock;
        let Some(old) = self.pick(pick).filter(is_later) else {
            return;
        };
        let new = Job::new(old.id, clock - SECOND / 2, clock, kind);
        if new.start > Some(self.latest[&old.id]) && Some(new.ended()) >= new.start {
            self.latest.remove(&old.id);
            self.insert(new);
        }
    }

    /// A finished record is written again.
    pub(super) fn touch(&mut self, pick: usize, touch: Touch) {
        let clock = self.clock;
        let Some(mut touched) = self.pick(pick) else {
            return;
        };
        let moves_its_end = touched.end.is_none() || touch == Touch::End;
        let latest = self.latest[&touched.id];
        if moves_its_end && latest.saturating_add(self.correctable) < clock {
            return;
        }
        match (touch, touched.end) {
            (Touch::End, Some(end)) if !touched.restarted => touched.end = Some(end.max(clock)),
            (Touch::Start, Some(end)) if end < clock => {
                touched.start = Some(clock);
                touched.restarted = true;
            }
            _ => {}
        }
        touched.last_update = clock;
        if let Some(known) = self
            .history
            .iter_mut()
            .rfind(|known| known.id == touched.id)
        {
            *known = touched.clone();
        }
        self.replace(touched);
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
        self.replace(job);
    }

    fn replace(&mut self, job: Job) {
        let latest = self.latest.entry(job.id).or_insert(i64::MIN);
        *latest = (*latest)
            .max(job.ended())
            .max(job.start.unwrap_or(i64::MIN));
        self.jobs.insert(job.id, job);
    }
}

impl Job {
    fn new(id: u64, begun: i64, over: i64, kind: Kind) -> Self {
        let (start, end) = match kind.times {
            Times::Usual => (Some(begun), Some(over)),
            Times::Equal => (Some(over), Some(over)),
            Times::Inverted(by) => (Some(over + by), Some(over)),
            Times::NoStart => (None, Some(over)),
            Times::NoEnd => (Some(begun), None),
            Times::Start(start) => (Some(start), Some(over)),
            Times::End(end) => (Some(begun), Some(end)),
            Times::Both(time) => (Some(time), Some(time)),
        };
        Self {
            id,
            start,
            end,
            last_update: over,
            kind,
            restarted: false,
        }
    }

    /// What places it in time.
    pub(super) fn ended(&self) -> i64 {
        self.end.unwrap_or(self.last_update)
    }

    pub(super) fn record(&self) -> FinishedJob<'static> {
        FinishedJob {
            id: self.id,
            child_count: Some(u64::from(self.kind.parent)),
            job_type: "BACKUP".into(),
            policy_type: if self.kind.vmware { "VMWARE" } else { "" }.into(),
            status: self.kind.status,
            start: self.start.map(at),
            end: self.end.map(at),
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

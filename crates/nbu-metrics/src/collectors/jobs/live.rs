//! Jobs under way: a walk of `state ne 'DONE'`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use nbu_api::{Job, JobState, JobType, QueueReason, filter::job};
use roaring::RoaringTreemap;

use super::pages::JobPages;
use crate::catalogue::jobs as families;
use crate::collector::{CollectError, Context};
use crate::ledger::{Ledger, instant};
use crate::samples::Samples;

/// What is kept while walking: a few numbers per kind of job, a few bits per job, and an id and a pointer per silent one.
#[derive(Debug, Default)]
struct Live {
    words: Words,
    /// By type and state.
    jobs: BTreeMap<(Arc<str>, Arc<str>), u64>,
    /// By code.
    queued: BTreeMap<Option<i64>, u64>,
    oldest_queued: Option<Timestamp>,
    oldest_active: BTreeMap<Arc<str>, Timestamp>,
    /// Types of the active jobs, so that one without stalled jobs shows 0.
    active: BTreeMap<Arc<str>, u64>,
    /// Not updated for long, if they turn out to be no parents.
    silent: Vec<(u64, Arc<str>)>,
    parents: RoaringTreemap,
    seen: RoaringTreemap,
    /// The jobs that those belong to.
    above: RoaringTreemap,
}

/// Types and states, each kept once however many jobs name it.
#[derive(Debug, Default)]
struct Words(BTreeSet<Arc<str>>);

/// Reads all unfinished jobs. `clock` is the primary's.
pub(super) async fn collect(
    context: Context<'_>,
    clock: Timestamp,
    stalled_after: Duration,
) -> Result<Samples, CollectError> {
    let mut live = Live::default();
    let silent_since = instant::before(clock, stalled_after);
    let mut pages = JobPages::begin(context.client, job::STATE.ne(JobState::Done)).await?;
    while pages
        .next::<Job<'_>>(|job| live.take(&job, silent_since, context.ledger))
        .await?
        .is_continue()
    {}
    let under_way = &live.seen | &live.above;
    context.ledger.learn_unfinished(clock, under_way);
    Ok(live.render())
}

impl Live {
    fn take(&mut self, job: &Job<'_>, silent_since: Timestamp, ledger: &Ledger) {
        if job.is_done() || !self.seen.insert(job.job_id) {
            return;
        }
        self.name_parent(job, ledger);
        self.above.insert(job.root_id());
        self.above.extend(job.parent_job_id);
        let job_type = job
            .job_type
            .as_ref()
            .map_or("", |job_type| job_type.as_str());
        let job_type = self.words.one(job_type);
        let state = job.state.as_ref().map_or("", |state| state.as_str());
        let kind = (Arc::clone(&job_type), self.words.one(state));
        *self.jobs.entry(kind).or_default() += 1;
        match job.state {
            Some(JobState::Queued) => self.take_queued(job),
            Some(JobState::Active) => self.take_active(job, job_type, silent_since),
            _ => {}
        }
    }

    fn take_queued(&mut self, job: &Job<'_>) {
        let code = job.queue_reason.map(|reason| reason.0);
        *self.queued.entry(code).or_default() += 1;
        self.oldest_queued = earlier(self.oldest_queued, job.start_time);
    }

    fn take_active(&mut self, job: &Job<'_>, job_type: Arc<str>, silent_since: Timestamp) {
        self.active.entry(Arc::clone(&job_type)).or_default();
        if let Some(start) = job.start_time {
            let oldest = self
                .oldest_active
                .entry(Arc::clone(&job_type))
                .or_insert(start);
            *oldest = start.min(*oldest);
        }
        let silent = job
            .last_update_time
            .is_some_and(|last| last <= silent_since);
        let excluded = job.is_parent() || job.job_type == Some(JobType::InstantAccess);
        if silent && !excluded {
            self.silent.push((job.job_id, job_type));
        }
    }

    /// Without a count of children a job is a parent if another one says so.
    fn name_parent(&mut self, job: &Job<'_>, ledger: &Ledger) {
        let parent = job
            .parent_job_id
            .filter(|parent| *parent != 0 && *parent != job.job_id);
        if let (None, Some(parent)) = (job.child_count, parent) {
            self.parents.insert(parent);
            ledger.name_parent(parent);
        }
    }

    fn render(mut self) -> Samples {
        for (id, job_type) in self.silent {
            if !self.parents.contains(id) {
                *self.active.entry(job_type).or_default() += 1;
            }
        }
        let mut samples = Samples::new();
        for ((job_type, state), count) in &self.jobs {
            samples.gauge(&families::JOBS, &[job_type, state], *count as f64);
        }
        for (reason, _) in QueueReason::known() {
            self.queued.entry(Some(reason.0)).or_default();
        }
        for (code, count) in &self.queued {
            let reason = code.map_or_else(String::new, |code| QueueReason(code).to_string());
            samples.gauge(&families::JOBS_QUEUED, &[&reason], *count as f64);
        }
        if let Some(oldest) = self.oldest_queued {
            let at = instant::seconds(oldest);
            samples.gauge(&families::JOBS_OLDEST_QUEUED_TIMESTAMP_SECONDS, &[], at);
        }
        for (job_type, oldest) in &self.oldest_active {
            let at = instant::seconds(*oldest);
            samples.gauge(
                &families::JOBS_OLDEST_ACTIVE_TIMESTAMP_SECONDS,
                &[job_type],
                at,
            );
        }
        for (job_type, count) in &self.active {
            samples.gauge(&families::JOBS_STALLED, &[job_type], *count as f64);
        }
        samples
    }
}

impl Words {
    fn one(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        self.0.insert(Arc::clone(&word));
        word
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{JobsSettings, MemoryStore};

    #[tokio::test]
    async fn a_word_is_kept_once_however_many_jobs_name_it() {
        let store = Arc::new(MemoryStore::new());
        let ledger = Ledger::open(store, JobsSettings::default()).await.unwrap();
        let mut live = Live::default();
        let at = Timestamp::UNIX_EPOCH;
        for job_id in 1..=1_000 {
            let job = Job {
                job_id,
                job_type: Some(JobType::Other(format!("KIND_{}", job_id % 2).into())),
                state: Some(JobState::Active),
                last_update_time: Some(at),
                ..Job::default()
            };
            live.take(&job, at, &ledger);
        }
        assert_eq!((live.silent.len(), live.words.0.len()), (1_000, 3));
        for (_, kind) in &live.silent {
            let kept = live.words.0.get(kind).unwrap();
            assert!(Arc::ptr_eq(kind, kept), "{kind} was copied");
        }
    }
}

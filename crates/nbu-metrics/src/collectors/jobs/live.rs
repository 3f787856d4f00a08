//! Jobs under way: a walk of `state ne 'DONE'`.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use nbu_api::{Job, JobState, JobType, QueueReason, filter::job};
use roaring::RoaringTreemap;

use super::pages::JobPages;
use crate::catalogue::jobs as families;
use crate::collector::{CollectError, Context};
use crate::ledger::{Ledger, instant};
use crate::samples::Samples;

/// What is kept while walking: a few numbers per kind of job, and two bits per job.
#[derive(Debug, Default)]
struct Live {
    /// By type and state.
    jobs: BTreeMap<(String, String), u64>,
    queued: BTreeMap<String, u64>,
    oldest_queued: Option<Timestamp>,
    oldest_active: BTreeMap<String, Timestamp>,
    /// Types of the active jobs, so that one without stalled jobs shows 0.
    active: BTreeMap<String, u64>,
    /// Not updated for long, if they turn out to be no parents.
    silent: Vec<(u64, String)>,
    parents: RoaringTreemap,
    seen: RoaringTreemap,
}

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
        .next(|job| live.take(&job, silent_since, context.ledger))
        .await?
        .is_continue()
    {}
    Ok(live.render())
}

impl Live {
    fn take(&mut self, job: &Job<'_>, silent_since: Timestamp, ledger: &Ledger) {
        if job.is_done() || !self.seen.insert(job.job_id) {
            return;
        }
        self.name_parent(job, ledger);
        let job_type = job
            .job_type
            .as_ref()
            .map_or("", |job_type| job_type.as_str());
        let state = job.state.as_ref().map_or("", |state| state.as_str());
        let kind = (job_type.to_owned(), state.to_owned());
        *self.jobs.entry(kind).or_default() += 1;
        match job.state {
            Some(JobState::Queued) => self.take_queued(job),
            Some(JobState::Active) => self.take_active(job, job_type, silent_since),
            _ => {}
        }
    }

    fn take_queued(&mut self, job: &Job<'_>) {
        let reason = job.queue_reason.map(|reason| reason.to_string());
        *self.queued.entry(reason.unwrap_or_default()).or_default() += 1;
        self.oldest_queued = earlier(self.oldest_queued, job.start_time);
    }

    fn take_active(&mut self, job: &Job<'_>, job_type: &str, silent_since: Timestamp) {
        self.active.entry(job_type.to_owned()).or_default();
        if let Some(start) = job.start_time {
            let oldest = self
                .oldest_active
                .entry(job_type.to_owned())
                .or_insert(start);
            *oldest = start.min(*oldest);
        }
        let silent = job
            .last_update_time
            .is_some_and(|last| last <= silent_since);
        let excluded = job.is_parent() || job.job_type == Some(JobType::InstantAccess);
        if silent && !excluded {
            self.silent.push((job.job_id, job_type.to_owned()));
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
        for (id, job_type) in &self.silent {
            if !self.parents.contains(*id) {
                *self.active.entry(job_type.clone()).or_default() += 1;
            }
        }
        let mut samples = Samples::new();
        for ((job_type, state), count) in &self.jobs {
            samples.gauge(&families::JOBS, &[job_type, state], *count as f64);
        }
        for (_, reason) in QueueReason::known() {
            self.queued.entry(reason.to_owned()).or_default();
        }
        for (reason, count) in &self.queued {
            samples.gauge(&families::JOBS_QUEUED, &[reason], *count as f64);
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

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

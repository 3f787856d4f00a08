//! Finished jobs, slice by slice into the ledger.

use std::borrow::Cow;

use jiff::Timestamp;
use nbu_api::{ApiVersion, Filter, Job, JobState, JobType, filter::job};
use nbu_client::{Error, Reason};

use super::pages::JobPages;
use crate::collector::{CollectError, Context};
use crate::ledger::{FinishedJob, Slice};

/// NetBackup's code for a filter it does not accept.
const BAD_FILTER: i64 = 9401;

/// By which of a job's times a primary can filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum TimeField {
    /// `lastUpdateTime`, as far as is known.
    #[default]
    LastUpdate,
    /// `endTime`: a primary of this version refused the other.
    End(Option<ApiVersion>),
}

/// What a walk over finished jobs left to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    pub(super) time: TimeField,
    /// More slices are due.
    pub(super) more: bool,
}

/// Walks the next slice, and one of a reconciliation if one is under way. `clock` is the primary's, read before.
pub(super) async fn collect(
    context: Context<'_>,
    clock: Timestamp,
    time: &TimeField,
) -> Result<Walked, CollectError> {
    let agenda = context.ledger.begin(clock).await?;
    let mut time = time.still_holds(context.client.version());
    time = walk(context, agenda.advance, clock, time).await?;
    if let Some(slice) = agenda.reconcile {
        time = walk(context, slice, clock, time).await?;
    }
    Ok(Walked {
        time,
        more: agenda.advance.to.is_some(),
    })
}

async fn walk(
    context: Context<'_>,
    slice: Slice,
    clock: Timestamp,
    time: TimeField,
) -> Result<TimeField, CollectError> {
    let under_way = context.ledger.walk(slice, clock);
    let mut time = time;
    let mut outcome = read(context, &slice, time).await;
    if time == TimeField::LastUpdate && outcome.as_ref().is_err_and(is_filter_refused) {
        time = TimeField::End(context.client.version());
        outcome = read(context, &slice, time).await;
    }
    match outcome {
        Ok(()) => {
            under_way.complete().await?;
            Ok(time)
        }
        Err(error) => {
            // Otherwise it is dropped, as if the deadline had cut it.
            if !is_too_wide(&error) {
                under_way.failed();
            }
            Err(error)
        }
    }
}

async fn read(context: Context<'_>, slice: &Slice, time: TimeField) -> Result<(), CollectError> {
    let mut pages = JobPages::begin(context.client, time.filter(slice)).await?;
    loop {
        let mut taken = context.ledger.page();
        let next = pages
            .next(|job| {
                if job.is_done() {
                    taken.take(finished(job));
                }
            })
            .await?;
        if next.is_break() {
            return Ok(());
        }
        taken.commit().await?;
    }
}

/// Whether fewer jobs at a time may get through: the list is longer than a walk may be, the primary does not find them in
/// time, or its pages do not lead on. What is wrong with our own state has nothing to do with the slice.
fn is_too_wide(error: &CollectError) -> bool {
    match error {
        CollectError::Client(error) => {
            matches!(error.reason(), Reason::Limit | Reason::Timeout)
                || matches!(error, Error::Paging { .. })
        }
        CollectError::Order { .. } => true,
        _ => false,
    }
}

fn is_filter_refused(error: &CollectError) -> bool {
    match error {
        CollectError::Client(error) => error.refusal().is_some_and(|refusal| {
            refusal.status == 400 && refusal.code.is_none_or(|code| code == BAD_FILTER)
        }),
        _ => false,
    }
}

impl TimeField {
    /// What was learnt holds for the version it was learnt from.
    fn still_holds(self, version: Option<ApiVersion>) -> Self {
        match self {
            Self::End(known) if known == version => self,
            _ => Self::LastUpdate,
        }
    }

    fn filter(self, slice: &Slice) -> Filter {
        let attribute = match self {
            Self::LastUpdate => job::LAST_UPDATE_TIME,
            Self::End(_) => job::END_TIME,
        };
        let since = job::STATE.eq(JobState::Done).and(attribute.ge(slice.from));
        match slice.to {
            Some(to) => since.and(attribute.lt(to)),
            None => since,
        }
    }
}

fn finished(job: Job<'_>) -> FinishedJob<'_> {
    FinishedJob {
        id: job.job_id,
        parent: job.parent_job_id,
        child_count: job.child_count,
        job_type: job_type(job.job_type),
        policy_type: job.policy_type.unwrap_or_default(),
        policy: job.policy_name.unwrap_or_default(),
        schedule_type: job.schedule_type.unwrap_or_default(),
        media_server: job.destination_media_server.unwrap_or_default(),
        storage_unit: job.destination_storage_unit.unwrap_or_default(),
        status: job.status,
        start: job.start_time,
        end: job.end_time,
        last_update: job.last_update_time,
        elapsed: job.elapsed_time,
        kilobytes: job.kilobytes_transferred,
        kilobytes_moved: job.kilobytes_data_transferred,
        files: job.number_of_files,
        dedup_percent: job.dedup_ratio,
    }
}

/// The word, without a copy where it is a known one.
fn job_type(job_type: Option<JobType<'_>>) -> Cow<'_, str> {
    match job_type {
        None => Cow::Borrowed(""),
        Some(JobType::Other(word)) => word,
        Some(known) => {
            let word = JobType::WORDS.iter().find(|word| **word == known.as_str());
            Cow::Borrowed(word.copied().unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::StoreError;

    #[test]
    fn a_store_that_fails_does_not_narrow_the_slices() {
        let error = StoreError {
            act: "written",
            source: "no space left".into(),
        };
        assert!(!is_too_wide(&error.into()));
        assert!(is_too_wide(&CollectError::Order { last: 7 }));
    }
}

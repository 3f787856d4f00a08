//! Finished jobs, slice by slice into the ledger.

use std::time::Duration;

use jiff::Timestamp;
use nbu_api::{
    ApiVersion, Filter, JobEnding, JobState, JobType, PolicyType, ScheduleType, filter::job,
};
use nbu_client::{Error, Reason};

use super::cursors::{self, Division, Reading};
use crate::collector::{CollectError, Context};
use crate::ledger::{FinishedJob, Slice, instant};

/// NetBackup's code for a filter it does not accept.
const BAD_FILTER: i64 = 9401;

/// How many slices are read by one cursor after one that could not be divided. Some day it may have been an accident.
const PATIENCE: u8 = 100;

/// How a primary lets finished jobs be read; learnt from what it refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Manner {
    /// The version it was learnt from, and holds for.
    version: Option<ApiVersion>,
    time: TimeField,
    /// So many slices more are read by one cursor, for the last one could not be divided.
    undivided: u8,
    /// The last slice was.
    divided: bool,
}

/// By which of a job's times a primary can filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum TimeField {
    /// `lastUpdateTime`, as far as is known.
    #[default]
    LastUpdate,
    /// `endTime`: the other was refused.
    End,
}

/// The work that a walk over finished jobs left to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    pub(super) manner: Manner,
    /// More slices are due.
    pub(super) more: bool,
}

/// Walks the next slice, and one of a reconciliation if one is under way. `clock` is the primary's, read before.
pub(super) async fn collect(
    context: Context<'_>,
    clock: Timestamp,
    manner: &Manner,
) -> Result<Walked, CollectError> {
    context.ledger.compare_clocks(clock, (context.clock)());
    // Before anything may fail: the next run is not the first any more.
    if context.ledger.marks().horizon.is_none() {
        log_first_start(context, clock);
    }
    let agenda = context.ledger.begin(clock).await?;
    let mut manner = manner.of(context.client.version());
    walk(context, agenda.advance, clock, &mut manner).await?;
    if let Some(slice) = agenda.reconcile {
        walk(context, slice, clock, &mut manner).await?;
    }
    manner.version = context.client.version();
    Ok(Walked {
        manner,
        more: agenda.advance.to.is_some(),
    })
}

/// Tells from when on jobs are counted. A new user misses those before in the counters, where they never were to be.
fn log_first_start(context: Context<'_>, horizon: Timestamp) {
    let look_back = context.ledger.settings().look_back;
    tracing::info!(
        primary = %context.client.primary(),
        horizon = %format_args!("{horizon:.0}"),
        looked_back_to = %format_args!("{:.0}", instant::before(horizon, look_back)),
        "first start: jobs that ended before the horizon are not counted; last successes are looked up in the {} before it (look_back)",
        in_words(look_back)
    );
}

/// The duration as the configuration has it, in the largest unit that fits.
fn in_words(duration: Duration) -> String {
    let millis = duration.as_millis();
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
    ];
    let fitting = units
        .into_iter()
        .find(|(unit, _)| millis.is_multiple_of(*unit));
    let (unit, word) = fitting.unwrap_or((1, "ms"));
    format!("{}{word}", millis / unit)
}

async fn walk(
    context: Context<'_>,
    slice: Slice,
    clock: Timestamp,
    manner: &mut Manner,
) -> Result<(), CollectError> {
    let under_way = context.ledger.walk(slice, clock);
    match read(context, &slice, manner).await {
        Ok(()) => Ok(under_way.complete().await?),
        Err(error) => {
            // Otherwise it is dropped, as if the deadline had cut it.
            if !is_too_wide(&error) {
                under_way.failed();
            }
            Err(error)
        }
    }
}

/// Reads the slice. What the primary refuses is asked for in another way, each at most once.
async fn read(
    context: Context<'_>,
    slice: &Slice,
    manner: &mut Manner,
) -> Result<(), CollectError> {
    loop {
        match cursors::read(context, manner.time.filter(slice), manner.division()).await {
            Ok(Reading::Indivisible) => manner.undivided = PATIENCE,
            Ok(reading) => {
                manner.undivided = manner.undivided.saturating_sub(1);
                manner.divided = reading == Reading::Divided;
                return Ok(());
            }
            Err(error) if manner.time == TimeField::LastUpdate && is_filter_refused(&error) => {
                manner.time = TimeField::End;
            }
            Err(error) => return Err(error),
        }
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
        CollectError::Order { .. } | CollectError::TooLong { .. } => true,
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

impl Manner {
    /// What is known of a primary of this version.
    fn of(&self, version: Option<ApiVersion>) -> Self {
        if self.version == version {
            *self
        } else {
            Self::default()
        }
    }

    fn division(&self) -> Division {
        match (self.undivided, self.divided) {
            (0, true) => Division::AtOnce,
            (0, false) => Division::WhenLarge,
            (_, _) => Division::Never,
        }
    }
}

impl TimeField {
    fn filter(self, slice: &Slice) -> Filter {
        let attribute = match self {
            Self::LastUpdate => job::LAST_UPDATE_TIME,
            Self::End => job::END_TIME,
        };
        let since = job::STATE.eq(JobState::Done).and(attribute.ge(slice.from));
        match slice.to {
            Some(to) => since.and(attribute.lt(to)),
            None => since,
        }
    }
}

pub(super) fn finished(job: JobEnding<'_>) -> FinishedJob<'_> {
    FinishedJob {
        id: job.job_id,
        parent: job.parent_job_id,
        root: job.job_path.is_some().then(|| job.root_id()),
        child_count: job.child_count,
        job_type: job.job_type.map(JobType::into_word).unwrap_or_default(),
        policy_type: job
            .policy_type
            .map(PolicyType::into_word)
            .unwrap_or_default(),
        policy: job.policy_name.unwrap_or_default(),
        client: job
            .workload_display_name
            .or(job.client_name)
            .unwrap_or_default(),
        schedule_type: job
            .schedule_type
            .map(ScheduleType::into_word)
            .unwrap_or_default(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::StoreError;

    #[test]
    fn durations_are_written_as_they_are_configured() {
        for (millis, text) in [
            (86_400_000, "1d"),
            (90_000_000, "25h"),
            (5_400_000, "90m"),
            (90_000, "90s"),
            (1_500, "1500ms"),
        ] {
            assert_eq!(in_words(Duration::from_millis(millis)), text);
        }
    }

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

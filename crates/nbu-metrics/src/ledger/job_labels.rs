//! The optional labels of `netbackup_jobs_finished_total`, chosen by `metrics.job_labels`.

use std::sync::LazyLock;

use crate::catalogue::{Family, jobs::JOBS_FINISHED_TOTAL};

use super::FinishedJob;

/// A label a user may add to the finished jobs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum JobLabel {
    /// `policy`: the name of the policy.
    Policy,
    /// `schedule_type`: the API's word for the kind of schedule.
    ScheduleType,
    /// `media_server`: where the backup was written through.
    MediaServer,
    /// `storage_unit`: where the backup was written to.
    StorageUnit,
    /// `client`: whose data was protected, under the name that the client's last success carries too.
    Client,
}

/// Behind them a key has other values only if they are chosen: so many labels there were when states of today were begun.
const ALWAYS_KEPT: usize = 4;

impl JobLabel {
    /// Every one, in the order in which they are exposed.
    pub const ALL: [Self; 5] = [
        Self::Policy,
        Self::ScheduleType,
        Self::MediaServer,
        Self::StorageUnit,
        Self::Client,
    ];

    /// The label's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::ScheduleType => "schedule_type",
            Self::MediaServer => "media_server",
            Self::StorageUnit => "storage_unit",
            Self::Client => "client",
        }
    }

    /// The label of this name, as `metrics.job_labels` gives it.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.as_str() == word)
    }

    fn value<'j>(self, job: &'j FinishedJob<'_>) -> &'j str {
        match self {
            Self::Policy => &job.policy,
            Self::ScheduleType => &job.schedule_type,
            Self::MediaServer => &job.media_server,
            Self::StorageUnit => &job.storage_unit,
            Self::Client => &job.client,
        }
    }
}

/// A choice of optional labels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct JobLabels([bool; JobLabel::ALL.len()]);

impl JobLabels {
    /// Whether the label is chosen.
    pub fn has(self, label: JobLabel) -> bool {
        self.flags().any(|(one, chosen)| chosen && one == label)
    }

    /// Whether the label in this place of [`JobLabel::ALL`] is chosen.
    pub(super) fn is_chosen(self, place: usize) -> bool {
        self.0.get(place).copied().unwrap_or_default()
    }

    /// The values of the job's optional labels as a key has them, empty where the label is not chosen.
    pub(super) fn values<'j>(self, job: &'j FinishedJob<'_>) -> impl Iterator<Item = &'j str> {
        self.flags()
            .enumerate()
            .filter(|(place, (_, chosen))| *place < ALWAYS_KEPT || *chosen)
            .map(move |(_, (label, chosen))| if chosen { label.value(job) } else { "" })
    }

    /// The chosen ones of a key's optional values. One that the key does not have is empty.
    pub(super) fn choose<'v>(
        self,
        values: impl Iterator<Item = &'v str>,
    ) -> impl Iterator<Item = &'v str> {
        values
            .chain(std::iter::repeat(""))
            .zip(self.0)
            .filter_map(|(value, chosen)| chosen.then_some(value))
    }

    /// The catalogue's row with the chosen labels behind its own.
    pub(super) fn family(self) -> &'static Family {
        if self == Self::default() {
            return &JOBS_FINISHED_TOTAL;
        }
        FAMILIES.get(self.index()).unwrap_or(&JOBS_FINISHED_TOTAL)
    }

    fn flags(self) -> impl Iterator<Item = (JobLabel, bool)> {
        JobLabel::ALL.into_iter().zip(self.0)
    }

    fn index(self) -> usize {
        self.0
            .iter()
            .rev()
            .fold(0, |index, chosen| index << 1 | usize::from(*chosen))
    }
}

impl FromIterator<JobLabel> for JobLabels {
    fn from_iter<I: IntoIterator<Item = JobLabel>>(labels: I) -> Self {
        let mut chosen = [false; JobLabel::ALL.len()];
        for label in labels {
            for (one, flag) in JobLabel::ALL.into_iter().zip(&mut chosen) {
                *flag |= one == label;
            }
        }
        Self(chosen)
    }
}

/// One row per choice, by [`JobLabels::index`]: 32 small leaks, once.
static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| {
    (0..1_usize << JobLabel::ALL.len())
        .map(|choice| {
            let mut labels = JOBS_FINISHED_TOTAL.labels.to_vec();
            labels.extend(
                JobLabel::ALL
                    .into_iter()
                    .enumerate()
                    .filter(|(bit, _)| choice >> bit & 1 == 1)
                    .map(|(_, label)| label.as_str()),
            );
            Family {
                labels: labels.leak(),
                ..JOBS_FINISHED_TOTAL
            }
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_has_its_row() {
        let none = JobLabels::default();
        assert_eq!(none.family().labels, JOBS_FINISHED_TOTAL.labels);
        let two: JobLabels = [JobLabel::StorageUnit, JobLabel::Policy]
            .into_iter()
            .collect();
        assert_eq!(
            two.family().labels,
            [
                "job_type",
                "policy_type",
                "status",
                "result",
                "policy",
                "storage_unit"
            ]
        );
        assert!(two.has(JobLabel::Policy) && !two.has(JobLabel::MediaServer));
    }
}

//! What the ledger adds up.

use crate::catalogue::{Family, jobs};

/// One thing that is added up per set of labels. The number is the one a store keeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Measure {
    /// Finished leaf jobs.
    Finished = 0,
    /// Finished parent jobs.
    Parents = 1,
    /// Bytes protected.
    BackupBytes = 2,
    /// Bytes that travelled.
    TransferredBytes = 3,
    /// Files protected.
    Files = 4,
    /// Bytes of the jobs that report a deduplication ratio.
    DedupInput = 5,
    /// What deduplication saved of them.
    DedupSaved = 6,
    /// Distribution of the bytes protected.
    Size = 7,
    /// Distribution of the durations.
    Duration = 8,
}

impl Measure {
    /// Every measure, by number.
    pub const ALL: [Self; 9] = [
        Self::Finished,
        Self::Parents,
        Self::BackupBytes,
        Self::TransferredBytes,
        Self::Files,
        Self::DedupInput,
        Self::DedupSaved,
        Self::Size,
        Self::Duration,
    ];

    /// The catalogue's row; that of the finished jobs without its optional labels.
    pub fn family(self) -> &'static Family {
        match self {
            Self::Finished => &jobs::JOBS_FINISHED_TOTAL,
            Self::Parents => &jobs::PARENT_JOBS_FINISHED_TOTAL,
            Self::BackupBytes => &jobs::JOBS_BACKUP_BYTES_TOTAL,
            Self::TransferredBytes => &jobs::JOBS_TRANSFERRED_BYTES_TOTAL,
            Self::Files => &jobs::JOBS_FILES_TOTAL,
            Self::DedupInput => &jobs::JOBS_DEDUP_INPUT_BYTES_TOTAL,
            Self::DedupSaved => &jobs::JOBS_DEDUP_SAVED_BYTES_TOTAL,
            Self::Size => &jobs::JOB_SIZE_BYTES,
            Self::Duration => &jobs::JOB_DURATION_SECONDS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_places_in_the_list() {
        for (place, measure) in Measure::ALL.into_iter().enumerate() {
            assert_eq!(place, measure as usize);
        }
    }
}

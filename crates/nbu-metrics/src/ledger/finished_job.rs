//! What the ledger reads of one DONE record.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

/// A finished job, as plain data: `GET /admin/jobs`, `state` DONE. Absent stays absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FinishedJob<'a> {
    /// `jobId`.
    pub id: u64,
    /// `parentJobId`; a job that names itself or 0 has no parent.
    pub parent: Option<u64>,
    /// The first id of `jobPath`; absent before API 5.0 or so.
    pub root: Option<u64>,
    /// `childCount`; absent before API 5.0 or so.
    pub child_count: Option<u64>,
    /// `jobType`.
    pub job_type: Cow<'a, str>,
    /// `policyType`.
    pub policy_type: Cow<'a, str>,
    /// `policyName`.
    pub policy: Cow<'a, str>,
    /// What was protected, as people call it: `workloadDisplayName`, else `clientName`.
    pub client: Cow<'a, str>,
    /// `scheduleType`.
    pub schedule_type: Cow<'a, str>,
    /// `destinationMediaServerName`.
    pub media_server: Cow<'a, str>,
    /// `destinationStorageUnitName`.
    pub storage_unit: Cow<'a, str>,
    /// `status`.
    pub status: Option<i64>,
    /// `startTime`.
    pub start: Option<Timestamp>,
    /// `endTime`; the epoch is no end.
    pub end: Option<Timestamp>,
    /// `lastUpdateTime`.
    pub last_update: Option<Timestamp>,
    /// `elapsedTime`.
    pub elapsed: Option<Duration>,
    /// `kilobytesTransferred`, in units of 1024 bytes.
    pub kilobytes: Option<u64>,
    /// `kilobytesDataTransferred`, in units of 1024 bytes.
    pub kilobytes_moved: Option<u64>,
    /// `numberOfFiles`.
    pub files: Option<u64>,
    /// `dedupRatio`, in percent.
    pub dedup_percent: Option<f64>,
}

impl FinishedJob<'_> {
    /// The same, owning its text.
    pub fn into_owned(self) -> FinishedJob<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        FinishedJob {
            job_type: own(self.job_type),
            policy_type: own(self.policy_type),
            policy: own(self.policy),
            client: own(self.client),
            schedule_type: own(self.schedule_type),
            media_server: own(self.media_server),
            storage_unit: own(self.storage_unit),
            id: self.id,
            parent: self.parent,
            root: self.root,
            child_count: self.child_count,
            status: self.status,
            start: self.start,
            end: self.end,
            last_update: self.last_update,
            elapsed: self.elapsed,
            kilobytes: self.kilobytes,
            kilobytes_moved: self.kilobytes_moved,
            files: self.files,
            dedup_percent: self.dedup_percent,
        }
    }

    /// The point in time that places the job: its end or, without one, its last update.
    pub(super) fn ended(&self) -> Option<Timestamp> {
        self.end.or(self.last_update)
    }

    /// The later of its start and `end`.
    pub(super) fn latest(&self, end: Timestamp) -> Timestamp {
        super::reuse::latest(self.start, end)
    }

    /// How long it took: as reported, else from start to end.
    pub(super) fn duration(&self) -> Option<Duration> {
        self.elapsed.or_else(|| {
            let (start, end) = (self.start?, self.end?);
            (start <= end).then(|| super::instant::between(start, end))
        })
    }

    /// The parent, if the record names one that is another job.
    pub(super) fn named_parent(&self) -> Option<u64> {
        self.parent
            .filter(|parent| *parent != 0 && *parent != self.id)
    }

    /// A digest of all that is counted. It is kept in the state, so it must not depend on the build.
    pub(super) fn mark(&self) -> u16 {
        let mut digest = Digest::new();
        let millis = |point: Option<Timestamp>| point.map(|at| at.as_millisecond().cast_unsigned());
        digest.number(self.status.map(i64::cast_unsigned));
        digest.number(millis(self.start));
        digest.number(millis(self.end));
        digest.number(self.kilobytes);
        digest.number(self.kilobytes_moved);
        digest.number(self.files);
        digest.number(self.dedup_percent.map(f64::to_bits));
        digest.bytes(self.job_type.as_bytes());
        digest.bytes(&[0]);
        digest.bytes(self.policy_type.as_bytes());
        digest.fold()
    }
}

/// FNV-1a over 64 bits.
pub(super) struct Digest(u64);

impl Digest {
    pub(super) const fn new() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    fn number(&mut self, number: Option<u64>) {
        match number {
            Some(number) => {
                self.bytes(&[1]);
                self.bytes(&number.to_le_bytes());
            }
            None => self.bytes(&[0]),
        }
    }

    pub(super) const fn whole(&self) -> u64 {
        self.0
    }

    fn fold(self) -> u16 {
        let bytes = self.0.to_le_bytes();
        let folded = |place: usize| {
            bytes
                .iter()
                .skip(place)
                .step_by(2)
                .fold(0, |all, byte| all ^ byte)
        };
        u16::from_le_bytes([folded(0), folded(1)])
    }
}

//! Why a job waits.

use std::fmt;

use crate::lenient::{Read, Scalar};
use crate::spelling::is_same;

/// `jobQueueReason` of a job: a code the vendor may extend.
///
/// ```
/// use nbu_api::QueueReason;
///
/// assert_eq!(QueueReason(2).name(), Some("DRIVES_IN_USE"));
/// assert_eq!(QueueReason(999).to_string(), "999");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueReason(pub i64);

/// The largest code that is believed.
const LARGEST: i64 = 9999;

/// Names of the codes from 1 on.
const NAMES: [&str; 31] = [
    "MEDIA_IN_USE",
    "DRIVES_IN_USE",
    "MEDIA_SERVER_OFFLINE",
    "ROBOT_DOWN",
    "MAX_STORAGE_UNIT_JOBS",
    "MEDIA_REQUEST_DELAY",
    "LOCAL_DRIVES_DOWN",
    "MEDIA_IN_DRIVE_IN_USE",
    "PHYSICAL_DRIVE_UNAVAILABLE",
    "CLEANING_MEDIA_UNAVAILABLE",
    "DRIVE_SCAN_HOST_OFFLINE",
    "DISK_MEDIA_SERVER_OFFLINE",
    "NO_MASTER_MEDIA_CONNECTIVITY",
    "MEDIA_SERVER_NON_ACTIVE_MODE",
    "STORAGEUNIT_JOB_COUNTS_THROTTLED",
    "JOB_HISTORY_DRIVES_IN_USE",
    "DISK_VOLUME_UNAVAILABLE",
    "MAX_CONCURRENT_VOLUME_READERS",
    "DISK_GROUP_UNAVAILABLE",
    "FAT_PIPE_IN_USE",
    "DISK_VOLUME_UNMOUNTING",
    "DISK_VOLUME_IN_USE",
    "MAX_PARTIAL_MEDIA",
    "LOGICAL_RESOURCE",
    "DRIVES_IN_STORAGE_UNIT_IN_USE",
    "STOP_DRIVE_SCAN",
    "DISK_VOLUME_MOUNTING",
    "MOUNT_FILE_EXISTS",
    "PENDING_ACTION",
    "DISK_VOLUME_STREAM_LIMIT",
    "MEDIA_SERVER_JOBS_THROTTLED",
];

impl QueueReason {
    /// The code for "not applicable"; [`Job::queue_reason`](crate::Job::queue_reason) is `None` then.
    pub const NOT_APPLICABLE: i64 = -99;

    /// All known reasons, by code.
    pub fn known() -> impl Iterator<Item = (Self, &'static str)> {
        (1..).map(Self).zip(NAMES)
    }

    /// The reason of that word, in any spelling.
    fn of(word: &str) -> Option<Self> {
        let mut known = Self::known();
        known.find_map(|(reason, name)| is_same(name, word).then_some(reason))
    }

    /// The vendor's word for the code.
    pub fn name(self) -> Option<&'static str> {
        let index = usize::try_from(self.0.checked_sub(1)?).ok()?;
        NAMES.get(index).copied()
    }
}

impl fmt::Display for QueueReason {
    /// The word, or the number of an unknown code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Scalar<'_> for QueueReason {
    fn integer(value: i128) -> Read<Self> {
        match i64::integer(value) {
            Read::Value(Self::NOT_APPLICABLE) | Read::Absent => Read::Absent,
            Read::Value(code @ 0..=LARGEST) => Read::Value(Self(code)),
            Read::Value(_) | Read::Mismatch => Read::Mismatch,
        }
    }

    fn float(value: f64) -> Read<Self> {
        match i64::float(value) {
            Read::Value(code) => Self::integer(code.into()),
            Read::Absent => Read::Absent,
            Read::Mismatch => Read::Mismatch,
        }
    }

    fn text(text: &str) -> Read<Self> {
        match i64::text(text) {
            Read::Value(code) => Self::integer(code.into()),
            Read::Absent => Read::Absent,
            Read::Mismatch => Self::of(text).map_or(Read::Mismatch, Read::Value),
        }
    }
}

//! Where a job is in its life.

use crate::open_enum::open_enum;

open_enum! {
    /// `state` of a job.
    JobState {
        /// Waits for a resource; see [`QueueReason`](crate::QueueReason).
        Queued = "QUEUED",
        /// Runs.
        Active = "ACTIVE",
        /// Failed a try and waits for the next one; has a status already.
        Requeued = "REQUEUED",
        /// Has ended, well or not.
        Done = "DONE",
        /// Was stopped and can be resumed.
        Suspended = "SUSPENDED",
        /// Failed and can be resumed by hand.
        Incomplete = "INCOMPLETE",
    }
}

//! Jobs under way: a finished job waits for its parent as long as that may still finish.

use jiff::Timestamp;
use roaring::RoaringTreemap;

/// The ids of the jobs under way, and of those they belong to, as they were read last.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// The primary's clock before they were read.
    pub(super) read_at: Timestamp,
    pub(super) ids: RoaringTreemap,
}

impl Unfinished {
    /// `true` if they were read after `ended`, in milliseconds, and this id was not among them.
    pub(super) fn lacks(&self, id: u64, ended: i64) -> bool {
        self.read_at.as_millisecond() >= ended && !self.ids.contains(id)
    }
}

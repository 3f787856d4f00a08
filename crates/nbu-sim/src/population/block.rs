//! A coarse index: what each run of consecutive jobs can possibly contain.
//!
//! Job ids grow with time, so the jobs changed since an hour ago are, but for a few, the youngest ones. A walk skips
//! whole blocks by their summary and looks at single jobs only where something can match.

use super::job::Job;

/// Jobs in a block.
pub(crate) const BLOCK: usize = 256;

/// What is known of [`BLOCK`] consecutive jobs without looking at them.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Bounds of the last change of the finished jobs; never narrower than the truth.
    pub(crate) oldest: i64,
    pub(crate) newest: i64,
    pub(crate) done: u16,
    pub(crate) live: u16,
}

impl Block {
    const EMPTY: Self = Self {
        oldest: i64::MAX,
        newest: i64::MIN,
        done: 0,
        live: 0,
    };

    fn cover(&mut self, updated: i64) {
        self.oldest = self.oldest.min(updated);
        self.newest = self.newest.max(updated);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Blocks(Vec<Block>);

impl Blocks {
    pub(crate) fn of(&self, index: usize) -> Option<&Block> {
        self.0.get(index / BLOCK)
    }

    /// `job` was appended at `index`.
    pub(crate) fn added(&mut self, index: usize, job: &Job) {
        if index / BLOCK == self.0.len() {
            self.0.push(Block::EMPTY);
        }
        let Some(block) = self.0.get_mut(index / BLOCK) else {
            return;
        };
        if job.is_done() {
            block.done += 1;
            block.cover(job.updated);
        } else {
            block.live += 1;
        }
    }

    pub(crate) fn finished(&mut self, index: usize, updated: i64) {
        if let Some(block) = self.0.get_mut(index / BLOCK) {
            block.live -= 1;
            block.done += 1;
            block.cover(updated);
        }
    }

    /// A finished job changed once more.
    pub(crate) fn touched(&mut self, index: usize, updated: i64) {
        if let Some(block) = self.0.get_mut(index / BLOCK) {
            block.cover(updated);
        }
    }

    pub(crate) fn purged(&mut self, index: usize) {
        if let Some(block) = self.0.get_mut(index / BLOCK) {
            block.done -= 1;
        }
    }
}

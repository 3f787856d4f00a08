//! Runs that are under way: the finished jobs of each root, until the root is done too.
//!
//! The jobs of a run come in any order, over several walks and restarts. So they are kept, and noted in the state, under
//! their root: the first id of `jobPath` or, where records have no path, the highest ancestor that is known. A run is
//! judged after a complete walk once its root is done, and kept to be judged again while its root has more children than
//! were read.
//!
//! Any other job that comes after its run was judged is judged alone; [`Attempts`](super::protection) joins the two.

mod outcome;
mod run;
mod subject;

use jiff::Timestamp;

use super::FinishedJob;
use super::encoding::{Reader, Writer};
use super::store::{Note, Shelf};
use std::collections::{BTreeMap, BTreeSet};

pub(super) use outcome::Outcome;
pub(super) use run::{Leaf, Verdict};
use run::{Member, Root, Run};
pub(super) use subject::Subject;

/// The note of how many runs were dropped. No root has this key.
const DROPPED: &str = "dropped";
/// The form of that note.
const FORM: u8 = 1;
/// The most runs under way at once. A primary has thousands at most; a server that makes up roots must not fill the memory.
const MOST: usize = 100_000;
/// The most jobs of one run, for the same reason.
const MOST_JOBS: usize = 100_000;

/// All runs under way.
#[derive(Debug, Default)]
pub(super) struct Runs {
    open: BTreeMap<u64, Run>,
    /// Where the jobs without a path went: to find the root of their children.
    homes: BTreeMap<u64, u64>,
    /// Roots whose note is not what it should be.
    dirty: BTreeSet<u64>,
    /// Runs that were dropped unjudged.
    pub(super) dropped: u64,
    /// What the note says of those.
    dropped_noted: u64,
}

/// A run judged: its root, and how it ended for each subject.
pub(super) type Judged = (u64, Vec<Verdict>);

impl Runs {
    /// Takes a finished job, the first time its record is read. `is_done` tells whether a job was counted before.
    /// Gives the verdicts that can be given at once.
    pub(super) fn take(
        &mut self,
        job: &FinishedJob<'_>,
        end: i64,
        is_parent: bool,
        is_done: impl Fn(u64) -> bool,
    ) -> Option<Judged> {
        let leaf = (!is_parent).then(|| Leaf::of(job, end)).flatten();
        let root = self.root_of(job);
        if root == job.id && job.child_count == Some(0) {
            return leaf.map(|leaf| (root, vec![leaf.alone()]));
        }
        let start = job.start.map(Timestamp::as_millisecond);
        let over = self.end_predecessor(root, start);
        let children = (root != job.id)
            .then(|| self.open.remove(&job.id))
            .flatten();
        let known = self.open.contains_key(&root);
        let run = self.open.entry(root).or_default();
        if let Some(children) = children {
            run.absorb(children);
            self.dirty.insert(job.id);
        }
        if root == job.id {
            run.root = Some(Root {
                end: Some(end),
                outcome: Outcome(job.status),
                children: job.child_count,
            });
        } else if !known && is_done(root) {
            // Judged already, or done before any of its jobs was read.
            run.root = Some(Root {
                end: None,
                outcome: Outcome(Some(0)),
                children: None,
            });
        }
        if run.len() < MOST_JOBS {
            let parent = job.named_parent().unwrap_or(0);
            run.add(job.id, Member { parent, leaf }, end);
            if job.root.is_none() {
                self.homes.insert(job.id, root);
            }
        }
        self.dirty.insert(root);
        while self.open.len() > MOST {
            self.drop_oldest();
        }
        over
    }

    /// Judges the runs whose root is done, after a complete walk, and ends those of which no more is expected. Forgets those
    /// that have not got on since `given_up`.
    pub(super) fn judge(&mut self, given_up: i64) -> Vec<Judged> {
        let (mut judged, mut old) = (Vec::new(), 0);
        let (dirty, homes) = (&mut self.dirty, &mut self.homes);
        self.open.retain(|root, run| {
            let is_new = std::mem::take(&mut run.changed);
            if is_new && run.root.is_some() {
                judged.push((*root, run.verdicts(*root)));
            }
            // One that was judged before and has not changed still waits for the rest of its children.
            let waits = run.root.is_none() || !is_new || run.is_incomplete(*root);
            let stays = waits && run.newest >= given_up;
            if !stays {
                dirty.insert(*root);
                for id in run.ids() {
                    homes.remove(&id);
                }
                if run.root.is_none() {
                    old += 1;
                }
            }
            stays
        });
        self.dropped = self.dropped.saturating_add(old);
        judged
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.dirty.extend(self.open.keys());
        self.open.clear();
        self.homes.clear();
    }

    /// Puts back what a note says; `None` if it is damaged.
    pub(super) fn restore(&mut self, key: &str, value: &[u8]) -> Option<()> {
        if key == DROPPED {
            let mut reader = Reader::open(FORM, key, value)?;
            self.dropped = reader.number()?;
            self.dropped_noted = self.dropped;
            return Some(());
        }
        let root: u64 = key.parse().ok()?;
        let run = Run::decode(key, value)?;
        self.homes.extend(run.ids().map(|id| (id, root)));
        self.open.insert(root, run);
        Some(())
    }

    pub(super) fn is_noted(&self) -> bool {
        self.dirty.is_empty() && self.dropped == self.dropped_noted
    }

    /// What the notes should say that do not yet.
    pub(super) fn notes(&mut self) -> Vec<Note> {
        let mut notes: Vec<_> = std::mem::take(&mut self.dirty)
            .into_iter()
            .map(|root| {
                let key = root.to_string();
                let value = self.open.get(&root).map(|run| run.encode(&key));
                Note {
                    shelf: Shelf::Runs,
                    key: key.into(),
                    value,
                }
            })
            .collect();
        if self.dropped != self.dropped_noted {
            let mut writer = Writer::new(FORM);
            writer.number(self.dropped);
            notes.push(Note {
                shelf: Shelf::Runs,
                key: DROPPED.into(),
                value: Some(writer.seal(DROPPED)),
            });
            self.dropped_noted = self.dropped;
        }
        notes
    }

    fn root_of(&self, job: &FinishedJob<'_>) -> u64 {
        match (job.root, job.named_parent()) {
            (Some(root), _) => root,
            (None, None) => job.id,
            (None, Some(parent)) => self.homes.get(&parent).copied().unwrap_or(parent),
        }
    }

    /// A job that starts after a root was done belongs to another run: the root's id was used again.
    fn end_predecessor(&mut self, root: u64, start: Option<i64>) -> Option<Judged> {
        let run = self.open.get(&root)?;
        let end = run.root?.end?;
        if start.is_none_or(|start| start <= end) {
            return None;
        }
        let verdicts = run.verdicts(root);
        self.open.remove(&root);
        Some((root, verdicts))
    }

    fn drop_oldest(&mut self) {
        if let Some((root, run)) = self.open.pop_first() {
            for id in run.ids() {
                self.homes.remove(&id);
            }
            self.dirty.insert(root);
            self.dropped = self.dropped.saturating_add(1);
        }
    }
}

//! Runs that are under way: the finished jobs of each root, until the root is done and nothing more can come.
//!
//! The jobs of a run come in any order, over several walks and restarts. So they are kept, and noted in the state, under
//! their root: the first id of `jobPath` or, where records have no path, the highest ancestor that is known. A run is
//! judged after a complete walk once its root is done, and again after each walk that brought more of it.
//!
//! A root that is never listed, for permissions hide it, would leave its jobs unjudged for ever. So they are judged without it once
//! no walk can bring it any more and it is not under way. Where nobody can say whether it is, only what failed is told of them
//! before they are forgotten.
//!
//! A run is forgotten once it is judged and every child was read that any of its jobs counts. Where a job has more children
//! than were read, or the records do not count them, it is kept for as long as any of its jobs would still be taken: a job
//! that comes late is judged together with the others, and finds its root by its parent. What is kept is bounded; of what had
//! to go, and of runs whose root was counted and is known no more, a late job is a [part](Verdict::is_late), which can make
//! a success a failure and never the reverse.

mod outcome;
mod run;
mod subject;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use super::store::{Note, Shelf};
use super::{FinishedJob, ResultRules, reuse};
use std::collections::{BTreeMap, BTreeSet};

pub(super) use outcome::Outcome;
pub(super) use run::Verdict;
use run::{Extent, Root, Run};
pub(super) use subject::Subject;

/// The most jobs in all runs. A primary has some thousands in runs that are under way; a server that makes up roots must not fill
/// the memory.
const MOST: usize = if cfg!(test) { 2_000 } else { 500_000 };
/// The most jobs in runs that are judged and kept for what may come late. Where nothing counts children these are all runs of
/// more than one job of the last days.
const MOST_KEPT: usize = if cfg!(test) { 1_000 } else { 100_000 };

/// All runs under way.
#[derive(Debug, Default)]
pub(super) struct Runs {
    open: BTreeMap<u64, Run>,
    /// Those that were judged since they changed, and are kept for what may come.
    judged: BTreeSet<u64>,
    /// How many jobs are in them.
    jobs: usize,
    /// Where the jobs without a path went: to find the root of their children.
    homes: BTreeMap<u64, u64>,
    /// Roots whose note is not what it should be.
    dirty: BTreeSet<u64>,
}

/// Reasons why the root of a run was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Absence {
    /// It is under way, or not everything was read that may bring it.
    Awaited,
    /// Everything was read, and nobody knows what is under way.
    Unknown,
    /// It will not come any more: permissions hide it.
    Hidden,
}

/// A run judged: its root, and how it ended for each subject.
pub(super) type Judged = (u64, Vec<(Subject, Verdict)>);

impl Runs {
    /// `true` if the job is a whole run. It needs to be followed by nobody then.
    pub(super) fn is_alone(&self, job: &FinishedJob<'_>) -> bool {
        job.child_count == Some(0) && self.root_of(job) == job.id
    }

    /// Takes a finished job that is [not alone](Self::is_alone), the first time its record is read. `is_done` tells whether a
    /// job was counted before. Gives the verdicts that can be given at once.
    pub(super) fn take(
        &mut self,
        job: &FinishedJob<'_>,
        end: i64,
        outcome: Outcome,
        is_parent: bool,
        is_done: impl Fn(u64) -> bool,
    ) -> Option<Judged> {
        let root = self.root_of(job);
        let start = job.start.map(Timestamp::as_millisecond);
        let over = self.end_predecessor(root, job.id, start, end);
        let children = (root != job.id).then(|| self.take_out(job.id)).flatten();
        let known = self.open.contains_key(&root);
        let run = self.open.entry(root).or_default();
        if let Some(children) = children {
            self.homes.extend(children.ids().map(|id| (id, root)));
            self.jobs -= run.len();
            run.absorb(children);
            self.jobs += run.len();
        }
        if root == job.id {
            run.root = Some(Root {
                latest: Some(reuse::latest(start, end)),
                outcome,
                children: job.child_count,
            });
        } else if !known && is_done(root) {
            // Judged already, or done before any of its jobs was read.
            run.root = Some(Root {
                latest: None,
                outcome: Outcome::SUCCESS,
                children: None,
            });
        }
        // A run of that many jobs is judged by what there was room for, and by its root.
        if run.len() < MOST {
            self.jobs += usize::from(run.add(job, end, outcome, is_parent));
            if job.root.is_none() {
                self.homes.insert(job.id, root);
            }
        }
        self.judged.remove(&root);
        self.dirty.insert(root);
        self.make_room(root);
        over
    }

    /// Judges the runs whose root is done, after a complete walk, and ends those of which no more is expected. Forgets those
    /// that have not got on since `given_up`, and those that were judged and ended before `settled`, for of them no job
    /// is taken any more.
    ///
    /// `absence` tells why a root was not read, by its id and when the last of its jobs ended. The jobs of a hidden one are judged
    /// without it, and again should it come after all.
    pub(super) fn judge(
        &mut self,
        given_up: i64,
        settled: i64,
        absence: impl Fn(u64, i64) -> Absence,
    ) -> Vec<Judged> {
        let mut judged = Vec::new();
        let mut gone = Vec::new();
        let mut kept = 0;
        for (root, run) in &mut self.open {
            let has_root = run.root.is_some();
            let limit = if has_root {
                given_up.max(settled)
            } else {
                given_up
            };
            let mut is_over = run.newest < limit;
            // Nor does a backup that is awaited after snapshots come before everything was read.
            let asks = !has_root && (run.changed || (is_over && run.is_of_snapshots()));
            let absence = asks.then(|| absence(*root, run.newest));
            if absence == Some(Absence::Awaited) {
                is_over = false;
            }
            if absence == Some(Absence::Unknown) && run.changed && is_over {
                let mut verdicts = run.verdicts(*root, Extent::Part);
                verdicts.retain(|(_, verdict)| !verdict.outcome.is_success());
                if !verdicts.is_empty() {
                    judged.push((*root, verdicts));
                }
            }
            let is_ready = has_root || absence == Some(Absence::Hidden);
            let is_new = is_ready && std::mem::take(&mut run.changed);
            let mut extent = Extent::Part;
            if has_root && (is_new || is_over) {
                extent = run.extent();
            }
            if is_new {
                // Its note says whether it was judged.
                self.dirty.insert(*root);
                judged.push((*root, run.verdicts(*root, extent)));
            }
            let is_told = match extent {
                Extent::Whole => true,
                Extent::Part => false,
                // A job of it that comes finds it by the root's id.
                Extent::Unknown => run.is_root_alone(*root),
            };
            if is_over && extent == Extent::Part && is_ready && run.is_of_snapshots() {
                // What they waited for does not come.
                judged.push((*root, run.verdicts(*root, Extent::Unknown)));
            }
            if is_over || is_told {
                gone.push(*root);
            } else if !run.changed {
                self.judged.insert(*root);
                kept += run.len();
            }
        }
        // Ids ascend, so the first are the oldest.
        for root in &self.judged {
            if kept <= MOST_KEPT {
                break;
            }
            kept -= self.open.get(root).map_or(0, Run::len);
            gone.push(*root);
        }
        for root in gone {
            self.take_out(root);
        }
        judged
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.dirty.extend(self.open.keys());
        self.open.clear();
        self.judged.clear();
        self.homes.clear();
        self.jobs = 0;
    }

    /// Takes other rules for what a status means, for the verdicts that are still to come.
    pub(super) fn judge_by(&mut self, rules: &ResultRules) {
        self.open.values_mut().for_each(|run| run.judge_by(rules));
    }

    /// Puts back what a note says; `None` if it is damaged.
    pub(super) fn restore(&mut self, key: &str, value: &[u8], rules: &ResultRules) -> Option<()> {
        let root: u64 = key.parse().ok()?;
        let run = Run::decode(key, value, rules)?;
        self.homes.extend(run.ids().map(|id| (id, root)));
        self.jobs += run.len();
        if !run.changed {
            self.judged.insert(root);
        }
        self.open.insert(root, run);
        Some(())
    }

    pub(super) fn is_noted(&self) -> bool {
        self.dirty.is_empty()
    }

    /// Forgets that notes are not what they should be.
    pub(super) fn drop_notes(&mut self) {
        self.dirty.clear();
    }

    /// What the notes should say that do not yet.
    pub(super) fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.dirty)
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
            .collect()
    }

    fn root_of(&self, job: &FinishedJob<'_>) -> u64 {
        match (job.root, job.named_parent()) {
            (Some(root), _) => root,
            (None, None) => job.id,
            (None, Some(parent)) => self.homes.get(&parent).copied().unwrap_or(parent),
        }
    }

    /// A job that starts after a root was done belongs to another run: the root's id was used again. But not while the root still
    /// lacks children: where the clock stepped back during the run, those that were over before start later than the root ends.
    fn end_predecessor(
        &mut self,
        root: u64,
        id: u64,
        start: Option<i64>,
        end: i64,
    ) -> Option<Judged> {
        let run = self.open.get(&root)?;
        if !reuse::is_another_job(start, end, run.root?.latest?) {
            return None;
        }
        if id != root && run.extent() == Extent::Part {
            return None;
        }
        let mut run = self.take_out(root)?;
        // Jobs of the new run that came before its root.
        let later = run.split_off_later();
        if later.len() > 0 {
            self.jobs += later.len();
            self.homes.extend(later.ids().map(|id| (id, root)));
            self.open.insert(root, later);
        }
        Some((root, run.verdicts(root, run.extent())))
    }

    /// Takes out what was judged first, and then the oldest, until what is left is not too much. `newest` stays.
    fn make_room(&mut self, newest: u64) {
        while self.jobs > MOST {
            let first = self.judged.first().or_else(|| self.open.keys().next());
            let first = first.copied().filter(|first| *first != newest);
            let Some(root) = first.or_else(|| self.open.keys().nth(1).copied()) else {
                return;
            };
            self.take_out(root);
        }
    }

    fn take_out(&mut self, root: u64) -> Option<Run> {
        let run = self.open.remove(&root)?;
        self.jobs -= run.len();
        self.judged.remove(&root);
        for id in run.ids() {
            self.homes.remove(&id);
        }
        self.dirty.insert(root);
        Some(run)
    }
}

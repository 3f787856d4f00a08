//! The jobs of one root, until they are judged together.

mod note;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::outcome::Outcome;
use super::subject::Subject;
use crate::ledger::{FinishedJob, ResultRules, reuse};

/// How many of the last subjects a new leaf's is compared with.
const LOOKED_AT: usize = 16;

/// A run that is not judged yet, or of which more may come. A job is in it once, with the values of the first record that was
/// read.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Run {
    /// Of the root job, once it is done.
    pub(super) root: Option<Root>,
    /// Of its leaves.
    subjects: Vec<Subject>,
    members: BTreeMap<u64, Member>,
    /// When its last job so far ended, in milliseconds.
    pub(super) newest: i64,
    /// It is to be judged, or judged again.
    pub(super) changed: bool,
}

/// The root job, done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Root {
    /// The later of its start and end, in milliseconds; `None` if all that is known is that it is done.
    pub(super) latest: Option<i64>,
    pub(super) outcome: Outcome,
    /// `childCount`.
    pub(super) children: Option<u64>,
}

/// A job that is done.
#[derive(Clone, PartialEq, Debug)]
struct Member {
    /// 0 for none.
    parent: u64,
    /// `childCount`.
    children: Option<u64>,
    outcome: Outcome,
    /// What it did, if it is no parent and of a kind that protects.
    leaf: Option<Leaf>,
}

/// A job that protects, or was to.
#[derive(Clone, PartialEq, Debug)]
struct Leaf {
    /// Its place among the subjects of the run.
    subject: usize,
    snapshot: bool,
    /// In milliseconds.
    start: Option<i64>,
    /// In milliseconds.
    end: i64,
}

/// How much of a run has been read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extent {
    /// Every child that any of its jobs counts.
    Whole,
    /// Some of its jobs have more children than were read, or its root is not done.
    Part,
    /// The records do not say.
    Unknown,
}

/// How a run ended for one subject.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::ledger) struct Verdict {
    pub(in crate::ledger) outcome: Outcome,
    /// When its first leaf started, in milliseconds.
    pub(in crate::ledger) start: Option<i64>,
    /// When its last leaf ended, in milliseconds.
    pub(in crate::ledger) end: i64,
    /// The latest start or end of its leaves and its root: what starts later belongs to another run, whatever its root is called.
    pub(in crate::ledger) until: i64,
    /// It is one of a part, the rest of which was judged before.
    pub(in crate::ledger) is_late: bool,
    /// Its root was not read: there may have been more of it.
    pub(in crate::ledger) is_rootless: bool,
    /// It is one of the whole run.
    pub(in crate::ledger) is_final: bool,
}

impl Verdict {
    /// On a run that is this one job, which has no children; `None` if jobs of its type protect nothing.
    pub(in crate::ledger) fn alone(
        job: &FinishedJob<'_>,
        end: i64,
        outcome: Outcome,
    ) -> Option<Self> {
        let start = job.start.map(Timestamp::as_millisecond);
        is_snapshot(&job.job_type).map(|_| Self {
            outcome,
            start,
            end,
            until: reuse::latest(start, end),
            is_late: false,
            is_rootless: false,
            is_final: true,
        })
    }
}

impl Run {
    /// Takes in a job. `false` if it is there already.
    pub(super) fn add(
        &mut self,
        job: &FinishedJob<'_>,
        end: i64,
        outcome: Outcome,
        is_parent: bool,
    ) -> bool {
        self.changed = true;
        self.newest = self.newest.max(end);
        if self.members.contains_key(&job.id) {
            return false;
        }
        let snapshot = is_snapshot(&job.job_type).filter(|_| !is_parent);
        let leaf = snapshot.map(|snapshot| Leaf {
            subject: self.place_of(Subject::of(job)),
            snapshot,
            start: job.start.map(Timestamp::as_millisecond),
            end,
        });
        let member = Member {
            parent: job.named_parent().unwrap_or(0),
            children: job.child_count,
            outcome,
            leaf,
        };
        self.members.insert(job.id, member);
        true
    }

    /// Takes in the jobs of a run whose root turned out to have a parent.
    pub(super) fn absorb(&mut self, other: Self) {
        self.changed = true;
        self.newest = self.newest.max(other.newest);
        for (id, mut member) in other.members {
            if let Some(leaf) = &mut member.leaf
                && let Some(subject) = other.subjects.get(leaf.subject)
            {
                leaf.subject = self.place_of(subject.clone());
            }
            self.members.entry(id).or_insert(member);
        }
    }

    /// Takes out the leaves that started after the root was done: they belong to a later run whose root has the same id.
    pub(super) fn split_off_later(&mut self) -> Self {
        let latest = self.root.and_then(|root| root.latest);
        let is_later = |member: &Member| latest.is_some_and(|latest| member.is_after(latest));
        let members = std::mem::take(&mut self.members);
        let (later, own): (BTreeMap<_, _>, _) = members
            .into_iter()
            .partition(|(_, member)| is_later(member));
        self.members = own;
        let ends = later.values().filter_map(|member| member.leaf.as_ref());
        let newest = ends.map(|leaf| leaf.end).max().unwrap_or_default();
        let mut new = Self::default();
        new.absorb(Self {
            subjects: self.subjects.clone(),
            members: later,
            newest,
            ..Self::default()
        });
        new
    }

    /// Takes other rules for what a status means.
    pub(super) fn judge_by(&mut self, rules: &ResultRules) {
        let of_members = self.members.values_mut().map(|member| &mut member.outcome);
        let of_root = self.root.as_mut().map(|root| &mut root.outcome);
        for outcome in of_members.chain(of_root) {
            *outcome = Outcome::of(outcome.status(), rules);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u64> {
        self.members.keys().copied()
    }

    /// Whether nothing is known of it but its root.
    pub(super) fn is_root_alone(&self, root: u64) -> bool {
        self.members.keys().all(|id| *id == root)
    }

    /// Whether all that is known of what it did are snapshots.
    pub(super) fn is_of_snapshots(&self) -> bool {
        let parents = self.parents();
        self.leaves(&parents).all(|(_, leaf)| leaf.snapshot)
    }

    /// How it ended, for each subject: with the status of its worst leaf.
    ///
    /// Snapshots are steps of a backup. One that fails is a failed backup; one that succeeds is a backup only where the
    /// whole run has no other, as in a policy that makes nothing but snapshots: as long as jobs are missing, one of them
    /// may be the backup. For what is not known of a run, children that were never seen and the end of snapshots alone,
    /// the status of the root stands in, and that of each job with children that are missing.
    pub(super) fn verdicts(&self, root: u64, extent: Extent) -> Vec<(Subject, Verdict)> {
        let parents = self.parents();
        let of_snapshots = self.leaves(&parents).all(|(_, leaf)| leaf.snapshot);
        let mut groups: BTreeMap<&Subject, (Verdict, bool)> = BTreeMap::new();
        for (member, leaf) in self.leaves(&parents) {
            let Some(subject) = self.subjects.get(leaf.subject) else {
                continue;
            };
            let (verdict, only) = groups.entry(subject).or_insert_with(|| {
                let verdict = Verdict {
                    outcome: member.outcome,
                    start: leaf.start,
                    end: leaf.end,
                    until: reuse::latest(leaf.start, leaf.end),
                    is_late: self.root.is_some_and(|root| root.latest.is_none()),
                    is_rootless: self.root.is_none(),
                    is_final: extent == Extent::Whole,
                };
                (verdict, true)
            });
            verdict.outcome = verdict.outcome.max(member.outcome);
            verdict.end = verdict.end.max(leaf.end);
            verdict.until = verdict.until.max(reuse::latest(leaf.start, leaf.end));
            verdict.start = match (verdict.start, leaf.start) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            *only &= leaf.snapshot;
        }
        let is_leaf = |member: &Member| member.leaf.is_some() && !parents.contains(&root);
        let stand_in = self
            .root
            .filter(|_| of_snapshots || extent == Extent::Part)
            .filter(|_| !self.members.get(&root).is_some_and(is_leaf))
            .map(|root| root.outcome);
        let stand_in = match extent {
            Extent::Part => stand_in.max(self.wanting().max()),
            Extent::Whole | Extent::Unknown => stand_in,
        };
        let latest = self.root.and_then(|root| root.latest);
        groups
            .into_iter()
            .filter(|(_, (verdict, only))| of_snapshots || !only || !verdict.outcome.is_success())
            .map(|(subject, (verdict, _))| {
                let verdict = Verdict {
                    outcome: stand_in.map_or(verdict.outcome, |root| verdict.outcome.max(root)),
                    until: verdict.until.max(latest.unwrap_or(i64::MIN)),
                    ..verdict
                };
                (subject.clone(), verdict)
            })
            .filter(|(_, verdict)| {
                let may_be_more = of_snapshots && extent == Extent::Part;
                !may_be_more || !verdict.outcome.is_success()
            })
            .collect()
    }

    /// Whether every job was read that any of its jobs counts among its children.
    pub(super) fn extent(&self) -> Extent {
        let Some(root) = self.root else {
            return Extent::Part;
        };
        if self.wanting().next().is_some() {
            return Extent::Part;
        }
        let is_told = self
            .members
            .values()
            .all(|member| member.children.is_some());
        if root.latest.is_some() && root.children.is_some() && is_told {
            Extent::Whole
        } else {
            Extent::Unknown
        }
    }

    /// How the jobs ended of which children are missing. Where the root failed, leaves that started after that do not stand in
    /// for them: they may be those of a later run, and would make a success of this one.
    fn wanting(&self) -> impl Iterator<Item = Outcome> {
        let failed = self.root.filter(|root| !root.outcome.is_success());
        let latest = failed.and_then(|root| root.latest);
        let is_later = |member: &Member| latest.is_some_and(|latest| member.is_after(latest));
        let mut read: BTreeMap<u64, u64> = BTreeMap::new();
        for member in self.members.values().filter(|member| !is_later(member)) {
            *read.entry(member.parent).or_default() += 1;
        }
        let members = self.members.iter();
        members
            .filter(move |(id, member)| {
                let read = read.get(id).copied().unwrap_or(0);
                member.children.is_some_and(|children| read < children)
            })
            .map(|(_, member)| member.outcome)
    }

    /// The ids that its jobs name as their parents.
    fn parents(&self) -> BTreeSet<u64> {
        self.members.values().map(|member| member.parent).collect()
    }

    fn leaves(&self, parents: &BTreeSet<u64>) -> impl Iterator<Item = (&Member, &Leaf)> {
        let members = self.members.iter();
        members
            .filter(|(id, _)| !parents.contains(id))
            .filter_map(|(_, member)| Some((member, member.leaf.as_ref()?)))
    }

    /// The streams of one come mostly together; where they do not, it may be there more than once.
    fn place_of(&mut self, subject: Subject) -> usize {
        let last = self.subjects.len().saturating_sub(LOOKED_AT);
        let known = self
            .subjects
            .iter()
            .skip(last)
            .rposition(|known| *known == subject);
        known.map_or_else(
            || {
                self.subjects.push(subject);
                self.subjects.len() - 1
            },
            |place| last + place,
        )
    }
}

impl Member {
    /// `true` for a leaf that is another job than one that is known to this point in time.
    fn is_after(&self, latest: i64) -> bool {
        let leaf = self.leaf.as_ref();
        leaf.is_some_and(|leaf| reuse::is_another_job(leaf.start, leaf.end, latest))
    }
}

/// Whether jobs of this type are snapshots; `None` if they protect nothing.
fn is_snapshot(job_type: &str) -> Option<bool> {
    match job_type {
        "BACKUP" | "DBBACKUP" => Some(false),
        "SNAPSHOT" => Some(true),
        _ => None,
    }
}

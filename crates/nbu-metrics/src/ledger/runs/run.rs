//! The jobs of one root, until they are judged together.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::outcome::Outcome;
use super::subject::Subject;
use crate::ledger::FinishedJob;
use crate::ledger::encoding::{Reader, Writer};

/// The form of a run's note.
const FORM: u8 = 1;

/// A run that is not judged yet, or of which more is expected. A job is in it once, with the values of the first record that was read.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Run {
    /// Of the root job, once it is done.
    pub(super) root: Option<Root>,
    members: BTreeMap<u64, Member>,
    /// When its last job so far ended, in milliseconds.
    pub(super) newest: i64,
    /// It may have to be judged, or judged again. Not in the note: judging twice does no harm.
    pub(super) changed: bool,
}

/// The root job, done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Root {
    /// `None` if all that is known is that it is done.
    pub(super) end: Option<i64>,
    pub(super) outcome: Outcome,
    /// `childCount`.
    pub(super) children: Option<u64>,
}

/// A job that is done.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Member {
    /// 0 for none.
    pub(super) parent: u64,
    /// What it did, if it is no parent and of a kind that protects.
    pub(super) leaf: Option<Leaf>,
}

/// A job that protects, or was to.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::ledger) struct Leaf {
    pub(in crate::ledger) subject: Subject,
    pub(in crate::ledger) snapshot: bool,
    pub(in crate::ledger) outcome: Outcome,
    /// In milliseconds.
    pub(in crate::ledger) start: Option<i64>,
    /// In milliseconds.
    pub(in crate::ledger) end: i64,
}

/// How a run ended for one subject.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::ledger) struct Verdict {
    pub(in crate::ledger) subject: Subject,
    pub(in crate::ledger) outcome: Outcome,
    /// When its first leaf started, in milliseconds.
    pub(in crate::ledger) start: Option<i64>,
    /// When its last leaf ended, in milliseconds.
    pub(in crate::ledger) end: i64,
    /// When the root ended: what starts later belongs to another run, whatever its root is called.
    pub(in crate::ledger) until: i64,
    /// It may be a part only, of a run that was judged before.
    pub(in crate::ledger) is_late: bool,
}

impl Leaf {
    /// What a finished job that is no parent did; `None` if jobs of its type protect nothing.
    pub(in crate::ledger) fn of(job: &FinishedJob<'_>, end: i64) -> Option<Self> {
        let snapshot = match &*job.job_type {
            "BACKUP" | "DBBACKUP" => false,
            "SNAPSHOT" => true,
            _ => return None,
        };
        Some(Self {
            subject: Subject::of(job),
            snapshot,
            outcome: Outcome(job.status),
            start: job.start.map(Timestamp::as_millisecond),
            end,
        })
    }

    /// As the only leaf of a run.
    pub(in crate::ledger) fn alone(self) -> Verdict {
        Verdict {
            subject: self.subject,
            outcome: self.outcome,
            start: self.start,
            end: self.end,
            until: self.end,
            is_late: false,
        }
    }
}

impl Run {
    pub(super) fn add(&mut self, id: u64, member: Member, end: i64) {
        self.changed = true;
        self.newest = self.newest.max(end);
        self.members.entry(id).or_insert(member);
    }

    /// Takes in the jobs of a run whose root turned out to have a parent.
    pub(super) fn absorb(&mut self, other: Self) {
        self.newest = self.newest.max(other.newest);
        for (id, member) in other.members {
            self.members.entry(id).or_insert(member);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = u64> {
        self.members.keys().copied()
    }

    /// How it ended, for each subject: with the status of its worst leaf.
    ///
    /// Snapshots are steps of a backup. One that fails is a failed backup; one that succeeds is a backup only where the
    /// whole run has no other, as in a policy that makes nothing but snapshots. For what is not known of a run, children
    /// that were never seen and the end of snapshots alone, the status of the root stands in.
    pub(super) fn verdicts(&self, root: u64) -> Vec<Verdict> {
        let parents: BTreeSet<u64> = self.members.values().map(|member| member.parent).collect();
        let leaves = || {
            let members = self.members.iter();
            members
                .filter(|(id, _)| !parents.contains(id))
                .filter_map(|(_, member)| member.leaf.as_ref())
        };
        let snapshots_only = leaves().all(|leaf| leaf.snapshot);
        let mut groups: BTreeMap<&Subject, (Verdict, bool)> = BTreeMap::new();
        for leaf in leaves() {
            let (verdict, only) = groups
                .entry(&leaf.subject)
                .or_insert_with(|| (leaf.clone().alone(), true));
            verdict.outcome = verdict.outcome.max(leaf.outcome);
            verdict.end = verdict.end.max(leaf.end);
            verdict.start = match (verdict.start, leaf.start) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            *only &= leaf.snapshot;
        }
        let stand_in = self
            .root
            .filter(|_| snapshots_only || self.is_incomplete(root))
            .filter(|_| {
                self.members
                    .get(&root)
                    .is_none_or(|root| root.leaf.is_none())
            })
            .map(|root| root.outcome);
        groups
            .into_values()
            .filter(|(verdict, only)| snapshots_only || !only || !verdict.outcome.is_success())
            .map(|(verdict, _)| Verdict {
                outcome: stand_in.map_or(verdict.outcome, |root| verdict.outcome.max(root)),
                until: verdict
                    .end
                    .max(self.root.and_then(|root| root.end).unwrap_or(i64::MIN)),
                is_late: self.root.is_some_and(|root| root.end.is_none()),
                ..verdict
            })
            .collect()
    }

    /// Whether the root has more children than were seen.
    pub(super) fn is_incomplete(&self, root: u64) -> bool {
        let children = self.root.and_then(|root| root.children).unwrap_or(0);
        let seen = self.members.values().filter(|member| member.parent == root);
        u64::try_from(seen.count()).is_ok_and(|seen| seen < children)
    }

    pub(super) fn encode(&self, key: &str) -> Arc<[u8]> {
        let mut writer = Writer::new(FORM);
        writer.signed(self.newest);
        writer.count(usize::from(self.root.is_some()));
        if let Some(root) = self.root {
            writer.maybe(root.end);
            writer.maybe(root.outcome.0);
            writer.maybe(root.children.map(u64::cast_signed));
        }
        let leaves = self
            .members
            .values()
            .filter_map(|member| member.leaf.as_ref());
        let subjects: BTreeSet<&Subject> = leaves.map(|leaf| &leaf.subject).collect();
        writer.count(subjects.len());
        for subject in &subjects {
            writer.text(&subject.client);
            writer.text(&subject.policy);
            writer.text(&subject.schedule);
        }
        let places: BTreeMap<&Subject, usize> = subjects.into_iter().zip(0..).collect();
        writer.count(self.members.len());
        for (id, member) in &self.members {
            writer.number(*id);
            writer.number(member.parent);
            writer.count(usize::from(member.leaf.is_some()));
            if let Some(leaf) = &member.leaf {
                writer.count(places.get(&leaf.subject).copied().unwrap_or(0));
                writer.count(usize::from(leaf.snapshot));
                writer.maybe(leaf.outcome.0);
                writer.maybe(leaf.start);
                writer.signed(leaf.end);
            }
        }
        writer.seal(key)
    }

    pub(super) fn decode(key: &str, bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::open(FORM, key, bytes)?;
        let newest = reader.signed()?;
        let root = match reader.number()? {
            0 => None,
            _ => Some(Root {
                end: reader.maybe()?,
                outcome: Outcome(reader.maybe()?),
                children: reader.maybe()?.map(i64::cast_unsigned),
            }),
        };
        let mut subjects = Vec::new();
        for _ in 0..reader.count()? {
            subjects.push(Subject {
                client: reader.text()?.into(),
                policy: reader.text()?.into(),
                schedule: reader.text()?.into(),
            });
        }
        let mut members = BTreeMap::new();
        for _ in 0..reader.count()? {
            let (id, parent) = (reader.number()?, reader.number()?);
            let leaf = match reader.number()? {
                0 => None,
                _ => Some(Leaf {
                    // A place, not a count: it may be larger than what is left.
                    subject: subjects
                        .get(usize::try_from(reader.number()?).ok()?)?
                        .clone(),
                    snapshot: reader.number()? != 0,
                    outcome: Outcome(reader.maybe()?),
                    start: reader.maybe()?,
                    end: reader.signed()?,
                }),
            };
            members.insert(id, Member { parent, leaf });
        }
        reader.is_at_end().then_some(Self {
            root,
            members,
            newest,
            changed: true,
        })
    }
}

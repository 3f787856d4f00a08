//! The truth about runs: all leaf jobs under one root, per client, policy and schedule type.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{JobTruth, Truth};

/// What a run protects: client, policy and schedule type, in the words of the job list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// `workloadDisplayName`, else `clientName`.
    pub client: String,
    /// `policyName`.
    pub policy: String,
    /// `scheduleType`.
    pub schedule_type: String,
}

/// The last runs of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protected {
    /// When the last run ended whose leaves all ended with 0 or 1.
    pub last_success: Option<Timestamp>,
    /// When the last run ended.
    pub last_attempt: Timestamp,
    /// The status of its worst leaf.
    pub last_status: i32,
}

/// One run of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    end: Timestamp,
    root: u64,
    status: i32,
}

impl Truth {
    /// The last runs of every subject, of the runs whose root ended at or after `since`.
    pub fn protection(&self, since: Timestamp) -> BTreeMap<Subject, Protected> {
        let mut known = BTreeMap::new();
        for (subject, runs) in self.runs(since) {
            let good = runs.iter().rev().find(|run| is_good(run.status));
            if let Some(last) = runs.last() {
                let protected = Protected {
                    last_success: good.map(|run| run.end),
                    last_attempt: last.end,
                    last_status: last.status,
                };
                known.insert(subject, protected);
            }
        }
        known
    }

    /// Failed runs since the last good one, by client and policy, of the same runs; those that were cancelled or skipped do not
    /// count.
    pub fn consecutive_failures(&self, since: Timestamp) -> BTreeMap<(String, String), u64> {
        let mut all: BTreeMap<(String, String), Vec<Run>> = BTreeMap::new();
        for (subject, runs) in self.runs(since) {
            let place = (subject.client, subject.policy);
            all.entry(place).or_default().extend(runs);
        }
        all.into_iter()
            .map(|(place, runs)| {
                let good = runs.iter().filter(|run| is_good(run.status));
                let since = good.map(|run| run.end).max();
                let failed = runs
                    .iter()
                    .filter(|run| is_failed(run.status) && Some(run.end) > since);
                (place, failed.count() as u64)
            })
            .collect()
    }

    /// When the last successful copy ended, by client, policy and job type, of those that ended at or after `since`.
    pub fn last_copies(&self, since: Timestamp) -> BTreeMap<(String, String, String), Timestamp> {
        let mut copies = BTreeMap::new();
        for job in self.leaves_ended_since(since) {
            let is_copy = matches!(&*job.job_type, "DUPLICATE" | "REPLICATE" | "REPLICA_IMPORT");
            let (Some(end), true) = (job.end, is_copy && job.status.is_some_and(is_good)) else {
                continue;
            };
            let subject = job.subject();
            let place = (subject.client, subject.policy, job.job_type.to_string());
            let last = copies.entry(place).or_insert(end);
            *last = end.max(*last);
        }
        copies
    }

    /// By subject, in the order of their ends.
    fn runs(&self, since: Timestamp) -> BTreeMap<Subject, Vec<Run>> {
        // Ids come again when a database is lost, so a root is told by its start too.
        let roots: BTreeSet<u64> = self
            .jobs
            .iter()
            .filter(|job| job.parent.is_none() && job.end.is_some_and(|end| end >= since))
            .map(|job| job.id)
            .collect();
        let mut runs: BTreeMap<(Subject, u64), Run> = BTreeMap::new();
        let leaves = self.jobs.iter().filter(|job| {
            !job.is_parent()
                && roots.contains(&job.root)
                && matches!(&*job.job_type, "BACKUP" | "DBBACKUP")
        });
        for job in leaves {
            let (subject, status) = (job.subject(), job.status.unwrap_or(-1));
            let Some(end) = job.end.filter(|_| !subject.client.is_empty()) else {
                continue;
            };
            let new = Run {
                end,
                root: job.root,
                status,
            };
            let run = runs.entry((subject, job.root)).or_insert(new);
            run.end = run.end.max(end);
            run.status = worse(run.status, status);
        }
        let mut by_subject: BTreeMap<Subject, Vec<Run>> = BTreeMap::new();
        for ((subject, _), run) in runs {
            by_subject.entry(subject).or_default().push(run);
        }
        for runs in by_subject.values_mut() {
            runs.sort_by_key(|run| (run.end, run.root));
        }
        by_subject
    }
}

impl JobTruth {
    fn subject(&self) -> Subject {
        let word =
            |word: &Option<std::sync::Arc<str>>| word.as_deref().unwrap_or_default().to_owned();
        Subject {
            client: word(if self.workload.is_some() {
                &self.workload
            } else {
                &self.client
            }),
            policy: word(&self.policy),
            schedule_type: word(&self.schedule_type),
        }
    }
}

const fn is_good(status: i32) -> bool {
    matches!(status, 0 | 1)
}

/// Neither good, nor cancelled, nor skipped.
const fn is_failed(status: i32) -> bool {
    badness(status) >= 4
}

/// How bad a status is; a missing one is -1.
const fn badness(status: i32) -> u8 {
    match status {
        0 => 0,
        1 => 1,
        190 | 200 => 2,
        150 | 157 => 3,
        -1 => 4,
        196 => 5,
        _ => 6,
    }
}

/// The one of two statuses that is worse; of two that are equally bad the larger.
fn worse(one: i32, other: i32) -> i32 {
    if (badness(one), one) < (badness(other), other) {
        other
    } else {
        one
    }
}

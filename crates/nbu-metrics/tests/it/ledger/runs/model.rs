//! Runs as they really were, and what is to be known of them.

use std::collections::BTreeMap;

use nbu_metrics::ledger::FinishedJob;
use nbu_metrics::samples::{Samples, Value};

use super::super::world::{MINUTE, at};

/// Client, policy and schedule type.
pub(super) type Subject = (String, String, String);

/// What is to be known of a subject; times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Known {
    pub(super) success: Option<i64>,
    pub(super) attempt: i64,
    pub(super) status: Option<i64>,
}

/// A run as it really was.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) root: u64,
    pub(super) subject: Subject,
    pub(super) shape: Shape,
    /// Status of each leaf.
    pub(super) leaves: Vec<Option<i64>>,
    /// The root says what its leaves say, or nothing of it.
    pub(super) root_tells: bool,
    /// Permissions hide the root of a tree.
    pub(super) is_hidden: bool,
    pub(super) clock: Clock,
    pub(super) start: i64,
}

/// What the primary's clock did while a run went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// It went on.
    Steady,
    /// Records tell no starts.
    Untold,
    /// It was set back while all of its jobs ran: each starts later than it ends.
    SetBack,
    /// It was set back when the first of its leaves was over: that one starts later than the root ends. In records that count no
    /// children, that is taken for another run, so there it is as above.
    SetBackBetween,
}

/// How far the clock is set back. No two runs end at the same time.
const STEP: i64 = 10 * MINUTE + 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// One job.
    Single,
    /// Streams under a root.
    Streams,
    /// A job between the root and each leaf.
    Nested,
    /// Snapshots, and at last a backup, under a root.
    Mixed,
    /// Streams in records without paths and counts.
    OldStreams,
    /// The same, with a job between.
    OldNested,
    /// The same as [`Mixed`](Self::Mixed), in such records.
    OldMixed,
    /// One job, in such a record.
    OldSingle,
}

impl Run {
    pub(super) fn is_old(&self) -> bool {
        matches!(
            self.shape,
            Shape::OldStreams | Shape::OldNested | Shape::OldMixed | Shape::OldSingle
        )
    }

    /// It has a root and jobs below it.
    pub(super) fn is_tree(&self) -> bool {
        !matches!(self.shape, Shape::Single | Shape::OldSingle)
    }

    pub(super) fn leaf_end(&self, place: usize) -> i64 {
        let end = self.start + MINUTE + i64::try_from(place).unwrap() * 1_000;
        let is_before_step =
            place == 0 && self.clock == Clock::SetBackBetween && !self.is_old() && self.is_tree();
        if is_before_step { end + STEP } else { end }
    }

    fn root_end(&self) -> i64 {
        self.start + MINUTE + i64::try_from(self.leaves.len()).unwrap() * 1_000 + 1_000
    }

    /// When its jobs start: the leaves a little later than the root.
    fn starts(&self, later: i64) -> Option<i64> {
        match self.clock {
            Clock::Untold => None,
            Clock::Steady => Some(self.start + later),
            Clock::SetBack | Clock::SetBackBetween => Some(self.start + STEP + later),
        }
    }

    pub(super) fn end(&self) -> i64 {
        let ends = (0..self.leaves.len()).map(|place| self.leaf_end(place));
        ends.max().unwrap()
    }

    fn worst(&self) -> Option<i64> {
        let badness = |status: &Option<i64>| match status {
            Some(0) => (0, 0),
            Some(1) => (1, 0),
            Some(code @ (190 | 200)) => (2, *code),
            Some(code @ (150 | 157)) => (3, *code),
            None => (4, 0),
            Some(196) => (5, 0),
            Some(code) => (6, *code),
        };
        self.leaves.iter().copied().max_by_key(badness).flatten()
    }

    fn is_good(&self) -> bool {
        self.leaves
            .iter()
            .all(|status| matches!(status, Some(0 | 1)))
    }

    /// The records of its jobs that are shown, leaves first.
    pub(super) fn records(&self) -> Vec<FinishedJob<'static>> {
        let job = |id: u64, status: Option<i64>, end: i64| FinishedJob {
            id,
            job_type: "BACKUP".into(),
            client: self.subject.0.clone().into(),
            policy: self.subject.1.clone().into(),
            schedule_type: self.subject.2.clone().into(),
            status,
            start: self.starts(if id == self.root { 0 } else { 1_000 }).map(at),
            end: Some(at(end)),
            last_update: Some(at(end)),
            root: (!self.is_old()).then_some(self.root),
            child_count: (!self.is_old()).then_some(0),
            ..FinishedJob::default()
        };
        if !self.is_tree() {
            return vec![job(self.root, self.leaves[0], self.end())];
        }
        let nested = matches!(self.shape, Shape::Nested | Shape::OldNested);
        let mixed = matches!(self.shape, Shape::Mixed | Shape::OldMixed);
        let (mut records, mut between) = (Vec::new(), Vec::new());
        for (place, status) in self.leaves.iter().enumerate() {
            let id = self.root + 1 + 2 * u64::try_from(place).unwrap();
            let end = self.leaf_end(place);
            let parent = if nested { id } else { self.root };
            let is_snapshot = mixed && place + 1 < self.leaves.len();
            records.push(FinishedJob {
                parent: Some(parent),
                job_type: if is_snapshot { "SNAPSHOT" } else { "BACKUP" }.into(),
                ..job(id + 1, *status, end)
            });
            if nested {
                between.push(FinishedJob {
                    parent: Some(self.root),
                    child_count: (!self.is_old()).then_some(1),
                    job_type: "SNAPSHOT".into(),
                    ..job(id, Some(0), end)
                });
            }
        }
        records.extend(between);
        if self.is_hidden {
            return records;
        }
        let status = if self.root_tells {
            self.worst()
        } else {
            Some(0)
        };
        let children = u64::try_from(self.leaves.len()).unwrap();
        records.push(FinishedJob {
            child_count: (!self.is_old()).then_some(children),
            ..job(self.root, status, self.root_end())
        });
        records
    }
}

/// The truth, judged once from the whole history.
pub(super) fn truth(
    history: &[Run],
) -> (BTreeMap<Subject, Known>, BTreeMap<(String, String), u64>) {
    let mut known: BTreeMap<Subject, Known> = BTreeMap::new();
    let mut sorted: Vec<&Run> = history.iter().collect();
    sorted.sort_by_key(|run| (run.end(), run.root));
    let mut failures = BTreeMap::new();
    for run in sorted {
        let subject = known.entry(run.subject.clone()).or_default();
        subject.attempt = run.end();
        subject.status = run.worst();
        let failed: &mut u64 = failures
            .entry((run.subject.0.clone(), run.subject.1.clone()))
            .or_default();
        if run.is_good() {
            subject.success = Some(run.end());
            *failed = 0;
        } else if !matches!(run.worst(), Some(150 | 157 | 190 | 200)) {
            *failed += 1;
        }
    }
    (known, failures)
}

/// What was published, in the shape of the truth.
pub(super) fn published(
    samples: &Samples,
) -> (BTreeMap<Subject, Known>, BTreeMap<(String, String), u64>) {
    let mut known: BTreeMap<Subject, Known> = BTreeMap::new();
    let mut failures = BTreeMap::new();
    for (family, series) in samples.families() {
        for series in series {
            let labels: Vec<String> = series.labels.values().map(str::to_owned).collect();
            let Value::Number(value) = series.value else {
                continue;
            };
            #[expect(clippy::cast_possible_truncation, reason = "whole numbers of the test")]
            let (millis, whole) = ((value * 1000.0).round() as i64, value as i64);
            let subject = || (labels[0].clone(), labels[1].clone(), labels[2].clone());
            match family.name {
                "netbackup_client_last_success_timestamp_seconds" => {
                    known.entry(subject()).or_default().success = Some(millis);
                }
                "netbackup_client_last_attempt_timestamp_seconds" => {
                    known.entry(subject()).or_default().attempt = millis;
                }
                "netbackup_client_last_attempt_status" => {
                    known.entry(subject()).or_default().status = Some(whole);
                }
                "netbackup_client_consecutive_failures" => {
                    let failed = u64::try_from(whole).unwrap();
                    failures.insert((labels[0].clone(), labels[1].clone()), failed);
                }
                _ => {}
            }
        }
    }
    (known, failures)
}

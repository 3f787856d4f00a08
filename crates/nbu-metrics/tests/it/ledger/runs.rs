//! Runs against a model that judges the truth once.

use std::collections::BTreeMap;
use std::sync::Arc;

use nbu_metrics::ledger::{FinishedJob, JobsSettings, Ledger, MemoryStore};
use nbu_metrics::samples::{Samples, Value};
use proptest::prelude::*;

use super::driver::poll_once;
use super::world::{HOUR, MINUTE, START, at};

/// Client, policy and schedule type.
pub(super) type Subject = (String, String, String);

/// What is to be known of a subject; times in milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
struct Known {
    success: Option<i64>,
    attempt: i64,
    status: Option<i64>,
}

/// A run as it really was.
#[derive(Clone, Debug)]
struct Run {
    root: u64,
    subject: Subject,
    shape: Shape,
    /// Status of each leaf.
    leaves: Vec<Option<i64>>,
    /// The root says what its leaves say, or nothing of it.
    root_tells: bool,
    start: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// One job.
    Single,
    /// Streams under a root.
    Streams,
    /// A job between the root and each leaf.
    Nested,
    /// Streams in records without paths and counts.
    OldStreams,
    /// The same, with a job between.
    OldNested,
    /// One job, in such a record.
    OldSingle,
}

impl Run {
    fn is_old(&self) -> bool {
        matches!(
            self.shape,
            Shape::OldStreams | Shape::OldNested | Shape::OldSingle
        )
    }

    fn leaf_end(&self, place: usize) -> i64 {
        self.start + MINUTE + i64::try_from(place).unwrap() * 1_000
    }

    fn end(&self) -> i64 {
        self.leaf_end(self.leaves.len() - 1)
    }

    fn worst(&self) -> Option<i64> {
        let badness = |status: &Option<i64>| match status {
            Some(0) => (0, 0),
            Some(1) => (1, 0),
            None => (2, i64::MIN),
            Some(code) => (2, *code),
        };
        self.leaves.iter().copied().max_by_key(badness).flatten()
    }

    fn is_good(&self) -> bool {
        self.leaves
            .iter()
            .all(|status| matches!(status, Some(0 | 1)))
    }

    /// The records of its jobs, leaves first.
    fn records(&self) -> Vec<FinishedJob<'static>> {
        let job = |id: u64, status: Option<i64>, end: i64| FinishedJob {
            id,
            job_type: "BACKUP".into(),
            client: self.subject.0.clone().into(),
            policy: self.subject.1.clone().into(),
            schedule_type: self.subject.2.clone().into(),
            status,
            start: Some(at(self.start)),
            end: Some(at(end)),
            last_update: Some(at(end)),
            root: (!self.is_old()).then_some(self.root),
            child_count: (!self.is_old()).then_some(0),
            ..FinishedJob::default()
        };
        if matches!(self.shape, Shape::Single | Shape::OldSingle) {
            return vec![job(self.root, self.leaves[0], self.end())];
        }
        let nested = matches!(self.shape, Shape::Nested | Shape::OldNested);
        let (mut records, mut between) = (Vec::new(), Vec::new());
        for (place, status) in self.leaves.iter().enumerate() {
            let id = self.root + 1 + 2 * u64::try_from(place).unwrap();
            let end = self.leaf_end(place);
            let parent = if nested { id } else { self.root };
            records.push(FinishedJob {
                parent: Some(parent),
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
        let status = if self.root_tells {
            self.worst()
        } else {
            Some(0)
        };
        let children = u64::try_from(self.leaves.len()).unwrap();
        records.push(FinishedJob {
            child_count: (!self.is_old()).then_some(children),
            ..job(self.root, status, self.end() + 2_000)
        });
        records
    }
}

/// The truth, judged once from the whole history.
fn truth(history: &[Run]) -> (BTreeMap<Subject, Known>, BTreeMap<(String, String), u64>) {
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
        } else {
            *failed += 1;
        }
    }
    (known, failures)
}

/// What was published, in the shape of the truth.
fn published(samples: &Samples) -> (BTreeMap<Subject, Known>, BTreeMap<(String, String), u64>) {
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

/// A ledger that is opened again and again on one store.
pub(super) struct Process {
    pub(super) store: Arc<MemoryStore>,
    pub(super) ledger: Ledger,
    pub(super) clock: i64,
}

impl Process {
    pub(super) fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let ledger = open(&store);
        Self {
            store,
            ledger,
            clock: START,
        }
    }

    pub(super) fn restart(&mut self) {
        self.ledger = open(&self.store);
    }

    /// Takes these records as pages of one walk, which is completed or not.
    pub(super) fn walk(&mut self, pages: &[Vec<FinishedJob<'static>>], complete: bool) {
        let clock = at(self.clock);
        let agenda = poll_once(self.ledger.begin(clock)).unwrap().unwrap();
        let walk = self.ledger.walk(agenda.advance, clock);
        for page in pages {
            let mut fold = self.ledger.page();
            for job in page {
                fold.take(job.clone());
            }
            poll_once(fold.commit()).unwrap().unwrap();
        }
        if complete {
            poll_once(walk.complete()).unwrap().unwrap();
        } else {
            walk.failed();
        }
    }

    pub(super) fn publish(&self) -> Arc<Samples> {
        poll_once(self.ledger.publish(at(self.clock)))
            .unwrap()
            .unwrap()
    }
}

fn open(store: &Arc<MemoryStore>) -> Ledger {
    let settings = JobsSettings {
        look_back: std::time::Duration::from_secs(600),
        ..JobsSettings::default()
    };
    poll_once(Ledger::open(Arc::clone(store) as _, settings))
        .unwrap()
        .unwrap()
}

fn run() -> impl Strategy<Value = Run> {
    let status = prop_oneof![4 => Just(Some(0)), 1 => Just(Some(1)), 2 => Just(Some(13)), 1 => Just(Some(150)), 1 => Just(None)];
    let shape = prop::sample::select(vec![
        Shape::Single,
        Shape::Streams,
        Shape::Nested,
        Shape::OldStreams,
        Shape::OldNested,
        Shape::OldSingle,
    ]);
    let subject = (0..3, 0..2, 0..2);
    (
        shape,
        prop::collection::vec(status, 1..5),
        any::<bool>(),
        subject,
        0_i64..5,
    )
        .prop_map(
            |(shape, mut leaves, root_tells, (client, policy, schedule), pause)| {
                if matches!(shape, Shape::Single | Shape::OldSingle) {
                    leaves.truncate(1);
                }
                Run {
                    root: 0,
                    subject: (
                        format!("client{client}"),
                        format!("policy{policy}"),
                        format!("S{schedule}"),
                    ),
                    shape,
                    leaves,
                    root_tells,
                    start: pause * 10_000,
                }
            },
        )
}

/// What happens to the records on their way.
#[derive(Clone, Debug)]
struct Way {
    /// The order in which they come.
    order: Vec<u32>,
    page_size: usize,
    /// Pages between two walks, and whether the walk before is complete.
    walks: Vec<(usize, bool)>,
    /// Restarts after these walks.
    restarts: Vec<bool>,
    /// Records that come again, some walks later.
    repeats: Vec<prop::sample::Index>,
    /// Leaves that come only when everything else was judged.
    late: Vec<prop::sample::Index>,
}

fn way() -> impl Strategy<Value = Way> {
    (
        prop::collection::vec(any::<u32>(), 300),
        1_usize..12,
        prop::collection::vec((1_usize..4, any::<bool>()), 60),
        prop::collection::vec(prop::bool::weighted(0.3), 60),
        prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    )
        .prop_map(|(order, page_size, walks, restarts, repeats, late)| Way {
            order,
            page_size,
            walks,
            restarts,
            repeats,
            late,
        })
}

/// Brings the records to the process by this way.
fn bring(process: &mut Process, runs: &[Run], way: &Way, may_be_late: bool) {
    // What comes together, in this order: where records have neither path nor count, a job is known as a parent only by its
    // children, so those primaries are walked from the highest id down.
    let mut units: Vec<Vec<FinishedJob<'static>>> = Vec::new();
    let mut late = Vec::new();
    for run in runs {
        let mut of_run = run.records();
        if may_be_late
            && run.shape == Shape::Streams
            && late.len() < way.late.len()
            && run.leaves.len() > 1
        {
            let pick = way.late[late.len()].index(run.leaves.len());
            late.push(of_run.remove(pick));
        }
        if run.is_old() {
            units.push(of_run);
        } else {
            units.extend(of_run.into_iter().map(|record| vec![record]));
        }
    }
    let again: Vec<_> = (way.repeats.iter())
        .filter(|_| !units.is_empty())
        .map(|pick| units[pick.index(units.len())].clone())
        .collect();
    units.extend(again);
    let mut order = way.order.iter().cycle();
    units.sort_by_cached_key(|_| order.next().copied());
    let records = units.concat();
    let mut pages = records.chunks(way.page_size).map(<[_]>::to_vec).peekable();
    let mut walks = way.walks.iter().cycle().zip(way.restarts.iter().cycle());
    while pages.peek().is_some() {
        let ((count, complete), restart) = walks.next().unwrap();
        let taken: Vec<_> = pages.by_ref().take(*count).collect();
        process.walk(&taken, *complete);
        if *restart {
            process.restart();
        }
    }
    process.walk(&[], true);
    process.restart();
    for leaf in late {
        process.walk(&[vec![leaf]], true);
    }
}

/// Gives the runs their ids and times, the first beginning at `from`.
fn place(runs: &mut [Run], from: i64, first_id: u64) {
    let (mut start, mut id) = (from, first_id);
    for run in runs {
        run.root = id;
        id += 20;
        start += run.start;
        run.start = start;
        start += 20_000;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_the_records_come_the_last_runs_are_the_true_ones(
        before in prop::collection::vec(run(), 0..8),
        after in prop::collection::vec(run(), 1..25),
        first_way in way(),
        second_way in way(),
    ) {
        let mut history = before;
        place(&mut history, START - HOUR, 1);
        let mut later = after;
        place(&mut later, START + MINUTE, 10_000);

        let mut process = Process::new();
        // Before the first walk is complete, what ended before it is read.
        process.walk(&[], false);
        let look_back: Vec<Vec<FinishedJob<'static>>> = {
            let records: Vec<_> = history.iter().flat_map(Run::records).collect();
            records.chunks(first_way.page_size).map(<[_]>::to_vec).collect()
        };
        process.walk(&look_back, false);
        process.restart();
        process.walk(&look_back, true);
        process.clock = START + HOUR;
        bring(&mut process, &later, &second_way, true);
        history.extend(later);
        prop_assert_eq!(published(&process.publish()), truth(&history));

        // The primary forgets its jobs, the process ends: nothing changes.
        process.restart();
        process.clock += 200 * HOUR;
        process.walk(&[], true);
        prop_assert_eq!(published(&process.publish()), truth(&history));
    }
}

fn streams(statuses: impl IntoIterator<Item = i64>) -> Run {
    Run {
        root: 100,
        subject: (
            "host1".to_owned(),
            "daily".to_owned(),
            "FULL_BACKUP".to_owned(),
        ),
        shape: Shape::Streams,
        leaves: statuses.into_iter().map(Some).collect(),
        root_tells: false,
        start: START + MINUTE,
    }
}

#[test]
fn one_failed_stream_of_twenty_is_a_failed_run() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let run = streams((0..20).map(|stream| if stream == 11 { 13 } else { 0 }));
    process.walk(&[run.records()], true);
    let (known, failures) = published(&process.publish());
    let known = &known[&run.subject];
    assert_eq!((known.success, known.status), (None, Some(13)));
    assert_eq!(failures.values().copied().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_run_is_judged_when_its_root_is_done_and_the_walk_is_complete() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let mut records = streams([0, 0, 0]).records();
    let root = records.pop().unwrap();
    process.walk(&[records], true);
    assert!(
        published(&process.publish()).0.is_empty(),
        "the root still runs"
    );
    process.restart();
    process.walk(&[vec![root]], false);
    assert!(
        published(&process.publish()).0.is_empty(),
        "the walk was not complete"
    );
    process.walk(&[], true);
    let (known, _) = published(&process.publish());
    assert_eq!(
        known.values().next().and_then(|known| known.success),
        Some(streams([0, 0, 0]).end())
    );
}

/// Three runs in a row fail, but of the last two the good stream is read and judged first.
#[test]
fn runs_judged_in_parts_may_all_turn_out_to_have_failed() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let mut runs = [streams([13]), streams([0, 13]), streams([0, 13])];
    place(&mut runs, START + MINUTE, 100);
    let mut late = Vec::new();
    for run in &runs[1..] {
        let mut records = run.records();
        late.push(records.remove(1));
        process.walk(&[records], true);
        process.restart();
    }
    process.walk(&[runs[0].records()], true);
    for leaf in late {
        process.walk(&[vec![leaf]], true);
    }
    assert_eq!(published(&process.publish()), truth(&runs));
}

/// The root is judged before any of its streams is read, and these ran one after the other.
#[test]
fn streams_that_come_after_their_root_are_one_run() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let run = streams([0, 13, 0]);
    let mut records = run.records();
    let root = records.pop().unwrap();
    process.walk(&[vec![root]], true);
    for (place, mut leaf) in records.into_iter().enumerate() {
        leaf.start = Some(at(run.leaf_end(place) - 500));
        process.restart();
        process.walk(&[vec![leaf]], true);
    }
    assert_eq!(published(&process.publish()), truth(&[run]));
}

#[test]
fn a_run_that_never_ends_is_dropped_and_counted() {
    let mut process = Process::new();
    process.walk(&[], true);
    process.clock += HOUR;
    let mut records = streams([0, 0]).records();
    records.pop();
    process.walk(&[records], true);
    let before = process.store_bytes();
    process.clock += 80 * HOUR;
    process.walk(&[], true);
    process.walk(&[], true);
    let samples = process.publish();
    let dropped: Vec<_> = samples
        .families()
        .filter(|(family, _)| family.name == "netbackup_exporter_records_skipped_total")
        .flat_map(|(_, series)| series)
        .filter(|series| {
            series
                .labels
                .values()
                .any(|value| value == "run_without_end")
        })
        .map(|series| series.value.clone())
        .collect();
    assert_eq!(dropped, [Value::Number(1.0)]);
    assert!(process.store_bytes() < before, "its note is gone");
}

impl Process {
    fn store_bytes(&self) -> u64 {
        use nbu_metrics::ledger::Store as _;
        self.store.bytes()
    }
}

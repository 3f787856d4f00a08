//! Runs against a model that judges the truth once.

mod cases;
mod hidden;
mod model;
mod process;

use nbu_metrics::ledger::FinishedJob;
use proptest::prelude::*;

use super::world::{HOUR, MINUTE, START};
use model::{Clock, Run, Shape, published, truth};
use process::Process;

fn run() -> impl Strategy<Value = Run> {
    let others = prop::sample::select(vec![
        Some(1),
        Some(13),
        Some(2106),
        Some(150),
        Some(157),
        Some(190),
        Some(196),
        None,
    ]);
    let status = prop_oneof![4 => Just(Some(0)), 5 => others];
    let shape = prop::sample::select(vec![
        Shape::Single,
        Shape::Streams,
        Shape::Nested,
        Shape::Mixed,
        Shape::OldStreams,
        Shape::OldNested,
        Shape::OldMixed,
        Shape::OldSingle,
    ]);
    let subject = (0..3, 0..2, 0..2);
    let clock = prop::sample::select(vec![
        Clock::Steady,
        Clock::Steady,
        Clock::Untold,
        Clock::SetBack,
        Clock::SetBackBetween,
    ]);
    (
        shape,
        prop::collection::vec(status, 1..5),
        any::<bool>(),
        prop::bool::weighted(0.2),
        subject,
        clock,
        0_i64..5,
    )
        .prop_map(
            |(
                shape,
                mut leaves,
                root_tells,
                is_hidden,
                (client, policy, schedule),
                clock,
                pause,
            )| {
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
                    is_hidden,
                    clock,
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
    late: Vec<Option<prop::sample::Index>>,
}

fn way() -> impl Strategy<Value = Way> {
    (
        prop::collection::vec(any::<u32>(), 300),
        1_usize..12,
        prop::collection::vec((1_usize..4, any::<bool>()), 60),
        prop::collection::vec(prop::bool::weighted(0.3), 60),
        prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        prop::collection::vec(prop::option::of(any::<prop::sample::Index>()), 0..60),
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
    let mut picks = way.late.iter();
    for run in runs {
        let mut of_run = run.records();
        let mut leaves = run.leaves.len();
        // Where records count no children, a root of which nothing else is known is taken for a job of its own.
        let least = usize::from(run.is_old());
        while may_be_late && run.is_tree() && leaves > least {
            let Some(Some(pick)) = picks.next() else {
                break;
            };
            late.push(of_run.remove(pick.index(leaves)));
            leaves -= 1;
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
        let ((_, complete), restart) = walks.next().unwrap();
        process.walk(&[vec![leaf]], *complete);
        if *restart {
            process.restart();
        }
    }
    process.walk(&[], true);
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
        // Of hidden roots nothing comes any more.
        process.clock += 25 * HOUR;
        process.catch_up([]);
        prop_assert_eq!(published(&process.publish()), truth(&history));

        // The primary forgets its jobs, the process ends: nothing changes.
        process.restart();
        process.clock += 200 * HOUR;
        process.walk(&[], true);
        prop_assert_eq!(published(&process.publish()), truth(&history));
        prop_assert_eq!(process.runs(), 0, "nothing of a run is kept that nothing can change");
    }
}

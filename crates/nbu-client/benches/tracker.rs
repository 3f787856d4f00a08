//! What it costs to enter and leave: the tracker beside tokio-util's `TaskTracker::token`, which
//! counts but knows no limit, and beside a plain counter behind a mutex.
//!
//! Criterion reports each; the table at the end has all of them, in nanoseconds for one entry and
//! one exit. Nothing gates on it, but more than a microsecond uncontended is a bug.
#![expect(clippy::print_stdout, reason = "the table is the point")]

use std::{
    future::ready,
    hint::black_box,
    num::NonZeroUsize,
    pin::pin,
    sync::{Barrier, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use criterion::Criterion;
use nbu_client::Tracker;
use tokio_util::task::TaskTracker;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();

    let tracker = Tracker::new(NonZeroUsize::MAX);
    let tokens = TaskTracker::new();
    let counter = Mutex::new(0_usize);
    let rows = [
        measure(&mut criterion, "Tracker::try_enter", || {
            black_box(tracker.try_enter()).is_ok()
        }),
        measure(&mut criterion, "Tracker::enter", || {
            black_box(poll(tracker.enter())).is_ready()
        }),
        measure(
            &mut criterion,
            "Tracker::enter, Permit::run",
            || match poll(tracker.enter()) {
                Poll::Ready(Ok(permit)) => black_box(poll(permit.run(ready(())))).is_ready(),
                _ => false,
            },
        ),
        measure(&mut criterion, "TaskTracker::token", || {
            drop(black_box(tokens.token()));
            true
        }),
        measure(&mut criterion, "Mutex<usize>", || {
            *counter.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            *black_box(&counter)
                .lock()
                .unwrap_or_else(PoisonError::into_inner) -= 1;
            true
        }),
    ];
    criterion.final_summary();

    println!(
        "\n{:<28} {:>12} {:>12}",
        "enter and leave, ns", "one thread", "two threads"
    );
    for Row {
        name,
        alone,
        contended,
    } in rows
    {
        println!(
            "{name:<28} {:>12.1} {:>12.1}",
            alone.nanoseconds(),
            contended.nanoseconds()
        );
    }
}

/// One line of the table.
struct Row {
    name: &'static str,
    alone: Sum,
    contended: Sum,
}

/// Everything that criterion had measured of one case.
#[derive(Default)]
struct Sum {
    took: Duration,
    rounds: u64,
}

impl Sum {
    fn add(&mut self, took: Duration, rounds: u64) -> Duration {
        self.took += took;
        self.rounds += rounds;
        took
    }

    fn nanoseconds(&self) -> f64 {
        self.took.as_nanos() as f64 / self.rounds as f64
    }
}

fn measure(criterion: &mut Criterion, name: &'static str, step: impl Fn() -> bool + Sync) -> Row {
    let (mut alone, mut contended) = (Sum::default(), Sum::default());
    criterion.bench_function(&format!("{name}, one thread"), |bencher| {
        bencher.iter_custom(|rounds| alone.add(take_turns(rounds, &step), rounds));
    });
    criterion.bench_function(&format!("{name}, two threads"), |bencher| {
        bencher.iter_custom(|rounds| contended.add(compete(rounds, &step), rounds));
    });
    Row {
        name,
        alone,
        contended,
    }
}

fn take_turns(rounds: u64, step: &impl Fn() -> bool) -> Duration {
    let began = Instant::now();
    for _ in 0..rounds {
        assert!(step(), "refused");
    }
    began.elapsed()
}

/// Two threads, `rounds` each: how long the slower one takes.
fn compete(rounds: u64, step: &(impl Fn() -> bool + Sync)) -> Duration {
    let start = Barrier::new(2);
    let run = || {
        start.wait();
        take_turns(rounds, step)
    };
    thread::scope(|scope| {
        let other = scope.spawn(run);
        let mine = run();
        other.join().map_or(mine, |theirs| theirs.max(mine))
    })
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

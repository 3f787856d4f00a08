//! Attempts, and the cut that ends them.

use std::{
    future::{pending, poll_fn, ready},
    task::Poll,
};

use nbu_client::{CloseError, Closed};

use super::props::{Trace, poll_once, tracker};
use crate::stage::{block_on, play, spawn};

#[test]
fn the_cut_reaches_every_attempt() {
    play(|| {
        let tracker = tracker(2);
        let [first, second] = [(); 2].map(|()| {
            let mut attempt = Box::pin(tracker.try_enter().unwrap().run(pending::<()>()));
            assert!(poll_once(&mut attempt).is_pending());
            attempt
        });
        let other = spawn(move || assert_eq!(block_on(second), Err(Closed)));
        assert_eq!(tracker.cut(), Err(CloseError::TimedOut { in_flight: 2 }));
        assert_eq!(block_on(first), Err(Closed));
        other.join().unwrap();
        assert_eq!(tracker.in_flight(), 0);
    });
}

#[test]
fn the_cut_reaches_an_attempt_that_registers_during_it() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let attempt = spawn(move || assert_eq!(block_on(permit.run(pending::<()>())), Err(Closed)));
        assert_eq!(tracker.cut(), Err(CloseError::TimedOut { in_flight: 1 }));
        attempt.join().unwrap();
        assert_eq!(tracker.in_flight(), 0);
    });
}

#[test]
fn an_attempt_that_comes_after_the_cut_never_starts() {
    play(|| {
        let tracker = tracker(1);
        let started = Trace::new();
        let permit = tracker.try_enter().unwrap();
        assert_eq!(tracker.cut(), Err(CloseError::TimedOut { in_flight: 1 }));
        let attempt = permit.run({
            let started = started.clone();
            async move { started.leave() }
        });
        assert_eq!(block_on(attempt), Err(Closed));
        assert!(!started.is_there(), "a cancelled attempt was polled");
    });
}

#[test]
fn an_attempt_that_finished_before_it_saw_the_cut_delivers() {
    play(|| {
        let tracker = tracker(1);
        let attempt = tracker.try_enter().unwrap().run({
            let tracker = tracker.clone();
            poll_fn(move |_| {
                assert_eq!(tracker.cut(), Err(CloseError::TimedOut { in_flight: 1 }));
                Poll::Ready("delivered")
            })
        });
        assert_eq!(block_on(attempt), Ok("delivered"));
    });
}

#[test]
fn an_attempt_in_flight_when_the_close_begins_is_delivered() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let attempt = spawn(move || assert_eq!(block_on(permit.run(ready(7))), Ok(7)));
        assert_eq!(block_on(tracker.close()), Ok(()));
        attempt.join().unwrap();
    });
}

#[test]
fn a_slot_is_free_only_when_its_future_is_gone() {
    play(|| {
        let tracker = tracker(1);
        let alive = Trace::new();
        let attempt = tracker
            .try_enter()
            .unwrap()
            .run(Living::until_polled(&alive));
        let runner = spawn(move || assert_eq!(block_on(attempt), Ok(())));
        let permit = block_on(tracker.enter()).unwrap();
        assert!(!alive.is_there(), "in a slot whose last future still lives");
        drop(permit);
        runner.join().unwrap();
    });
}

#[test]
fn zero_after_the_cut_says_that_every_future_is_gone() {
    play(|| {
        let tracker = tracker(1);
        let alive = Trace::new();
        let mut attempt = Box::pin(tracker.try_enter().unwrap().run(Living::for_ever(&alive)));
        assert!(poll_once(&mut attempt).is_pending());
        let runner = spawn(move || assert_eq!(block_on(attempt), Err(Closed)));
        assert_eq!(tracker.cut(), Err(CloseError::TimedOut { in_flight: 1 }));
        if tracker.in_flight() == 0 {
            assert!(
                !alive.is_there(),
                "counted as gone, but its future still lives"
            );
        }
        runner.join().unwrap();
    });
}

/// A future that leaves a trace while it lives.
struct Living {
    alive: Trace,
    answer: Poll<()>,
}

impl Living {
    fn until_polled(alive: &Trace) -> Living {
        Living::new(alive, Poll::Ready(()))
    }

    fn for_ever(alive: &Trace) -> Living {
        Living::new(alive, Poll::Pending)
    }

    fn new(alive: &Trace, answer: Poll<()>) -> Living {
        alive.leave();
        Living {
            alive: alive.clone(),
            answer,
        }
    }
}

impl Future for Living {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
        self.answer
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        self.alive.wipe();
    }
}

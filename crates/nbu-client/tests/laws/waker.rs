//! Wakers: which one is called, and what it may do.

use std::{
    future::pending,
    sync::{Arc as StdArc, Mutex, PoisonError},
    task::{Poll, Wake, Waker},
};

use nbu_client::{Closing, Permit, Tracker};

use super::props::{Bell, poll_once, poll_with, tracker};
use crate::stage::play;

#[test]
fn the_latest_waker_is_the_one_that_is_called() {
    play(|| {
        let tracker = tracker(2);
        let permit = tracker.try_enter().unwrap();
        let mut attempt = Box::pin(tracker.try_enter().unwrap().run(pending::<()>()));
        let mut enter = tracker.enter();
        let mut closed = tracker.closed();
        assert_moved(
            |waker| poll_with(&mut enter, waker).is_pending(),
            || drop(permit),
        );
        assert_moved(
            |waker| poll_with(&mut closed, waker).is_pending(),
            || drop(tracker.close()),
        );
        let mut closing = tracker.close();
        assert_moved(
            |waker| {
                poll_with(&mut attempt, waker).is_pending()
                    && poll_with(&mut closing, waker).is_pending()
            },
            || assert!(tracker.cut().is_err()),
        );
    });
}

/// Polls under one waker and then under another, as a task does that moves to another executor.
fn assert_moved(mut poll: impl FnMut(&Waker) -> bool, event: impl FnOnce()) {
    let [old, new] = [(); 2].map(|()| StdArc::new(Bell::default()));
    assert!(poll(&Waker::from(StdArc::clone(&old))));
    assert!(poll(&Waker::from(StdArc::clone(&new))));
    assert_eq!(
        StdArc::strong_count(&old),
        1,
        "a waker that was replaced is kept"
    );
    event();
    assert_eq!(old.rung(), 0, "woken where it no longer is");
    assert!(new.rung() >= 1, "not woken where it is");
}

#[test]
fn a_waker_may_come_back_into_the_tracker() {
    /// Closes the tracker that calls it, and leaves.
    struct Eager(Tracker, Mutex<Option<Permit>>);

    impl Wake for Eager {
        fn wake(self: StdArc<Eager>) {
            drop(self.0.close());
            drop(self.1.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    play(|| {
        let tracker = tracker(2);
        let permit = tracker.try_enter().unwrap();
        let held = Mutex::new(tracker.try_enter().ok());
        let waker = Waker::from(StdArc::new(Eager(tracker.clone(), held)));
        let mut enter = tracker.enter();
        assert!(poll_with(&mut enter, &waker).is_pending());
        drop(waker);
        drop(permit);
        let Poll::Ready(Ok(_permit)) = poll_once(&mut enter) else {
            panic!("the slot was handed over before the close")
        };
        assert!(tracker.is_closed());
        assert_eq!(tracker.in_flight(), 1);
    });
}

#[test]
fn the_last_waker_of_a_task_may_drop_what_the_task_held() {
    /// Stands for a task that dies with its last waker.
    struct Task {
        _held: Permit,
    }

    impl Wake for Task {
        fn wake(self: StdArc<Task>) {}
    }

    play(|| {
        let tracker = tracker(1);
        let task = Waker::from(StdArc::new(Task {
            _held: tracker.try_enter().unwrap(),
        }));
        let mut closing: Closing = tracker.close();
        assert!(poll_with(&mut closing, &task).is_pending());
        drop(task);
        // The tracker's waker is the last: replacing it ends the task, which leaves.
        assert!(poll_once(&mut closing).is_pending());
        assert_eq!(poll_once(&mut closing), Poll::Ready(Ok(())));
    });
}

//! Closing: who waits for it, and how it ends.

use std::task::Poll;

use nbu_client::CloseError;

use super::props::{Trace, poll_once, tracker};
use crate::stage::{block_on, play, spawn};

#[test]
fn the_last_one_out_wakes_the_closers_and_what_it_did_is_visible() {
    play(|| {
        let tracker = tracker(2);
        let done = [Trace::new(), Trace::new()];
        let leavers = done.clone().map(|done| {
            let permit = tracker.try_enter().unwrap();
            spawn(move || {
                done.leave();
                drop(permit);
            })
        });
        assert_eq!(block_on(tracker.close()), Ok(()));
        assert!(
            done.iter().all(Trace::is_there),
            "drained, but not everything is visible"
        );
        for leaver in leavers {
            leaver.join().unwrap();
        }
    });
}

#[test]
fn an_idle_client_closes_at_once() {
    play(|| {
        let tracker = tracker(1);
        drop(tracker.try_enter().unwrap());
        let mut closing = tracker.close();
        assert_eq!(poll_once(&mut closing), Poll::Ready(Ok(())));
        assert_eq!(
            poll_once(&mut closing),
            Poll::Ready(Ok(())),
            "the outcome is for ever"
        );
        assert_eq!(tracker.cut(), Ok(()), "nothing is left to cut");
    });
}

#[test]
fn concurrent_closers_agree() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let other = spawn({
            let tracker = tracker.clone();
            move || block_on(tracker.close())
        });
        let mut closing = tracker.close();
        assert!(poll_once(&mut closing).is_pending());
        drop(permit);
        assert_eq!(block_on(closing), Ok(()));
        assert_eq!(other.join().unwrap(), Ok(()));
    });
}

#[test]
fn drain_and_cut_agree_on_one_outcome() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let mut closing = tracker.close();
        assert!(poll_once(&mut closing).is_pending());
        let leaver = spawn(move || drop(permit));
        let outcome = tracker.cut();
        assert!(
            matches!(outcome, Ok(()) | Err(CloseError::TimedOut { in_flight: 1 })),
            "{outcome:?}"
        );
        assert_eq!(block_on(closing), outcome);
        leaver.join().unwrap();
        assert_eq!(block_on(tracker.close()), outcome);
        assert_eq!(tracker.cut(), outcome);
    });
}

#[test]
fn an_abandoned_close_can_be_resumed() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let mut abandoned = tracker.close();
        assert!(poll_once(&mut abandoned).is_pending());
        let resumed = spawn({
            let tracker = tracker.clone();
            move || assert_eq!(block_on(tracker.close()), Ok(()))
        });
        drop(abandoned);
        assert!(
            tracker.is_closed(),
            "an abandoned close opened the tracker again"
        );
        drop(permit);
        resumed.join().unwrap();
    });
}

#[test]
fn who_listens_hears_the_close_begin() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let listener = spawn({
            let tracker = tracker.clone();
            move || block_on(tracker.closed())
        });
        let closing = tracker.close();
        listener.join().unwrap();
        drop(permit);
        assert_eq!(block_on(closing), Ok(()));
    });
}

#[test]
fn zero_on_a_closed_tracker_is_final_and_visible() {
    play(|| {
        let tracker = tracker(1);
        let done = Trace::new();
        let permit = tracker.try_enter().unwrap();
        drop(tracker.close());
        let observer = spawn({
            let (tracker, done) = (tracker.clone(), done.clone());
            move || {
                if tracker.in_flight() == 0 {
                    assert!(
                        done.is_there(),
                        "empty, but what was done in it is not visible"
                    );
                }
            }
        });
        done.leave();
        drop(permit);
        observer.join().unwrap();
        assert_eq!(tracker.in_flight(), 0);
    });
}

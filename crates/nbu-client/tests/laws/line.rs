//! Waiting for a slot.

use std::task::Poll;

use nbu_client::{Closed, Refused};

use super::props::{Trace, poll_once, tracker};
use crate::stage::{Arc, AtomicUsize, Ordering, block_on, play, spawn};

#[test]
fn saturation_never_loses_a_wake_up() {
    play(|| {
        let tracker = tracker(1);
        let other = spawn({
            let tracker = tracker.clone();
            move || drop(block_on(tracker.enter()).unwrap())
        });
        drop(block_on(tracker.enter()).unwrap());
        other.join().unwrap();
        assert_eq!(tracker.in_flight(), 0);
        drop(
            tracker
                .try_enter()
                .expect("the line is empty and the slot free"),
        );
    });
}

#[test]
fn two_waiters_both_get_their_turn() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let others = [tracker.clone(), tracker.clone()]
            .map(|tracker| spawn(move || drop(block_on(tracker.enter()).unwrap())));
        drop(permit);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(tracker.in_flight(), 0);
    });
}

#[test]
fn the_limit_is_never_exceeded() {
    play(|| {
        let tracker = tracker(1);
        let inside = Arc::new(AtomicUsize::new(0));
        let enter = {
            let (tracker, inside) = (tracker.clone(), Arc::clone(&inside));
            move || {
                let permit = block_on(tracker.enter()).unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0, "two in one slot");
                inside.fetch_sub(1, Ordering::Relaxed);
                drop(permit);
            }
        };
        let other = spawn(enter.clone());
        enter();
        if let Ok(_permit) = tracker.try_enter() {
            assert_eq!(inside.load(Ordering::Relaxed), 0, "two in one slot");
        }
        other.join().unwrap();
    });
}

#[test]
fn the_oldest_waiter_goes_first() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let mut first = tracker.enter();
        let mut second = tracker.enter();
        assert!(poll_once(&mut first).is_pending());
        assert!(poll_once(&mut second).is_pending());

        let leaver = spawn(move || drop(permit));
        assert!(poll_once(&mut second).is_pending(), "overtook the first");
        leaver.join().unwrap();
        assert!(poll_once(&mut second).is_pending(), "overtook the first");
        let Poll::Ready(Ok(permit)) = poll_once(&mut first) else {
            panic!("not the first's turn")
        };
        drop(permit);
        assert!(poll_once(&mut second).is_ready());
    });
}

#[test]
fn nobody_overtakes_a_waiter() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let mut waiter = tracker.enter();
        assert!(poll_once(&mut waiter).is_pending());
        let passer_by = spawn({
            let tracker = tracker.clone();
            move || assert_eq!(tracker.try_enter().unwrap_err(), Refused::Saturated)
        });
        drop(permit); // to the waiter, who has not taken it yet
        passer_by.join().unwrap();
        assert!(poll_once(&mut waiter).is_ready());
    });
}

#[test]
fn a_cancelled_waiter_leaks_no_slot() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let waiter = spawn({
            let tracker = tracker.clone();
            move || drop(poll_once(&mut tracker.enter()))
        });
        drop(permit);
        waiter.join().unwrap();
        assert_eq!(tracker.in_flight(), 0);
        drop(tracker.try_enter().expect("nobody is left to own the slot"));
    });
}

#[test]
fn a_waiter_dropped_before_taking_its_slot_passes_it_on() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let mut first = tracker.enter();
        assert!(poll_once(&mut first).is_pending());
        let second = spawn({
            let tracker = tracker.clone();
            move || drop(block_on(tracker.enter()).unwrap())
        });
        drop(permit); // to the first
        drop(first);
        second.join().unwrap();
        assert_eq!(tracker.in_flight(), 0);
    });
}

#[test]
fn waiting_callers_are_refused_on_close() {
    play(|| {
        let tracker = tracker(1);
        let permit = tracker.try_enter().unwrap();
        let waiter = spawn({
            let tracker = tracker.clone();
            move || assert_eq!(block_on(tracker.enter()).unwrap_err(), Closed)
        });
        let closing = tracker.close();
        waiter.join().unwrap();
        drop(permit);
        assert_eq!(block_on(closing), Ok(()));
    });
}

#[test]
fn a_waiter_that_owns_a_slot_when_the_close_begins_is_in_flight() {
    play(|| {
        let tracker = tracker(1);
        let done = Trace::new();
        let permit = tracker.try_enter().unwrap();
        let mut waiter = tracker.enter();
        assert!(poll_once(&mut waiter).is_pending());
        drop(permit); // to the waiter
        let waiter = spawn({
            let done = done.clone();
            move || {
                let _permit = block_on(waiter).expect("the slot was handed over before the close");
                done.leave();
            }
        });
        assert_eq!(block_on(tracker.close()), Ok(()));
        assert!(
            done.is_there(),
            "the close did not wait for the owner of a slot"
        );
        waiter.join().unwrap();
    });
}

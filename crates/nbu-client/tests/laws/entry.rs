//! Getting in, and being kept out.

use nbu_client::Refused;

use super::props::{Trace, tracker};
use crate::stage::{block_on, play, spawn};

#[test]
fn late_entrants_are_excluded() {
    play(|| {
        let tracker = tracker(1);
        let settled = Trace::new();
        let entrant = spawn({
            let (tracker, settled) = (tracker.clone(), settled.clone());
            move || {
                if let Ok(_permit) = tracker.try_enter() {
                    assert!(!settled.is_there(), "entered after the close had ended");
                }
            }
        });
        assert_eq!(block_on(tracker.close()), Ok(()));
        settled.leave();
        entrant.join().unwrap();
    });
}

#[test]
fn who_is_refused_sees_what_the_closer_did() {
    play(|| {
        let tracker = tracker(1);
        let done = Trace::new();
        let closer = spawn({
            let (tracker, done) = (tracker.clone(), done.clone());
            move || {
                done.leave();
                drop(tracker.close());
            }
        });
        if tracker.try_enter().is_err() {
            assert!(done.is_there(), "refused before it was closed");
        }
        closer.join().unwrap();
    });
}

#[test]
fn who_sees_the_close_sees_what_the_closer_did() {
    play(|| {
        let tracker = tracker(1);
        let done = Trace::new();
        let observer = spawn({
            let (tracker, done) = (tracker.clone(), done.clone());
            move || {
                if tracker.is_closed() {
                    assert!(done.is_there(), "closed before the closer came");
                }
            }
        });
        done.leave();
        drop(tracker.close());
        observer.join().unwrap();
    });
}

#[test]
fn a_slot_carries_what_its_last_owner_did_to_the_next() {
    play(|| {
        let tracker = tracker(1);
        let done = Trace::new();
        let permit = tracker.try_enter().unwrap();
        let next = spawn({
            let (tracker, done) = (tracker.clone(), done.clone());
            move || match tracker.try_enter() {
                Ok(_permit) => assert!(done.is_there(), "in a slot that its owner had not left"),
                Err(refused) => assert_eq!(refused, Refused::Saturated),
            }
        });
        done.leave();
        drop(permit);
        next.join().unwrap();
    });
}

#[test]
fn a_slot_waited_for_carries_what_its_last_owner_did() {
    play(|| {
        let tracker = tracker(1);
        let done = Trace::new();
        let permit = tracker.try_enter().unwrap();
        let next = spawn({
            let (tracker, done) = (tracker.clone(), done.clone());
            move || {
                let _permit = block_on(tracker.enter()).unwrap();
                assert!(done.is_there(), "in a slot that its owner had not left");
            }
        });
        done.leave();
        drop(permit);
        next.join().unwrap();
    });
}

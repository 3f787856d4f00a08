//! The tracker against a reference that keeps lists where the tracker keeps a word.
#![cfg(not(any(loom, miri)))]

mod model {
    pub(crate) mod play;
    pub(crate) mod reference;
}

use std::{
    future::pending,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use model::play::{Act, Play, any_act};
use nbu_client::{CloseError, Closed, Refused, Tracker};
use proptest::{collection::vec, prelude::*};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// No lost permit, no lost wake-up, first come first served, never over the limit, one outcome.
    #[test]
    fn every_sequence_of_acts_goes_as_the_reference_says(
        max in 1..4_usize,
        acts in vec(any_act(), 0..80),
    ) {
        let mut play = Play::new(max);
        for act in acts {
            play.act(act);
        }
        play.end();
    }
}

#[test]
fn the_acts_of_a_whole_life() {
    let mut play = Play::new(1);
    let acts = [
        Act::TryEnter,
        Act::Enter,
        Act::Enter,
        Act::Run(0),
        Act::PollAttempt(0),
        Act::Close(false),
        Act::PollClosing(0),
        Act::Cut,
        Act::PollEnter(0),
        Act::PollAttempt(0),
    ];
    for act in acts {
        play.act(act);
    }
    play.end();
}

#[test]
fn a_panic_in_an_attempt_releases_its_permit() {
    let tracker = one();
    let attempt = tracker
        .try_enter()
        .unwrap()
        .run(async { panic!("in the attempt") });
    let mut attempt = Box::pin(attempt);
    assert!(catch_unwind(AssertUnwindSafe(|| poll(attempt.as_mut()))).is_err());
    drop(attempt);
    assert_eq!(tracker.in_flight(), 0);

    let attempt = tracker.try_enter().unwrap().run(PanicsWhenDropped);
    let mut attempt = Box::pin(attempt);
    assert!(poll(attempt.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(attempt))).is_err());
    assert_eq!(tracker.in_flight(), 0);
    assert_eq!(poll(pin!(tracker.close())), Poll::Ready(Ok(())));
}

#[test]
fn a_cut_attempt_that_panics_when_dropped_releases_its_permit() {
    let tracker = one();
    let mut attempt = Box::pin(tracker.try_enter().unwrap().run(PanicsWhenDropped));
    assert!(poll(attempt.as_mut()).is_pending());
    assert_eq!(tracker.cut(), Err(CloseError::TimedOut { in_flight: 1 }));
    assert!(catch_unwind(AssertUnwindSafe(|| poll(attempt.as_mut()))).is_err());
    drop(attempt);
    assert_eq!(tracker.in_flight(), 0);
}

#[test]
fn a_waker_that_panics_does_not_keep_the_others_asleep() {
    let tracker = one();
    let permit = tracker.try_enter().unwrap();
    let (mut first, mut second) = (pin!(tracker.close()), pin!(tracker.close()));
    let bell = Arc::new(Bell::default());
    let listening = Waker::from(Arc::clone(&bell));
    let panicking = Waker::from(Arc::new(Panics));
    assert!(
        first
            .as_mut()
            .poll(&mut Context::from_waker(&panicking))
            .is_pending()
    );
    assert!(
        second
            .as_mut()
            .poll(&mut Context::from_waker(&listening))
            .is_pending()
    );

    assert!(catch_unwind(AssertUnwindSafe(|| drop(permit))).is_err());
    assert_eq!(bell.0.load(Ordering::SeqCst), 1);
    assert_eq!(poll(second), Poll::Ready(Ok(())));
    assert_eq!(poll(first), Poll::Ready(Ok(())));
}

#[test]
fn permits_outlive_the_tracker() {
    let tracker = one();
    let permit = tracker.try_enter().unwrap();
    let mut waiting = Box::pin(tracker.enter());
    assert!(poll(waiting.as_mut()).is_pending());
    drop(tracker);
    drop(permit);
    assert!(matches!(poll(waiting.as_mut()), Poll::Ready(Ok(_))));
}

#[test]
fn what_has_answered_stays_pending_or_says_the_same() {
    let tracker = one();
    let mut enter = Box::pin(tracker.enter());
    let Poll::Ready(Ok(permit)) = poll(enter.as_mut()) else {
        panic!("a slot is free")
    };
    assert!(poll(enter.as_mut()).is_pending());
    assert_eq!(
        tracker.in_flight(),
        1,
        "an answered `enter` took another slot"
    );

    let mut attempt = Box::pin(permit.run(async { 1 }));
    assert_eq!(poll(attempt.as_mut()), Poll::Ready(Ok(1)));
    assert!(poll(attempt.as_mut()).is_pending());
    assert_eq!(tracker.in_flight(), 0, "an answered attempt keeps its slot");

    let mut closed = Box::pin(tracker.closed());
    assert!(poll(closed.as_mut()).is_pending());
    drop(tracker.close());
    assert!(poll(closed.as_mut()).is_ready());
    assert!(poll(closed.as_mut()).is_ready());
    assert!(matches!(
        poll(pin!(tracker.enter())),
        Poll::Ready(Err(Closed))
    ));
}

#[test]
fn debug_shows_the_state_and_errors_say_what_happened() {
    let tracker = one();
    let _permit = tracker.try_enter().unwrap();
    assert_eq!(
        format!("{tracker:?}"),
        "Tracker { closed: false, in_flight: 1, max_in_flight: 1, .. }"
    );
    assert!(Refused::Saturated.to_string().contains("in flight"));
    assert!(tracker.cut().unwrap_err().to_string().contains("1 attempt"));
    assert_eq!(Refused::from(Closed), Refused::Closed);
}

#[test]
fn every_future_may_move_between_threads() {
    fn moves<T: Send + 'static>(_: &T) {}

    let tracker = one();
    moves(&tracker.enter());
    moves(&tracker.close());
    moves(&tracker.closed());
    let permit = one().try_enter().unwrap();
    moves(&permit);
    moves(&permit.run(pending::<()>()));
}

fn one() -> Tracker {
    Tracker::new(NonZeroUsize::MIN)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Bell>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Panics;

#[expect(clippy::panic, reason = "what the test is about")]
impl Wake for Panics {
    fn wake(self: Arc<Panics>) {
        panic!("in a waker");
    }
}

struct PanicsWhenDropped;

impl Future for PanicsWhenDropped {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

#[expect(clippy::panic, reason = "what the test is about")]
impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

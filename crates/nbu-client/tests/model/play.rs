//! A tracker and its reference, side by side.

use std::{
    cell::Cell,
    num::NonZeroUsize,
    pin::Pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use nbu_client::{Attempt, Closed, ClosedSignal, Closing, Enter, Permit, Refused, Tracker};
use proptest::prelude::*;

use super::reference::{Id, Reference, Turn};

/// One step. The numbers choose among those that are there, in a circle.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    TryEnter,
    /// A new waiter, polled once.
    Enter,
    PollEnter(usize),
    DropEnter(usize),
    DropPermit(usize),
    /// Turns a permit into an attempt, not yet polled.
    Run(usize),
    PollAttempt(usize),
    /// The inner future becomes ready, and the attempt is polled.
    FinishAttempt(usize),
    DropAttempt(usize),
    /// A new closer, polled once or not yet.
    Close(bool),
    PollClosing(usize),
    DropClosing(usize),
    Cut,
    /// A new listener, polled once.
    Listen,
    PollListener(usize),
    DropListener(usize),
}

pub(crate) fn any_act() -> impl Strategy<Value = Act> {
    let which = 0..8_usize;
    prop_oneof![
        6 => Just(Act::TryEnter),
        10 => Just(Act::Enter),
        8 => which.clone().prop_map(Act::PollEnter),
        6 => which.clone().prop_map(Act::DropEnter),
        8 => which.clone().prop_map(Act::DropPermit),
        6 => which.clone().prop_map(Act::Run),
        5 => which.clone().prop_map(Act::PollAttempt),
        4 => which.clone().prop_map(Act::FinishAttempt),
        3 => which.clone().prop_map(Act::DropAttempt),
        4 => any::<bool>().prop_map(Act::Close),
        3 => which.clone().prop_map(Act::PollClosing),
        2 => which.clone().prop_map(Act::DropClosing),
        1 => Just(Act::Cut),
        1 => Just(Act::Listen),
        2 => which.clone().prop_map(Act::PollListener),
        1 => which.prop_map(Act::DropListener),
    ]
}

/// A tracker under test, the reference, and everything that callers hold.
pub(crate) struct Play {
    tracker: Tracker,
    reference: Reference,
    came: Id,
    waiters: Vec<(Id, Listening<Enter>)>,
    permits: Vec<Permit>,
    attempts: Vec<Running>,
    closers: Vec<Listening<Closing>>,
    listeners: Vec<Listening<ClosedSignal>>,
}

impl Play {
    pub(crate) fn new(max: usize) -> Play {
        Play {
            tracker: Tracker::new(NonZeroUsize::new(max).unwrap_or(NonZeroUsize::MIN)),
            reference: Reference {
                max,
                ..Reference::default()
            },
            came: 0,
            waiters: Vec::new(),
            permits: Vec::new(),
            attempts: Vec::new(),
            closers: Vec::new(),
            listeners: Vec::new(),
        }
    }

    /// Takes one step on both sides and compares them.
    pub(crate) fn act(&mut self, act: Act) {
        match act {
            Act::TryEnter => self.try_enter(),
            Act::Enter => self.enter(),
            Act::PollEnter(which) => self.poll_enter(which),
            Act::DropEnter(which) => {
                if let Some((id, waiter)) = pick(&mut self.waiters, which) {
                    drop(waiter);
                    self.reference.give_up(id);
                }
            }
            Act::DropPermit(which) => {
                if let Some(permit) = pick(&mut self.permits, which) {
                    drop(permit);
                    self.reference.leave();
                }
            }
            Act::Run(which) => {
                if let Some(permit) = pick(&mut self.permits, which) {
                    self.attempts.push(Running::new(permit));
                }
            }
            Act::PollAttempt(which) => self.poll_attempt(which, false),
            Act::FinishAttempt(which) => self.poll_attempt(which, true),
            Act::DropAttempt(which) => {
                if let Some(attempt) = pick(&mut self.attempts, which) {
                    drop(attempt);
                    self.reference.leave();
                }
            }
            Act::Close(polled) => {
                self.closers.push(Listening::new(self.tracker.close()));
                self.reference.close();
                if polled {
                    self.poll_closing(self.closers.len() - 1);
                }
            }
            Act::PollClosing(which) => self.poll_closing(which),
            Act::DropClosing(which) => drop(pick(&mut self.closers, which)),
            Act::Cut => assert_eq!(self.tracker.cut(), self.reference.cut()),
            Act::Listen => {
                self.listeners.push(Listening::new(self.tracker.closed()));
                self.poll_listener(self.listeners.len() - 1);
            }
            Act::PollListener(which) => self.poll_listener(which),
            Act::DropListener(which) => drop(pick(&mut self.listeners, which)),
        }
        self.compare();
    }

    /// Everyone lets go, waiters last. Nothing may be left over.
    pub(crate) fn end(mut self) {
        while !self.permits.is_empty() {
            self.act(Act::DropPermit(0));
        }
        while !self.attempts.is_empty() {
            self.act(Act::DropAttempt(0));
        }
        while !self.waiters.is_empty() {
            self.act(Act::DropEnter(0));
        }
        assert_eq!(self.tracker.in_flight(), 0);
        if !self.reference.closed {
            for _ in 0..self.reference.max {
                self.act(Act::TryEnter);
            }
            assert_eq!(self.permits.len(), self.reference.max, "a slot was lost");
        }
        self.act(Act::Close(false));
        self.permits.clear();
        let outcome = *self.reference.outcome.get_or_insert(Ok(()));
        for closing in &mut self.closers {
            assert_eq!(closing.poll(), Poll::Ready(outcome));
        }
    }

    fn try_enter(&mut self) {
        let may = self.reference.try_enter();
        match self.tracker.try_enter() {
            Ok(permit) => {
                assert!(may, "let in, against the rules");
                self.permits.push(permit);
            }
            Err(Refused::Closed) => assert!(self.reference.closed),
            Err(Refused::Saturated) => assert!(!may && !self.reference.closed),
        }
    }

    fn enter(&mut self) {
        let id = self.came;
        self.came += 1;
        let mut waiter = Listening::new(self.tracker.enter());
        let turn = self.reference.arrive(id);
        let answer = waiter.poll();
        self.settle_waiter(id, waiter, turn, answer);
    }

    fn poll_enter(&mut self, which: usize) {
        if let Some((id, mut waiter)) = pick(&mut self.waiters, which) {
            let turn = self.reference.claim(id);
            let answer = waiter.poll();
            self.settle_waiter(id, waiter, turn, answer);
        }
    }

    fn settle_waiter(
        &mut self,
        id: Id,
        waiter: Listening<Enter>,
        turn: Turn,
        answer: Poll<Result<Permit, Closed>>,
    ) {
        match answer {
            Poll::Ready(Ok(permit)) => {
                assert_eq!(turn, Turn::Admitted);
                self.permits.push(permit);
            }
            Poll::Ready(Err(Closed)) => assert_eq!(turn, Turn::Refused),
            Poll::Pending => {
                assert_eq!(turn, Turn::Waits);
                self.waiters.push((id, waiter));
            }
        }
    }

    fn poll_attempt(&mut self, which: usize, finish: bool) {
        let Some(mut running) = pick(&mut self.attempts, which) else {
            return;
        };
        if finish {
            running.finished.set(true);
        }
        match running.attempt.poll() {
            Poll::Pending => {
                assert!(!running.finished.get() && !self.reference.is_cut());
                assert!(running.alive.get());
                return self.attempts.push(running);
            }
            Poll::Ready(Ok(())) => assert!(running.finished.get() && !self.reference.is_cut()),
            Poll::Ready(Err(Closed)) => assert!(self.reference.is_cut(), "cancelled without a cut"),
        }
        assert!(!running.alive.get(), "answered, but its future still lives");
        self.reference.leave();
    }

    fn poll_closing(&mut self, which: usize) {
        if let Some(mut closing) = pick(&mut self.closers, which) {
            match closing.poll() {
                Poll::Ready(outcome) => assert_eq!(Some(outcome), self.reference.outcome),
                Poll::Pending => assert_eq!(self.reference.outcome, None),
            }
            self.closers.push(closing);
        }
    }

    fn poll_listener(&mut self, which: usize) {
        if let Some(mut listener) = pick(&mut self.listeners, which) {
            assert_eq!(listener.poll().is_ready(), self.reference.closed);
            self.listeners.push(listener);
        }
    }

    /// The visible state, and that everyone whose wait is over has been told.
    fn compare(&self) {
        assert_eq!(self.tracker.in_flight(), self.reference.in_flight());
        assert!(
            self.tracker.in_flight() <= self.reference.max,
            "over the limit"
        );
        assert_eq!(self.tracker.is_closed(), self.reference.closed);

        for (id, waiter) in &self.waiters {
            waiter.assert_told(self.reference.turn(*id) != Turn::Waits, "a waiter");
        }
        for running in &self.attempts {
            running
                .attempt
                .assert_told(self.reference.is_cut(), "an attempt");
        }
        for closing in &self.closers {
            closing.assert_told(self.reference.outcome.is_some(), "a closer");
        }
        for listener in &self.listeners {
            listener.assert_told(self.reference.closed, "a listener");
        }
    }
}

/// Takes one out, in a circle.
fn pick<T>(from: &mut Vec<T>, which: usize) -> Option<T> {
    (!from.is_empty()).then(|| from.remove(which % from.len()))
}

/// A future and the waker it was last polled with: a new one at each poll, as after a migration.
struct Listening<F> {
    future: Pin<Box<F>>,
    bell: Option<Arc<Bell>>,
}

impl<F: Future> Listening<F> {
    fn new(future: F) -> Listening<F> {
        Listening {
            future: Box::pin(future),
            bell: None,
        }
    }

    fn poll(&mut self) -> Poll<F::Output> {
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&bell));
        let answer = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        self.bell = answer.is_pending().then_some(bell);
        answer
    }

    fn assert_told(&self, over: bool, who: &str) {
        if let Some(bell) = &self.bell {
            assert_eq!(
                bell.0.load(Ordering::SeqCst) > 0,
                over,
                "{who}: over, but not told, or told too early"
            );
        }
    }
}

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Bell>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// An attempt whose inner future does as it is told.
struct Running {
    attempt: Listening<Attempt<Scripted>>,
    finished: Rc<Cell<bool>>,
    alive: Rc<Cell<bool>>,
}

impl Running {
    fn new(permit: Permit) -> Running {
        let finished = Rc::new(Cell::new(false));
        let alive = Rc::new(Cell::new(true));
        let inner = Scripted {
            finished: Rc::clone(&finished),
            alive: Rc::clone(&alive),
        };
        Running {
            attempt: Listening::new(permit.run(inner)),
            finished,
            alive,
        }
    }
}

struct Scripted {
    finished: Rc<Cell<bool>>,
    alive: Rc<Cell<bool>>,
}

impl Future for Scripted {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.finished.get() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.alive.set(false);
    }
}

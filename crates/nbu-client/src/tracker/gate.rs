//! The steps of the tracker: which transition of the word is taken when, with or without the lock.

use std::task::{Poll, Waker};

use super::{
    line::Standing,
    outbox::Outbox,
    refusal::{Closed, Refused},
    roster::{Audience, Outcome, Roster, Ticket},
    word::Word,
};
use crate::{
    CloseError,
    sync::{AtomicUsize, Mutex, Ordering, lock, mutant, weakened},
};

/// The word and, behind the lock, the roster of those who wait.
///
/// While a bit is set only holders of the lock change the word, because both fast steps compare and
/// exchange a word whose bits are clear. So a load under the lock that shows a bit set is exact,
/// and one that shows none is only a guess at the count.
pub(super) struct Gate {
    word: AtomicUsize,
    max: usize,
    roster: Mutex<Roster>,
}

impl Gate {
    pub(super) fn new(max: usize) -> Gate {
        Gate {
            word: AtomicUsize::new(Word::from_bits(0).bits()),
            max: max.min(Word::MOST),
            roster: Mutex::new(Roster::default()),
        }
    }

    pub(super) const fn max(&self) -> usize {
        self.max
    }

    /// The word as an outsider sees it.
    pub(super) fn word(&self) -> Word {
        // Acquire, partner: the Release in `close` and in every `leave`. Who reads "closed" sees
        // what the closer did before; who reads that a closed tracker is empty sees what
        // everyone did who was in it.
        self.load(weakened("outsider-acquires-nothing", Ordering::Acquire))
    }

    /// Enters without waiting.
    pub(super) fn try_enter(&self) -> Result<(), Refused> {
        // Acquire, partner: the Release in `leave`. A slot carries what its last owner did to the
        // next.
        let acquire = weakened("entrant-acquires-nothing", Ordering::Acquire);
        match self.update(acquire, |word| word.entered(self.max)) {
            Ok(_) => Ok(()),
            // Looks again, with that Acquire: who is refused sees what the closer did before.
            Err(word) if word.is_closed() && self.word().is_closed() => Err(Refused::Closed),
            Err(_) => Err(Refused::Saturated),
        }
    }

    /// One poll of a caller that waits its turn. `ticket` is its place in line, taken when there is
    /// no slot.
    pub(super) fn poll_enter(
        &self,
        ticket: &mut Option<Ticket>,
        waker: &Waker,
    ) -> Poll<Result<(), Closed>> {
        if let Some(ticket) = *ticket {
            return self.poll_turn(ticket, waker.clone());
        }
        match self.try_enter() {
            Ok(()) => return Poll::Ready(Ok(())),
            Err(Refused::Closed) => return Poll::Ready(Err(Closed)),
            Err(Refused::Saturated) => {}
        }
        let waker = waker.clone();
        self.locked(|roster, outbox| {
            // Acquire, partner: the Release in `leave`, since this may be an entry after all. A leaver
            // on the fast path either changed the word before, and its slot is taken here, or it finds
            // the bit set and comes for the lock.
            let acquire = weakened("arrival-acquires-nothing", Ordering::Acquire);
            let arrival = self.update(acquire, |word| word.arrived(self.max));
            match arrival {
                Ok(word) if word.someone_waits() => {
                    let place = roster.ticket();
                    roster.line.join(place, waker);
                    *ticket = Some(place);
                    if mutant("waiting-bit-never-set") {
                        self.change(Ordering::Relaxed, Word::nobody_waits);
                    }
                    Poll::Pending
                }
                Ok(_) => {
                    outbox.discard([waker]);
                    Poll::Ready(Ok(()))
                }
                Err(_) => {
                    outbox.discard([waker]);
                    Poll::Ready(Err(Closed))
                }
            }
        })
    }

    fn poll_turn(&self, ticket: Ticket, waker: Waker) -> Poll<Result<(), Closed>> {
        self.locked(
            |roster, outbox| match roster.line.claim(ticket, waker, outbox) {
                Standing::Owner => Poll::Ready(Ok(())),
                Standing::Waiting => Poll::Pending,
                Standing::Refused => Poll::Ready(Err(Closed)),
            },
        )
    }

    /// A caller stops waiting. If a slot was handed to it in the meantime, the slot goes on to the
    /// next.
    pub(super) fn withdraw(&self, ticket: Ticket) {
        self.locked(
            |roster, outbox| match roster.line.withdraw(ticket, outbox) {
                Standing::Owner if mutant("cancelled-owner-keeps-slot") => {}
                Standing::Owner => self.pass_on(roster, outbox),
                Standing::Waiting => self.note_empty_line(roster),
                Standing::Refused => {}
            },
        );
    }

    /// A permit leaves.
    pub(super) fn leave(&self) {
        // Release, partners: the Acquire of the next entrant, of `close` and of `word`.
        let release = weakened("leaver-releases-nothing", Ordering::Release);
        if self.update(release, Word::left).is_err() {
            self.locked(|roster, outbox| self.pass_on(roster, outbox));
        }
    }

    /// A slot becomes free under the lock: it goes to the oldest waiter, else back into the word.
    fn pass_on(&self, roster: &mut Roster, outbox: &mut Outbox) {
        if self.load(Ordering::Relaxed).someone_waits() {
            // The count does not change: the slot is never free, so nobody can overtake the one it
            // goes to. What its last owner did reaches the next through the lock.
            let waker = roster.line.hand_over();
            if !mutant("hand-over-wakes-nobody") {
                outbox.wake(waker);
            }
            self.note_empty_line(roster);
            if !mutant("hand-over-frees-the-slot") {
                return;
            }
        }
        // Release, partners: as in `leave` (on a closed tracker: the Acquire of `word`).
        let release = weakened("late-leaver-releases-nothing", Ordering::Release);
        let after = self.change(release, Word::given_back);
        if after.is_drained() {
            roster.settle(Ok(()), outbox);
        }
    }

    /// Begins the close, once.
    pub(super) fn close(&self) {
        self.locked(|roster, outbox| self.begin_close(roster, outbox));
    }

    /// Closes if need be and settles now. The outcome that stands.
    pub(super) fn cut(&self) -> Outcome {
        self.locked(|roster, outbox| {
            self.begin_close(roster, outbox);
            let in_flight = self.load(Ordering::Relaxed).in_flight();
            let outcome = Err(CloseError::TimedOut { in_flight });
            roster.settle(outcome, outbox);
            roster.outcome().unwrap_or(outcome)
        })
    }

    fn begin_close(&self, roster: &mut Roster, outbox: &mut Outbox) {
        if self.load(Ordering::Relaxed).is_closed() {
            return;
        }
        // Acquire, partner: the Release of every `leave` before: who closes an idle tracker sees
        // what was done in it, and hands it on through the lock. Release, partner: the
        // Acquire of who is refused, and of `word`.
        let order = if mutant("close-acquires-nothing") {
            Ordering::Release
        } else if mutant("close-releases-nothing") {
            Ordering::Acquire
        } else {
            Ordering::AcqRel
        };
        let now = self.change(order, Word::closed);
        roster.begin_close(outbox);
        if now.is_drained() && !mutant("close-looks-at-nothing") {
            roster.settle(Ok(()), outbox);
        }
    }

    /// One poll of a future that waits for `look` to answer; `ticket` is its place in the roll of
    /// `audience`.
    ///
    /// The waker is registered first and the look comes after, both in one critical section: what
    /// happens later finds the waker, what happened before is seen.
    pub(super) fn watch<T>(
        &self,
        audience: Audience,
        ticket: &mut Option<Ticket>,
        waker: &Waker,
        look: impl Fn(&Roster) -> Option<T>,
    ) -> Poll<T> {
        let hasty =
            mutant("looks-before-registering").then(|| self.locked(|roster, _| look(roster)));
        let waker = waker.clone();
        let seen = self.locked(|roster, outbox| {
            let ticket = *ticket.get_or_insert_with(|| roster.ticket());
            roster.register(audience, ticket, waker, outbox);
            look(roster)
        });
        hasty.unwrap_or(seen).map_or(Poll::Pending, Poll::Ready)
    }

    /// A future stops waiting.
    pub(super) fn unwatch(&self, audience: Audience, ticket: Ticket) {
        self.locked(|roster, outbox| roster.strike(audience, ticket, outbox));
    }

    fn note_empty_line(&self, roster: &Roster) {
        if roster.line.is_empty() {
            // Relaxed: the bit only sends others to the lock, and there they see everything.
            self.change(Ordering::Relaxed, Word::nobody_waits);
        }
    }

    /// Runs a critical section. Wakers are called and dropped when the lock is free again.
    fn locked<T>(&self, act: impl FnOnce(&mut Roster, &mut Outbox) -> T) -> T {
        let mut outbox = Outbox::default();
        let mut roster = lock(&self.roster);
        let answer = act(&mut roster, &mut outbox);
        if mutant("wakes-under-the-lock") {
            outbox.deliver();
        }
        drop(roster);
        outbox.deliver();
        answer
    }

    fn load(&self, order: Ordering) -> Word {
        Word::from_bits(self.word.load(order))
    }

    /// Takes one step: the word after it, or the word that allowed none. `order` is for a step that
    /// is taken; a word that was only looked at synchronises nothing.
    fn update(&self, order: Ordering, step: impl Fn(Word) -> Option<Word>) -> Result<Word, Word> {
        let mut before = self.load(Ordering::Relaxed);
        loop {
            let Some(after) = step(before) else {
                return Err(before);
            };
            let (was, is) = (before.bits(), after.bits());
            match self
                .word
                .compare_exchange_weak(was, is, order, Ordering::Relaxed)
            {
                Ok(_) => return Ok(after),
                Err(bits) => before = Word::from_bits(bits),
            }
        }
    }

    /// Takes a step that is always possible: the word after it.
    fn change(&self, order: Ordering, step: impl Fn(Word) -> Word) -> Word {
        match self.update(order, |word| Some(step(word))) {
            Ok(after) | Err(after) => after,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::{panic, thread};

    use super::*;
    use crate::sync::Arc;

    #[test]
    fn a_panic_under_the_lock_takes_nobody_else_down() {
        let gate = Arc::new(Gate::new(1));
        gate.try_enter().unwrap();
        let broken = Arc::clone(&gate);
        let panicking = thread::spawn(move || broken.locked(|_, _| panic!("under the lock")));
        assert!(panicking.join().is_err());

        assert!(gate.roster.is_poisoned());
        let mut ticket = None;
        assert_eq!(gate.poll_enter(&mut ticket, Waker::noop()), Poll::Pending);
        gate.leave();
        assert_eq!(
            gate.poll_enter(&mut ticket, Waker::noop()),
            Poll::Ready(Ok(()))
        );
        assert_eq!(gate.cut(), Err(CloseError::TimedOut { in_flight: 1 }));
        gate.leave();
        assert!(gate.word().is_drained());
    }
}

//! What several laws need.

use std::{
    num::NonZeroUsize,
    pin::pin,
    sync::{
        Arc as StdArc,
        atomic::{AtomicUsize as StdAtomicUsize, Ordering as StdOrdering},
    },
    task::{Context, Poll, Wake, Waker},
};

use nbu_client::Tracker;

use crate::stage::{Arc, AtomicUsize, Ordering};

pub(super) fn tracker(max_in_flight: usize) -> Tracker {
    Tracker::new(NonZeroUsize::new(max_in_flight).unwrap_or(NonZeroUsize::MIN))
}

/// Polls once, for a caller that does not listen.
pub(super) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_with(future, Waker::noop())
}

pub(super) fn poll_with<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

/// A trace left without synchronisation: only who is ordered after it is sure to see it.
#[derive(Clone)]
pub(super) struct Trace(Arc<AtomicUsize>);

impl Trace {
    pub(super) fn new() -> Trace {
        Trace(Arc::new(AtomicUsize::new(0)))
    }

    pub(super) fn leave(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    pub(super) fn wipe(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(super) fn is_there(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 1
    }
}

/// A waker that counts its calls.
#[derive(Default)]
pub(super) struct Bell(StdAtomicUsize);

impl Bell {
    pub(super) fn rung(&self) -> usize {
        self.0.load(StdOrdering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: StdArc<Bell>) {
        self.0.fetch_add(1, StdOrdering::SeqCst);
    }
}

//! The laws of the tracker on the threads of the standard library: under miri, one interleaving per
//! seed with its weak memory; under a plain `cargo test`, a few hundred as the machine has them.
//!
//! `cargo xtask miri` runs them under many seeds.
#![cfg(not(loom))]

mod stage {
    //! What the laws are played on: real threads and atomics.

    use std::{
        pin::pin,
        sync::Arc as StdArc,
        task::{Context, Poll, Wake, Waker},
        thread,
    };

    pub(crate) use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        thread::spawn,
    };

    /// Plays once under miri, whose seeds bring the variety, and often elsewhere.
    pub(crate) fn play(act: impl Fn() + Send + Sync + 'static) {
        let times = if cfg!(miri) { 1 } else { 300 };
        (0..times).for_each(|_| act());
    }

    /// Polls on this thread, parked in between.
    pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
        struct Unpark(thread::Thread);

        impl Wake for Unpark {
            fn wake(self: StdArc<Unpark>) {
                self.0.unpark();
            }
        }

        let waker = Waker::from(StdArc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut cx) {
                Poll::Ready(output) => return output,
                Poll::Pending => thread::park(),
            }
        }
    }
}

mod laws {
    mod attempt;
    mod close;
    mod entry;
    mod line;
    mod props;
    mod table;
    mod waker;
}

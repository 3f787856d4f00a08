//! The laws of the tracker under loom: every interleaving up to the bound, not a sample of them.
//!
//! `cargo xtask loom` runs them; `cargo xtask loom --mutants` also breaks the tracker on purpose, in
//! every way that `laws/table.rs` lists, and wants each law to notice.
#![cfg(loom)]

mod stage {
    //! What the laws are played on: loom's threads and atomics.

    pub(crate) use loom::{
        future::block_on,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        thread::spawn,
    };

    /// Plays every interleaving. `LOOM_MAX_PREEMPTIONS` bounds them.
    pub(crate) fn play(act: impl Fn() + Send + Sync + 'static) {
        loom::model(act);
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

//! The one door to `std::sync` and `loom`.
//!
//! Everything that must be seen by loom comes through here. Under `cfg(loom)` this is also the door
//! through which a test run breaks the tracker on purpose: [`mutant`] is true for the one name in
//! the environment variable `NBU_MUTANT`.

#[cfg(loom)]
pub(crate) use loom::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicUsize, Ordering},
};
use std::sync::PoisonError;
#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicUsize, Ordering},
};

// Not part of the laws: the HTTP half keeps the system's certificates in the one, and its last connections by the other.
#[cfg(all(feature = "http", not(loom)))]
pub(crate) use std::sync::{OnceLock, Weak};

/// Locks, whatever happened to earlier owners: what stands behind our mutexes is consistent between
/// any two statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this run wants the bug of that name. All bugs are one build, chosen at run time.
///
/// The first time the wanted name is asked for, one line goes to standard error (past the test
/// harness, which captures only the print macros): the runner of mutants can tell a bug that
/// survived from one that was never reached.
#[cfg(loom)]
pub(crate) fn mutant(name: &'static str) -> bool {
    use std::{
        io::Write as _,
        sync::{Once, OnceLock},
    };

    static WANTED: OnceLock<Option<String>> = OnceLock::new();
    static CONSULTED: Once = Once::new();

    #[expect(
        clippy::disallowed_methods,
        reason = "the door for mutants: loom builds only, never in a release"
    )]
    let wanted = WANTED.get_or_init(|| std::env::var("NBU_MUTANT").ok());
    let on = wanted.as_deref() == Some(name);
    if on {
        CONSULTED.call_once(|| {
            // A closed standard error must not decide how a law ends.
            let _ = writeln!(std::io::stderr(), "mutant consulted: {name}");
        });
    }
    on
}

/// Outside loom there are no mutants: a constant that the optimiser removes.
#[cfg(not(loom))]
#[inline]
pub(crate) const fn mutant(_name: &'static str) -> bool {
    false
}

/// The ordering, or in that mutant none to speak of.
pub(crate) fn weakened(name: &'static str, order: Ordering) -> Ordering {
    if mutant(name) {
        Ordering::Relaxed
    } else {
        order
    }
}

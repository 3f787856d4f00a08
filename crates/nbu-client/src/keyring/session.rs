//! The session of one user, and whose turn it is to open the next one.

use tokio::sync::Mutex as Turn;

use super::Shown;
use super::desk::Desk;
use crate::Error;
use crate::Login;
use crate::sync::{Mutex, MutexGuard, lock};

/// Dropped with its credential: another password knows nothing of the rejections of the last one.
pub(crate) struct Session {
    pub(crate) login: Login,
    /// Held by the one who logs in.
    pub(crate) turn: Turn<()>,
    desk: Mutex<Desk<Shown>>,
    landed: Mutex<Landed>,
}

/// How many logins came to an end, and the last failure.
#[derive(Default)]
struct Landed {
    count: u64,
    failure: Option<Error>,
}

impl Session {
    pub(super) fn new(login: Login) -> Self {
        Self {
            login,
            turn: Turn::new(()),
            desk: Mutex::new(Desk::new()),
            landed: Mutex::default(),
        }
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk<Shown>> {
        lock(&self.desk)
    }

    /// How many logins came to an end so far.
    pub(crate) fn landed(&self) -> u64 {
        lock(&self.landed).count
    }

    /// One more did; who waits for it gets its failure too.
    pub(crate) fn land(&self, failure: Option<&Error>) {
        let mut landed = lock(&self.landed);
        landed.count += 1;
        landed.failure = failure.cloned();
    }

    /// The failure of the last login, if one came to an end since there were `before`.
    pub(crate) fn failure_since(&self, before: u64) -> Option<Error> {
        let landed = lock(&self.landed);
        landed.failure.clone().filter(|_| landed.count > before)
    }
}

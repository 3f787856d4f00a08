//! Compares passwords: a few at a time, beside the runtime.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use secrecy::zeroize::Zeroizing;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::credentials::Credentials;
use super::verdicts::Verdicts;
use crate::config::web::Users;

/// Passwords that may wait for their turn. Those that were compared before need none.
const WAITING: usize = 64;

/// Decides who comes in.
pub(super) struct Doorman {
    verdicts: Arc<Verdicts>,
    /// Half of the processors at most: who floods us with passwords must not stop the collectors.
    comparing: Arc<Semaphore>,
    waiting: Semaphore,
}

/// Too many passwords wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Busy;

impl Doorman {
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            verdicts: Arc::new(Verdicts::new()),
            comparing: Arc::new(Semaphore::new((processors / 2).max(1))),
            waiting: Semaphore::new(WAITING),
        }
    }

    /// Whether these credentials are those of one of the users.
    pub(super) async fn admits(
        &self,
        users: &Users,
        credentials: &Credentials,
    ) -> Result<bool, Busy> {
        let user = credentials.user().and_then(|user| users.get(user));
        let exists = user.is_some();
        // Who does not exist takes as long.
        let hash = user.cloned().unwrap_or_else(|| users.decoy());
        let question = self.verdicts.question(credentials, &hash);
        if let Some(known) = self.verdicts.known(&question) {
            return Ok(known);
        }
        let _waiting = self.waiting.try_acquire().map_err(|_| Busy)?;
        let turn = Arc::clone(&self.comparing).acquire_owned();
        let turn = turn.await.map_err(|_| Busy)?;
        // The same password may have had its turn meanwhile.
        if let Some(known) = self.verdicts.known(&question) {
            return Ok(known);
        }
        let password = Zeroizing::new(credentials.password().to_vec());
        let verdicts = Arc::clone(&self.verdicts);
        // It goes on when the client has gone away, and so does its turn.
        let compared = spawn_blocking(move || {
            let admitted = hash.matches(&password) && exists;
            verdicts.keep(question, admitted);
            drop(turn);
            admitted
        });
        compared.await.map_err(|_| Busy)
    }
}

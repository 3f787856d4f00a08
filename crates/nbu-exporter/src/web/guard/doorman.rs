//! Compares passwords: one at a time for each user and a few in all, beside the runtime.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use secrecy::zeroize::Zeroizing;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::credentials::Credentials;
use super::verdicts::Verdicts;
use crate::config::web::{PasswordHash, Users};

/// Passwords of one user that may wait for their turn. Those that were compared before need none.
const WAITING: usize = 64;

/// Decides who comes in.
pub(super) struct Doorman {
    verdicts: Arc<Verdicts>,
    /// By user, so that no user waits for the passwords of another one; all users who do not exist share one, under `None`.
    /// Only names of the file get here.
    lanes: Mutex<HashMap<Option<String>, Arc<Lane>>>,
    /// Comparisons of all users at once: who knows many names keeps no more than half of the processors busy.
    together: Arc<Semaphore>,
    /// For users who do not exist.
    decoy: PasswordHash,
}

/// The comparisons of one user.
struct Lane {
    comparing: Arc<Semaphore>,
    waiting: Semaphore,
}

/// Too many passwords of this user wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Busy;

impl Doorman {
    pub(super) fn new() -> Self {
        Self {
            verdicts: Arc::new(Verdicts::new()),
            lanes: Mutex::default(),
            together: Arc::new(Semaphore::new(together())),
            decoy: PasswordHash::decoy(),
        }
    }

    /// Decides if these credentials are those of one of the users.
    pub(super) async fn admits(
        &self,
        users: &Users,
        credentials: &Credentials,
    ) -> Result<bool, Busy> {
        let name = credentials.user();
        let user = name.and_then(|name| users.get(name));
        let exists = user.is_some();
        let hash = user.unwrap_or(&self.decoy).clone();
        let question = self.verdicts.question(credentials, &hash);
        if let Some(known) = self.verdicts.known(&question) {
            return Ok(known);
        }
        let lane = self.lane(name.filter(|_| exists));
        let _waiting = lane.waiting.try_acquire().map_err(|_| Busy)?;
        let turn = Arc::clone(&lane.comparing).acquire_owned();
        let turn = turn.await.map_err(|_| Busy)?;
        // The same password may have had its turn meanwhile.
        if let Some(known) = self.verdicts.known(&question) {
            return Ok(known);
        }
        // The lane comes first, so that a user takes part in this queue once.
        let thread = Arc::clone(&self.together).acquire_owned();
        let thread = thread.await.map_err(|_| Busy)?;
        let password = Zeroizing::new(credentials.password().to_vec());
        let verdicts = Arc::clone(&self.verdicts);
        // It goes on when the client has gone away, and so does its turn.
        let compared = spawn_blocking(move || {
            let admitted = hash.matches(&password) && exists;
            verdicts.keep(question, admitted);
            drop((turn, thread));
            admitted
        });
        compared.await.map_err(|_| Busy)
    }

    fn lane(&self, user: Option<&str>) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes.entry(user.map(str::to_owned));
        Arc::clone(lane.or_insert_with(|| {
            Arc::new(Lane {
                comparing: Arc::new(Semaphore::new(1)),
                waiting: Semaphore::new(WAITING),
            })
        }))
    }
}

/// The most passwords that are compared at once.
fn together() -> usize {
    thread::available_parallelism().map_or(2, |processors| (processors.get() / 2).max(2))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use axum::http::HeaderValue;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use tokio::time::timeout;

    use super::*;
    use crate::config::web::WebConfig;

    fn users() -> Users {
        let hash = || bcrypt::hash("right", 4).unwrap();
        let text = format!(
            "basic_auth_users: {{alice: '{}', bob: '{}'}}",
            hash(),
            hash()
        );
        WebConfig::parse(Path::new("web.yml"), &text).unwrap().users
    }

    fn who(user: &str, password: &str) -> Credentials {
        let encoded = STANDARD.encode(format!("{user}:{password}"));
        let header = HeaderValue::try_from(format!("Basic {encoded}")).unwrap();
        Credentials::parse(&header).unwrap()
    }

    #[tokio::test]
    async fn the_line_is_bounded_and_who_is_known_need_not_stand_in_it() {
        let (doorman, users) = (Arc::new(Doorman::new()), Arc::new(users()));
        assert_eq!(
            doorman.admits(&users, &who("alice", "right")).await,
            Ok(true)
        );
        assert_eq!(
            doorman.admits(&users, &who("alice", "wrong")).await,
            Ok(false)
        );
        // Her turn does not end.
        let lane = doorman.lane(Some("alice"));
        let turn = lane.comparing.acquire().await.unwrap();
        let mut calls = Vec::new();
        for number in 0..WAITING {
            let (doorman, users) = (Arc::clone(&doorman), Arc::clone(&users));
            let waiting = async move {
                let credentials = who("alice", &number.to_string());
                doorman.admits(&users, &credentials).await
            };
            calls.push(tokio::spawn(waiting));
        }
        while lane.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        for (user, password, expected) in [
            ("alice", "another", Err(Busy)),
            ("alice", "right", Ok(true)),
            ("alice", "wrong", Ok(false)),
            // The other ones do not wait for her.
            ("bob", "right", Ok(true)),
            ("bob", "wrong", Ok(false)),
            ("carol", "right", Ok(false)),
            ("", "", Ok(false)),
        ] {
            let admitted = doorman.admits(&users, &who(user, password)).await;
            assert_eq!(admitted, expected, "{user} {password}");
        }
        drop(turn);
        for waiting in calls {
            assert_eq!(waiting.await.unwrap(), Ok(false));
        }
        let lanes = doorman.lanes.lock().unwrap().len();
        assert_eq!(lanes, 3, "invented users share one");
    }

    #[tokio::test(start_paused = true)]
    async fn passwords_of_all_users_together_are_bounded_and_who_is_known_does_not_wait() {
        let (doorman, users) = (Doorman::new(), users());
        let (known, new) = (who("alice", "right"), who("bob", "right"));
        assert_eq!(doorman.admits(&users, &known).await, Ok(true));
        let most = u32::try_from(together()).unwrap();
        let all = doorman.together.acquire_many(most).await.unwrap();
        // The clock stands still while a password is compared.
        let waiting = timeout(Duration::from_secs(60), doorman.admits(&users, &new));
        assert!(waiting.await.is_err());
        assert_eq!(doorman.admits(&users, &known).await, Ok(true));
        drop(all);
        assert_eq!(doorman.admits(&users, &new).await, Ok(true));
        assert_eq!(doorman.together.available_permits(), together());
    }

    #[tokio::test]
    async fn the_decoy_s_own_text_opens_nothing_and_a_changed_hash_is_asked_anew() {
        let (doorman, before) = (Doorman::new(), users());
        assert_eq!(
            doorman.admits(&before, &who("alice", "right")).await,
            Ok(true)
        );
        let text = format!(
            "basic_auth_users: {{alice: '{}'}}",
            bcrypt::hash("other", 4).unwrap()
        );
        let after = WebConfig::parse(Path::new("web.yml"), &text).unwrap().users;
        assert_eq!(
            doorman.admits(&after, &who("alice", "right")).await,
            Ok(false)
        );
        assert_eq!(
            doorman.admits(&after, &who("alice", "other")).await,
            Ok(true)
        );
        assert_eq!(doorman.admits(&after, &who("", "")).await, Ok(false));
    }

    #[test]
    fn who_does_not_exist_is_compared_with_a_hash_of_a_fixed_cost() {
        let decoy = PasswordHash::decoy();
        assert!(decoy.expose().starts_with("$2b$10$"));
        assert!(!decoy.matches(b""));
    }
}

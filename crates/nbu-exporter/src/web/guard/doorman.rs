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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use axum::http::HeaderValue;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::config::web::WebConfig;

    fn users() -> Users {
        let hash = bcrypt::hash("right", 4).unwrap();
        let text = format!("basic_auth_users: {{alice: '{hash}'}}");
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
        // Nobody's turn ends.
        let all = u32::try_from(doorman.comparing.available_permits()).unwrap();
        let turns = doorman.comparing.acquire_many(all).await.unwrap();
        let mut line = Vec::new();
        for number in 0..WAITING {
            let (doorman, users) = (Arc::clone(&doorman), Arc::clone(&users));
            let waiting = async move {
                let credentials = who("alice", &number.to_string());
                doorman.admits(&users, &credentials).await
            };
            line.push(tokio::spawn(waiting));
        }
        while doorman.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            doorman.admits(&users, &who("bob", "right")).await,
            Err(Busy)
        );
        assert_eq!(
            doorman.admits(&users, &who("alice", "right")).await,
            Ok(true)
        );
        assert_eq!(
            doorman.admits(&users, &who("alice", "wrong")).await,
            Ok(false)
        );
        drop(turns);
        for waiting in line {
            assert_eq!(waiting.await.unwrap(), Ok(false));
        }
        assert_eq!(
            doorman.admits(&users, &who("bob", "right")).await,
            Ok(false)
        );
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
    fn who_does_not_exist_is_compared_with_a_hash_of_the_same_cost() {
        let tail = "$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
        let text = format!("basic_auth_users: {{a: '$2y$05{tail}', b: '$2a$07{tail}'}}");
        let users = WebConfig::parse(Path::new("web.yml"), &text).unwrap().users;
        assert!(users.decoy().expose().starts_with("$2b$07$"));
        assert!(!users.decoy().matches(b""));
    }
}

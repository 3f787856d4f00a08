//! Where the header of each attempt comes from.
//!
//! It is asked before the attempt has its permit, so that a session which must first be opened holds none. The credential
//! may be replaced at any time: attempts on the wire end with the one they were sent with, the next ones use the new one.

mod desk;
mod session;
mod token;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::HeaderValue;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use crate::credential::{Veil, sendable};
use crate::error::Cause;
use crate::sync::{Arc, AtomicUsize, Mutex, Ordering, lock};
use crate::{Credential, CredentialError, CredentialKind};

pub(crate) use desk::{Refused, Standing};
pub(crate) use session::Session;
pub(crate) use token::{Opened, opened};

/// Sessions to log out of that are remembered; older ones end by themselves.
const RETIRED: usize = 16;

/// The credential, and the session that was opened with it.
pub(crate) struct Keyring {
    held: ArcSwap<Held>,
    replaced: AtomicUsize,
    veil: Veil,
    /// Tokens that were replaced while the primary still accepted them, oldest first.
    retired: Mutex<Vec<Shown>>,
}

/// The value of `Authorization`. Of a token every attempt that shows it holds one, until it has its answer.
pub(crate) type Shown = Arc<HeaderValue>;

/// One credential.
pub(crate) struct Held {
    credential: Credential,
    pub(crate) proof: Proof,
}

/// What is sent, or where it comes from.
pub(crate) enum Proof {
    Nothing,
    Key(Shown),
    Session(Box<Session>),
}

/// What one attempt shows: the header, and where it came from.
#[derive(Clone)]
pub(crate) struct Pass {
    pub(crate) header: Shown,
    pub(crate) of: Arc<Held>,
    /// Of a session's tokens, which one.
    pub(crate) number: u64,
}

impl Keyring {
    /// `lasting`: secrets that are not the primary's, but must not be told either.
    pub(crate) fn new(
        credential: Credential,
        lasting: Vec<SecretString>,
    ) -> Result<Self, CredentialError> {
        let keyring = Self {
            held: ArcSwap::from_pointee(Held {
                credential: Credential::None,
                proof: Proof::Nothing,
            }),
            replaced: AtomicUsize::new(0),
            veil: Veil::new(lasting),
            retired: Mutex::default(),
        };
        keyring.hold(credential)?;
        Ok(keyring)
    }

    /// Holds another credential from now on; `false` if it is the one that is held.
    pub(crate) fn replace(&self, credential: Credential) -> Result<bool, CredentialError> {
        if self.held().credential.is(&credential) {
            return Ok(false);
        }
        self.hold(credential)?;
        self.replaced.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }

    fn hold(&self, credential: Credential) -> Result<(), CredentialError> {
        credential.check()?;
        let proof = match &credential {
            Credential::None => Proof::Nothing,
            Credential::ApiKey(key) => {
                self.veil.learn(key);
                Proof::Key(Arc::new(header(key)?))
            }
            Credential::Login(login) => {
                self.veil.learn(&login.password);
                Proof::Session(Box::new(Session::new(login.clone())))
            }
        };
        let replaced = self.held.swap(Arc::new(Held { credential, proof }));
        self.retire_session(&replaced);
        Ok(())
    }

    /// The session of this credential is needed no more. Whoever opens one after its credential was replaced says so too.
    pub(crate) fn retire_session(&self, held: &Held) {
        if let Proof::Session(session) = &held.proof {
            let token = session.desk().take(Instant::now());
            if let Some(token) = token {
                self.retire(token);
            }
        }
    }

    /// The primary accepts this token, and nobody will show it any more.
    pub(crate) fn retire(&self, token: Shown) {
        let mut retired = lock(&self.retired);
        if retired.len() == RETIRED {
            retired.remove(0);
        }
        retired.push(token);
    }

    /// A retired token that no attempt shows any more; nobody else gets it for as long as it is held.
    pub(crate) fn spent(&self) -> Option<Shown> {
        let retired = lock(&self.retired);
        let spent = retired.iter().find(|token| Arc::strong_count(token) == 1);
        spent.map(Arc::clone)
    }

    /// A retired token, whoever may still hold it.
    pub(crate) fn retired(&self) -> Option<Shown> {
        lock(&self.retired).first().map(Arc::clone)
    }

    /// A retired token is dealt with.
    pub(crate) fn forget(&self, token: &Shown) {
        lock(&self.retired).retain(|retired| !Arc::ptr_eq(retired, token));
    }

    /// Whether there is, or may soon be, a session to log out of.
    pub(crate) fn has_sessions(&self) -> bool {
        matches!(self.held.load().proof, Proof::Session(_)) || !lock(&self.retired).is_empty()
    }

    pub(crate) fn held(&self) -> Arc<Held> {
        self.held.load_full()
    }

    pub(crate) fn kind(&self) -> CredentialKind {
        self.held.load().credential.kind()
    }

    /// How many times the credential was replaced by another one.
    pub(crate) fn replaced(&self) -> usize {
        self.replaced.load(Ordering::Relaxed)
    }

    /// Whether this pass is of the credential that is held.
    pub(crate) fn holds(&self, pass: &Pass) -> bool {
        self.is_held(&pass.of)
    }

    pub(crate) fn is_held(&self, held: &Arc<Held>) -> bool {
        Arc::ptr_eq(&self.held.load(), held)
    }

    /// What must not be told.
    pub(crate) fn veil(&self) -> &Veil {
        &self.veil
    }

    /// See [`Veil::clean`].
    pub(crate) fn clean(&self, text: &str) -> String {
        self.veil.clean(text)
    }

    /// See [`Veil::clean_cause`].
    pub(crate) fn clean_cause(&self, cause: Cause) -> Cause {
        self.veil.clean_cause(cause)
    }

    /// See [`Veil::conceal`].
    pub(crate) fn conceal(&self, text: &str) -> String {
        self.veil.conceal(text)
    }
}

/// The value of `Authorization`, marked sensitive: it is not indexed by HTTP/2 and not shown by `Debug`. Zeroed when the
/// last copy is dropped.
pub(crate) fn header(secret: &SecretString) -> Result<HeaderValue, CredentialError> {
    let text = secret.expose_secret();
    sendable(text)?;
    let owned = Bytes::from_owner(Zeroizing::new(text.as_bytes().to_vec()));
    // Cannot fail: visible ASCII is what every header can carry.
    let mut header = HeaderValue::from_maybe_shared(owned).map_err(|_| CredentialError::Empty)?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(credential: Credential) -> Result<Keyring, CredentialError> {
        Keyring::new(credential, Vec::new())
    }

    #[test]
    fn the_header_is_the_key_and_shown_to_nobody() {
        let keyring = keyring(Credential::api_key("very-secret\n")).unwrap();
        let Proof::Key(header) = &keyring.held().proof else {
            panic!("no key")
        };
        assert_eq!(**header, "very-secret");
        assert!(!format!("{header:?}").contains("very"));
        assert_eq!(keyring.clean("no\r\nvery-secret here"), "no  <secret> here");
    }

    #[test]
    fn what_cannot_be_sent_is_refused_and_changes_nothing() {
        let unsendable = |character, position| CredentialError::Unsendable {
            character,
            position,
        };
        for (credential, error) in [
            (Credential::api_key(" \n"), CredentialError::Empty),
            (Credential::api_key("a\nb"), unsendable('\n', 2)),
            (
                Credential::api_key("schl\u{fc}ssel"),
                unsendable('\u{fc}', 5),
            ),
            (
                Credential::Login(crate::Login::new("", "", "", "p")),
                CredentialError::NoUser,
            ),
            (
                Credential::Login(crate::Login::new("", "", "u", "")),
                CredentialError::NoPassword,
            ),
        ] {
            assert_eq!(keyring(credential.clone()).err(), Some(error.clone()));
            let good = keyring(Credential::api_key("good")).unwrap();
            assert_eq!(good.replace(credential), Err(error));
            assert!(good.held().credential.is(&Credential::api_key("good")));
            assert_eq!(good.replaced(), 0);
        }
    }

    #[test]
    fn the_same_credential_replaces_nothing() {
        let login = |password: &str| Credential::Login(crate::Login::new("vx", "d", "u", password));
        let keyring = keyring(login("one")).unwrap();
        let before = keyring.held();
        assert_eq!(keyring.replace(login("one")), Ok(false));
        assert!(Arc::ptr_eq(&before, &keyring.held()));
        assert_eq!(keyring.replace(login("two")), Ok(true));
        assert_eq!(
            (keyring.replaced(), keyring.kind()),
            (1, CredentialKind::Session)
        );
        assert_eq!(keyring.conceal("one two"), "<secret> <secret>");
    }
}

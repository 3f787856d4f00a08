//! What proves to the primary who is asking.

mod form;
mod veil;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

pub(crate) use form::{Form, form};
pub(crate) use veil::Veil;

/// What a client shows to its primary. Its `Debug` tells the kind and nothing else.
///
/// ```
/// use nbu_client::{Credential, Login};
///
/// // An API key; the line break at the end of the file it came from does not matter.
/// let key = Credential::api_key("the key\n");
/// // A user: the client logs in when it first needs to, and again before the session ends.
/// let user = Credential::Login(Login::new("unixpwd", "nbu.example.com", "monitor", "the password"));
/// assert_eq!(format!("{key:?}"), "Credential::ApiKey(<secret>)");
/// assert!(!format!("{user:?}").contains("the password"));
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Credential {
    /// Nothing: only the endpoints that need no login answer.
    #[default]
    None,
    /// An API key, sent as it is in `Authorization`.
    ApiKey(SecretString),
    /// A user and a password, for which the primary gives a token.
    ///
    /// * The client logs in when a call first needs it, and once for all callers that wait.
    /// * It logs in anew when three quarters of the token's life are over; meanwhile the others go on with the old one.
    /// * When the primary no longer accepts a token, it logs in once more and repeats the call once.
    /// * A rejected password is not tried again for ten minutes, then twenty, forty, an hour, so that the account is not
    ///   locked; calls fail at once meanwhile. [Another password](crate::Client::set_credential) is tried at once.
    /// * It logs out of a session that was replaced as soon as no attempt shows its token any more, and of the last one
    ///   when it is [closed](crate::Client#close). Nothing is tried twice for that, and a client that is dropped without a
    ///   close leaves its session to end by itself.
    Login(Login),
}

/// A user to log in as. Its `Debug` does not tell the password.
#[derive(Clone)]
#[non_exhaustive]
pub struct Login {
    /// `unixpwd`, `vx`, `NT` or `ldap`. May be empty.
    pub domain_type: String,
    /// The domain, often the primary's host name. May be empty.
    pub domain_name: String,
    /// The user.
    pub user_name: String,
    /// The user's password, or an API key with the domain `vx`, `vrts.apikey`.
    pub password: SecretString,
}

/// What kind of credential a client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialKind {
    /// None.
    None,
    /// An API key.
    ApiKey,
    /// A session, opened with a user and a password.
    Session,
}

/// The credential cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// It is empty.
    #[error("the API key is empty")]
    Empty,
    /// It holds a character that no HTTP header can carry.
    #[error(
        "the API key holds {} at position {position}, which cannot be sent in an HTTP header; write the key alone, as the primary showed it",
        code_point(*.character)
    )]
    #[non_exhaustive]
    Unsendable {
        /// The character.
        character: char,
        /// Where it stands, counted in characters from 1.
        position: usize,
    },
    /// A login without a user.
    #[error("the login has no user name")]
    NoUser,
    /// A login without a password. Some directories take it for an anonymous login.
    #[error("the login has no password")]
    NoPassword,
}

impl Credential {
    /// An API key. White space around it is cut off, as files end with a line break.
    pub fn api_key(key: impl Into<String>) -> Self {
        let key = SecretString::from(key.into());
        Self::ApiKey(key.expose_secret().trim().into())
    }

    /// Checks that it can be sent. A client that is built with it, or is given it, checks the same.
    ///
    /// # Errors
    ///
    /// Names what is missing, or the character that cannot be sent.
    pub fn check(&self) -> Result<(), CredentialError> {
        match self {
            Self::ApiKey(key) => sendable(key.expose_secret()),
            Self::Login(login) if login.user_name.is_empty() => Err(CredentialError::NoUser),
            Self::Login(login) if login.password.expose_secret().is_empty() => {
                Err(CredentialError::NoPassword)
            }
            Self::None | Self::Login(_) => Ok(()),
        }
    }

    /// What kind it is.
    pub fn kind(&self) -> CredentialKind {
        match self {
            Self::None => CredentialKind::None,
            Self::ApiKey(_) => CredentialKind::ApiKey,
            Self::Login(_) => CredentialKind::Session,
        }
    }
}

impl Login {
    /// The user `user_name` of a domain.
    pub fn new(
        domain_type: impl Into<String>,
        domain_name: impl Into<String>,
        user_name: impl Into<String>,
        password: impl Into<SecretString>,
    ) -> Self {
        Self {
            domain_type: domain_type.into(),
            domain_name: domain_name.into(),
            user_name: user_name.into(),
            password: password.into(),
        }
    }

    /// Whether both are the same user with the same password.
    fn is(&self, other: &Self) -> bool {
        self.domain_type == other.domain_type
            && self.domain_name == other.domain_name
            && self.user_name == other.user_name
            && self.password.expose_secret() == other.password.expose_secret()
    }
}

impl Credential {
    /// Whether both prove the same in the same way.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::ApiKey(one), Self::ApiKey(two)) => one.expose_secret() == two.expose_secret(),
            (Self::Login(one), Self::Login(two)) => one.is(two),
            _ => false,
        }
    }
}

/// An API key is visible ASCII: HTTP leaves open what other characters mean, and no primary makes keys of them.
pub(crate) fn sendable(key: &str) -> Result<(), CredentialError> {
    if key.is_empty() {
        return Err(CredentialError::Empty);
    }
    let is_bad = |character: &char| !matches!(character, ' '..='~');
    match (1..).zip(key.chars()).find(|(_, one)| is_bad(one)) {
        Some((position, character)) => Err(CredentialError::Unsendable {
            character,
            position,
        }),
        None => Ok(()),
    }
}

/// A character by its code point, with the name of those that cannot be seen: `U+00A0 (no-break space)`.
pub fn code_point(character: char) -> String {
    let name = match character {
        '\0' => " (NUL)",
        '\t' => " (tab)",
        '\n' | '\r' => " (line end)",
        '\u{a0}' | '\u{202f}' => " (no-break space)",
        '\u{ad}' => " (soft hyphen)",
        '\u{200b}' => " (zero width space)",
        '\u{200e}' | '\u{200f}' => " (direction mark)",
        '\u{feff}' => " (byte order mark)",
        '\u{fffd}' => " (replacement character)",
        _ => "",
    };
    format!("U+{:04X}{name}", u32::from(character))
}

impl CredentialKind {
    /// The word for a label: `none`, `api_key` or `session`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ApiKey => "api_key",
            Self::Session => "session",
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "Credential::None",
            Self::ApiKey(_) => "Credential::ApiKey(<secret>)",
            Self::Login(_) => "Credential::Login(<secret>)",
        })
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("domain_type", &self.domain_type)
            .field("domain_name", &self.domain_name)
            .field("user_name", &self.user_name)
            .finish_non_exhaustive()
    }
}

//! What proves to a primary who we are, and where the secret part of it comes from.

use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::secret_text::{self, SecretKind};
use super::value::Fault;
use crate::files::{self, FileError};

/// Longest secret file, in bytes: an API key is below 200, a token below 8 KiB.
const SECRET_BYTES: u64 = 64 * 1024;

/// The one credential of a primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// `api_key` or `api_key_file`.
    ApiKey(SecretSource),
    /// `login`.
    Login(Login),
}

impl Credential {
    /// The secret as it is now; see [`SecretSource::read`].
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let kind = match self {
            Self::ApiKey(_) => SecretKind::ApiKey,
            Self::Login(_) => SecretKind::Password,
        };
        self.secret().read(kind)
    }

    /// The secret part, whichever kind of credential it is.
    pub fn secret(&self) -> &SecretSource {
        match self {
            Self::ApiKey(source) => source,
            Self::Login(login) => &login.password,
        }
    }
}

/// A user to log in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// For example `unixpwd`, `vx`, `NT` or `LDAP`.
    pub domain_type: String,
    /// The domain, often the primary's host name.
    pub domain_name: String,
    /// The user.
    pub user_name: String,
    /// Where the password comes from.
    pub password: SecretSource,
}

/// Where a secret comes from.
#[derive(Debug, Clone)]
pub enum SecretSource {
    /// It stood in the configuration itself.
    Inline(SecretString),
    /// It is the content of this file, without byte order mark and white space around it.
    File(PathBuf),
}

impl SecretSource {
    /// The secret as it is now: a file is read at each call, so that a changed key is found.
    ///
    /// Blocks while it reads; in a task call it through `spawn_blocking`.
    pub fn read(&self, kind: SecretKind) -> Result<SecretString, SecretError> {
        let path = match self {
            Self::Inline(secret) => return Ok(secret.clone()),
            Self::File(path) => path,
        };
        let text = Zeroizing::new(files::read_text(path, SECRET_BYTES)?);
        secret_text::secret(&text, kind).map_err(|Fault { what, remedy }| SecretError::Content {
            path: path.clone(),
            what,
            remedy,
        })
    }

    /// The file to watch, if it is one.
    pub fn file(&self) -> Option<&std::path::Path> {
        match self {
            Self::Inline(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

impl PartialEq for SecretSource {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Inline(one), Self::Inline(two)) => one.expose_secret() == two.expose_secret(),
            (Self::File(one), Self::File(two)) => one == two,
            _ => false,
        }
    }
}

impl Eq for SecretSource {}

/// A secret file that gives no secret. Its content is never part of the text.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds something else than a secret alone.
    #[error("{} {what}; {remedy}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The fault of what it holds.
        what: String,
        /// The remedy for it.
        remedy: String,
    },
}

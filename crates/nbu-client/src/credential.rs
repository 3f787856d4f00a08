//! What proves to the primary who is asking.

use std::fmt;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Cause;
use crate::sync::Arc;

/// What a client shows to its primary. Its `Debug` tells the kind and nothing else.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Credential {
    /// Nothing: only the endpoints that need no login answer.
    #[default]
    None,
    /// An API key, sent as it is in `Authorization`.
    ApiKey(SecretString),
}

/// The credential cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// It is empty.
    #[error("the API key is empty")]
    Empty,
    /// It holds a byte that no HTTP header can carry.
    #[error("the API key holds characters that cannot be sent, a line break for example")]
    Unsendable,
}

impl Credential {
    /// An API key. White space around it is cut off, as files end with a line break.
    pub fn api_key(key: impl Into<String>) -> Self {
        let key = SecretString::from(key.into());
        Self::ApiKey(key.expose_secret().trim().into())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "Credential::None",
            Self::ApiKey(_) => "Credential::ApiKey(<secret>)",
        })
    }
}

/// Where the header of each attempt comes from.
///
/// Asked before the attempt has its permit, so that a source which must first fetch something (a token, a file) holds none.
#[derive(Debug)]
pub(crate) struct Keyring {
    credential: Credential,
    header: Option<HeaderValue>,
}

/// What is left of a cause that held the secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Reworded(String);

impl Keyring {
    pub(crate) fn new(credential: Credential) -> Result<Self, CredentialError> {
        let header = match &credential {
            Credential::None => None,
            Credential::ApiKey(key) => {
                let key = key.expose_secret();
                if key.is_empty() {
                    return Err(CredentialError::Empty);
                }
                let mut header =
                    HeaderValue::from_str(key).map_err(|_| CredentialError::Unsendable)?;
                header.set_sensitive(true);
                Some(header)
            }
        };
        Ok(Self { credential, header })
    }

    /// The value of `Authorization`, marked sensitive: it is not indexed by HTTP/2 and not shown by `Debug`.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        self.header.clone()
    }

    /// Makes text that came from the primary fit for an error: without the secret, should the primary echo it, without
    /// control characters, at most 300 characters.
    ///
    /// It wants the text as it was sent: of a secret that was cut in two, the first half would stay.
    pub(crate) fn clean(&self, text: &str) -> String {
        self.conceal(text)
            .chars()
            .take(300)
            .map(|char| if char.is_control() { ' ' } else { char })
            .collect()
    }

    /// The same for a cause: what goes away in HTTP/2 may say why in free text, and the stack tells that on. A cause that
    /// holds the secret is replaced by its words without it.
    pub(crate) fn clean_cause(&self, cause: Cause) -> Cause {
        let mut words = cause.to_string();
        let mut beneath = cause.source();
        while let Some(error) = beneath {
            words = format!("{words}: {error}");
            beneath = error.source();
        }
        if self.holds(&words) || self.holds(&format!("{cause:?}")) {
            Arc::new(Reworded(self.clean(&words)))
        } else {
            cause
        }
    }

    /// The text without the secret, and otherwise as it is.
    pub(crate) fn conceal(&self, text: &str) -> String {
        match &self.credential {
            Credential::ApiKey(key) => text.replace(key.expose_secret(), "<secret>"),
            Credential::None => text.to_owned(),
        }
    }

    fn holds(&self, text: &str) -> bool {
        match &self.credential {
            Credential::ApiKey(key) => text.contains(key.expose_secret()),
            Credential::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_its_secret_to_nobody() {
        let credential = Credential::api_key("very-secret\n");
        assert!(!format!("{credential:?}").contains("very"));
        let keyring = Keyring::new(credential).unwrap();
        assert!(!format!("{keyring:?}").contains("very"));
        assert_eq!(keyring.authorization().unwrap(), "very-secret");
        assert_eq!(keyring.clean("no\r\nvery-secret here"), "no  <secret> here");
    }

    #[test]
    fn refuses_what_cannot_be_sent() {
        assert_eq!(
            Keyring::new(Credential::api_key(" \n")).unwrap_err(),
            CredentialError::Empty
        );
        assert_eq!(
            Keyring::new(Credential::api_key("a\nb")).unwrap_err(),
            CredentialError::Unsendable
        );
    }
}

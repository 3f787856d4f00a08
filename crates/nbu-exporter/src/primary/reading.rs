//! Reading the configured files, once in a while: a client is made of what they say, and another one when that has changed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use nbu_client::{Client, Credential, Reason};
use tokio::time::sleep;

use super::estate::Estate;
use super::material::{Change, Material, Obstacle};
use crate::config;
use crate::patient::Unread;

/// A reading that is under way, or about to begin.
pub(super) type Reading = Pin<Box<dyn Future<Output = Result<Renewed, Obstacle>> + Send>>;

/// What a reading brought.
pub(super) enum Renewed {
    /// The files say what they said before.
    Same,
    /// The client there is can go on, with another credential.
    Credential(Credential, Material),
    /// A client that was made of them.
    Client(Client, Material),
}

/// Reads the files, after a while, and makes a client if they differ from what they said `before` in more than the secret.
pub(super) fn begin(
    estate: Arc<Estate>,
    config: Arc<config::Primary>,
    before: Option<Material>,
    after: Duration,
) -> Reading {
    Box::pin(async move {
        sleep(after).await;
        let (primary, reader) = (Arc::clone(&config), Arc::clone(&estate));
        let read = move || {
            let material = Material::read(&config)?;
            match before.map(|before| material.change(&before)) {
                Some(Change::None) => return Ok(Renewed::Same),
                Some(Change::Secret) => {
                    return Ok(Renewed::Credential(material.credential(&config), material));
                }
                Some(Change::Connection) | None => {}
            }
            let traffic = Arc::clone(estate.traffic());
            // Here too, because the first client of the process reads the system's authorities.
            let client = material.client(&config, traffic, estate.clock().clone())?;
            Ok(Renewed::Client(client, material))
        };
        reader
            .read(read)
            .await
            .unwrap_or_else(|unread| Err(unanswered(&unread, &primary)))
    })
}

/// Nothing was read. Of the files that the configuration names, one is to blame.
pub(crate) fn unanswered(unread: &Unread, primary: &config::Primary) -> Obstacle {
    let (file, remedy) = match unread {
        Unread::Hung { file, .. } => (
            file.as_deref(),
            "check that the file system answers (a network share that is gone?); it is tried again by itself",
        ),
        Unread::BrokenOff => (None, "this is a bug, please report it"),
    };
    let secret = primary.credential.secret().file();
    let reason = if file.is_some() && file != secret {
        Reason::Tls
    } else {
        Reason::Credentials
    };
    Obstacle {
        reason,
        error: unread.to_string(),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests;

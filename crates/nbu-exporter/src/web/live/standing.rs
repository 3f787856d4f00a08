//! One state of the web configuration, with what its files held.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use tracing::warn;

use super::files::{Digest, Files, Parsed};
use crate::config::web::WebConfig;
use crate::config::{ConfigError, Place, Problem};

/// A checked web configuration, ready to be used.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(in crate::web) config: Arc<WebConfig>,
    pub(in crate::web) tls: Option<Arc<ServerConfig>>,
    /// `None` without files.
    read: Option<(Digest, Parsed)>,
}

impl Standing {
    /// Reads the file and those it names. Blocks while it reads.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::of(Files::read(path, &[])).map_err(Arc::unwrap_or_clone)
    }

    /// Makes it of what the files hold, if that can be used.
    pub(super) fn of(files: Files) -> Result<Self, Arc<ConfigError>> {
        let config = files.parsed.config.clone()?;
        let material = files.material.transpose()?;
        let tls = match (&config.tls, material) {
            (Some(tls), Some(material)) => {
                let server = material.server(tls, config.http2);
                Some(server.map_err(|problems| Arc::new(ConfigError { problems }))?)
            }
            _ => None,
        };
        Ok(Self {
            config,
            tls,
            read: Some((files.digest, files.parsed)),
        })
    }

    /// The file as it was parsed for this.
    pub(super) fn parsed(&self) -> Option<&Parsed> {
        self.read.as_ref().map(|(_, parsed)| parsed)
    }

    /// True if this is what the files hold.
    pub(super) fn is_of(&self, files: &Files) -> bool {
        self.read
            .as_ref()
            .is_some_and(|(digest, _)| *digest == files.digest)
    }

    /// Checks that `next` can take this one's place because its files have changed. A file that is being written looks like one
    /// from which restrictions have been removed.
    pub(super) fn allows_without_reload(
        &self,
        next: &Self,
        path: &Path,
    ) -> Result<(), ConfigError> {
        self.allows_on_reload(next, path)?;
        match self.config.restriction_missing_in(&next.config) {
            None => Ok(()),
            Some(key) => Err(refused(
                path,
                key,
                "is not there any more, so that more clients could connect",
                "put it back, or reload (SIGHUP or POST /-/reload) if that is meant",
            )),
        }
    }

    /// Checks that `next` can take this one's place in a running process.
    pub(super) fn allows_on_reload(&self, next: &Self, path: &Path) -> Result<(), ConfigError> {
        if self.tls.is_some() == next.tls.is_some() {
            return Ok(());
        }
        let word = if self.tls.is_some() { "off" } else { "on" };
        Err(refused(
            path,
            "tls_server_config",
            &format!("TLS cannot be switched {word} while the exporter runs"),
            "restart it",
        ))
    }

    /// Logs what its owner should know.
    pub(super) fn warn(&self) {
        for warning in &self.config.warnings {
            warn!("{warning}");
        }
    }
}

fn refused(path: &Path, key: &str, what: &str, remedy: &str) -> ConfigError {
    let place = Place {
        file: Arc::new(path.to_path_buf()),
        line: 0,
        column: 0,
    };
    let problem = Problem {
        place,
        key: key.to_owned(),
        what: what.to_owned(),
        remedy: remedy.to_owned(),
    };
    ConfigError {
        problems: vec![problem],
    }
}

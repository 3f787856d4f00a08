//! One state of the web configuration, with what its files held.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use tracing::warn;

use crate::config::web::WebConfig;
use crate::config::{ConfigError, Place, Problem};
use crate::web::tls::{Fingerprint, Material};

/// A checked web configuration, ready to be used.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(in crate::web) config: WebConfig,
    pub(in crate::web) tls: Option<Arc<ServerConfig>>,
    fingerprint: Option<Fingerprint>,
}

impl Standing {
    /// Reads the file and those it names. Blocks while it reads.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let (config, material) = files(path)?;
        Self::of(config, material.as_ref())
    }

    /// [`Standing::read`], but `None` where nothing has changed. What weakens the guard is refused here: a file that is
    /// being written looks as if its users had been removed.
    pub(super) fn read_change(&self, path: &Path) -> Result<Option<Self>, ConfigError> {
        let (config, material) = files(path)?;
        let fingerprint = material.as_ref().map(Material::fingerprint);
        if config == self.config && fingerprint == self.fingerprint {
            return Ok(None);
        }
        let standing = Self::of(config, material.as_ref())?;
        self.allows_on_reload(&standing, path)?;
        if standing.config.users.is_empty() && !self.config.users.is_empty() {
            return Err(refused(
                path,
                "basic_auth_users",
                "there are no users any more, so that everybody could come in",
                "if that is meant, reload (SIGHUP or POST /-/reload)",
            ));
        }
        Ok(Some(standing))
    }

    /// Whether `next` can take this one's place in a running process.
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

    fn of(config: WebConfig, material: Option<&Material>) -> Result<Self, ConfigError> {
        let tls = match (&config.tls, material) {
            (Some(tls), Some(material)) => Some(
                material
                    .server(tls, config.http2)
                    .map_err(|problems| ConfigError { problems })?,
            ),
            _ => None,
        };
        Ok(Self {
            config,
            tls,
            fingerprint: material.map(Material::fingerprint),
        })
    }
}

fn files(path: &Path) -> Result<(WebConfig, Option<Material>), ConfigError> {
    let config = WebConfig::load(path)?;
    let material = config.tls.as_ref().map(Material::read).transpose();
    let material = material.map_err(|problems| ConfigError { problems })?;
    Ok((config, material))
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

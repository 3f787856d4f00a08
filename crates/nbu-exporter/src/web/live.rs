//! The web configuration in force, read again while it is used: a new certificate, a new user or a new password needs no
//! reload.
//!
//! Whoever is about to use it asks for the [current](Live::current) one. That looks at the files, at most once a second,
//! beside the runtime and for a bounded time. What is wrong with a new file is told once, and the last good one stays.

mod looks;
mod standing;

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::Mutex;
use tracing::{error, info, warn};

use self::looks::{Look, Looks};
pub(crate) use self::standing::Standing;
use crate::clock::Clock;
use crate::config::{ConfigError, Warning};
use crate::reload::Record;

/// The web configuration in force.
pub(crate) struct Live {
    /// `None` where no file was named: then nothing ever changes.
    path: Option<PathBuf>,
    standing: ArcSwap<Standing>,
    looks: Mutex<Looks>,
    record: Arc<Record>,
    clock: Clock,
}

/// A web configuration that has been read, complete with its certificates. Not in force yet.
#[derive(Debug)]
pub(crate) struct Opened {
    path: Option<PathBuf>,
    standing: Standing,
}

impl Opened {
    /// Reads the file and everything it names. Blocks while it reads.
    pub(crate) fn read(path: Option<PathBuf>) -> Result<Opened, ConfigError> {
        let standing = match &path {
            Some(path) => Standing::read(path)?,
            None => Standing::default(),
        };
        Ok(Opened { path, standing })
    }

    /// What its owner should know.
    pub(crate) fn into_warnings(self) -> Vec<Warning> {
        self.standing.config.warnings
    }

    /// Whether connections speak TLS.
    pub(crate) fn speaks_tls(&self) -> bool {
        self.standing.tls.is_some()
    }
}

impl Live {
    pub(crate) fn new(opened: Opened, record: Arc<Record>, clock: Clock) -> Live {
        let Opened { path, standing } = opened;
        standing.warn();
        Live {
            path,
            standing: ArcSwap::from_pointee(standing),
            looks: Mutex::default(),
            record,
            clock,
        }
    }

    /// The configuration as its files are now, or as they were when they were good last.
    pub(super) async fn current(&self) -> Arc<Standing> {
        if let Some(path) = &self.path
            && let Ok(mut looks) = self.looks.try_lock()
        {
            let (path, present) = (path.clone(), self.standing.load_full());
            if let Some(look) = looks.look(move || present.read_change(&path)).await {
                self.found(look);
            }
        }
        self.standing.load_full()
    }

    /// Whether connections speak TLS, which does not change while the process runs.
    pub(super) fn speaks_tls(&self) -> bool {
        self.standing.load().tls.is_some()
    }

    /// Reads everything again, whether it has changed or not; [`Live::adopt`] puts it in force. Blocks while it reads.
    pub(crate) fn read(&self) -> Result<Option<Standing>, ConfigError> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let standing = Standing::read(path)?;
        self.standing.load().allows_on_reload(&standing, path)?;
        Ok(Some(standing))
    }

    /// Puts what a reload has read in force.
    pub(crate) async fn adopt(&self, standing: Option<Standing>) {
        let Some(standing) = standing else { return };
        let mut looks = self.looks.lock().await;
        looks.begin_anew();
        standing.warn();
        self.standing.store(Arc::new(standing));
        self.record.web_succeeded(self.clock.now());
    }

    fn found(&self, look: Look) {
        match look {
            Look::Changed(standing) => {
                standing.warn();
                self.standing.store(standing);
                self.record.web_succeeded(self.clock.now());
                info!("the web configuration has changed and is in force");
            }
            Look::Recovered => {
                self.record.web_succeeded(self.clock.now());
                info!("the web configuration is as it was");
            }
            Look::Failed(error) => {
                self.record.web_failed();
                for problem in &error.problems {
                    error!(
                        "{problem}; the web configuration has changed and cannot be used, the one before stays in force"
                    );
                }
            }
            Look::Hung(file) => warn!(
                file = file.map(|file| file.display().to_string()),
                "the web configuration could not be read again in time: its file system does not answer; the one before stays in force"
            ),
        }
    }
}

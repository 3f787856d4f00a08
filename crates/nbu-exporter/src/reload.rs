//! Reading the configuration again, on SIGHUP and `/-/reload`: one at a time, and a bad one changes nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::environment::Environment;
use crate::log::{self, Level};
use crate::patient::{Patient, Unread};
use crate::supervisor::Supervisor;
use crate::web::{Guard, Live, Standing};

/// Where the configuration comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Source {
    /// A file, read again at each reload.
    File {
        /// Its path.
        path: PathBuf,
        /// Where its `${NAME}` are looked up.
        environment: Environment,
    },
    /// Made by the program itself: a reload changes nothing of it, and reads the web configuration only.
    Fixed,
}

impl Source {
    /// Reads the configuration; `None` where it is built in. Blocks while it reads.
    fn load(&self) -> Result<Option<Config>, ReloadError> {
        match self {
            Source::File { path, environment } => Ok(Some(Config::load(path, environment)?)),
            Source::Fixed => Ok(None),
        }
    }
}

/// Why the configuration in use was not replaced.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// The new configuration is wrong; the text has every problem, one per line.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The files could not be read in time.
    #[error("{0}; reload again then")]
    Unread(Unread),
    /// The process is on its way down.
    #[error("nbu-exporter is stopping")]
    Stopping,
}

impl From<Unread> for ReloadError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::BrokenOff => Self::Stopping,
            hung @ Unread::Hung { .. } => Self::Unread(hung),
        }
    }
}

/// Asks for reloads. Cloning is cheap.
#[derive(Debug, Clone)]
pub(crate) struct Reload(mpsc::Sender<Request>);

type Request = oneshot::Sender<Result<Reloaded, ReloadError>>;

/// The result of a reload that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reloaded {
    /// The configuration is that of the file.
    File,
    /// The configuration is built in and has not changed.
    BuiltIn,
}

impl Reload {
    /// Reloads, and says how it went.
    pub(crate) async fn request(&self) -> Result<Reloaded, ReloadError> {
        let (answer, answered) = oneshot::channel();
        self.0
            .send(answer)
            .await
            .map_err(|_| ReloadError::Stopping)?;
        answered.await.unwrap_or(Err(ReloadError::Stopping))
    }

    /// Reloads without waiting; the log says how it went.
    pub(crate) fn trigger(&self) {
        // A full queue means that reloads are due anyway, and each of them reads the newest file.
        let _ = self.0.try_send(oneshot::channel().0);
    }
}

/// When the configuration in use was loaded, and whether the last attempt to replace it succeeded.
#[derive(Debug)]
pub(crate) struct Record(Mutex<Last>);

#[derive(Debug, Clone, Copy)]
struct Last {
    succeeded: bool,
    /// Of the web configuration, which is read again without being asked to.
    web_succeeded: bool,
    at: Timestamp,
    /// The time for which a new counter of the process shows 0.
    zero_first: Duration,
}

impl Record {
    /// The first configuration was loaded at `at`; with it a new counter of the process shows 0 for `zero_first`.
    pub(crate) fn new(at: Timestamp, zero_first: Duration) -> Self {
        Self(Mutex::new(Last {
            succeeded: true,
            web_succeeded: true,
            at,
            zero_first,
        }))
    }

    /// The time for which a new counter of the process shows 0 before its value.
    pub(crate) fn zero_first(&self) -> Duration {
        self.lock().zero_first
    }

    /// Whether the last attempt succeeded, with both files, and when the last successful one was.
    pub(crate) fn last(&self) -> (bool, Timestamp) {
        let last = self.lock();
        (last.succeeded && last.web_succeeded, last.at)
    }

    /// The web configuration in use is that of its file.
    pub(crate) fn web_succeeded(&self, at: Timestamp) {
        let mut last = self.lock();
        (last.web_succeeded, last.at) = (true, at);
    }

    /// The file of the web configuration has changed and cannot be used.
    pub(crate) fn web_failed(&self) {
        self.lock().web_succeeded = false;
    }

    fn succeeded(&self, at: Timestamp) {
        let mut last = self.lock();
        (last.succeeded, last.at) = (true, at);
    }

    fn show_zero_for(&self, time: Duration) {
        self.lock().zero_first = time;
    }

    fn failed(&self) {
        self.lock().succeeded = false;
    }

    fn lock(&self) -> MutexGuard<'_, Last> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that reloads.
pub(crate) struct Reloader {
    pub(crate) source: Source,
    pub(crate) supervisor: Arc<Supervisor>,
    pub(crate) record: Arc<Record>,
    pub(crate) clock: Clock,
    pub(crate) verbosity: Verbosity,
    pub(crate) live: Arc<Live>,
    pub(crate) guard: Arc<Guard>,
}

/// What a reload has read.
struct Loaded {
    /// `None` where it is built in.
    config: Option<Config>,
    web: Option<Standing>,
}

/// Who decides how much is logged.
#[derive(Debug, Clone, Default)]
pub struct Verbosity {
    /// The running log; `None` leaves it alone.
    pub log: Option<log::Handle>,
    /// The level given as a flag, which takes precedence over the configuration's.
    pub flag: Option<Level>,
}

impl Verbosity {
    /// Sets the level that flag and configuration ask for.
    pub(crate) fn apply(&self, configured: Option<Level>) {
        let level = self.flag.or(configured).unwrap_or_default();
        if let Some(log) = &self.log
            && let Err(error) = log.set_level(level)
        {
            warn!(%error, "the log level was not changed");
        }
    }
}

/// Reloads that can wait for their turn.
const BACKLOG: usize = 8;

/// The two ends of the queue of reloads.
pub(crate) fn queue() -> (Reload, mpsc::Receiver<Request>) {
    let (sender, requests) = mpsc::channel(BACKLOG);
    (Reload(sender), requests)
}

impl Reloader {
    /// Serves reloads until every asker is gone.
    pub(crate) async fn run(self, mut requests: mpsc::Receiver<Request>) {
        let (source, live) = (self.source.clone(), Arc::clone(&self.live));
        let mut patient = Patient::default();
        while let Some(answer) = requests.recv().await {
            // The asker may have gone away: the reload is done all the same.
            let loaded = patient.read({
                let (source, live) = (source.clone(), Arc::clone(&live));
                move || {
                    let config = source.load()?;
                    let web = live.read()?;
                    Ok(Loaded { config, web })
                }
            });
            let loaded = loaded.await.unwrap_or_else(|unread| Err(unread.into()));
            let _ = answer.send(self.reload(loaded));
        }
    }

    fn reload(&self, loaded: Result<Loaded, ReloadError>) -> Result<Reloaded, ReloadError> {
        match loaded {
            Ok(Loaded { config, web }) => {
                self.live.adopt(web);
                let reloaded = if let Some(config) = config {
                    self.apply(config);
                    Reloaded::File
                } else {
                    info!("reloaded: the configuration is built in and has not changed");
                    Reloaded::BuiltIn
                };
                self.record.succeeded(self.clock.now());
                Ok(reloaded)
            }
            Err(error) => {
                self.record.failed();
                error!(%error, "configuration not reloaded; the one before stays in use");
                Err(error)
            }
        }
    }

    fn apply(&self, config: Config) {
        warn_about(&config);
        self.guard.exempt(config.auth_exempt);
        self.verbosity.apply(config.log_level);
        self.record.show_zero_for(config.metrics.counter_birth);
        let applied = self.supervisor.apply(&config.primaries);
        info!(
            added = applied.added,
            removed = applied.removed,
            restarted = applied.changed,
            untouched = applied.unchanged,
            "configuration reloaded"
        );
    }
}

/// Logs what a configuration's owner should know.
pub(crate) fn warn_about(config: &Config) {
    for warning in &config.warnings {
        warn!("{warning}");
    }
}

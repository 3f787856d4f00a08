//! The web configuration in force, read again while it is used: a new certificate, a new user or a new password needs no
//! reload.
//!
//! One [poll](Live::poll) watches the files, beside the threads that serve. A problem with a new file is reported once, and
//! the last good one stays.

mod files;
mod poller;
mod standing;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tracing::{error, info, warn};

use self::poller::{ConfigPoller, INTERVAL, Poll};
pub(crate) use self::standing::Standing;
use crate::clock::Clock;
use crate::config::{ConfigError, Warning};
use crate::files::Watch;
use crate::reload::Record;

/// The longest that a file system may take before it is reported.
const PATIENCE: Duration = Duration::from_secs(5);

/// The web configuration in force.
pub(crate) struct Live {
    /// `None` where no file was named: then nothing ever changes.
    path: Option<PathBuf>,
    standing: ArcSwap<Standing>,
    /// Held while it is replaced and that is recorded: of a reload and a poll at the same time one is first.
    changing: Mutex<()>,
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
        self.standing.config.warnings.clone()
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
            changing: Mutex::default(),
            record,
            clock,
        }
    }

    /// The configuration as its files were when they were good last.
    pub(super) fn current(&self) -> Arc<Standing> {
        self.standing.load_full()
    }

    /// Watches the files for ever.
    pub(crate) async fn poll(self: Arc<Self>) {
        let Some(path) = self.path.clone() else {
            return;
        };
        let mut poller = ConfigPoller::default();
        let mut last = self.current();
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let current = self.current();
            // A reload has settled what was wrong before.
            if !Arc::ptr_eq(&current, &last) {
                poller = ConfigPoller::default();
                last = Arc::clone(&current);
            }
            let watch = Watch::default();
            let mut reading = spawn_blocking({
                let (path, current, watch) = (path.clone(), Arc::clone(&current), watch.clone());
                move || {
                    watch.during(|| {
                        let outcome = poller.poll(&path, &current);
                        (poller, outcome)
                    })
                }
            });
            let read = if let Ok(read) = timeout(PATIENCE, &mut reading).await {
                read
            } else {
                warn!(
                    file = watch.reading().map(|file| file.display().to_string()),
                    "the web configuration could not be read again in time: its file system does not answer; the one before stays in force"
                );
                reading.await
            };
            let (next, outcome) = read.unwrap_or_default();
            poller = next;
            if let Some(outcome) = outcome {
                self.found(&current, outcome);
            }
        }
    }

    /// True if connections speak TLS, which does not change while the process runs.
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
    pub(crate) fn adopt(&self, standing: Option<Standing>) {
        let Some(standing) = standing else { return };
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.warn();
        self.standing.store(Arc::new(standing));
        self.record.web_succeeded(self.clock.now());
    }

    /// Acts on the outcome of a poll that compared the files with `current`.
    fn found(&self, current: &Arc<Standing>, outcome: Poll) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        // A reload that came in between has read newer files.
        if !Arc::ptr_eq(&self.standing.load(), current) {
            return;
        }
        match outcome {
            Poll::Changed(standing) => {
                standing.warn();
                self.standing.store(Arc::new(standing));
                self.record.web_succeeded(self.clock.now());
                info!("the web configuration has changed and is in force");
            }
            Poll::Recovered => {
                self.record.web_succeeded(self.clock.now());
                info!("web configuration restored");
            }
            Poll::Failed(error) => {
                self.record.web_failed();
                for problem in &error.problems {
                    error!(
                        "{problem}; the web configuration has changed and cannot be used, the one before stays in force"
                    );
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tempfile::TempDir;
    use tokio::time::sleep;

    use super::*;

    const USERS: &str = "basic_auth_users:\n  alice: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n";

    /// Users are in force, and have gone from the file.
    fn without_its_users(clock: Clock) -> (TempDir, Arc<Live>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("web.yml");
        std::fs::write(&path, USERS).unwrap();
        let opened = Opened::read(Some(path.clone())).unwrap();
        let record = Arc::new(Record::new(clock.now(), Duration::ZERO));
        std::fs::write(&path, "basic_auth_users: {}\n").unwrap();
        (directory, Arc::new(Live::new(opened, record, clock)))
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_reload_no_poll_speaks_of_what_was_wrong_before() {
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let (_directory, live) = without_its_users(clock);
        let polling = tokio::spawn(Arc::clone(&live).poll());
        // The clock stands still while files are read.
        sleep(4 * INTERVAL).await;
        assert!(!live.record.last().0, "they may not go without a reload");
        hand.advance(Duration::from_secs(1));
        live.adopt(live.read().unwrap());
        let reloaded = live.record.last();
        assert!(reloaded.0);
        hand.advance(Duration::from_secs(1));
        sleep(4 * INTERVAL).await;
        assert_eq!(live.record.last(), reloaded, "nothing has happened since");
        polling.abort();
    }

    #[test]
    fn a_poll_that_a_reload_overtook_says_nothing() {
        let (clock, _hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        let (_directory, live) = without_its_users(clock);
        let before = live.current();
        live.adopt(live.read().unwrap());
        let problem = ConfigError {
            problems: Vec::new(),
        };
        live.found(&before, Poll::Failed(Arc::new(problem)));
        assert!(live.record.last().0);
        live.found(&before, Poll::Changed(Standing::default()));
        assert!(!Arc::ptr_eq(&before, &live.current()));
        assert!(live.current().parsed().is_some(), "what was reloaded stays");
    }
}

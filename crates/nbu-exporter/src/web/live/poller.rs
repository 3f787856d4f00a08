//! Detects changes of the files. A change counts when two polls in a row have found the same, so that no file is used
//! while it is being written.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Standing;
use super::files::{Digest, Files, Parsed};
use crate::config::ConfigError;

/// The time between two polls.
pub(super) const INTERVAL: Duration = Duration::from_millis(250);

/// The state between two polls.
#[derive(Debug, Default)]
pub(super) struct ConfigPoller {
    /// Other contents than those in force, as the last poll found them.
    found: Option<Found>,
    /// A problem with the files has been reported, and not yet its end.
    reported: bool,
}

#[derive(Debug)]
struct Found {
    digest: Digest,
    parsed: Parsed,
    /// A second poll has found them.
    judged: bool,
}

/// The outcome of a poll that has one.
#[derive(Debug)]
pub(super) enum Poll {
    /// The files have changed, and can be used.
    Changed(Standing),
    /// The files hold again what is in force, after a problem.
    Recovered,
    /// The files have changed, and cannot be used.
    Failed(Arc<ConfigError>),
}

impl ConfigPoller {
    /// Reads the files and compares them with `current`, which is in force. Blocks while it reads.
    pub(super) fn poll(&mut self, path: &Path, current: &Standing) -> Option<Poll> {
        let found = self.found.as_ref().map(|found| &found.parsed);
        let known: Vec<_> = current.parsed().into_iter().chain(found).collect();
        let files = Files::read(path, &known);
        if current.is_of(&files) {
            self.found = None;
            return std::mem::take(&mut self.reported).then_some(Poll::Recovered);
        }
        match &mut self.found {
            Some(found) if found.digest == files.digest => {
                if std::mem::replace(&mut found.judged, true) {
                    return None;
                }
            }
            _ => {
                self.found = Some(Found {
                    digest: files.digest,
                    parsed: files.parsed,
                    judged: false,
                });
                return None;
            }
        }
        match usable(path, current, files) {
            Ok(next) => {
                *self = Self::default();
                Some(Poll::Changed(next))
            }
            Err(error) => {
                self.reported = true;
                Some(Poll::Failed(error))
            }
        }
    }
}

fn usable(path: &Path, current: &Standing, files: Files) -> Result<Standing, Arc<ConfigError>> {
    let next = Standing::of(files)?;
    current.allows_without_reload(&next, path)?;
    Ok(next)
}

#[cfg(test)]
mod tests;

//! Configuration: from a YAML file to a checked [`Config`].
//!
//! [`Config::load`] reads the file and those it includes, and either gives a `Config` in which nothing is left to
//! check or a [`ConfigError`] with *all* problems, each with file, line, column, key and remedy. It reads neither
//! secrets nor certificates: the tasks of the primaries do, again and again ([`SecretSource::read`]).

mod check;
mod collectors;
mod credential;
pub mod duration;
mod effective;
mod findings;
mod interpolate;
mod limits;
mod named_files;
mod pattern;
mod primary;
mod problem;
mod proxy;
mod quote;
pub mod schema;
mod secret_text;
mod section;
mod size;
mod sources;
mod suggestion;
mod tree;
mod value;
pub mod web;

use std::path::Path;
use std::sync::Arc;

pub use nbu_metrics::ledger::{JobLabel, JobResult};

pub use self::collectors::{CollectorSettings, Collectors, Jobs, Protection};
pub use self::credential::{Credential, Login, SecretError, SecretSource};
pub use self::effective::Effective;
use self::findings::Findings;
pub use self::limits::{Limits, Metrics};
use self::named_files::NamedFile;
pub use self::pattern::Pattern;
pub use self::primary::{ClientCertificate, Primary, Tls, TlsVersion};
pub use self::problem::{ConfigError, Place, Problem, Warning};
pub use self::proxy::ProxyUrl;
pub use self::secret_text::SecretKind;
use self::sources::Sources;
use crate::environment::Environment;
use crate::log::Level;

/// A configuration in which everything has been checked.
///
/// `Debug` shows no secret.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The primaries, in the order of the files; names are unique.
    pub primaries: Vec<Primary>,
    /// `log.level`; the flag, when given, takes precedence.
    pub log_level: Option<Level>,
    /// `metrics`: of each primary, and of the exporter's own counters.
    pub metrics: Metrics,
    /// `web.auth_exempt`: paths served without authentication.
    pub auth_exempt: Vec<String>,
    /// What is accepted but worth a line in the log at start and at reload, keys without effect included.
    pub warnings: Vec<Warning>,
    effective: Effective,
    files: Vec<NamedFile>,
}

/// What a reload has to do, by primary name. Each name stands in exactly one list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// Only in the new configuration.
    pub added: Vec<Arc<str>>,
    /// Only in the old configuration.
    pub removed: Vec<Arc<str>>,
    /// In both, with any difference.
    pub changed: Vec<Arc<str>>,
    /// In both, equal.
    pub unchanged: Vec<Arc<str>>,
}

impl Config {
    /// Reads and checks the file at `path` and those it names. Blocks while it reads.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        Self::build(environment, |findings| {
            sources::read(path, environment, findings)
        })
    }

    /// Checks `text` as if it stood in the file at `path`, without the files it names.
    pub fn parse(path: &Path, text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        Self::build(environment, |findings| {
            let main = sources::parse(path, text, environment, findings)?;
            Some(Sources {
                main,
                included: Vec::new(),
            })
        })
    }

    fn build(
        environment: &Environment,
        read: impl FnOnce(&Findings) -> Option<Sources>,
    ) -> Result<Self, ConfigError> {
        let findings = Findings::default();
        let config = read(&findings).map(|sources| check::check(&sources, environment, &findings));
        let (problems, warnings) = findings.into_sorted();
        match config {
            Some(config) if problems.is_empty() => Ok(Self { warnings, ..config }),
            _ => Err(ConfigError { problems }),
        }
    }

    /// What is wrong with the secret and certificate files that the configuration names, as they are now. Blocks
    /// while it reads. Such a file stops only its primary, and only until it can be read.
    pub fn check_files(&self) -> Vec<Problem> {
        self.files.iter().filter_map(NamedFile::check).collect()
    }

    /// What is in effect, defaults included; secrets are `<secret>`.
    pub fn effective(&self) -> &Effective {
        &self.effective
    }

    /// The primary called `name`.
    pub fn primary(&self, name: &str) -> Option<&Primary> {
        self.primaries.iter().find(|primary| &*primary.name == name)
    }

    /// What changes for which primary when `new` replaces `old`.
    pub fn diff(old: &Self, new: &Self) -> Diff {
        let mut diff = Diff::default();
        for primary in &new.primaries {
            let list = match old.primary(&primary.name) {
                None => &mut diff.added,
                Some(before) if before == primary => &mut diff.unchanged,
                Some(_) => &mut diff.changed,
            };
            list.push(primary.name.clone());
        }
        let gone = old
            .primaries
            .iter()
            .filter(|primary| new.primary(&primary.name).is_none());
        diff.removed
            .extend(gone.map(|primary| primary.name.clone()));
        diff
    }
}

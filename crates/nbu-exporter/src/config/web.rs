//! The web configuration: who may connect to the exporter's own port, and how. `--web.config.file` names it.
//!
//! The schema is that of Prometheus' exporter-toolkit, so that one file serves every exporter of a site; the words of
//! its errors can be looked for here too. [`WebConfig::load`] checks what the file itself says. What it names
//! (certificates, keys) is read later, and again and again; see [`Pem::read`].
//!
//! `${NAME}` is not expanded: a bcrypt hash is full of dollar signs.

mod check;
mod headers;
mod keys;
mod pem;
mod rate;
mod suites;
mod tls;
mod users;
mod versions;

use std::path::Path;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use secrecy::zeroize::Zeroizing;

pub use self::keys::ROOT;
pub use self::pem::Pem;
pub use self::rate::RateLimit;
pub use self::suites::{Curve, Suite};
pub use self::tls::{ClientAuth, ServerTls};
pub use self::users::{PasswordHash, Users};
pub use self::versions::Versions;
use super::findings::Findings;
use super::problem::{ConfigError, Place, Warning};
use super::tree::{self, Content};
use super::value::Fault;
use super::{sources, tree::Node};
use crate::files;

/// Longest web configuration, in bytes: thousands of users, or a dozen certificates.
const FILE_BYTES: u64 = 1024 * 1024;

/// A web configuration in which everything but the files it names has been checked.
///
/// `Debug` shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebConfig {
    /// How TLS is spoken; `None` for plain HTTP.
    pub tls: Option<ServerTls>,
    /// Whether HTTP/2 is offered to TLS clients.
    pub http2: bool,
    /// What every answer carries in addition.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Who may come in; empty for everybody.
    pub users: Users,
    /// How often anybody may ask.
    pub rate_limit: Option<RateLimit>,
    /// What is accepted but worth a line in the log.
    pub warnings: Vec<Warning>,
}

impl WebConfig {
    /// Reads and checks the file at `path`. Blocks while it reads.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::build(|findings| Self::parsed(path, &read(path, findings)?, findings))
    }

    /// Checks `text` as if it stood in the file at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        Self::build(|findings| Self::parsed(path, text, findings))
    }

    fn parsed(path: &Path, text: &str, findings: &Findings) -> Option<Self> {
        tree(path, text, findings).map(|tree| check::check(&tree, findings))
    }

    fn build(read: impl FnOnce(&Findings) -> Option<Self>) -> Result<Self, ConfigError> {
        let findings = Findings::marked("yaml: ");
        let config = read(&findings);
        let (problems, warnings) = findings.into_sorted();
        match config {
            Some(config) if problems.is_empty() => Ok(Self { warnings, ..config }),
            _ => Err(ConfigError { problems }),
        }
    }
}

fn read(path: &Path, findings: &Findings) -> Option<Zeroizing<String>> {
    let at = |line, column| Place {
        file: Arc::new(path.to_path_buf()),
        line,
        column,
    };
    let content = match files::read(path, FILE_BYTES) {
        Ok(content) => Zeroizing::new(content),
        Err(error) => {
            let fault = if pem::is_missing(&error) {
                Fault::new(
                    "no such file or directory",
                    "create it or name another one with --web.config.file",
                )
            } else {
                let remedy = "name a YAML file that the user of the exporter can read";
                Fault::new(sources::what(&error), remedy)
            };
            findings.problem(&at(0, 0), "", fault);
            return None;
        }
    };
    match std::str::from_utf8(&content) {
        Ok(text) => Some(Zeroizing::new(text.to_owned())),
        Err(error) => {
            let place = sources::place_of(path, &content[..error.valid_up_to()]);
            let fault = Fault::new("this is not UTF-8 text", "save the file as UTF-8");
            findings.malformed(&place, "", fault);
            None
        }
    }
}

fn tree(path: &Path, text: &str, findings: &Findings) -> Option<Node> {
    let mut problems = Vec::new();
    let tree = tree::parse(&Arc::new(path.to_path_buf()), text, &mut problems);
    findings.extend(problems);
    let tree = tree?;
    if matches!(tree.content, Content::List(_) | Content::Scalar(_)) {
        let fault = Fault::new(
            "the file is not a map of keys and values",
            "begin it with tls_server_config:, or leave it empty",
        );
        findings.malformed(&tree.place, "", fault);
        return None;
    }
    Some(tree)
}

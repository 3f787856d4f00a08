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
        Self::parse(path, &Self::read(path)?)
    }

    /// Reads the text of the file at `path`. Blocks while it reads.
    pub fn read(path: &Path) -> Result<Zeroizing<String>, ConfigError> {
        let findings = findings();
        read(path, &findings).ok_or_else(|| ConfigError {
            problems: findings.into_sorted().0,
        })
    }

    /// Checks `text` as if it stood in the file at `path`.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let findings = findings();
        let config = tree(path, text, &findings).map(|tree| check::check(&tree, &findings));
        let (problems, warnings) = findings.into_sorted();
        match config {
            Some(config) if problems.is_empty() => Ok(Self { warnings, ..config }),
            _ => Err(ConfigError { problems }),
        }
    }

    /// The first key that restricts access here and is missing in `next`. A changed value is not a missing key.
    pub(crate) fn restriction_missing_in(&self, next: &Self) -> Option<&'static str> {
        let users = (
            "basic_auth_users",
            !self.users.is_empty() && next.users.is_empty(),
        );
        let (Some(tls), Some(next)) = (&self.tls, &next.tls) else {
            return users.1.then_some(users.0);
        };
        let all = [
            (
                "client_auth_type",
                tls.client_auth != ClientAuth::None && !next.names_client_auth,
            ),
            (
                "client_ca_file",
                tls.client_ca.is_some() && next.client_ca.is_none(),
            ),
            (
                "client_allowed_sans",
                tls.client_names.is_some() && next.client_names.is_none(),
            ),
            users,
        ];
        all.into_iter()
            .find_map(|(key, missing)| missing.then_some(key))
    }
}

fn findings() -> Findings {
    Findings::marked("yaml: ")
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

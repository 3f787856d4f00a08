//! A simulated primary server, and how the exporter's configuration names it.

use nbu_sim::{Running, SimBuilder};
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use tempfile::TempDir;

/// The API key of every watched primary; nothing that the exporter writes may contain it.
pub const API_KEY: &str = "A1-very-secret-api-key-0123456789";

/// A running simulator with the files that the exporter reads to reach it.
#[derive(Debug)]
pub struct Watched {
    /// The value of the `primary` label.
    pub name: String,
    /// The simulator.
    pub sim: Running,
    directory: TempDir,
    extra: String,
    tls: Option<String>,
    credential: Option<String>,
}

impl Watched {
    /// Starts the simulator on a free port.
    pub async fn start(name: &str, sim: SimBuilder) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sim = sim
            .api_key(API_KEY)
            .start(address)
            .await
            .expect("the simulated primary starts");
        let directory = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(directory.path().join("ca.pem"), sim.ca_pem()).expect("the CA is written");
        std::fs::write(directory.path().join("key"), API_KEY).expect("the key is written");
        Self {
            name: name.to_owned(),
            sim,
            directory,
            extra: String::new(),
            tls: None,
            credential: None,
        }
    }

    /// Adds a line to this primary's part of the configuration.
    #[must_use]
    pub fn setting(mut self, line: &str) -> Self {
        writeln!(self.extra, "    {line}").expect("writing to a string");
        self
    }

    /// Replaces what `tls_config` says, which else names the CA of the simulator (`DIR/ca.pem`); `DIR` is the directory of the
    /// files.
    #[must_use]
    pub fn tls(mut self, tls: &str) -> Self {
        self.tls = Some(tls.to_owned());
        self
    }

    /// Replaces the line with the credential, which else is `api_key_file: DIR/key`; `DIR` is the directory of the files.
    #[must_use]
    pub fn credential(mut self, line: &str) -> Self {
        self.credential = Some(line.to_owned());
        self
    }

    /// The directory of the files.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Writes one of the files that the exporter reads (`ca.pem`, `key`, or another).
    pub fn write(&self, file: &str, content: &str) {
        std::fs::write(self.directory.path().join(file), content).expect("the file is written");
    }

    /// This primary's entry of the list `primaries`.
    pub fn entry(&self) -> String {
        let directory = self.directory.path().display();
        let tls = self.tls.as_deref().unwrap_or("ca_file: DIR/ca.pem");
        let tls = tls.replace("DIR", &directory.to_string());
        let credential = self
            .credential
            .as_deref()
            .unwrap_or("api_key_file: DIR/key");
        let credential = credential.replace("DIR", &directory.to_string());
        format!(
            "  - name: {}\n    url: {}\n    {credential}\n    tls_config: {{{tls}}}\n{}",
            self.name,
            self.sim.url(),
            self.extra
        )
    }
}

/// A configuration of these primaries: collectors every second, counters shown at once.
pub fn configuration<'a>(primaries: impl IntoIterator<Item = &'a Watched>) -> String {
    let entries: String = primaries.into_iter().map(Watched::entry).collect();
    format!(
        "primaries:\n{entries}collectors:\n  jobs: {{interval: 1s}}\n  storage: {{interval: 1s}}\n  primary: {{interval: 1s}}\n  protection: {{interval: 1s}}\nmetrics: {{counter_birth: 0s}}\n"
    )
}

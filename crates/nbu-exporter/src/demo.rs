//! Simulated primaries to look at: no NetBackup, no configuration.
//!
//! They serve HTTPS on loopback with a certificate authority of their own, and the exporter watches them exactly as it
//! watches real ones.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nbu_api::ApiVersion;
use nbu_sim::{Clock, Population, Running, Sim, StartError, StorageCounts};
use thiserror::Error;

use crate::config::{Config, ConfigError};
use crate::environment::Environment;

/// What distinguishes a simulated primary: name, newest API version, jobs per day, seed.
const PRIMARIES: [(&str, ApiVersion, u32, u64); 3] = [
    ("paris", ApiVersion::V13_0, 60_000, 1),
    ("tokyo", ApiVersion::V12_0, 12_000, 2),
    ("quito", ApiVersion::V8_0, 2_000, 3),
];

/// Accepted by the simulated primaries, which only this machine can reach.
const API_KEY: &str = "demo";

/// The running primaries, and the directory with their certificates.
#[derive(Debug)]
pub(crate) struct Demo {
    primaries: Vec<(&'static str, Running)>,
    directory: Directory,
}

/// Why there is no demo.
#[derive(Debug, Error)]
pub(crate) enum DemoError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot write the demo's certificates to {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

impl Demo {
    pub(crate) async fn start() -> Result<Demo, DemoError> {
        let directory = Directory::new()?;
        let mut primaries = Vec::new();
        for (name, version, jobs_per_day, seed) in PRIMARIES {
            let population = Population {
                preloaded: jobs_per_day as usize / 12,
                span: Duration::from_secs(2 * 60 * 60),
                jobs_per_day,
                ..Population::default()
            };
            let running = Sim::builder()
                .seed(seed)
                .api_version(version)
                .api_key(API_KEY)
                .population(population)
                .storage(StorageCounts::default())
                .clock(Clock::system())
                .start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
                .await?;
            directory.write(name, running.ca_pem())?;
            primaries.push((name, running));
        }
        Ok(Demo {
            primaries,
            directory,
        })
    }

    /// The configuration that watches them. Short intervals: whoever tries the demo wants to see numbers move.
    pub(crate) fn config(&self) -> Result<Config, ConfigError> {
        let mut text = String::from(
            "collectors:\n  primary: {interval: 15s}\n  jobs: {interval: 10s}\n  storage: {interval: 30s}\n  protection: {interval: 30s}\nprimaries:\n",
        );
        for (name, running) in &self.primaries {
            let ca_file = self.directory.file(name);
            let _ = write!(
                text,
                "  - name: {name}\n    url: {url}\n    api_key: {API_KEY}\n    tls_config: {{ca_file: '{ca_file}'}}\n",
                url = running.url(),
                ca_file = ca_file
                    .display()
                    .to_string()
                    .replace('\'', "''")
                    .replace('$', "$$"),
            );
        }
        Config::parse(Path::new("demo.yml"), &text, &Environment::of([]))
    }

    /// Where to look.
    pub(crate) fn invitation(&self, address: SocketAddr, path: &str, tls: bool) -> String {
        let host = match address {
            SocketAddr::V4(v4) if !v4.ip().is_unspecified() => v4.ip().to_string(),
            SocketAddr::V6(v6) if !v6.ip().is_unspecified() => format!("[{}]", v6.ip()),
            _ => Ipv4Addr::LOCALHOST.to_string(),
        };
        let names: Vec<&str> = self.primaries.iter().map(|(name, _)| *name).collect();
        let scheme = if tls { "https" } else { "http" };
        let base = format!("{scheme}://{host}:{}", address.port());
        format!(
            "Simulated primaries: {names}.\n\n    {base}{path}   their metrics\n    {base}/   how they are doing\n\nCtrl-C ends the demo.\n",
            names = names.join(", "),
        )
    }

    pub(crate) async fn stop(self) {
        for (_, running) in self.primaries {
            running.stop().await;
        }
    }
}

/// A directory that only this user can read and that goes with the demo.
#[derive(Debug)]
struct Directory(PathBuf);

impl Directory {
    fn new() -> Result<Self, DemoError> {
        let path = std::env::temp_dir().join(format!(
            "nbu-exporter-demo-{}-{:08x}",
            std::process::id(),
            fastrand::u32(..)
        ));
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Fails if it is there already: nobody else can have prepared it.
        builder.create(&path).map_err(|source| DemoError::Write {
            path: path.clone(),
            source,
        })?;
        Ok(Self(path))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.pem"))
    }

    fn write(&self, name: &str, pem: &str) -> Result<(), DemoError> {
        let path = self.file(name);
        fs::write(&path, pem).map_err(|source| DemoError::Write { path, source })
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed from a temporary directory does no harm there.
        let _ = fs::remove_dir_all(&self.0);
    }
}

//! Configuration: what is accepted, what is refused, and in which words.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the helpers of these tests fail by panicking, as the tests do"
)]

mod accepted;
mod files;
mod hostile;
mod refused;
mod rendered;
mod web;

use std::path::Path;

use nbu_exporter::config::{Config, ConfigError};
use nbu_exporter::environment::Environment;

/// Every key there is, each with a value that is not its default.
const FULL: &str = include_str!("config/full.yml");

/// The least that is enough.
const LEAST: &str = "\
primaries:
  - name: paris
    url: https://nbu-paris.example.com:1556/netbackup
    api_key_file: /run/secrets/paris
";

fn parse(text: &str) -> Result<Config, ConfigError> {
    let variables = [
        ("PARIS_KEY", "key-of-paris"),
        ("SHORT", "1s"),
        ("BAD", "hunter2"),
    ];
    Config::parse(
        Path::new("nbu-exporter.yml"),
        text,
        &Environment::of(variables),
    )
}

fn accepted(text: &str) -> Config {
    parse(text).unwrap_or_else(|error| panic!("refused:\n{error}"))
}

fn refused(text: &str) -> String {
    parse(text).expect_err("accepted").to_string()
}

//! The flags of `nbu-exporter check`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::config::duration;

/// What to check, and how to say it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CheckFlags {
    /// The primaries to check; without any, all of the configuration
    #[arg(value_name = "PRIMARY")]
    pub primaries: Vec<String>,
    /// For whom the report is: people (table) or machines (json)
    #[arg(
        long,
        env = "NBU_EXPORTER_CHECK_OUTPUT",
        default_value = "table",
        value_name = "FORM"
    )]
    pub output: Output,
    /// Show each primary's certificate authority, so that it can be compared and pinned (always shown when it is not trusted)
    #[arg(long, env = "NBU_EXPORTER_CHECK_SHOW_CA")]
    pub show_ca: bool,
    /// The longest time for one primary; all are checked at the same time
    #[arg(
        long,
        env = "NBU_EXPORTER_CHECK_TIMEOUT",
        default_value = "60s",
        value_name = "DURATION",
        value_parser = duration::parse
    )]
    pub timeout: Duration,
}

/// The form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Output {
    /// Aligned columns.
    #[default]
    Table,
    /// One JSON document; see docs/check.md.
    Json,
}

//! The command line. Flags carry dots, as those of every Prometheus exporter.
//!
//! Every flag can also be given as an environment variable: `--web.listen-address` as
//! `NBU_EXPORTER_WEB_LISTEN_ADDRESS`. What is given as a flag takes precedence. No secret is a flag.

mod check;
mod listen;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

pub use self::check::{CheckFlags, Output};
pub use self::listen::{ListenAddress, ListenAddressError};
use crate::config::duration;
use crate::log::{Format, Level};
use crate::version;

/// What was asked for.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "nbu-exporter",
    about = "Prometheus exporter for Veritas/Cohesity NetBackup",
    version = version::VERSION,
    after_help = "Every flag can also be given as an environment variable, for example \
                  --web.listen-address as NBU_EXPORTER_WEB_LISTEN_ADDRESS.",
    disable_help_subcommand = true,
    subcommand_help_heading = "Commands",
    max_term_width = 120
)]
pub struct Cli {
    /// What to do; without it, serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigFlags,
    /// How it is served.
    #[command(flatten)]
    pub web: WebFlags,
    /// Where it keeps what it has counted.
    #[command(flatten)]
    pub storage: StorageFlags,
    /// How it is logged.
    #[command(flatten)]
    pub log: LogFlags,
    /// How it ends.
    #[command(flatten)]
    pub shutdown: ShutdownFlags,
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Watch the configured primaries and serve their metrics (the default)
    Serve,
    /// Serve the metrics of simulated primaries; needs no configuration and no NetBackup
    #[cfg(feature = "demo")]
    Demo,
    /// Check for each primary what stands between here and its metrics: network, TLS, credential, permissions
    Check(CheckFlags),
    /// Work with the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// What can be done with a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Say everything that is wrong with it, exit 0 or 2 (the same as --config.check)
    Check,
}

/// Where the configuration is.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Configuration")]
pub struct ConfigFlags {
    /// The configuration file
    #[arg(
        id = "config.file",
        long = "config.file",
        env = "NBU_EXPORTER_CONFIG_FILE",
        default_value = "nbu-exporter.yml",
        value_name = "FILE",
        global = true
    )]
    pub file: PathBuf,
    /// Check the configuration, say everything that is wrong with it, exit 0 or 2
    #[arg(
        id = "config.check",
        long = "config.check",
        env = "NBU_EXPORTER_CONFIG_CHECK",
        global = true
    )]
    pub check: bool,
}

/// How it is served.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Web")]
pub struct WebFlags {
    /// Address to listen on; may be given several times (in the environment, separated by commas)
    #[arg(
        id = "web.listen-address",
        long = "web.listen-address",
        env = "NBU_EXPORTER_WEB_LISTEN_ADDRESS",
        default_value = ":10556",
        value_name = "[HOST]:PORT",
        value_delimiter = ',',
        global = true
    )]
    pub listen_addresses: Vec<ListenAddress>,
    /// Path of the metrics
    #[arg(
        id = "web.telemetry-path",
        long = "web.telemetry-path",
        env = "NBU_EXPORTER_WEB_TELEMETRY_PATH",
        default_value = "/metrics",
        value_name = "PATH",
        value_parser = telemetry_path,
        global = true
    )]
    pub telemetry_path: String,
    /// The file that says who may connect and how: TLS, passwords, headers, rate limit; "" for plain HTTP
    #[arg(
        id = "web.config.file",
        long = "web.config.file",
        env = "NBU_EXPORTER_WEB_CONFIG_FILE",
        default_value = "",
        value_name = "FILE",
        value_parser = clap::value_parser!(OsString),
        global = true
    )]
    pub config_file: OsString,
    /// Most scrapes answered at the same time; 0 for no limit
    #[arg(
        id = "web.max-requests",
        long = "web.max-requests",
        env = "NBU_EXPORTER_WEB_MAX_REQUESTS",
        default_value_t = 40,
        value_name = "NUMBER",
        global = true
    )]
    pub max_requests: usize,
    /// How much earlier than the scraper gives up a scrape is answered; a number without a unit is seconds
    #[arg(
        id = "timeout-offset",
        long = "timeout-offset",
        env = "NBU_EXPORTER_TIMEOUT_OFFSET",
        default_value = "500ms",
        value_name = "DURATION",
        value_parser = duration::parse_or_seconds,
        global = true
    )]
    pub timeout_offset: Duration,
    /// Allow POST /-/reload [default: only when all listeners are on loopback addresses]
    #[arg(
        id = "web.enable-lifecycle",
        long = "web.enable-lifecycle",
        env = "NBU_EXPORTER_WEB_ENABLE_LIFECYCLE",
        value_name = "true|false",
        num_args = 0..=1,
        default_missing_value = "true",
        require_equals = true,
        global = true
    )]
    pub enable_lifecycle: Option<bool>,
}

impl WebFlags {
    /// The web configuration; `None` where there is none.
    pub fn config_file(&self) -> Option<PathBuf> {
        (!self.config_file.is_empty()).then(|| PathBuf::from(&self.config_file))
    }

    /// Whether `POST /-/reload` is allowed.
    pub fn lifecycle(&self) -> bool {
        self.enable_lifecycle
            .unwrap_or_else(|| self.listen_addresses.iter().all(ListenAddress::is_loopback))
    }
}

/// Where it keeps what it has counted.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Storage")]
pub struct StorageFlags {
    /// Directory for the state of the jobs, one file per primary; "" keeps it in memory, as demo always does
    #[arg(
        id = "storage.path",
        long = "storage.path",
        env = "NBU_EXPORTER_STORAGE_PATH",
        default_value = "nbu-exporter-data",
        value_name = "DIRECTORY",
        value_parser = clap::value_parser!(OsString),
        global = true
    )]
    pub path: OsString,
}

impl StorageFlags {
    /// The directory; `None` where there is none.
    pub fn directory(&self) -> Option<PathBuf> {
        (!self.path.is_empty()).then(|| PathBuf::from(&self.path))
    }
}

/// How it is logged.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Log")]
pub struct LogFlags {
    /// Least severe lines to log [default: log.level of the configuration, else info]
    #[arg(
        id = "log.level",
        long = "log.level",
        env = "NBU_EXPORTER_LOG_LEVEL",
        value_name = "LEVEL",
        global = true
    )]
    pub level: Option<Level>,
    /// Form of the lines
    #[arg(
        id = "log.format",
        long = "log.format",
        env = "NBU_EXPORTER_LOG_FORMAT",
        default_value = "logfmt",
        value_name = "FORMAT",
        global = true
    )]
    pub format: Format,
}

/// How it ends.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Shutdown")]
pub struct ShutdownFlags {
    /// Longest time that running requests get to finish
    #[arg(
        id = "shutdown.grace",
        long = "shutdown.grace",
        env = "NBU_EXPORTER_SHUTDOWN_GRACE",
        default_value = "30s",
        value_name = "DURATION",
        value_parser = duration::parse,
        global = true
    )]
    pub grace: Duration,
}

impl Cli {
    /// What to do.
    pub fn asked(&self) -> Command {
        match &self.command {
            _ if self.config.check => Command::Config(ConfigCommand::Check),
            Some(command) => command.clone(),
            None => Command::Serve,
        }
    }
}

fn telemetry_path(path: &str) -> Result<String, String> {
    if !path.starts_with('/') {
        return Err("must begin with a slash, for example /metrics".to_owned());
    }
    if path
        .chars()
        .any(|c| !c.is_ascii_graphic() || "?#%{}".contains(c))
    {
        return Err("must be a plain path: no space, ?, #, % or braces".to_owned());
    }
    if path.contains("/-/") || path.contains("//") {
        return Err("is taken by the exporter itself; choose another path".to_owned());
    }
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from([&["nbu-exporter"], arguments].concat())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_environment_variable() {
        for argument in Cli::command().get_arguments().filter(|argument| {
            argument
                .get_long()
                .is_some_and(|l| !["help", "version"].contains(&l))
        }) {
            let long = argument.get_long().unwrap();
            let expected = format!(
                "NBU_EXPORTER_{}",
                long.to_uppercase().replace(['.', '-'], "_")
            );
            assert_eq!(
                argument.get_env().and_then(|name| name.to_str()),
                Some(expected.as_str()),
                "{long}"
            );
            assert!(
                argument.is_global_set(),
                "{long} works before and after the command"
            );
        }
    }

    #[test]
    fn without_arguments_it_serves_with_the_documented_defaults() {
        let cli = parse(&[]).unwrap();
        assert_eq!(cli.asked(), Command::Serve);
        assert_eq!(cli.config.file, PathBuf::from("nbu-exporter.yml"));
        assert_eq!(cli.web.listen_addresses, [":10556".parse().unwrap()]);
        assert_eq!(cli.web.telemetry_path, "/metrics");
        assert_eq!(cli.web.config_file(), None);
        assert_eq!(cli.web.max_requests, 40);
        assert_eq!(cli.web.timeout_offset, Duration::from_millis(500));
        assert_eq!(cli.storage.directory(), Some("nbu-exporter-data".into()));
        let memory = parse(&["--storage.path", ""]).unwrap();
        assert_eq!(memory.storage.directory(), None);
        assert_eq!(cli.log.level, None);
        assert_eq!(cli.log.format, Format::Logfmt);
        assert_eq!(cli.shutdown.grace, Duration::from_secs(30));
    }

    #[test]
    fn the_timeout_offset_is_a_duration_or_a_number_of_seconds() {
        for (text, millis) in [
            ("500ms", 500),
            ("1m30s", 90_000),
            ("0.5", 500),
            (".25", 250),
            ("2.", 2000),
            ("1", 1000),
            ("0", 0),
            ("0.0", 0),
        ] {
            let cli = parse(&[&format!("--timeout-offset={text}")]).unwrap();
            let expected = Duration::from_millis(millis);
            assert_eq!(cli.web.timeout_offset, expected, "{text}");
        }
        for text in [
            "-0.5",
            "+1",
            "1e3",
            "inf",
            "NaN",
            ".",
            "",
            "0,5",
            "1.5s",
            "1 ",
            "1.2.3",
            "99999999999999999999999",
        ] {
            assert!(
                parse(&[&format!("--timeout-offset={text}")]).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn flags_stand_before_and_after_the_command() {
        for arguments in [
            ["--config.file=a.yml", "serve"],
            ["serve", "--config.file=a.yml"],
        ] {
            let cli = parse(&arguments).unwrap();
            assert_eq!(
                (cli.asked(), cli.config.file),
                (Command::Serve, PathBuf::from("a.yml"))
            );
        }
        let cli = parse(&["config", "check", "--config.file", "b.yml"]).unwrap();
        assert_eq!(cli.asked(), Command::Config(ConfigCommand::Check));
        assert_eq!(cli.config.file, PathBuf::from("b.yml"));
        assert_eq!(
            parse(&["--config.check"]).unwrap().asked(),
            Command::Config(ConfigCommand::Check)
        );
    }

    #[test]
    fn several_addresses_can_be_given() {
        let cli = parse(&[
            "--web.listen-address=:1",
            "--web.listen-address",
            "[::1]:9100",
        ])
        .unwrap();
        assert_eq!(
            cli.web.listen_addresses,
            [":1".parse().unwrap(), "[::1]:9100".parse().unwrap()]
        );
    }

    #[test]
    fn lifecycle_is_on_by_default_for_loopback_only() {
        assert!(!parse(&[]).unwrap().web.lifecycle());
        assert!(
            parse(&["--web.listen-address=127.0.0.1:1"])
                .unwrap()
                .web
                .lifecycle()
        );
        assert!(
            !parse(&[
                "--web.listen-address=127.0.0.1:1",
                "--web.listen-address=:2"
            ])
            .unwrap()
            .web
            .lifecycle()
        );
        assert!(parse(&["--web.enable-lifecycle"]).unwrap().web.lifecycle());
        assert!(
            !parse(&[
                "--web.enable-lifecycle=false",
                "--web.listen-address=[::1]:1"
            ])
            .unwrap()
            .web
            .lifecycle()
        );
    }

    #[test]
    fn bad_usage_is_refused() {
        for arguments in [
            &["--web.telemetry-path="][..],
            &["--web.telemetry-path=metrics"],
            &["--web.telemetry-path=/-/ready"],
            &["--web.telemetry-path=/{x}"],
            &["--web.listen-address=10556"],
            &["--log.level=loud"],
            &["--shutdown.grace=soon"],
            &["--api-key=x"],
            &["unknown"],
        ] {
            let error = parse(arguments).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{arguments:?}");
        }
    }
}

//! The workspace's commands. Each prints what it runs, so that it can be run again by hand.
//!
//! The tests are `cargo test --workspace`. `cargo xtask ci` is every other check that belongs to each change, `cargo xtask nightly`
//! what takes long.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to a terminal"
)]

mod bench;
mod checks;
mod ci;
mod contract;
mod fuzz;
mod loom;
mod miri;
mod nightly;
mod prometheus;
mod steps;
mod tools;
mod tsan;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xshell::Shell;

/// The workspace's commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the formatting; `--fix` formats.
    Fmt {
        /// Format instead of checking.
        #[arg(long)]
        fix: bool,
    },
    /// Clippy over every target of the workspace, warnings denied.
    Lint,
    /// The tests: `cargo test --workspace`.
    Test,
    /// Licences, bans and sources of the dependencies; `--advisories` adds the advisory database, which needs the network.
    Deny {
        /// Check the advisory database as well.
        #[arg(long)]
        advisories: bool,
    },
    /// The documentation, warnings denied.
    Docs,
    /// Package every crate as it would be published, and build the packages.
    Package,
    /// Model-check the connection tracker; `--mutants` proves that each law can fail.
    Loom {
        /// Switch on each listed mutation in turn; every one must make its law fail.
        #[arg(long)]
        mutants: bool,
    },
    /// The tracker's laws on threads under miri, many seeds, strict provenance.
    Miri,
    /// The client's async tests under ThreadSanitizer (nightly, builds std).
    Tsan,
    /// The real binary with a hundred hostile primaries beside a healthy one that must not notice.
    Hostile,
    /// A real Prometheus scrapes the real binary; promtool checks the page.
    Prometheus,
    /// Fuzz every decoder and writer for a bounded time each (nightly, cargo-fuzz); fails on a crash.
    Fuzz {
        /// Seconds per target.
        #[arg(long, default_value_t = fuzz::SECONDS)]
        seconds: u32,
        /// Only this target.
        target: Option<String>,
    },
    /// Compare the endpoint table and the models with the vendor's OpenAPI files; fails without them.
    Contract {
        /// The directory with the vendor's files, one folder per release; default: `NBU_SPECS_DIR`.
        specs: Option<std::path::PathBuf>,
    },
    /// The benches: criterion tables, and the exporter's memory and time against the simulator.
    Bench {
        /// Only the benches whose name contains this.
        filter: Option<String>,
    },
    /// Every check but the tests and what takes long, in one go.
    Ci,
    /// What takes long, in one go: the tracker's mutants, ThreadSanitizer, a minute of fuzzing for each target.
    Nightly,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = Shell::new().map_err(anyhow::Error::from).and_then(|sh| {
        sh.change_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        run(&sh, cli.command)
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(sh: &Shell, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Fmt { fix } => checks::fmt(sh, fix),
        Command::Lint => checks::lint(sh),
        Command::Test => checks::test(sh),
        Command::Deny { advisories } => checks::deny(sh, advisories),
        Command::Docs => checks::docs(sh),
        Command::Package => checks::package(sh),
        Command::Loom { mutants: false } => loom::run(sh),
        Command::Loom { mutants: true } => loom::mutants(sh),
        Command::Miri => miri::run(sh),
        Command::Tsan => tsan::run(sh),
        Command::Hostile => checks::hostile(sh),
        Command::Prometheus => prometheus::run(sh),
        Command::Fuzz { seconds, target } => fuzz::run(sh, seconds, target.as_deref()),
        Command::Contract { specs } => contract::run(sh, specs),
        Command::Bench { filter } => bench::run(sh, filter.as_deref()),
        Command::Ci => ci::run(sh),
        Command::Nightly => nightly::run(sh),
    }
}

//! The `nbu-exporter` command. What it does is in the library; see [`nbu_exporter::command`].

use std::future::Future;
use std::process::ExitCode;

use clap::Parser as _;
use nbu_exporter::cli::{Cli, Command, ConfigCommand};
use nbu_exporter::command;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return command::usage(&answer),
    };
    match cli.asked() {
        Command::Config(ConfigCommand::Check) => command::check(&cli),
        Command::Serve => match command::load(&cli) {
            Ok(loaded) => run(command::serve(&cli, loaded)),
            Err(code) => code,
        },
        #[cfg(feature = "demo")]
        Command::Demo => run(command::demo(&cli)),
    }
}

/// Runs to the end, and leaves behind whatever cannot be ended: a name resolution that hangs must not outlive the grace.
fn run(command: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = match Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return command::no_runtime(&error),
    };
    let code = runtime.block_on(command);
    runtime.shutdown_background();
    code
}

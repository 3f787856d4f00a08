//! The commands, from the checked command line to an exit code.
//!
//! 0 is a clean end, 1 a failure at run time, 2 bad usage or configuration; 130 and 143 an abort by a second signal.

use std::fmt::Display;
use std::future::Future;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser as _;
use clap::error::ErrorKind;
use tokio::io::AsyncWriteExt as _;
use tracing::{error, info};

use crate::app::{App, Options, StartError};
use crate::checkup;
use crate::cli::{CheckFlags, Cli, Command, ConfigCommand, Output};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Primary};
use crate::environment::Environment;
use crate::log;
use crate::patient::{Patient, Unread};
use crate::reload::{Source, Verbosity};
use crate::shutdown::{Signal, Signals};
use crate::threads;
use crate::version;
use crate::web;

/// The exit code of bad usage and of a configuration with problems.
const REFUSED: u8 = 2;

/// The whole program: the command line of this process, to its exit code.
pub fn main() -> ExitCode {
    let _flush = FlushLog;
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return usage(&answer),
    };
    match cli.asked() {
        Command::Config(ConfigCommand::Check) => run(check(&cli)),
        Command::Check(flags) => run(examine(&cli, flags)),
        Command::Serve => run(serve(&cli)),
        #[cfg(feature = "demo")]
        Command::Demo => run(demo(&cli)),
    }
}

/// Writes the last lines of the log when dropped, also after a panic.
struct FlushLog;

impl Drop for FlushLog {
    fn drop(&mut self) {
        log::flush();
    }
}

/// Runs to the end, and leaves behind whatever cannot be ended: a name resolution that hangs must not outlive the grace.
fn run(command: impl Future<Output = ExitCode>) -> ExitCode {
    let runtime = match threads::collecting() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&StartError::Thread(error)),
    };
    let code = runtime.block_on(command);
    runtime.shutdown_background();
    code
}

/// Prints what clap answers instead of a command line: help, the version, or what is wrong.
fn usage(answer: &clap::Error) -> ExitCode {
    // Where the answer goes may be closed already; the code still tells.
    let _ = match answer.kind() {
        ErrorKind::DisplayVersion => io::stdout().write_all(version::text().as_bytes()),
        _ => answer.print(),
    };
    ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(REFUSED))
}

/// Reads the configuration; every problem is a line on standard error, and so is a file that does not answer.
async fn load(cli: &Cli) -> Result<Config, ExitCode> {
    let path = cli.config.file.clone();
    let read = move || Config::load(&path, &Environment::process());
    match Patient::default().read(read).await {
        Ok(loaded) => loaded.map_err(|error| refused(&error)),
        Err(unread) => Err(unanswered(&unread)),
    }
}

/// Checks the configuration and the files it names.
async fn check(cli: &Cli) -> ExitCode {
    let config = load(cli).await;
    // Told together, whichever of the two is wrong.
    let path = cli.web.config_file();
    let refused = match Patient::default().read(|| web::check(path)).await {
        Ok(Ok(warnings)) => {
            for warning in warnings {
                log::print(format_args!("warning: {warning}"));
            }
            None
        }
        Ok(Err(error)) => Some(refused(&error)),
        Err(unread) => Some(unanswered(&unread)),
    };
    let config = match config {
        Ok(config) => Arc::new(config),
        Err(code) => return code,
    };
    for warning in &config.warnings {
        log::print(format_args!("warning: {warning}"));
    }
    let files = Arc::clone(&config);
    let problems = match Patient::default().read(move || files.check_files()).await {
        Ok(problems) => problems,
        Err(unread) => return unanswered(&unread),
    };
    for problem in &problems {
        log::print(problem);
    }
    if let Some(code) = refused {
        return code;
    }
    if !problems.is_empty() {
        return ExitCode::from(REFUSED);
    }
    log::print(format_args!(
        "{}: the configuration is good, {} primaries",
        cli.config.file.display(),
        config.primaries.len()
    ));
    ExitCode::SUCCESS
}

/// Checks the primaries themselves, and prints what was found. 1 if anything failed.
async fn examine(cli: &Cli, flags: CheckFlags) -> ExitCode {
    let config = match load(cli).await {
        Ok(config) => config,
        Err(code) => return code,
    };
    for warning in &config.warnings {
        log::print(format_args!("warning: {warning}"));
    }
    let strangers: Vec<_> = flags
        .primaries
        .iter()
        .filter(|name| config.primary(name).is_none())
        .collect();
    if !strangers.is_empty() {
        log::print(format_args!(
            "nbu-exporter: no primary of the configuration is called {strangers:?}"
        ));
        return ExitCode::from(REFUSED);
    }
    let options = checkup::Options {
        timeout: flags.timeout,
        show_ca: flags.show_ca,
    };
    let wanted = |primary: &Primary| {
        flags.primaries.is_empty() || flags.primaries.iter().any(|name| **name == *primary.name)
    };
    let primaries = config.primaries.into_iter().filter(wanted);
    let clock = Clock::system();
    let examination = async {
        let report = checkup::check(primaries, options, &clock).await;
        let text = match flags.output {
            Output::Table => report.table(),
            Output::Json => report.json() + "\n",
        };
        // If standard output is closed the exit code has to do.
        let mut stdout = tokio::io::stdout();
        let _ = stdout.write_all(text.as_bytes()).await;
        let _ = stdout.flush().await;
        report.ok
    };
    let mut signals = match Signals::install() {
        Ok(signals) => signals,
        Err(error) => return failed(&error),
    };
    // Also while the report waits for its reader.
    let ok = tokio::select! {
        ok = examination => ok,
        signal = stop(&mut signals) => {
            log::print(format_args!("nbu-exporter: {signal}: the check was not finished"));
            return ExitCode::from(signal.exit_code());
        }
    };
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Waits for the signal that asks for the end.
async fn stop(signals: &mut Signals) -> Signal {
    loop {
        match signals.recv().await {
            Signal::Hangup => {}
            signal => return signal,
        }
    }
}

/// Watches the configured primaries until a signal ends it.
async fn serve(cli: &Cli) -> ExitCode {
    let config = match load(cli).await {
        Ok(config) => config,
        Err(code) => return code,
    };
    // Before anything that takes time, so that no signal is lost.
    let mut signals = match Signals::install() {
        Ok(signals) => signals,
        Err(error) => return failed(&error),
    };
    let clock = Clock::system();
    let verbosity = match start_log(cli, &config, &clock) {
        Ok(verbosity) => verbosity,
        Err(error) => return failed(&error),
    };
    let source = Source::File {
        path: cli.config.file.clone(),
        environment: Environment::process(),
    };
    let binding = App::bind(config, options(cli, source, verbosity, clock));
    // A disk that does not answer may hold it up.
    let bound = tokio::select! {
        bound = binding => bound,
        signal = stop(&mut signals) => {
            info!(%signal, "stopped before it listened");
            return ExitCode::SUCCESS;
        }
    };
    match bound {
        Ok(app) => app.run(signals).await.into(),
        Err(StartError::Web(error)) => refused(&error),
        Err(StartError::Unread(unread)) => unanswered(&unread),
        Err(error) => {
            error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Watches simulated primaries until a signal ends it.
#[cfg(feature = "demo")]
async fn demo(cli: &Cli) -> ExitCode {
    use crate::demo::Demo;

    let signals = match Signals::install() {
        Ok(signals) => signals,
        Err(error) => return failed(&error),
    };
    let demo = match Demo::start().await {
        Ok(demo) => demo,
        Err(error) => return failed(&error),
    };
    let config = match demo.config() {
        Ok(config) => config,
        Err(error) => return refused(&error),
    };
    let clock = Clock::system();
    let verbosity = match start_log(cli, &config, &clock) {
        Ok(verbosity) => verbosity,
        Err(error) => return failed(&error),
    };
    let mut options = options(cli, Source::Fixed, verbosity, clock);
    // Its primaries are others each time.
    options.storage = None;
    let path = options.telemetry_path.clone();
    let app = match App::bind(config, options).await {
        Ok(app) => app,
        Err(StartError::Web(error)) => return refused(&error),
        Err(StartError::Unread(unread)) => return unanswered(&unread),
        Err(error) => return failed(&error),
    };
    if let Some(address) = app.addresses().first() {
        log::print(demo.invitation(*address, &path, app.speaks_tls()));
    }
    let outcome = app.run(signals).await;
    demo.stop().await;
    outcome.into()
}

fn start_log(cli: &Cli, config: &Config, clock: &Clock) -> Result<Verbosity, log::LogError> {
    let level = cli.log.level.or(config.log_level).unwrap_or_default();
    let log = log::init(level, cli.log.format, clock.clone())?;
    info!(
        version = version::VERSION,
        revision = version::REVISION,
        rustc = version::RUSTC,
        platform = version::PLATFORM,
        "starting nbu-exporter"
    );
    Ok(Verbosity {
        log: Some(log),
        flag: cli.log.level,
    })
}

fn options(cli: &Cli, source: Source, verbosity: Verbosity, clock: Clock) -> Options {
    Options {
        listen: cli.web.listen_addresses.clone(),
        telemetry_path: cli.web.telemetry_path.clone(),
        max_requests: cli.web.max_requests,
        lifecycle: cli.web.lifecycle(),
        timeout_offset: cli.web.timeout_offset,
        storage: cli.storage.directory(),
        grace: cli.shutdown.grace,
        source,
        verbosity,
        web_config: cli.web.config_file(),
        clock,
    }
}

fn refused(error: &ConfigError) -> ExitCode {
    log::print(error);
    ExitCode::from(REFUSED)
}

/// A file system that hangs keeps a configuration from being read, as one that refuses does.
fn unanswered(unread: &Unread) -> ExitCode {
    log::print(format_args!("nbu-exporter: {unread}"));
    ExitCode::from(REFUSED)
}

fn failed(error: &dyn Display) -> ExitCode {
    log::print(format_args!("nbu-exporter: {error}"));
    ExitCode::FAILURE
}

//! Log lines on standard error, in logfmt or JSON, with a level that can be changed while running.
//!
//! A line has `ts` (RFC 3339, milliseconds, UTC), `level` and `msg`, then the fields of the spans around it from the
//! outermost to the innermost, then its own; of two with one name the inner one is kept. At level `debug` it also has
//! its `target`. What the values contain cannot break out of the line.
//!
//! Our own crates write at the chosen level. The libraries below write warnings and errors only, at `debug` also
//! informational lines; their debug lines are never written, since they may show what goes over the wire.
//!
//! A log that is not read holds up nothing: lines wait in a bounded queue, those that find it full are [dropped].

mod field;
mod layer;
mod level;
mod line;
mod panics;
mod queue;

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::OnceLock;
use std::time::Duration;

use thiserror::Error;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, reload};

use self::layer::Lines;
pub use self::level::{Format, Level};
use self::line::Form;
use self::queue::Queue;
use crate::clock::Clock;

/// The queue to standard error, once logging has been started.
static QUEUE: OnceLock<Queue> = OnceLock::new();

/// The longest that the end of the process waits for its last lines. On a busy machine the thread that writes them may be late.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Starts logging to standard error for the whole process; panics become lines of the log.
pub fn init(level: Level, format: Format, clock: Clock) -> Result<Handle, LogError> {
    let queue = Queue::default();
    let form = Form::new(format, clock);
    let (subscriber, handle) = over(level, form.clone(), queue.clone());
    subscriber
        .try_init()
        .map_err(|_| LogError::AlreadyStarted)?;
    queue
        .start(io::stderr(), form.clone())
        .map_err(LogError::Thread)?;
    panics::send_to(QUEUE.get_or_init(|| queue).clone(), form);
    Ok(handle)
}

/// Lines dropped since logging was started, because they were not read or could not be written.
pub fn dropped() -> u64 {
    QUEUE.get().map_or(0, Queue::dropped)
}

/// Waits until all lines are written. Blocks; a reader that has stopped holds it up for two seconds and no longer.
pub fn flush() {
    if let Some(queue) = QUEUE.get() {
        queue.flush(LAST_LINES);
    }
}

/// Writes a line for the user to standard error: behind the lines of the log, once logging has been started.
pub(crate) fn print(line: impl Display) {
    let line = format!("{line}\n");
    match QUEUE.get() {
        Some(queue) => queue.send(line.as_bytes()),
        // If standard error is closed the exit code has to do.
        None => drop(io::stderr().write_all(line.as_bytes())),
    }
}

/// What [`init`] installs, writing to `output`: for tests that look at the lines
/// (`tracing::subscriber::with_default`).
pub fn subscriber(
    level: Level,
    format: Format,
    clock: Clock,
    output: impl Write + Send + 'static,
) -> (impl tracing::Subscriber + Send + Sync + 'static, Handle) {
    over(level, Form::new(format, clock), output)
}

fn over(
    level: Level,
    form: Form,
    output: impl Write + Send + 'static,
) -> (impl tracing::Subscriber + Send + Sync + 'static, Handle) {
    let (filter, handle) = reload::Layer::new(targets(level));
    let lines = Lines::new(form, Box::new(output)).with_filter(filter);
    (tracing_subscriber::registry().with(lines), Handle(handle))
}

/// Changes the level of a running log. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Handle(reload::Handle<Targets, Registry>);

impl Handle {
    /// Writes lines of `level` and above from now on.
    pub fn set_level(&self, level: Level) -> Result<(), LogError> {
        self.0.reload(targets(level)).map_err(|_| LogError::Gone)
    }
}

/// Logging could not be started or changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogError {
    /// Something else in the process logs already.
    #[error("logging has been started already")]
    AlreadyStarted,
    /// The thread that writes the lines.
    #[error("cannot start a thread: {0}; raise the limit of tasks for the service or its user")]
    Thread(#[source] io::Error),
    /// The log whose level was to be changed has ended.
    #[error("logging has ended")]
    Gone,
}

fn targets(level: Level) -> Targets {
    let (ours, others) = match level {
        Level::Debug => (LevelFilter::DEBUG, LevelFilter::INFO),
        Level::Info => (LevelFilter::INFO, LevelFilter::WARN),
        Level::Warn => (LevelFilter::WARN, LevelFilter::WARN),
        Level::Error => (LevelFilter::ERROR, LevelFilter::ERROR),
    };
    Targets::new()
        .with_default(others)
        .with_target("nbu_", ours)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use jiff::Timestamp;
    use tracing::{debug, error, info, info_span, warn};

    use super::*;

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(level: Level, format: Format, act: impl FnOnce(&Handle)) -> String {
        let output = Output::default();
        let (clock, hand) = Clock::manual(Timestamp::UNIX_EPOCH);
        hand.advance(Duration::from_micros(1_500_999));
        let (subscriber, handle) = subscriber(level, format, clock, output.clone());
        tracing::subscriber::with_default(subscriber, || act(&handle));
        String::from_utf8(output.0.lock().unwrap().clone()).unwrap()
    }

    fn speak() {
        let outer = info_span!("primary", primary = "paris", attempt = 1);
        let _outer = outer.enter();
        let inner = info_span!("collector", collector = "jobs", attempt = 2);
        let _inner = inner.enter();
        let cause = io::Error::other("no \"route\"\nto host");
        let error = crate::files::FileError::Read {
            path: "/run/key".into(),
            source: cause,
        };
        warn!(
            error = &error as &dyn std::error::Error,
            ratio = 0.5,
            nan = f64::NAN,
            ok = true,
            level = 7,
            "fetch failed"
        );
    }

    #[test]
    fn a_logfmt_line() {
        assert_eq!(
            lines(Level::Info, Format::Logfmt, |_| speak()),
            "ts=1970-01-01T00:00:01.500Z level=warn msg=\"fetch failed\" primary=paris attempt=2 collector=jobs \
             error=\"cannot read /run/key: no \\\"route\\\"\\nto host\" ratio=0.5 nan=NaN ok=true field_level=7\n"
        );
    }

    #[test]
    fn a_json_line() {
        assert_eq!(
            lines(Level::Info, Format::Json, |_| speak()),
            "{\"ts\":\"1970-01-01T00:00:01.500Z\",\"level\":\"warn\",\"msg\":\"fetch failed\",\"primary\":\"paris\",\
             \"attempt\":2,\"collector\":\"jobs\",\"error\":\"cannot read /run/key: no \\\"route\\\"\\nto host\",\
             \"ratio\":0.5,\"nan\":\"NaN\",\"ok\":true,\"field_level\":7}\n"
        );
    }

    #[test]
    fn the_level_can_be_changed_while_running() {
        let text = lines(Level::Error, Format::Logfmt, |handle| {
            warn!("one");
            handle.set_level(Level::Debug).unwrap();
            debug!("two");
            handle.set_level(Level::Info).unwrap();
            debug!("three");
            info!("four");
        });
        let messages: Vec<_> = text
            .lines()
            .map(|line| line.split(' ').nth(2).unwrap())
            .collect();
        assert_eq!(messages, ["msg=two", "msg=four"]);
    }

    #[test]
    fn libraries_are_held_back() {
        let text = lines(Level::Debug, Format::Logfmt, |_| {
            debug!(target: "hyper::proto", "wire");
            info!(target: "hyper::proto", "connected");
            debug!(target: "nbu_client::walk", "page");
        });
        assert!(!text.contains("wire") && text.contains("connected"));
        assert!(text.contains("msg=page target=nbu_client::walk"));
        let text = lines(Level::Info, Format::Logfmt, |_| {
            info!(target: "hyper::proto", "connected");
            error!(target: "hyper::proto", "broken");
        });
        assert!(!text.contains("connected") && text.contains("broken"));
    }
}

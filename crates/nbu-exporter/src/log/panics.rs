//! Panics as lines of the log.
//!
//! The standard library's hook writes to standard error itself, and would wait for a reader that has stopped.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::thread;
use std::time::Duration;

use tracing::Level;

use super::field::{Fields, Value};
use super::line::Form;
use super::queue::Queue;

/// A panic that ends the process at once leaves the writer this long.
const WRITTEN: Duration = Duration::from_millis(100);

/// Sends panics to `queue` from now on, in the whole process.
///
/// Without tracing: a panic may come from within it, while it holds its locks.
pub(super) fn send_to(queue: Queue, form: Form) {
    panic::set_hook(Box::new(move |panic| {
        queue.send(
            form.render(Level::ERROR, module_path!(), fields(panic))
                .as_bytes(),
        );
        queue.flush(WRITTEN);
    }));
}

fn fields(panic: &PanicHookInfo<'_>) -> Fields {
    let mut fields = Fields {
        message: format!("panicked: {}", text(panic.payload())),
        rest: Vec::new(),
    };
    let thread = thread::current();
    let name = thread.name().unwrap_or("unnamed");
    fields.put("thread", Value::Text(name.to_owned()));
    if let Some(location) = panic.location() {
        fields.put("location", Value::Text(location.to_string()));
    }
    // Only with RUST_BACKTRACE.
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        fields.put("backtrace", Value::Text(backtrace.to_string()));
    }
    fields
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a text")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use jiff::Timestamp;

    use super::*;
    use crate::clock::Clock;
    use crate::environment::Environment;
    use crate::log::{self, Format, Level};

    /// Set in the process that panics.
    const CHILD: &str = "NBU_EXPORTER_PANICS";

    const THIS: &str =
        "log::panics::tests::a_panic_is_one_line_of_the_log_with_thread_and_location";

    #[test]
    fn a_panic_is_one_line_of_the_log_with_thread_and_location() {
        // The hook and the log are those of a whole process, so it is one of its own.
        if matches!(Environment::process().variable(CHILD), Ok(Some(_))) {
            let (clock, _hand) = Clock::manual(Timestamp::UNIX_EPOCH);
            log::init(Level::Info, Format::Logfmt, clock).unwrap();
            let worker = thread::Builder::new().name("worker".into());
            let panicking = worker.spawn(|| panic!("as asked\nin two lines"));
            panicking.unwrap().join().unwrap_err();
            log::flush();
            return;
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", THIS, "--nocapture"])
            .env(CHILD, "1")
            .env_remove("RUST_BACKTRACE")
            .env_remove("RUST_LIB_BACKTRACE")
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{told}");
        let begin = r#"ts=1970-01-01T00:00:00.000Z level=error msg="panicked: as asked\nin two lines" thread=worker location="#;
        assert!(told.starts_with(begin), "{told}");
        assert!(told.contains(concat!(file!(), ":")), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }

    #[test]
    fn the_text_of_a_panic_is_kept() {
        assert_eq!(text(&"plain"), "plain");
        assert_eq!(text(&String::from("formatted")), "formatted");
        assert_eq!(text(&7), "without a text");
    }
}

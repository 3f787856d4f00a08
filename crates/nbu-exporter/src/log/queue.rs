//! The queue between the program and standard error, written by a thread of its own.
//!
//! Logging never waits for the reader of the log. A line that finds the queue full, or that cannot be written, is dropped and
//! counted; once lines can be written again, one of them says how many.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::Level;

use super::field::{Fields, Value};
use super::line::Form;

/// The most bytes that wait: some four thousand lines.
const LIMIT: usize = 1 << 20;

/// The name of the thread in the system.
const THREAD: &str = "nbu-log";

/// The sending side. Cloning is cheap; clones are the same queue.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Lines came, or everything was written.
    changed: Condvar,
    /// Since the start.
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// Whole lines.
    waiting: Vec<u8>,
    /// Lines dropped since the writer last took what waits.
    dropped: u64,
    /// The writer writes what it took.
    writing: bool,
}

impl State {
    fn is_written(&self) -> bool {
        self.waiting.is_empty() && self.dropped == 0 && !self.writing
    }
}

impl Queue {
    /// Starts the thread that writes to `output`. Lines of its own have this form.
    pub(super) fn start(&self, output: impl Write + Send + 'static, form: Form) -> io::Result<()> {
        let queue = self.clone();
        let thread = thread::Builder::new().name(THREAD.into());
        // It goes on as long as the process: while it writes to a reader that has stopped it cannot be ended.
        thread.spawn(move || queue.write(output, &form)).map(drop)
    }

    /// Takes a line, with its end, or drops it. Never waits for the reader.
    pub(super) fn send(&self, line: &[u8]) {
        let mut state = self.state();
        let was_written = state.is_written();
        if state.waiting.is_empty() || state.waiting.len() + line.len() <= LIMIT {
            state.waiting.extend_from_slice(line);
        } else {
            state.dropped += 1;
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if was_written {
            self.0.changed.notify_all();
        }
    }

    /// Lines dropped since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything is written, but no longer than this.
    pub(super) fn flush(&self, longest: Duration) {
        let unwritten = |state: &mut State| !state.is_written();
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.state(), longest, unwritten);
        drop(waited);
    }

    fn write(&self, mut output: impl Write, form: &Form) {
        let mut lines = Vec::new();
        let mut untold = 0;
        loop {
            untold += self.take(&mut lines);
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                // There is nowhere left to report that standard error is gone.
                if output.write_all(line).is_err() {
                    untold += 1;
                    self.0.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
            if untold > 0 && output.write_all(gap(form, untold).as_bytes()).is_ok() {
                untold = 0;
            }
            self.written();
        }
    }

    /// Waits for lines and takes all of them; returns how many were dropped since the last time.
    fn take(&self, lines: &mut Vec<u8>) -> u64 {
        lines.clear();
        let idle = |state: &mut State| state.waiting.is_empty() && state.dropped == 0;
        let mut state = self
            .0
            .changed
            .wait_while(self.state(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        state.writing = true;
        // The two buffers change places: neither is made anew for each line.
        std::mem::swap(&mut state.waiting, lines);
        std::mem::take(&mut state.dropped)
    }

    fn written(&self) {
        self.state().writing = false;
        self.0.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Queue {
    /// Takes `line` whole.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.send(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The line that stands for those that are missing.
fn gap(form: &Form, lines: u64) -> String {
    let mut fields = Fields {
        message: "lines of the log were dropped: it was not read, or could not be written".into(),
        rest: Vec::new(),
    };
    fields.put("lines", Value::Literal(lines.to_string()));
    form.render(Level::WARN, module_path!(), fields)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    use jiff::Timestamp;

    use super::*;
    use crate::clock::Clock;
    use crate::log::Format;

    /// Long enough for the slowest machine.
    const HANG: Duration = Duration::from_secs(60);

    /// A reader that takes a line only when the test does.
    struct Pipe(SyncSender<String>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let line = String::from_utf8(bytes.to_vec()).unwrap();
            self.0.send(line).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn form(format: Format) -> Form {
        Form::new(format, Clock::manual(Timestamp::UNIX_EPOCH).0)
    }

    fn started() -> (Queue, Receiver<String>) {
        let (sender, lines) = sync_channel(0);
        let queue = Queue::default();
        queue.start(Pipe(sender), form(Format::Json)).unwrap();
        (queue, lines)
    }

    #[test]
    fn lines_are_written_in_their_order_each_by_itself() {
        let (queue, lines) = started();
        for number in 0..100 {
            queue.send(format!("{number}\n").as_bytes());
        }
        for number in 0..100 {
            assert_eq!(lines.recv().unwrap(), format!("{number}\n"));
        }
        queue.flush(HANG);
        assert_eq!((queue.dropped(), queue.state().is_written()), (0, true));
    }

    #[test]
    fn a_reader_that_stops_holds_up_no_line_and_is_told_how_many_it_missed() {
        let (queue, lines) = started();
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        queue.send(b"first\n");
        assert_eq!(lines.recv().unwrap(), "first\n");
        queue.flush(HANG);
        // Taken by the writer, which waits for the reader from here on.
        queue.send(b"second\n");
        while !queue.state().waiting.is_empty() {
            thread::yield_now();
        }
        for _ in 0..1024 + 7 {
            queue.send(&line);
        }
        assert_eq!(queue.dropped(), 7);
        // As at the end of the process: it does not wait for ever.
        queue.flush(Duration::from_millis(1));
        assert!(!queue.state().is_written());

        assert_eq!(lines.recv().unwrap(), "second\n");
        for _ in 0..1024 {
            assert_eq!(lines.recv().unwrap().len(), line.len());
        }
        let told: serde_json::Value = serde_json::from_str(&lines.recv().unwrap()).unwrap();
        assert_eq!(
            (&told["level"], &told["lines"]),
            (&"warn".into(), &7.into())
        );
        queue.send(b"last\n");
        assert_eq!(lines.recv().unwrap(), "last\n", "told once");
        assert_eq!(queue.dropped(), 7);
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let (queue, lines) = started();
        drop(lines);
        for _ in 0..3 {
            queue.send(b"lost\n");
        }
        queue.flush(HANG);
        assert_eq!((queue.dropped(), queue.state().is_written()), (3, true));
    }

    #[test]
    fn a_line_larger_than_the_queue_is_not_lost_for_that() {
        let (queue, lines) = started();
        queue.send(&[&vec![b'x'; LIMIT][..], b"\n"].concat());
        assert_eq!(lines.recv().unwrap().len(), LIMIT + 1);
    }
}

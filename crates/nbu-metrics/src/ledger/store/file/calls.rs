//! The calls of a database, one after another on one blocking thread: a disk that does not answer costs one thread, however often
//! it is asked. The queue grows by one small closure with each attempt until it answers; those of which nobody awaits the answer any
//! more are then gone through at once.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

type Call = Box<dyn FnOnce() + Send>;

/// Calls that wait. Clones are the same queue.
#[derive(Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    calls: VecDeque<Call>,
    /// A thread works on them, and will find those that are added.
    running: bool,
}

impl Calls {
    /// Makes the call after those before it, on a blocking thread that ends once no call waits. Does not block.
    pub(super) fn add(&self, runtime: &Handle, call: impl FnOnce() + Send + 'static) {
        let mut waiting = self.waiting();
        waiting.calls.push_back(Box::new(call));
        if !std::mem::replace(&mut waiting.running, true) {
            let calls = self.clone();
            drop(runtime.spawn_blocking(move || calls.run()));
        }
    }

    fn run(&self) {
        while let Some(call) = self.next() {
            // The one that waits for its answer finds that there is none. What it said stands in the log.
            let _ = catch_unwind(AssertUnwindSafe(call));
        }
    }

    fn next(&self) -> Option<Call> {
        let mut waiting = self.waiting();
        let next = waiting.calls.pop_front();
        waiting.running = next.is_some();
        next
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Calls")
            .field(&self.waiting().calls.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_call_that_hangs_costs_one_thread_and_the_others_follow_in_their_order() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(2)
            .build()
            .unwrap();
        let calls = Calls::default();
        let (begun, is_running) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let (done, made) = mpsc::channel();
        calls.add(runtime.handle(), move || {
            begun.send(()).unwrap();
            let _ = held.recv();
        });
        is_running.recv().unwrap();
        for number in 0..100 {
            let done = done.clone();
            calls.add(runtime.handle(), move || {
                let _ = done.send((number, thread::current().id()));
            });
        }
        // The second thread is free for others.
        let (answer, answered) = mpsc::channel();
        drop(runtime.spawn_blocking(move || answer.send(())));
        assert_eq!(answered.recv_timeout(Duration::from_secs(60)), Ok(()));
        assert!(made.try_recv().is_err(), "they wait for the first");
        drop((release, done));
        let made: Vec<_> = made.iter().collect();
        assert!(made.iter().map(|(number, _)| *number).eq(0..100));
        let threads: HashSet<_> = made.iter().map(|(_, thread)| *thread).collect();
        assert_eq!(threads.len(), 1);
    }

    #[tokio::test]
    async fn a_call_that_panics_does_not_end_the_others() {
        let calls = Calls::default();
        let (done, made) = mpsc::channel();
        calls.add(&Handle::current(), || panic!("as asked"));
        calls.add(&Handle::current(), move || done.send(()).unwrap());
        assert_eq!(made.recv(), Ok(()));
    }
}

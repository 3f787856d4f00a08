//! The threads, and what each of them is for.
//!
//! Next to everything here waits for a network, so one thread **collects**, for all primaries: a page goes from its socket to
//! the counters without being handed from thread to thread, which would cost about as much as decoding it. Another one
//! **serves**: no scrape waits for a page of jobs or for what a primary publishes, and no primary waits for a scrape. The
//! program's **first** thread renders the pages. What blocks (files, the state, passwords) has threads that come and go.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long a thread for what blocks is kept for more of it. While it lives it keeps the memory it worked in, and to begin
/// another takes less than a tenth of a millisecond.
const IDLE: Duration = Duration::from_millis(200);

/// The thread that collects, and runs whatever else has none of its own.
pub(crate) fn collecting() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name("nbu-collect");
    build(builder)
}

/// The thread that serves. It ends when this is dropped, and with it what was spawned on it.
#[derive(Debug)]
pub(crate) struct Serving {
    runtime: Handle,
    _end: oneshot::Sender<Infallible>,
}

impl Serving {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = build(Builder::new_current_thread())?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let serve = move || {
            // It never comes: the other side is dropped.
            let _: Result<Infallible, _> = runtime.block_on(ended);
            runtime.shutdown_background();
        };
        thread::Builder::new()
            .name("nbu-serve".into())
            .spawn(serve)?;
        Ok(Self {
            runtime: handle,
            _end: end,
        })
    }

    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(task)
    }

    /// Runs it here, but what it opens belongs to that thread: which waits for its connections then.
    pub(crate) async fn within<T>(&self, task: impl Future<Output = T>) -> T {
        let mut task = pin!(task);
        poll_fn(|context| {
            let _inside = self.runtime.enter();
            task.as_mut().poll(context)
        })
        .await
    }
}

fn build(mut builder: Builder) -> io::Result<Runtime> {
    builder.enable_all().thread_keep_alive(IDLE).build()
}

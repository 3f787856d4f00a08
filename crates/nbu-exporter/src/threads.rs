//! The threads that go on for as long as the program does, beside its first one, which renders the pages.
//!
//! One **collects**, for all primaries, one **serves**, and one writes the log ([`log`](crate::log)). What blocks (files, the
//! state, passwords) has threads of either side that come and go. Why it is so, and what it saves, is in ARCHITECTURE.md.

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

/// The threads of this side have this name in the system.
const COLLECT: &str = "nbu-collect";

/// Likewise.
const SERVE: &str = "nbu-serve";

/// The thread that collects, and runs whatever else has none of its own.
pub(crate) fn collecting() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name(COLLECT);
    build(builder)
}

/// The thread that serves. It ends when this is dropped, and with it what was spawned on it.
#[derive(Debug)]
pub(crate) struct ServingThread {
    runtime: Handle,
    _end: oneshot::Sender<Infallible>,
}

impl ServingThread {
    pub(crate) async fn start() -> io::Result<Self> {
        let (started, starts) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        // The runtime is made there, and never leaves: one must not be dropped within another.
        thread::Builder::new()
            .name(SERVE.into())
            .spawn(move || run(started, ended))?;
        let started = starts.await.map_err(io::Error::other)?;
        Ok(Self {
            runtime: started?,
            _end: end,
        })
    }

    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.runtime.spawn(task)
    }

    /// The runtime that watches its sockets and timers.
    pub(crate) fn runtime(&self) -> Handle {
        self.runtime.clone()
    }
}

/// Polls `task` on the calling thread, but as if it were on the thread of `runtime`: sockets and timers that it makes are watched
/// from there, and what it spawns runs there.
pub(crate) async fn within<T>(runtime: &Handle, task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    poll_fn(|context| {
        let _inside = runtime.enter();
        task.as_mut().poll(context)
    })
    .await
}

/// Runs what is spawned until the other side of `ended` is dropped.
fn run(started: oneshot::Sender<io::Result<Handle>>, ended: oneshot::Receiver<Infallible>) {
    let mut builder = Builder::new_current_thread();
    builder.thread_name(SERVE);
    let runtime = match build(builder) {
        Ok(runtime) => runtime,
        Err(error) => {
            // Whoever waited for it has gone: nobody to tell.
            let _ = started.send(Err(error));
            return;
        }
    };
    if started.send(Ok(runtime.handle().clone())).is_ok() {
        let _: Result<Infallible, _> = runtime.block_on(ended);
    }
    runtime.shutdown_background();
}

fn build(mut builder: Builder) -> io::Result<Runtime> {
    builder.enable_all().thread_keep_alive(IDLE).build()
}

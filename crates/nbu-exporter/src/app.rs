//! The application: [bound](App::bind) to its addresses, then [run](App::run) to its [`Outcome`].
//!
//! The way down has one order and one deadline: listeners close, scrapes that run finish, no collection starts any more,
//! every client closes (all at the same time), and what is still in flight at the deadline is cut off and named in the log.
//! A collection that is on its way at that moment makes no further request; the request on the wire may complete, and what
//! it brought is kept.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, timeout};
use tracing::{debug, error, info, warn};

use crate::board::Board;
use crate::cli::ListenAddress;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::encoder::{Encoder, Page};
use crate::heartbeat::{Health, Heartbeat};
use crate::patient::{Patient, Unread};
use crate::readiness::Readiness;
use crate::reload::{self, Record, Reload, Reloader, Source, Verbosity};
use crate::shutdown::{Action, Outcome, Phase, Signal, Signals};
use crate::storage::Storage;
use crate::supervisor::Supervisor;
use crate::threads::{ServingThread, within};
use crate::web::{self, Guard, Live, Opened, Own, Patience, Scrapes, Site, Stage};

pub use crate::storage::StorageError;
pub use crate::web::bind::BindError;

/// What the application needs besides its configuration.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen.
    pub listen: Vec<ListenAddress>,
    /// The path of the metrics; begins with `/`.
    pub telemetry_path: String,
    /// Scrapes answered at the same time; 0 for any number.
    pub max_requests: usize,
    /// Whether `/-/reload` obeys.
    pub lifecycle: bool,
    /// What is taken off the scrape timeout that a client announces.
    pub timeout_offset: Duration,
    /// The directory in which the state of the jobs is kept; `None` keeps it in memory.
    pub storage: Option<PathBuf>,
    /// The longest time from the signal to the end.
    pub grace: Duration,
    /// Where a reload finds the configuration.
    pub source: Source,
    /// Who decides how much is logged.
    pub verbosity: Verbosity,
    /// The file that says who may connect and how (`--web.config.file`); `None` for plain HTTP without passwords.
    pub web_config: Option<PathBuf>,
    /// Wall time.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            telemetry_path: "/metrics".into(),
            max_requests: 40,
            lifecycle: false,
            timeout_offset: Duration::from_millis(500),
            storage: None,
            grace: Duration::from_secs(30),
            source: Source::Fixed,
            verbosity: Verbosity::default(),
            web_config: None,
            clock: Clock::system(),
        }
    }
}

/// The application, listening but not yet answering: the thread that will serve is there, nothing else has been started.
#[derive(Debug)]
pub struct App {
    serving: ServingThread,
    listeners: Vec<TcpListener>,
    storage: Storage,
    config: Config,
    web: Opened,
    options: Options,
}

/// What the application needs and cannot have.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The web configuration; the text has every problem, one per line.
    #[error(transparent)]
    Web(ConfigError),
    /// An address.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The directory for its state.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The files of the web configuration: their file system does not answer.
    #[error(transparent)]
    Unread(#[from] Unread),
    /// A thread, or what it needs of the system.
    #[error(
        "cannot start a thread: {0}; raise the limits of tasks and of open files for the service or its user"
    )]
    Thread(#[source] io::Error),
}

impl App {
    /// Listens on the addresses of `options` and makes the storage directory its own. Call it inside the runtime, which is to
    /// collect; what serves gets a thread of its own, until the application has ended or is dropped.
    pub async fn bind(config: Config, options: Options) -> Result<App, StartError> {
        let path = options.web_config.clone();
        let web = Patient::default().read(|| Opened::read(path)).await?;
        let web = web.map_err(StartError::Web)?;
        let serving = ServingThread::start().await.map_err(StartError::Thread)?;
        let listeners = within(&serving.runtime(), web::bind::bind(&options.listen)).await?;
        let storage = Storage::claim(options.storage.clone()).await?;
        Ok(App {
            serving,
            listeners,
            storage,
            config,
            web,
            options,
        })
    }

    /// The addresses it listens on, with the ports that the system chose.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }

    /// Whether it speaks TLS there.
    pub fn speaks_tls(&self) -> bool {
        self.web.speaks_tls()
    }

    /// Watches the primaries and serves their metrics until a signal asks for the end. Who asks is answered whatever the runtime
    /// is busy with.
    ///
    /// Renders the pages on the thread that polls it, which blocks that one for up to tenths of a second: give it one of its
    /// own, as [`Runtime::block_on`](tokio::runtime::Runtime::block_on) does.
    pub async fn run(self, signals: Signals) -> Outcome {
        for address in self.addresses() {
            info!(%address, path = self.options.telemetry_path, tls = self.speaks_tls(), "listening");
        }
        if self.options.storage.is_none() {
            info!(
                "the state of the jobs is kept in memory: after a restart their counters begin at 0"
            );
        }
        let serving = self.serving.runtime();
        let (running, encoder, heartbeat) = self.start();
        // Whatever happens to the thread that collects: pages age, and signals are obeyed.
        within(&serving, async {
            tokio::select! {
                outcome = running.until_stopped(signals) => outcome,
                // A scrape that came before the end may still wait for its page, so it renders until then.
                never = encoder.run() => match never {},
                never = heartbeat.beat() => match never {},
            }
        })
        .await
    }

    fn start(self) -> (Running, Encoder<Page>, Heartbeat) {
        let App {
            serving,
            listeners,
            storage,
            config,
            web,
            options,
        } = self;
        let board = Board::default();
        let supervisor = Arc::new(Supervisor::new(
            board.clone(),
            options.clock.clone(),
            storage,
        ));
        reload::warn_about(&config);
        options.verbosity.apply(config.log_level);
        supervisor.apply(&config.primaries);

        let (readiness, watcher) = Readiness::new();
        let (encoder, pages) = Encoder::new(board.reader(), Page::renderer());
        let (reload, requests) = reload::queue();
        let record = Arc::new(Record::new(
            options.clock.now(),
            config.metrics.counter_birth,
        ));
        let live = Arc::new(Live::new(web, Arc::clone(&record), options.clock.clone()));
        let guard = Arc::new(Guard::new(Arc::clone(&live), config.auth_exempt));
        let reloader = Reloader {
            source: options.source.clone(),
            supervisor: Arc::clone(&supervisor),
            record: Arc::clone(&record),
            clock: options.clock.clone(),
            verbosity: options.verbosity.clone(),
            live: Arc::clone(&live),
            guard: Arc::clone(&guard),
        };
        let mut health = Health::new(options.clock.clone());
        let rendering = health.add("renders the pages");
        let collecting = tokio::spawn(health.add("collects").beat()).abort_handle();
        let health = Arc::new(health);
        serving.spawn(Arc::clone(&health).watch());
        let site = Site {
            telemetry_path: options.telemetry_path.clone(),
            timeout_offset: options.timeout_offset,
            scrapes: Scrapes::new(options.max_requests),
            pages,
            board: board.reader(),
            own: Own::new(record),
            health,
            readiness,
            reload: reload.clone(),
            lifecycle: options.lifecycle,
        };
        let (stage, stages) = watch::channel(Stage::Serving);
        let poll = serving.spawn(Arc::clone(&live).poll()).abort_handle();
        let server = web::serve(
            listeners,
            web::router(Arc::new(site), guard),
            live,
            Patience::default(),
            stages,
        );
        let running = Running {
            reload,
            supervisor,
            stage,
            grace: options.grace,
            server: serving.spawn(server),
            _serving: serving,
            reloader: detached(reloader.run(requests)),
            watcher: detached(watcher.watch(board.reader())),
            collecting,
            poll,
        };
        (running, encoder, rendering)
    }
}

fn detached(task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
    tokio::spawn(task).abort_handle()
}

/// Waits for the signal that aborts a stop.
async fn aborted(signals: &mut Signals, mut phase: Phase) -> Signal {
    loop {
        let signal = signals.recv().await;
        let (next, action) = phase.observe(signal, Instant::now());
        phase = next;
        if let Action::Abort(signal) = action {
            return signal;
        }
        debug!(%signal, "already stopping");
    }
}

/// Everything that runs. Dropping it ends its tasks.
struct Running {
    reload: Reload,
    supervisor: Arc<Supervisor>,
    stage: watch::Sender<Stage>,
    grace: Duration,
    server: JoinHandle<usize>,
    _serving: ServingThread,
    reloader: AbortHandle,
    watcher: AbortHandle,
    /// The heartbeat of the thread that collects.
    collecting: AbortHandle,
    poll: AbortHandle,
}

/// How long after the deadline the tasks that were cut off get to notice it.
const CUT: Duration = Duration::from_millis(100);

impl Running {
    async fn until_stopped(self, mut signals: Signals) -> Outcome {
        let mut phase = Phase::default();
        loop {
            let signal = signals.recv().await;
            let (next, action) = phase.observe(signal, Instant::now());
            phase = next;
            match action {
                Action::Reload => self.reload.trigger(),
                Action::Ignore => {}
                Action::Stop => {
                    info!(%signal, grace = ?self.grace, "stopping");
                    break;
                }
                Action::Abort(signal) => return Outcome::Aborted(signal),
            }
        }
        tokio::select! {
            outcome = self.stop() => outcome,
            signal = aborted(&mut signals, phase) => {
                warn!(%signal, "aborted");
                Outcome::Aborted(signal)
            }
        }
    }

    async fn stop(mut self) -> Outcome {
        let began = Instant::now();
        let deadline = began + self.grace;
        // First of all: a reload under way would start primaries.
        self.reloader.abort();
        self.stage.send_replace(Stage::Draining);
        let (remains, responses) = tokio::join!(
            self.supervisor.stop(deadline),
            drain(&mut self.server, &self.stage, deadline)
        );
        for remains in &remains {
            error!(
                primary = %remains.primary,
                in_flight = remains.in_flight,
                endpoints = remains.endpoints,
                "cut off at the end of the grace period"
            );
        }
        if responses > 0 {
            error!(
                responses,
                "clients had not read their responses at the end of the grace period"
            );
        }
        info!(took = ?began.elapsed(), "stopped");
        if remains.is_empty() && responses == 0 {
            Outcome::Clean
        } else {
            Outcome::Cut
        }
    }
}

/// The number of responses that were not finished at the deadline.
async fn drain(
    server: &mut JoinHandle<usize>,
    stage: &watch::Sender<Stage>,
    deadline: Instant,
) -> usize {
    if let Ok(drained) = tokio::time::timeout_at(deadline, &mut *server).await {
        return drained.unwrap_or_default();
    }
    stage.send_replace(Stage::Cutting);
    // A server that does not even notice has at least the one response that blocks it.
    timeout(CUT, server)
        .await
        .map_or(1, Result::unwrap_or_default)
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
        self.reloader.abort();
        self.watcher.abort();
        self.collecting.abort();
        self.poll.abort();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::shutdown::REPEATED;

    #[tokio::test(start_paused = true)]
    async fn the_first_signal_again_and_a_reload_do_not_abort_a_stop_and_a_later_one_does() {
        let (sender, mut signals) = Signals::channel();
        let phase = Phase::Stopping {
            since: Instant::now(),
        };
        sender.send(Signal::Terminate).await.unwrap();
        sender.send(Signal::Hangup).await.unwrap();
        let mut stopping = Box::pin(aborted(&mut signals, phase));
        let none_yet = timeout(REPEATED / 2, &mut stopping);
        assert!(none_yet.await.is_err());
        advance(REPEATED).await;
        sender.send(Signal::Interrupt).await.unwrap();
        assert_eq!(stopping.await, Signal::Interrupt);
    }
}

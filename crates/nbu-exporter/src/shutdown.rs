//! Signals and their meaning: the first one asks for a clean stop, another one at least [`REPEATED`] later ends the process at once.
//!
//! The meaning is a pure state machine ([`Phase::observe`]); only [`Signals::install`] touches the operating system, so that
//! tests and the demo drive an [`App`](crate::App) through [`Signals::channel`] and never raise a real signal.

use std::fmt;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

/// A request to stop that comes so soon after the first one is the same one, delivered twice: by a wrapper and by the group.
pub const REPEATED: Duration = Duration::from_secs(1);

/// A signal this process listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, or Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: read the configuration again.
    Hangup,
}

impl Signal {
    /// The exit code by which a shell recognises a process ended by this signal: 128 plus the signal's number.
    pub const fn exit_code(self) -> u8 {
        match self {
            Signal::Hangup => 129,
            Signal::Interrupt => 130,
            Signal::Terminate => 143,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
            Signal::Hangup => "SIGHUP",
        })
    }
}

/// Where the process stands towards its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Nobody asked for a stop.
    #[default]
    Running,
    /// A stop is under way; a new request to stop aborts it.
    Stopping {
        /// When it was asked for.
        since: Instant,
    },
}

/// What to do about a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Begin the clean stop.
    Stop,
    /// Read the configuration again.
    Reload,
    /// End now, without waiting for anything.
    Abort(Signal),
    /// Nothing: the stop has begun, and there is no point in reloading meanwhile.
    Ignore,
}

impl Phase {
    /// The phase after `signal`, which came at `now`, and what is to be done.
    #[must_use]
    pub fn observe(self, signal: Signal, now: Instant) -> (Phase, Action) {
        match (self, signal) {
            (Phase::Running, Signal::Hangup) => (self, Action::Reload),
            (Phase::Running, Signal::Interrupt | Signal::Terminate) => {
                (Phase::Stopping { since: now }, Action::Stop)
            }
            (Phase::Stopping { since }, Signal::Interrupt | Signal::Terminate)
                if now.saturating_duration_since(since) >= REPEATED =>
            {
                (self, Action::Abort(signal))
            }
            (Phase::Stopping { .. }, _) => (self, Action::Ignore),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// Everything in flight ended within the grace period: exit code 0.
    Clean,
    /// The grace period ended first: exit code 1. What was cut off has been logged, one line per primary.
    Cut,
    /// Another signal ended the process: exit code 130 or 143.
    Aborted(Signal),
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        match outcome {
            Outcome::Clean => ExitCode::SUCCESS,
            Outcome::Cut => ExitCode::FAILURE,
            Outcome::Aborted(signal) => ExitCode::from(signal.exit_code()),
        }
    }
}

/// The signals as they arrive.
#[derive(Debug)]
pub struct Signals {
    arrivals: mpsc::Receiver<Signal>,
    // Kept so that `recv` waits for ever rather than ending when every other sender is gone.
    _sender: mpsc::Sender<Signal>,
    #[cfg(unix)]
    system: Option<System>,
}

/// More signals than this that wait say nothing new.
const BACKLOG: usize = 16;

impl Signals {
    /// Listens to SIGINT, SIGTERM and SIGHUP from now on (elsewhere than on Unix: to Ctrl-C).
    ///
    /// Call it inside the runtime, before anything that may take time, so that no signal is lost.
    pub fn install() -> io::Result<Signals> {
        let (_, signals) = Signals::channel();
        signals.listening()
    }

    /// Signals that arrive only through the sender.
    pub fn channel() -> (mpsc::Sender<Signal>, Signals) {
        let (sender, arrivals) = mpsc::channel(BACKLOG);
        (
            sender.clone(),
            Signals {
                arrivals,
                _sender: sender,
                #[cfg(unix)]
                system: None,
            },
        )
    }

    /// Waits for the next signal. Safe to drop at any time: no signal is lost.
    pub async fn recv(&mut self) -> Signal {
        #[cfg(unix)]
        if let Some(system) = &mut self.system {
            return system.recv().await;
        }
        match self.arrivals.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }

    #[cfg(unix)]
    fn listening(self) -> io::Result<Signals> {
        Ok(Signals {
            system: Some(System::install()?),
            ..self
        })
    }

    #[cfg(not(unix))]
    fn listening(self) -> io::Result<Signals> {
        let sender = self._sender.clone();
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if sender.send(Signal::Interrupt).await.is_err() {
                    return;
                }
            }
        });
        Ok(self)
    }
}

/// The signals of the operating system. No task passes them on: each runtime of the process wakes the receiver, also while
/// the thread of another one stands still.
#[cfg(unix)]
#[derive(Debug)]
struct System {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl System {
    fn install() -> io::Result<System> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(System {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn recv(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = self.hangup.recv() => Signal::Hangup,
            else => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const TO_STOP: [Signal; 2] = [Signal::Interrupt, Signal::Terminate];

    #[tokio::test(start_paused = true)]
    async fn a_second_request_to_stop_aborts_with_its_own_code_unless_it_is_the_first_one_again() {
        for first in TO_STOP {
            for second in TO_STOP {
                let (phase, action) = Phase::default().observe(first, Instant::now());
                assert_eq!(action, Action::Stop);
                for wait in [0, 400, 599] {
                    advance(Duration::from_millis(wait)).await;
                    assert_eq!(
                        phase.observe(second, Instant::now()),
                        (phase, Action::Ignore)
                    );
                }
                advance(Duration::from_millis(1)).await;
                assert_eq!(
                    phase.observe(second, Instant::now()),
                    (phase, Action::Abort(second))
                );
            }
        }
        assert_eq!(Signal::Interrupt.exit_code(), 130);
        assert_eq!(Signal::Terminate.exit_code(), 143);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hangup_reloads_while_running_and_neither_starts_nor_aborts_a_stop() {
        assert_eq!(
            Phase::Running.observe(Signal::Hangup, Instant::now()),
            (Phase::Running, Action::Reload)
        );
        let (stopping, _) = Phase::Running.observe(Signal::Terminate, Instant::now());
        advance(2 * REPEATED).await;
        assert_eq!(
            stopping.observe(Signal::Hangup, Instant::now()),
            (stopping, Action::Ignore)
        );
    }
}

//! What a signal means: the first one asks for a clean stop, the second one ends the process at once.
//!
//! The meaning is a pure state machine ([`Phase::observe`]); only [`Signals::install`] touches the operating system, so that
//! tests and the demo drive an [`App`](crate::App) through [`Signals::channel`] and never raise a real signal.

use std::fmt;
use std::io;
use std::process::ExitCode;

use tokio::sync::mpsc;

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
    /// A stop is under way; the next request to stop aborts it.
    Stopping,
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
    /// Nothing: there is no point in reloading while stopping.
    Ignore,
}

impl Phase {
    /// The phase after `signal`, and what is to be done.
    #[must_use]
    pub const fn observe(self, signal: Signal) -> (Phase, Action) {
        match (self, signal) {
            (Phase::Running, Signal::Hangup) => (Phase::Running, Action::Reload),
            (Phase::Running, Signal::Interrupt | Signal::Terminate) => {
                (Phase::Stopping, Action::Stop)
            }
            (Phase::Stopping, Signal::Hangup) => (Phase::Stopping, Action::Ignore),
            (Phase::Stopping, Signal::Interrupt | Signal::Terminate) => {
                (Phase::Stopping, Action::Abort(signal))
            }
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
    /// A second signal ended the process: exit code 130 or 143.
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
}

/// More signals than this that nobody has looked at yet say nothing new.
const BACKLOG: usize = 16;

impl Signals {
    /// Listens to SIGINT, SIGTERM and SIGHUP from now on (elsewhere than on Unix: to Ctrl-C).
    ///
    /// Call it inside the runtime, before anything that may take time, so that no signal is lost.
    pub fn install() -> io::Result<Signals> {
        let (sender, signals) = Signals::channel();
        listen(&sender)?;
        Ok(signals)
    }

    /// Signals that arrive only through the sender.
    pub fn channel() -> (mpsc::Sender<Signal>, Signals) {
        let (sender, arrivals) = mpsc::channel(BACKLOG);
        (
            sender.clone(),
            Signals {
                arrivals,
                _sender: sender,
            },
        )
    }

    /// Waits for the next signal. Safe to drop at any time: no signal is lost.
    pub async fn recv(&mut self) -> Signal {
        match self.arrivals.recv().await {
            Some(signal) => signal,
            None => std::future::pending().await,
        }
    }
}

#[cfg(unix)]
fn listen(sender: &mpsc::Sender<Signal>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    for (kind, meaning) in [
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::terminate(), Signal::Terminate),
        (SignalKind::hangup(), Signal::Hangup),
    ] {
        let mut stream = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if sender.send(meaning).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn listen(sender: &mpsc::Sender<Signal>) -> io::Result<()> {
    let sender = sender.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if sender.send(Signal::Interrupt).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_request_to_stop_stops_and_the_second_aborts_with_its_own_code() {
        for first in [Signal::Interrupt, Signal::Terminate] {
            for second in [Signal::Interrupt, Signal::Terminate] {
                let (phase, action) = Phase::default().observe(first);
                assert_eq!((phase, action), (Phase::Stopping, Action::Stop));
                assert_eq!(
                    phase.observe(second),
                    (Phase::Stopping, Action::Abort(second))
                );
            }
        }
        assert_eq!(Signal::Interrupt.exit_code(), 130);
        assert_eq!(Signal::Terminate.exit_code(), 143);
    }

    #[test]
    fn a_hangup_reloads_while_running_and_neither_starts_nor_aborts_a_stop() {
        assert_eq!(
            Phase::Running.observe(Signal::Hangup),
            (Phase::Running, Action::Reload)
        );
        assert_eq!(
            Phase::Stopping.observe(Signal::Hangup),
            (Phase::Stopping, Action::Ignore)
        );
    }
}

//! Jobs: those under way as gauges, the finished ones into the ledger.
//!
//! One run does one of two things, so that neither waits for the other and each has the deadline to itself:
//!
//! * the *live* walk, over what is not finished: when a new interval begins;
//! * the *finished* walk, over one slice of what has finished: in the run after that, and again while slices are due.
//!
//! They take turns also when one of them fails or is dropped at its deadline. Finished jobs that are counted while the live
//! ones cannot be read are no success: the run tells why, and the old gauges go when they are too old.

mod cursors;
mod finished;
mod live;
mod pages;
mod shares;
mod span;
mod turn;

use std::time::Duration;

use jiff::Timestamp;
use nbu_api::Endpoint;
use nbu_api::endpoint::{JOBS, PING};

use crate::collector::{CollectError, CollectFuture, Collected, Collector, Context, State};
use crate::ledger::JobsSettings;
use crate::samples::Samples;

use finished::Manner;
use turn::{LiveFailure, Turn, Work};

/// Collects the families of `catalogue::jobs`.
#[derive(Clone, Copy, Debug)]
pub struct Jobs;

/// What a run leaves for the next.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// The gauges of the last live walk.
    live: Samples,
    /// When that ended, in wall time.
    live_at: Option<Timestamp>,
    turn: Turn,
    /// How this primary lets finished jobs be read.
    manner: Manner,
}

impl Collector for Jobs {
    fn name(&self) -> &'static str {
        "jobs"
    }

    fn default_interval(&self) -> Duration {
        JobsSettings::default().interval
    }

    fn counts(&self) -> bool {
        true
    }

    fn endpoints(&self) -> &'static [&'static Endpoint] {
        &[&PING, &JOBS]
    }

    fn collect<'a>(&'a self, context: Context<'a>, state: &'a State) -> CollectFuture<'a> {
        let memory = state
            .read_or_default::<Memory>()
            .cloned()
            .unwrap_or_default();
        Box::pin(collect(context, memory))
    }
}

async fn collect(context: Context<'_>, mut memory: Memory) -> Result<Collected, CollectError> {
    let settings = context.ledger.settings();
    let ping = context.client.ping().await?;
    let clock = ping.clock.ok_or(CollectError::NoClock)?;
    let more = match memory.turn.take((context.clock)(), settings.interval) {
        Work::Live => {
            let read = live::collect(context, clock, settings.stalled_after).await;
            memory.live = read.inspect_err(|error| memory.turn.live_failed(error.into()))?;
            let now = (context.clock)();
            memory.live_at = Some(now);
            memory.turn.live_succeeded(now);
            true
        }
        Work::Finished => {
            let walked = finished::collect(context, clock, &memory.manner).await?;
            memory.manner = walked.manner;
            walked.more
                || memory
                    .turn
                    .is_live_due((context.clock)(), settings.interval)
        }
    };
    Ok(Collected {
        samples: memory.shown((context.clock)(), settings.interval),
        refused: memory
            .turn
            .live_failure()
            .map(|LiveFailure { reason, error }| CollectError::LiveJobs {
                reason,
                source: error.map(Box::new),
            }),
        state: State::new(memory),
        more,
    })
}

impl Memory {
    /// The gauges, as long as they are worth showing: finished jobs that are counted do not make them any fresher.
    fn shown(&self, now: Timestamp, interval: Duration) -> Samples {
        let kept = (interval * 5).max(Duration::from_secs(900));
        let age = self
            .live_at
            .map(|live_at| now.as_duration() - live_at.as_duration());
        match age.map(Duration::try_from) {
            Some(Ok(age)) if age > kept => Samples::new(),
            _ => self.live.clone(),
        }
    }
}

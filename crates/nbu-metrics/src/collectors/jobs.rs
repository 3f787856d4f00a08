//! Jobs: those under way as gauges, the finished ones into the ledger.
//!
//! One run does one of two things, so that neither waits for the other and each has the deadline to itself:
//!
//! * the *live* walk, over what is not finished: when a new interval begins;
//! * the *finished* walk, over one slice of what has finished: in the run after that, and again while slices are due.

mod finished;
mod live;
mod pages;

use std::time::Duration;

use jiff::Timestamp;
use nbu_api::Endpoint;
use nbu_api::endpoint::{JOBS, PING};

use crate::collector::{CollectError, CollectFuture, Collected, Collector, Context, State};
use crate::ledger::JobsSettings;
use crate::samples::Samples;

use finished::TimeField;

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
    /// Whether finished jobs were walked since.
    walked: bool,
    /// By which of a job's times this primary can filter.
    time: TimeField,
}

impl Collector for Jobs {
    fn name(&self) -> &'static str {
        "jobs"
    }

    fn default_interval(&self) -> Duration {
        JobsSettings::default().interval
    }

    fn endpoints(&self) -> &'static [&'static Endpoint] {
        &[&PING, &JOBS]
    }

    fn collect<'a>(&'a self, context: Context<'a>, state: &'a State) -> CollectFuture<'a> {
        let memory = state.read::<Memory>().cloned().unwrap_or_default();
        Box::pin(collect(context, memory))
    }
}

async fn collect(context: Context<'_>, mut memory: Memory) -> Result<Collected, CollectError> {
    let settings = context.ledger.settings();
    let ping = context.client.ping().await?;
    let clock = ping.clock.ok_or(CollectError::NoClock)?;
    let more = if memory.is_live_due((context.clock)(), &settings) {
        memory.live = live::collect(context, clock, settings.stalled_after).await?;
        memory.live_at = Some((context.clock)());
        memory.walked = false;
        true
    } else {
        let walked = finished::collect(context, clock, &memory.time).await?;
        memory.time = walked.time;
        memory.walked = true;
        walked.more || memory.is_live_due((context.clock)(), &settings)
    };
    Ok(Collected {
        samples: memory.live.clone(),
        state: State::new(memory),
        more,
        refused: None,
    })
}

impl Memory {
    /// Live jobs are read once an interval, finished jobs after that. When finished jobs keep failing, live jobs do not
    /// wait for them for ever; and a live walk that takes longer than the interval does not keep finished jobs waiting.
    fn is_live_due(&self, now: Timestamp, settings: &JobsSettings) -> bool {
        let Some(live_at) = self.live_at else {
            return true;
        };
        let age = now.as_duration() - live_at.as_duration();
        // A clock that stepped back says nothing about the age.
        let Ok(age) = Duration::try_from(age) else {
            return self.walked;
        };
        if self.walked {
            age >= settings.interval / 2
        } else {
            age >= settings.interval * 2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_and_finished_take_turns() {
        let settings = JobsSettings::default();
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let due = |walked, seconds| {
            let memory = Memory {
                live_at: Some(at(0)),
                walked,
                ..Memory::default()
            };
            memory.is_live_due(at(seconds), &settings)
        };
        assert!(
            Memory::default().is_live_due(at(0), &settings),
            "the very first run"
        );
        assert!(!due(false, 1), "finished jobs come after live ones");
        assert!(!due(false, 65), "also when the live walk was slow");
        assert!(due(false, 120), "but not for ever");
        assert!(!due(true, 1), "more slices go on");
        assert!(due(true, 54), "a new interval, early by its jitter");
        assert!(
            due(true, -5) && !due(false, -5),
            "whatever the wall clock does"
        );
    }
}

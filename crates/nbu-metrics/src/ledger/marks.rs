//! How far the ledger has come on the primary's clock, and what is to be walked next. Pure.

use std::time::Duration;

use jiff::Timestamp;

use super::{JobsSettings, instant};

/// The most time one slice covers. More than that due, and the walk is cut into slices.
pub(super) const WIDEST: Duration = Duration::from_secs(3600);
/// The least time one slice is cut down to.
const NARROWEST: Duration = Duration::from_secs(1);

/// The ledger's marks, all on the primary's clock.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    /// Everything that changed before this has been counted. `None` before the first complete walk.
    pub watermark: Option<Timestamp>,
    /// A job that ended before this is never counted. `None` before the first start.
    pub horizon: Option<Timestamp>,
    /// A stretch that is being walked again.
    pub rewalk: Option<Rewalk>,
    /// When the last re-walk of the whole window began.
    pub reconciled: Option<Timestamp>,
    /// Time given up because an outage was longer than `max_catch_up`, in milliseconds.
    pub gap_millis: u64,
    /// Records that changed after they had been counted.
    pub changed_after_done: u64,
}

/// A stretch of `lastUpdateTime` that is being walked again, oldest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rewalk {
    /// Why.
    pub cause: RewalkCause,
    /// Everything before this has been walked again.
    pub position: Timestamp,
    /// After a clock step, the primary's clock at the last walk; when reconciling, where the stretch ends.
    pub clock: Timestamp,
}

/// Why a stretch is walked again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RewalkCause {
    /// The primary's clock is behind the watermark.
    ClockStep,
    /// It is time to look for what arrived late.
    Reconcile,
}

/// What one walk asks for: `lastUpdateTime ge from and lastUpdateTime lt to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice {
    /// Where it begins, included.
    pub from: Timestamp,
    /// Where it ends, excluded; the last slice is open.
    pub to: Option<Timestamp>,
    /// What completing it moves.
    pub purpose: Purpose,
}

/// What completing a slice moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// The watermark.
    Advance,
    /// The position of the re-walk.
    Reconcile,
}

impl Marks {
    /// Takes the primary's clock before a walk: the first start, a clock that stepped back, an outage that was too
    /// long, a reconciliation that is due.
    pub(super) fn begin(&mut self, clock: Timestamp, settings: &JobsSettings) {
        self.horizon.get_or_insert(clock);
        self.reconciled.get_or_insert(clock);
        self.note_clock(clock, settings);
        self.give_up(clock, settings);
        let due = self.reconciled.is_none_or(|last| {
            last > clock || instant::between(last, clock) >= settings.reconcile_interval
        });
        if due && self.rewalk.is_none() {
            self.reconciled = Some(clock);
            self.rewalk = Some(Rewalk {
                cause: RewalkCause::Reconcile,
                position: instant::before(clock, settings.reconcile_window),
                clock,
            });
        }
    }

    /// Gives up a horizon that only a wrong clock can have given: one further ahead than anything that is kept, and further
    /// from our own clock than the primary's now is. Jobs that end from now on count again, and not only in years; what
    /// ended before may have been counted and forgotten.
    pub(super) fn compare(&mut self, clock: Timestamp, ours: Timestamp, settings: &JobsSettings) {
        let furthest = instant::after(clock, settings.retention());
        let off = |at: Timestamp| at.duration_since(ours).unsigned_abs();
        if let Some(horizon) = self.horizon
            && horizon > furthest
            && off(horizon) > off(clock)
        {
            self.horizon = Some(clock);
        }
    }

    /// The next slice that brings the watermark towards the clock.
    pub(super) fn advance(
        &self,
        clock: Timestamp,
        width: Duration,
        settings: &JobsSettings,
    ) -> Slice {
        let (from, done) = match (self.rewalk, self.watermark) {
            (Some(step), _) if step.cause == RewalkCause::ClockStep => {
                (step.position, step.position)
            }
            (_, Some(watermark)) => (instant::before(watermark, settings.overlap), watermark),
            (_, None) => {
                let start = instant::before(self.horizon.unwrap_or(clock), settings.look_back);
                (start, start)
            }
        };
        let to = instant::after(done, width);
        Slice {
            from,
            to: (to < clock).then_some(to),
            purpose: Purpose::Advance,
        }
    }

    /// The next slice of a reconciliation, if one is under way.
    pub(super) fn reconcile(&self, width: Duration) -> Option<Slice> {
        let rewalk = self
            .rewalk
            .filter(|rewalk| rewalk.cause == RewalkCause::Reconcile)?;
        Some(Slice {
            from: rewalk.position,
            to: Some(instant::after(rewalk.position, width).min(rewalk.clock)),
            purpose: Purpose::Reconcile,
        })
    }

    /// Moves what a completely walked slice moves. `clock` is the primary's clock read before the walk.
    pub(super) fn complete(&mut self, slice: &Slice, clock: Timestamp, settings: &JobsSettings) {
        match (slice.purpose, slice.to, &mut self.rewalk) {
            (Purpose::Reconcile, to, Some(rewalk)) => {
                rewalk.position = to.unwrap_or(rewalk.clock);
                if rewalk.position >= rewalk.clock {
                    self.rewalk = None;
                }
            }
            (Purpose::Reconcile, _, None) => {}
            (Purpose::Advance, Some(to), Some(step)) if step.cause == RewalkCause::ClockStep => {
                step.position = to;
            }
            (Purpose::Advance, Some(to), _) => self.watermark = self.watermark.max(Some(to)),
            (Purpose::Advance, None, rewalk) => {
                if rewalk.is_some_and(|rewalk| rewalk.cause == RewalkCause::ClockStep) {
                    self.rewalk = None;
                    self.reconciled = Some(clock);
                }
                self.watermark = Some(clock);
                let kept = instant::before(clock, settings.retention());
                self.horizon = self.horizon.max(Some(kept));
            }
        }
    }

    /// A clock behind the watermark, or behind that of an unfinished re-walk, makes the window due again. The
    /// watermark itself waits for the re-walk to be complete.
    fn note_clock(&mut self, clock: Timestamp, settings: &JobsSettings) {
        let window = instant::before(clock, settings.reconcile_window);
        match &mut self.rewalk {
            Some(step) if step.cause == RewalkCause::ClockStep => {
                if clock < step.clock {
                    step.position = step.position.min(window);
                }
                step.clock = clock;
            }
            _ if self.watermark.is_some_and(|watermark| clock < watermark) => {
                self.rewalk = Some(Rewalk {
                    cause: RewalkCause::ClockStep,
                    position: window,
                    clock,
                });
            }
            _ => {}
        }
    }

    /// Gives up what an outage left beyond `max_catch_up`, and says how much. Nothing is owed before the horizon.
    fn give_up(&mut self, clock: Timestamp, settings: &JobsSettings) {
        let edge = instant::before(clock, settings.max_catch_up);
        // A watermark that a clock years behind has left would be moved up hour by hour.
        let looked_back = self
            .horizon
            .map(|horizon| instant::before(horizon, settings.look_back));
        let least = looked_back.map_or(edge, |looked_back| looked_back.min(edge));
        self.watermark = self.watermark.map(|watermark| watermark.max(least));
        let owed_from = self.watermark.max(self.horizon);
        let Some(owed_from) = owed_from.filter(|owed_from| *owed_from < edge) else {
            return;
        };
        let gap = instant::between(owed_from, edge).as_millis();
        self.gap_millis = self
            .gap_millis
            .saturating_add(u64::try_from(gap).unwrap_or(u64::MAX));
        self.horizon = Some(edge);
        self.watermark = Some(edge);
        if let Some(rewalk) = &mut self.rewalk {
            rewalk.position = rewalk.position.max(edge);
        }
    }
}

/// How much time a slice covers: halved when one did not fit its deadline, widened slowly while they do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace(Duration);

impl Pace {
    pub(super) fn width(self) -> Duration {
        self.0
    }

    pub(super) fn fitted(&mut self) {
        self.0 = (self.0 + self.0 / 4).min(WIDEST);
    }

    /// The slice was cut short. An open one was as wide as what was due.
    pub(super) fn cut(&mut self, slice: &Slice, clock: Timestamp) {
        let tried = instant::between(slice.from, slice.to.unwrap_or(clock));
        self.0 = (self.0.min(tried) / 2).max(NARROWEST);
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self(WIDEST)
    }
}

#[cfg(test)]
mod tests;

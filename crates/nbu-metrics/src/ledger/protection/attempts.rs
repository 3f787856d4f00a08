//! The last runs of one client, policy and schedule type.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::ledger::encoding::{Reader, Writer};
use crate::ledger::runs::{Outcome, Verdict};
use crate::ledger::{ResultRules, reuse};

/// Runs that are remembered one by one.
const MOST: usize = 66;
/// The form of the note.
const FORM: u8 = 2;

/// The runs that are remembered: the last success that nothing can change any more, and every run after it. Nothing can change a run
/// of which every job was read, nor one that ended so long ago that no job of it is taken any more; of any other a job may
/// still come and turn a success into a failure.
///
/// Of more than [`MOST`] runs the oldest are dropped: failures are counted; of the successes the last one is kept apart, for it
/// is the one that is shown when no later run is good. If that one turns out to have failed, the success before it is not known
/// any more, and none is shown but what nothing can change. So a success that is shown is always one that was not revoked.
///
/// It is a set: taking a run again changes nothing, and the order of arrival does not matter.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Attempts {
    /// Ascending by end.
    recent: Vec<Attempt>,
    /// The last success among the dropped, as long as it may change.
    dropped: Option<Attempt>,
    /// When the last success ended that nothing can change, of those that are not remembered or that the catalog knows.
    older_success: Option<i64>,
    /// Failures since the last success among the runs that were dropped.
    uncounted: u64,
    /// The last of the dropped runs.
    floor: Option<(i64, u64)>,
}

/// One run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Attempt {
    /// When its last leaf ended.
    pub(super) end: i64,
    pub(super) root: u64,
    pub(super) outcome: Outcome,
    /// The latest start or end of its jobs.
    until: i64,
    /// Every job of it was read.
    is_final: bool,
    /// It was judged without its root: what is read of it later is joined.
    is_rootless: bool,
}

impl Attempt {
    /// Its place among the others.
    const fn key(&self) -> (i64, u64) {
        (self.end, self.root)
    }

    /// `true` if the verdict is on this run, and not on a later one whose root has the same id.
    fn is_of(&self, root: u64, verdict: &Verdict) -> bool {
        self.root == root && !reuse::is_another_job(verdict.start, verdict.end, self.until)
    }

    /// `true` if nothing can change it. During the look-back, of which nothing is `settled`, its jobs may be read again.
    const fn is_settled(&self, settled: i64) -> bool {
        self.until < settled || (self.is_final && settled > i64::MIN)
    }
}

impl Attempts {
    /// Takes a run, or more of one that is known already. Of runs that ended before `settled` no more jobs come. `false` if
    /// that changes nothing.
    pub(super) fn add(&mut self, root: u64, verdict: &Verdict, settled: i64) -> bool {
        let mut known = None;
        let mut attempt = Attempt {
            end: verdict.end,
            root,
            outcome: verdict.outcome,
            until: verdict.until,
            is_final: verdict.is_final,
            is_rootless: verdict.is_rootless,
        };
        let of_it = |attempt: &Attempt| attempt.is_of(root, verdict);
        if let Some(place) = self.recent.iter().rposition(of_it) {
            let before = self.recent[place];
            // Jobs of it were read again, and not all of them.
            if before.is_final && !verdict.is_final && !verdict.is_late {
                return false;
            }
            self.recent.remove(place);
            attempt.until = attempt.until.max(before.until);
            // A verdict on the whole run replaces what was known of it, a part is joined. So is what may lack jobs that were known
            // and are forgotten, as those of a root that was never read.
            let is_rootless = before.is_rootless || verdict.is_rootless;
            if verdict.is_late || (is_rootless && !verdict.is_final) {
                attempt.is_rootless = is_rootless;
                attempt.end = attempt.end.max(before.end);
                attempt.outcome = attempt.outcome.max(before.outcome);
                attempt.is_final = before.is_final;
            }
            known = Some(before);
        } else if self.dropped.as_ref().is_some_and(of_it) {
            if verdict.outcome.is_success() {
                return false;
            }
            self.dropped = None;
            let failed = u64::from(verdict.outcome.is_failure());
            self.uncounted = self.uncounted.saturating_add(failed);
            return true;
        } else if self.floor.is_some_and(|floor| attempt.key() <= floor) {
            return false;
        } else if verdict.is_late && verdict.outcome.is_success() {
            // A good part of a run that is not known says nothing of the whole.
            return false;
        }
        let place = self
            .recent
            .partition_point(|other| other.key() < attempt.key());
        self.recent.insert(place, attempt);
        self.trim(settled) || known != Some(attempt)
    }

    /// Learns of a success that ended then, from elsewhere than from jobs. `false` if that changes nothing.
    pub(super) fn succeeded(&mut self, end: i64) -> bool {
        let before = self.older_success;
        self.older_success = before.max(Some(end));
        self.older_success != before
    }

    /// When the last successful run ended.
    pub(super) fn last_success(&self) -> Option<i64> {
        let recent = self.successes().next_back().map(|attempt| attempt.end);
        recent.max(self.success_before())
    }

    /// The last run, however it ended.
    pub(super) fn last(&self) -> Option<&Attempt> {
        self.recent.last()
    }

    /// The failed runs since that one; at least, where there were more than are remembered. What is neither a success nor a failure
    /// neither ends the row nor lengthens it.
    pub(super) fn failures_since(&self, success: Option<i64>) -> u64 {
        let since = self
            .recent
            .iter()
            .rev()
            .take_while(|attempt| Some(attempt.end) > success);
        let failed = since.filter(|attempt| attempt.outcome.is_failure()).count();
        let is_before_all = self.successes().next().is_none() && success == self.success_before();
        let uncounted = if is_before_all { self.uncounted } else { 0 };
        uncounted.saturating_add(u64::try_from(failed).unwrap_or(u64::MAX))
    }

    /// Forgets what nothing can change any more and nobody asks for. `false` if there is nothing of that kind.
    pub(super) fn trim(&mut self, settled: i64) -> bool {
        let (len, dropped) = (self.recent.len(), self.dropped);
        if let Some(dropped) = self.dropped.take_if(|dropped| dropped.is_settled(settled)) {
            self.older_success = self.older_success.max(Some(dropped.end));
        }
        let is_last_word =
            |attempt: &Attempt| attempt.outcome.is_success() && attempt.is_settled(settled);
        let last_word = self.recent.iter().rposition(is_last_word).unwrap_or(0);
        for attempt in self.recent.drain(..last_word).filter(is_last_word) {
            self.older_success = self.older_success.max(Some(attempt.end));
        }
        let beyond = self.recent.len().saturating_sub(MOST);
        for attempt in self.recent.drain(..beyond) {
            self.floor = self.floor.max(Some(attempt.key()));
            if !attempt.outcome.is_success() {
                let failed = u64::from(attempt.outcome.is_failure());
                self.uncounted = self.uncounted.saturating_add(failed);
                continue;
            }
            self.uncounted = 0;
            if is_last_word(&attempt) {
                self.older_success = self.older_success.max(Some(attempt.end));
            } else {
                self.dropped = Some(attempt);
            }
        }
        let changed = self.recent.len() != len || self.dropped != dropped;
        if changed {
            self.recent.shrink_to(self.recent.len() + 2);
        }
        changed
    }

    pub(super) fn encode(&self, key: &str) -> Arc<[u8]> {
        let mut writer = Writer::new(FORM);
        // Times are written by what lies between them.
        let base = self.recent.first().or(self.dropped.as_ref());
        let base = base.map_or(0, |attempt| attempt.end);
        writer.signed(base);
        writer.maybe(self.older_success.map(|end| end.wrapping_sub(base)));
        writer.number(self.uncounted);
        writer.maybe(self.floor.map(|(end, _)| end.wrapping_sub(base)));
        if let Some((_, root)) = self.floor {
            writer.number(root);
        }
        writer.count(usize::from(self.dropped.is_some()));
        writer.count(self.recent.len());
        let mut before = base;
        for attempt in self.dropped.iter().chain(&self.recent) {
            attempt.write(before, &mut writer);
            before = attempt.end;
        }
        writer.seal(key)
    }

    pub(super) fn decode(key: &str, bytes: &[u8], rules: &ResultRules) -> Option<Self> {
        let mut reader = Reader::open(FORM, key, bytes)?;
        let base = reader.signed()?;
        let older_success = reader.maybe()?.map(|end| base.wrapping_add(end));
        let uncounted = reader.number()?;
        let floor = match reader.maybe()? {
            Some(end) => Some((base.wrapping_add(end), reader.number()?)),
            None => None,
        };
        let has_dropped = reader.count()? > 0;
        let count = reader.count()?;
        let mut before = base;
        let mut next = || {
            let attempt = Attempt::read(before, &mut reader, rules)?;
            before = attempt.end;
            Some(attempt)
        };
        let dropped = if has_dropped { Some(next()?) } else { None };
        let recent = (0..count).map(|_| next()).collect::<Option<_>>()?;
        let mut attempts = Self {
            recent,
            dropped,
            older_success,
            uncounted,
            floor,
        };
        attempts.revoke_dropped();
        reader.is_at_end().then_some(attempts)
    }

    /// Takes other rules for what a status means.
    pub(super) fn judge_by(&mut self, rules: &ResultRules) {
        for attempt in self.recent.iter_mut().chain(&mut self.dropped) {
            attempt.outcome = Outcome::of(attempt.outcome.status(), rules);
        }
        self.revoke_dropped();
    }

    /// Forgets the last success among the dropped if it is none by the rules of now.
    fn revoke_dropped(&mut self) {
        let revoked = self
            .dropped
            .take_if(|dropped| !dropped.outcome.is_success());
        let failed = revoked.is_some_and(|revoked| revoked.outcome.is_failure());
        self.uncounted = self.uncounted.saturating_add(u64::from(failed));
    }

    /// When the last success before those that are remembered ended.
    fn success_before(&self) -> Option<i64> {
        let dropped = self.dropped.map(|attempt| attempt.end);
        dropped.max(self.older_success)
    }

    fn successes(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.recent
            .iter()
            .filter(|attempt| attempt.outcome.is_success())
    }
}

impl Attempt {
    fn write(&self, before: i64, writer: &mut Writer) {
        writer.signed(self.end.wrapping_sub(before));
        writer.number(self.root);
        let has_status = self.outcome.status().is_some();
        let is_rootless = u64::from(self.is_rootless) << 2;
        writer.number(u64::from(self.is_final) | u64::from(has_status) << 1 | is_rootless);
        if let Some(status) = self.outcome.status() {
            writer.signed(status);
        }
        writer.signed(self.until.wrapping_sub(self.end));
    }

    fn read(before: i64, reader: &mut Reader<'_>, rules: &ResultRules) -> Option<Self> {
        let end = before.wrapping_add(reader.signed()?);
        let root = reader.number()?;
        let has = reader.number()?;
        let mut status = None;
        if has & 2 != 0 {
            status = Some(reader.signed()?);
        }
        Some(Self {
            end,
            root,
            outcome: Outcome::of(status, rules),
            until: end.wrapping_add(reader.signed()?),
            is_final: has & 1 != 0,
            is_rootless: has & 4 != 0,
        })
    }
}

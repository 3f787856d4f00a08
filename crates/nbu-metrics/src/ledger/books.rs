//! The books behind the ledger's lock: what is counted, and what of it the store does not have yet.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use roaring::RoaringTreemap;

use super::keepsakes::Keepsakes;
use super::marks::Pace;
use super::protection::Protection;
use super::runs::{Absence, Outcome, Runs};
use super::series::Account;
use super::status_texts::StatusTexts;
use super::store::{Changes, Committed, Note, Saved, Shelf};
use super::unfinished::Unfinished;
use super::{Counted, FinishedJob, JobsSettings, Marks, Measure, Totals, instant, key};
use crate::samples::Samples;

/// Bytes in what NetBackup calls a kilobyte.
const KILOBYTE: u64 = 1024;
/// How far the horizon moves before the store is asked to forget; until then it is forgotten here all the same.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// Everything the ledger knows. A change is stamped with the epoch and stays due until a commit of that epoch, or of a
/// later one, succeeded: a commit that failed or was dropped is made up for by the next.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) settings: JobsSettings,
    pub(super) marks: Marks,
    pub(super) pace: Pace,
    pub(super) totals: Totals,
    pub(super) runs: Runs,
    pub(super) protection: Protection,
    pub(super) texts: StatusTexts,
    pub(super) keepsakes: Keepsakes,
    /// The jobs under way when they were read last.
    pub(super) unfinished: Option<Unfinished>,
    /// Records read in this process that name neither an end nor a last update.
    pub(super) without_end: u64,
    /// Notes that could not be read.
    pub(super) damaged_notes: BTreeMap<Shelf, u64>,
    /// The total last published, and in which epoch.
    pub(super) published: (u64, Arc<Samples>),
    marks_due: Option<u64>,
    /// The filter before the store: an id that is not in here was never counted.
    seen: RoaringTreemap,
    /// Jobs that the store may not have yet.
    counted: BTreeMap<u64, (Counted, u64)>,
    parents: RoaringTreemap,
    parents_due: Vec<(u64, u64)>,
    forget_due: Option<(Timestamp, u64)>,
    notes_due: HashMap<(Shelf, Arc<str>), (Note, u64)>,
    /// The horizon when the store last was asked to forget.
    forgotten: Option<Timestamp>,
    epoch: u64,
    /// The store has everything up to this epoch.
    saved: u64,
    /// How many pages wait to be committed, and since when.
    waiting: Option<(u32, Instant)>,
    /// Written and read within one count.
    key: String,
    /// Likewise.
    status: String,
}

/// What becomes of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// It is dealt with.
    Settled,
    /// It was counted before; the store must say how.
    Ask,
}

impl Books {
    pub(super) fn new(saved: Option<Saved>, settings: JobsSettings) -> Self {
        let saved = saved.unwrap_or_default();
        let mut totals = Totals::default();
        for (measure, key, total) in saved.totals {
            totals.restore(measure, key, total);
        }
        totals.furnish(settings.series, settings.job_labels);
        let mut books = Self {
            settings,
            marks: saved.marks,
            pace: Pace::default(),
            totals,
            runs: Runs::default(),
            protection: Protection::default(),
            texts: StatusTexts::default(),
            keepsakes: Keepsakes::default(),
            unfinished: None,
            without_end: 0,
            damaged_notes: BTreeMap::new(),
            published: (0, Arc::default()),
            marks_due: None,
            seen: saved.ids,
            counted: BTreeMap::new(),
            parents: saved.parents,
            parents_due: Vec::new(),
            forget_due: None,
            notes_due: HashMap::new(),
            forgotten: None,
            epoch: 1,
            saved: 0,
            waiting: None,
            key: String::new(),
            status: String::new(),
        };
        for note in saved.notes {
            books.restore(note);
        }
        books
    }

    pub(super) fn configure(&mut self, settings: JobsSettings) {
        self.totals.furnish(settings.series, settings.job_labels);
        if !settings.protection.enabled {
            self.runs.clear();
            self.protection.clear();
            self.keepsakes.clear();
        }
        if settings.results != self.settings.results {
            self.runs.judge_by(&settings.results);
            self.protection.judge_by(&settings.results);
        }
        self.settings = settings;
    }

    /// Takes a record of a finished job.
    pub(super) fn take(&mut self, job: &FinishedJob<'_>) -> Verdict {
        if job.child_count.is_none()
            && let Some(parent) = job.named_parent()
        {
            self.name_parent(parent);
        }
        let Some(end) = job.ended() else {
            self.without_end = self.without_end.saturating_add(1);
            return Verdict::Settled;
        };
        if self.marks.horizon.is_some_and(|horizon| end < horizon) {
            // The look-back of the first start: nothing is counted, but it tells when there was a backup.
            if !self.has_looked_back() {
                self.follow(job, end);
            }
            return Verdict::Settled;
        }
        if !self.seen.contains(job.id) {
            self.count(job, end);
            return Verdict::Settled;
        }
        if self.counted.contains_key(&job.id) {
            self.settle(job, None);
            return Verdict::Settled;
        }
        Verdict::Ask
    }

    /// Takes a record whose id was counted before, `stored` being what the store remembers.
    pub(super) fn settle(&mut self, job: &FinishedJob<'_>, stored: Option<Counted>) {
        let Some(end) = job.ended() else {
            return;
        };
        let newest = self.counted.get(&job.id).map(|(counted, _)| *counted);
        let horizon = self.marks.horizon;
        // What lies before the horizon is forgotten, even while the store still has it.
        let known = newest
            .or(stored)
            .filter(|counted| horizon.is_none_or(|horizon| !counted.is_before(horizon)));
        match known {
            None => self.count(job, end),
            Some(counted) if counted.is_of_another_than(job.start, end) => self.count(job, end),
            Some(counted) => {
                if counted.mark() != job.mark() {
                    self.change_marks().changed_after_done += 1;
                }
                // The last update of a job without an end goes on, too.
                let latest = counted.latest().max(job.latest(end));
                let remembered = Counted::new(latest, job.mark());
                if remembered != counted {
                    self.remember(job.id, remembered);
                }
            }
        }
    }

    /// Notes that a record names this id as its parent.
    pub(super) fn name_parent(&mut self, id: u64) {
        if self.parents.insert(id) {
            self.parents_due.push((id, self.epoch));
        }
    }

    /// Keeps a note with the next commit, in place of what was under its key.
    pub(super) fn note(&mut self, note: Note) {
        let place = (note.shelf, Arc::clone(&note.key));
        self.notes_due.insert(place, (note, self.epoch));
    }

    /// The marks, to be changed.
    pub(super) fn change_marks(&mut self) -> &mut Marks {
        self.marks_due = Some(self.epoch);
        &mut self.marks
    }

    /// Begins to forget what lies before the horizon, when that is worth the trouble.
    pub(super) fn forget(&mut self) {
        let Some(horizon) = self.marks.horizon else {
            return;
        };
        let last = *self.forgotten.get_or_insert(horizon);
        if instant::between(last, horizon) >= FORGET_EVERY {
            self.forget_due = Some((horizon, self.epoch));
            self.forgotten = Some(horizon);
        }
    }

    /// Lets a page wait with those before it; says how many they are, and how long the first of them has waited.
    pub(super) fn wait(&mut self, now: Instant) -> (u32, Duration) {
        let (pages, since) = self.waiting.get_or_insert((0, now));
        *pages = pages.saturating_add(1);
        (*pages, now.saturating_duration_since(*since))
    }

    /// Whether the store has it all.
    pub(super) fn is_saved(&self) -> bool {
        self.marks_due.is_none()
            && self.counted.is_empty()
            && self.parents_due.is_empty()
            && self.forget_due.is_none()
            && self.notes_due.is_empty()
            && self.runs.is_noted()
            && self.protection.is_noted()
            && self.texts.is_noted()
            && self.keepsakes.is_noted()
            && self.totals.is_saved()
    }

    /// Everything the store does not have yet, and a new epoch. What is only of use to another process is left out where the
    /// store does not [last](super::Store::is_lasting).
    pub(super) fn changes(&mut self, is_lasting: bool) -> Changes {
        if is_lasting {
            self.write_notes();
        } else {
            self.drop_notes();
            self.totals.saved(self.epoch);
        }
        self.waiting = None;
        let epoch = self.epoch;
        self.epoch += 1;
        Changes {
            epoch,
            marks: self.marks.clone(),
            counted: self
                .counted
                .iter()
                .map(|(id, (counted, _))| (*id, *counted))
                .collect(),
            parents: self.parents_due.iter().map(|(id, _)| *id).collect(),
            totals: self.totals.unsaved(),
            notes: self
                .notes_due
                .values()
                .map(|(note, _)| note.clone())
                .collect(),
            forget_before: self.forget_due.map(|(horizon, _)| horizon),
        }
    }

    /// Notes that the store has everything up to this epoch.
    pub(super) fn saved(&mut self, epoch: u64, committed: &Committed) {
        self.saved = self.saved.max(epoch);
        self.marks_due = self.marks_due.filter(|due| *due > epoch);
        self.counted.retain(|_, (_, due)| *due > epoch);
        self.parents_due.retain(|(_, due)| *due > epoch);
        self.forget_due = self.forget_due.filter(|(_, due)| *due > epoch);
        self.notes_due.retain(|_, (_, due)| *due > epoch);
        // They are many at a time, and then none for a while.
        self.notes_due.shrink_to(self.notes_due.len());
        self.totals.saved(epoch);
        for id in &committed.forgotten {
            if !self.counted.contains_key(id) {
                self.seen.remove(*id);
                self.parents.remove(*id);
            }
        }
    }

    /// Up to which epoch the store has everything.
    pub(super) fn saved_up_to(&self) -> u64 {
        self.saved
    }

    /// The epoch that changes are stamped with now.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How many jobs wait to be committed.
    pub(super) fn jobs_waiting(&self) -> usize {
        self.counted.len()
    }

    /// Memory of the filter, of the known parents and of the jobs that wait, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let waiting = self.counted.len() * size_of::<(u64, Counted, u64)>();
        self.seen.serialized_size() + self.parents.serialized_size() + waiting
    }

    /// Judges the runs that are over, after a complete walk. `clock` is the primary's, read before it; `is_all` if it read
    /// everything up to that: what it did not bring was not there.
    pub(super) fn judge(&mut self, clock: Timestamp, is_all: bool) {
        let given_up = instant::before(clock, self.settings.retention());
        let settled = self.settled();
        let read_to = self.marks.watermark.unwrap_or(Timestamp::MIN);
        let listed_to = instant::before(read_to, self.settings.reconcile_window);
        let unfinished = self.unfinished.as_ref();
        let unfinished = unfinished.filter(|unfinished| unfinished.read_at <= clock);
        let absence = |root, newest| match unfinished {
            _ if !is_all || newest >= listed_to.as_millisecond() => Absence::Awaited,
            Some(unfinished) if unfinished.ids.contains(root) => Absence::Awaited,
            Some(unfinished) if unfinished.lacks(root, newest) => Absence::Hidden,
            _ => Absence::Unknown,
        };
        let given_up = given_up.as_millisecond();
        for judged in self.runs.judge(given_up, settled, absence) {
            self.protection
                .take(judged, settled, &self.settings.protection);
        }
        self.protection.settle(settled);
    }

    /// Whether the first look-back is over.
    pub(super) fn has_looked_back(&self) -> bool {
        self.marks.watermark.is_some() && self.marks.watermark >= self.marks.horizon
    }

    /// Of runs that ended before this, in milliseconds, no job is taken any more.
    fn settled(&self) -> i64 {
        let horizon = self.marks.horizon;
        // In the look-back, jobs before the horizon are.
        let horizon = horizon.filter(|_| self.has_looked_back());
        horizon.map_or(i64::MIN, Timestamp::as_millisecond)
    }

    /// Follows the run that a finished job belongs to.
    fn follow(&mut self, job: &FinishedJob<'_>, end: Timestamp) {
        let settled = self.settled();
        let settings = &self.settings.protection;
        if !settings.enabled {
            return;
        }
        let (is_parent, end) = (self.is_parent(job), end.as_millisecond());
        let outcome = Outcome::of(job.status, &self.settings.results);
        if !is_parent {
            self.protection.take_copy(job, end, outcome, settings);
        }
        if self.runs.is_alone(job) {
            let protection = &mut self.protection;
            protection.take_alone(job, end, outcome, settled, settings);
            return;
        }
        let is_done = |id| self.seen.contains(id);
        let judged = self.runs.take(job, end, outcome, is_parent, is_done);
        if let Some(judged) = judged {
            self.protection.take(judged, settled, settings);
        }
    }

    fn is_parent(&self, job: &FinishedJob<'_>) -> bool {
        match job.child_count {
            Some(children) => children > 0,
            None => self.parents.contains(job.id),
        }
    }

    /// Puts back what a part of the ledger kept. What is damaged is as if it had never been, and said.
    fn restore(&mut self, note: Note) {
        let Some(value) = note.value.clone() else {
            return;
        };
        let rules = &self.settings.results;
        let read = match note.shelf {
            Shelf::Runs => self.runs.restore(&note.key, &value, rules),
            Shelf::Protection | Shelf::Copies => self
                .protection
                .restore(note.shelf, &note.key, &value, rules),
            Shelf::StatusTexts => self.texts.restore(&note.key, &value),
            Shelf::Policies | Shelf::PolicyClients => {
                self.keepsakes.restore(note.shelf, &note.key, &value)
            }
            Shelf::Admissions => return,
        };
        if read.is_none() {
            *self.damaged_notes.entry(note.shelf).or_default() += 1;
            self.note(Note {
                value: None,
                ..note
            });
        }
    }

    /// Notes what the parts of the ledger keep beside the counts.
    fn write_notes(&mut self) {
        let mut notes = self.protection.notes();
        notes.extend(self.runs.notes());
        notes.extend(self.texts.notes());
        notes.extend(self.keepsakes.notes());
        for note in notes {
            self.note(note);
        }
    }

    /// Notes nothing, now or later, of what has changed so far.
    fn drop_notes(&mut self) {
        self.protection.drop_notes();
        self.runs.drop_notes();
        // These are few.
        drop(self.texts.notes());
        drop(self.keepsakes.notes());
        self.notes_due.clear();
    }

    fn count(&mut self, job: &FinishedJob<'_>, end: Timestamp) {
        // Before the job itself is seen: a root that is done is one that came before its jobs.
        self.follow(job, end);
        self.remember(job.id, Counted::new(job.latest(end), job.mark()));
        let parent = self.is_parent(job);
        self.status.clear();
        if let Some(status) = job.status {
            // Writing to a text does not fail.
            let _ = write!(self.status, "{status}");
        }
        let status = &*self.status;
        let result = self.settings.results.result(job.status).as_str();
        if parent {
            key::write(&mut self.key, [&*job.job_type, status, result]);
            self.totals.add(Measure::Parents, &self.key, 1, self.epoch);
            return;
        }
        let fixed = [&*job.job_type, &*job.policy_type, status, result];
        let labels = self.settings.job_labels;
        key::write(&mut self.key, fixed.into_iter().chain(labels.values(job)));
        let account = self.totals.count(&self.key, self.epoch);
        self.add_work(job, account);
    }

    /// What a leaf job did: bytes, files, time. What its record does not say is not added.
    fn add_work(&mut self, job: &FinishedJob<'_>, account: Account) {
        let (totals, epoch) = (&mut self.totals, self.epoch);
        let kind = || key::of([&*job.job_type, &*job.policy_type]);
        let policy_type = || key::of([&*job.policy_type]);
        let bytes = job
            .kilobytes
            .map(|kilobytes| kilobytes.saturating_mul(KILOBYTE));
        if let Some(bytes) = bytes {
            totals.add_beside(account, Measure::BackupBytes, kind, bytes, epoch);
            totals.observe_beside(account, Measure::Size, kind, bytes as f64, epoch);
        }
        if let Some(moved) = job.kilobytes_moved {
            let moved = moved.saturating_mul(KILOBYTE);
            totals.add_beside(account, Measure::TransferredBytes, kind, moved, epoch);
        }
        if let Some(files) = job.files {
            totals.add_beside(account, Measure::Files, kind, files, epoch);
        }
        if let Some(duration) = job.duration() {
            let seconds = duration.as_secs_f64();
            totals.observe_beside(account, Measure::Duration, kind, seconds, epoch);
        }
        let ratio = job
            .dedup_percent
            .filter(|percent| (0.0..=100.0).contains(percent))
            .map(|percent| percent / 100.0);
        if let (Some(bytes), Some(ratio)) = (bytes, ratio) {
            let saved = share(bytes, ratio);
            totals.add_beside(account, Measure::DedupInput, policy_type, bytes, epoch);
            totals.add_beside(account, Measure::DedupSaved, policy_type, saved, epoch);
        }
    }

    fn remember(&mut self, id: u64, counted: Counted) {
        self.seen.insert(id);
        self.counted.insert(id, (counted, self.epoch));
    }
}

/// The part of the bytes that the ratio says, to the nearest byte. `ratio` is from 0 to 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the product is neither negative nor larger than what it is a part of, and `as` saturates"
)]
fn share(bytes: u64, ratio: f64) -> u64 {
    (bytes as f64 * ratio).round() as u64
}

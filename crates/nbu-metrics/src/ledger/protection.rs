//! When each client was backed up last: what is remembered of runs, for ever and not only as long as the primary remembers
//! its jobs.

mod attempts;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::distinct::Distinct;
use super::encoding::{Reader, Writer};
use super::few::Few;
use super::runs::{Judged, Subject, Verdict};
use super::store::{Note, Shelf};
use super::{FinishedJob, instant, key};
use crate::catalogue::protection as families;
use crate::samples::Samples;

use attempts::Attempts;
pub use settings::{NameFilter, ProtectionSettings};

/// The note that says that the catalog was asked. No subject has this key, for theirs have separators.
const SEEDED: &str = "seeded";
/// The form of the notes that hold one point in time.
const FORM: u8 = 1;
/// How much later, in milliseconds, all clients are gone through again.
const SETTLE_EVERY: i64 = 3_600_000;

/// What is known of all clients.
#[derive(Debug, Default)]
pub(super) struct Protection {
    clients: HashMap<Arc<str>, Client>,
    /// Names of policies, schedule types and job types, each kept once.
    words: HashSet<Arc<str>>,
    /// Notes that are not what they should be.
    dirty: HashSet<(Shelf, Subject)>,
    is_seeded: bool,
    /// The note that says so is not there yet.
    seeded_due: bool,
    /// What was settled when the runs of all clients were last gone through, in milliseconds.
    settled: Option<i64>,
    over_limit: Distinct,
    excluded: Distinct,
}

/// A policy, and a schedule or job type.
type Place = (Arc<str>, Arc<str>);

#[derive(Debug, Default)]
struct Client {
    /// By policy and schedule type.
    attempts: Few<Place, Attempts>,
    /// When the last copy ended, by policy and job type.
    copies: Few<Place, i64>,
}

/// How many clients were cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CutClients {
    /// Above `max_clients`.
    pub over_limit: usize,
    /// By `client_include` and `client_exclude`.
    pub excluded: usize,
}

impl Protection {
    /// Takes the verdicts on a run. Of runs that ended before `settled`, in milliseconds, no more jobs come.
    pub(super) fn take(&mut self, judged: Judged, settled: i64, settings: &ProtectionSettings) {
        let (root, verdicts) = judged;
        for verdict in verdicts {
            self.take_one(root, &verdict, settled, settings);
        }
    }

    /// Forgets of all clients what nothing can change any more, when that is worth the trouble: at the end of the look-back, and
    /// once an hour.
    pub(super) fn settle(&mut self, settled: i64) {
        let due = self
            .settled
            .map_or(i64::MIN + 1, |last| last.saturating_add(SETTLE_EVERY));
        if settled < due {
            return;
        }
        self.settled = Some(settled);
        let dirty = &mut self.dirty;
        for (client, known) in &mut self.clients {
            for ((policy, schedule), attempts) in known.attempts.iter_mut() {
                if attempts.trim(settled) {
                    dirty.insert((Shelf::Protection, subject(client, policy, schedule)));
                }
            }
        }
    }

    /// Takes a copy of a client's backups, if the job is one that was made.
    pub(super) fn take_copy(
        &mut self,
        job: &FinishedJob<'_>,
        end: i64,
        settings: &ProtectionSettings,
    ) {
        let is_copy = matches!(&*job.job_type, "DUPLICATE" | "REPLICATE" | "REPLICA_IMPORT");
        if !is_copy || !matches!(job.status, Some(0 | 1)) {
            return;
        }
        // A copy of several clients' images names no client.
        if !job.client.is_empty() && !self.admits(&job.client, settings) {
            return;
        }
        let client = key::clean(&job.client);
        let (policy, kind) = (
            self.word(&key::clean(&job.policy)),
            self.word(&job.job_type),
        );
        let note = Subject {
            client: (&*client).into(),
            policy: Arc::clone(&policy),
            schedule: Arc::clone(&kind),
        };
        let copies = &mut self.client(&note.client).copies;
        let last = copies.or_insert_with((policy, kind), || i64::MIN);
        if *last < end {
            *last = end;
            self.dirty.insert((Shelf::Copies, note));
        }
    }

    /// Learns of a success from elsewhere than from jobs.
    pub(super) fn seed(&mut self, subject: &Subject, end: i64, settings: &ProtectionSettings) {
        if !self.admits(&subject.client, settings) {
            return;
        }
        let place = (self.word(&subject.policy), self.word(&subject.schedule));
        let attempts = &mut self.client(&subject.client).attempts;
        if attempts
            .or_insert_with(place, Attempts::default)
            .succeeded(end)
        {
            self.dirty.insert((Shelf::Protection, subject.clone()));
        }
    }

    pub(super) const fn is_seeded(&self) -> bool {
        self.is_seeded
    }

    pub(super) fn set_seeded(&mut self) {
        self.is_seeded = true;
        self.seeded_due = true;
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.clients.keys()
    }

    /// Every client and policy with a known success.
    pub(super) fn successes(&self) -> BTreeSet<(Arc<str>, Arc<str>)> {
        let all = self.clients.iter().flat_map(|(client, known)| {
            let known = known.attempts.iter();
            known
                .filter(|(_, attempts)| attempts.last_success().is_some())
                .map(|((policy, _), _)| (Arc::clone(client), Arc::clone(policy)))
        });
        all.collect()
    }

    /// Forgets what is not kept. The last argument is when the last run or copy ended, in milliseconds.
    pub(super) fn retain(&mut self, keep: impl Fn(&str, &str, i64) -> bool) {
        let dirty = &mut self.dirty;
        self.clients.retain(|client, known| {
            known.attempts.retain(|(policy, schedule), attempts| {
                let last = attempts
                    .last()
                    .map(|last| last.end)
                    .max(attempts.last_success());
                let stays = keep(client, policy, last.unwrap_or(i64::MIN));
                if !stays {
                    let note = subject(client, policy, schedule);
                    dirty.insert((Shelf::Protection, note));
                }
                stays
            });
            known.copies.retain(|(policy, kind), end| {
                let stays = keep(client, policy, *end);
                if !stays {
                    dirty.insert((Shelf::Copies, subject(client, policy, kind)));
                }
                stays
            });
            !known.attempts.is_empty() || !known.copies.is_empty()
        });
        let used: HashSet<Arc<str>> = self.clients.values().flat_map(Client::words).collect();
        self.words = used;
        // Those that are still there come again.
        self.over_limit.clear();
        self.excluded.clear();
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.retain(|_, _, _| false);
    }

    pub(super) fn cut(&self) -> CutClients {
        CutClients {
            over_limit: self.over_limit.len(),
            excluded: self.excluded.len(),
        }
    }

    pub(super) fn render(&self, samples: &mut Samples) {
        for (client, known) in &self.clients {
            for ((policy, schedule), attempts) in known.attempts.iter() {
                let labels = [&**client, policy, schedule];
                if let Some(success) = attempts.last_success() {
                    let at = seconds(success);
                    samples.gauge(
                        &families::CLIENT_LAST_SUCCESS_TIMESTAMP_SECONDS,
                        &labels,
                        at,
                    );
                }
                let Some(last) = attempts.last() else {
                    continue;
                };
                let at = seconds(last.end);
                samples.gauge(
                    &families::CLIENT_LAST_ATTEMPT_TIMESTAMP_SECONDS,
                    &labels,
                    at,
                );
                if let Some(status) = last.outcome.0 {
                    samples.gauge(
                        &families::CLIENT_LAST_ATTEMPT_STATUS,
                        &labels,
                        status as f64,
                    );
                }
            }
            for (policy, failures) in known.failures() {
                let labels = [&**client, policy];
                samples.gauge(
                    &families::CLIENT_CONSECUTIVE_FAILURES,
                    &labels,
                    failures as f64,
                );
            }
            for ((policy, kind), end) in known.copies.iter() {
                let labels = [&**client, policy, kind];
                samples.gauge(
                    &families::LAST_COPY_TIMESTAMP_SECONDS,
                    &labels,
                    seconds(*end),
                );
            }
        }
    }

    /// Puts back what a note says; `None` if it is damaged.
    pub(super) fn restore(&mut self, from: Shelf, key: &str, value: &[u8]) -> Option<()> {
        if key == SEEDED {
            Reader::open(FORM, key, value).filter(Reader::is_at_end)?;
            self.is_seeded = true;
            return Some(());
        }
        let mut names = key::values(key);
        let (client, policy, last) = (names.next()?.into(), names.next()?, names.next()?);
        let place = (self.word(policy), self.word(last));
        match from {
            Shelf::Protection => {
                let attempts = Attempts::decode(key, value)?;
                self.client(&client).attempts.insert(place, attempts);
            }
            Shelf::Copies => {
                let mut reader = Reader::open(FORM, key, value)?;
                let end = reader.signed().filter(|_| reader.is_at_end())?;
                self.client(&client).copies.insert(place, end);
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn is_noted(&self) -> bool {
        self.dirty.is_empty() && !self.seeded_due
    }

    /// What the notes should say that do not yet.
    pub(super) fn notes(&mut self) -> Vec<Note> {
        let mut notes: Vec<Note> = std::mem::take(&mut self.dirty)
            .into_iter()
            .map(|(shelf, of)| {
                let key = compose([&*of.client, &*of.policy, &*of.schedule]);
                let value = self.note(shelf, of, &key);
                Note { shelf, key, value }
            })
            .collect();
        if std::mem::take(&mut self.seeded_due) {
            notes.push(Note {
                shelf: Shelf::Protection,
                key: SEEDED.into(),
                value: Some(Writer::new(FORM).seal(SEEDED)),
            });
        }
        notes
    }

    fn note(&self, on: Shelf, of: Subject, key: &str) -> Option<Arc<[u8]>> {
        let client = self.clients.get(&of.client)?;
        let place = (of.policy, of.schedule);
        if on == Shelf::Copies {
            let mut writer = Writer::new(FORM);
            writer.signed(*client.copies.get(&place)?);
            return Some(writer.seal(key));
        }
        Some(client.attempts.get(&place)?.encode(key))
    }

    fn take_one(
        &mut self,
        root: u64,
        verdict: &Verdict,
        settled: i64,
        settings: &ProtectionSettings,
    ) {
        let subject = &verdict.subject;
        // Nobody's backup: the discovery of a policy that found nothing, for example.
        if subject.client.is_empty() || !self.admits(&subject.client, settings) {
            return;
        }
        let place = (self.word(&subject.policy), self.word(&subject.schedule));
        let attempts = &mut self.client(&subject.client).attempts;
        if attempts
            .or_insert_with(place, Attempts::default)
            .add(root, verdict, settled)
        {
            self.dirty.insert((Shelf::Protection, subject.clone()));
        }
    }

    /// Whether there is room for this client. What is cut is noted.
    fn admits(&mut self, client: &str, settings: &ProtectionSettings) -> bool {
        if !settings.wants(client) {
            self.excluded.see(client);
            return false;
        }
        let has_room =
            self.clients.len() < settings.max_clients || self.clients.contains_key(client);
        if !has_room {
            self.over_limit.see(client);
        }
        has_room
    }

    fn client(&mut self, name: &Arc<str>) -> &mut Client {
        self.clients.entry(Arc::clone(name)).or_default()
    }

    /// The word as it is kept in keys.
    fn word(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.words.get(word) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        self.words.insert(Arc::clone(&word));
        word
    }
}

impl Client {
    /// Failed runs since the last that did not fail, by policy: a success of any schedule ends the row.
    fn failures(&self) -> BTreeMap<&str, u64> {
        let mut successes: BTreeMap<&str, Option<i64>> = BTreeMap::new();
        for ((policy, _), attempts) in self.attempts.iter() {
            let success = successes.entry(policy).or_default();
            *success = (*success).max(attempts.last_success());
        }
        let mut failures = BTreeMap::new();
        for ((policy, _), attempts) in self
            .attempts
            .iter()
            .filter(|(_, attempts)| attempts.last().is_some())
        {
            let success = successes.get(&**policy).copied().flatten();
            let sum: &mut u64 = failures.entry(&**policy).or_default();
            *sum = sum.saturating_add(attempts.failures_since(success));
        }
        failures
    }

    fn words(&self) -> impl Iterator<Item = Arc<str>> {
        let attempts = self.attempts.iter().map(|(place, _)| place);
        let places = attempts.chain(self.copies.iter().map(|(place, _)| place));
        places.flat_map(|(one, other)| [Arc::clone(one), Arc::clone(other)])
    }
}

fn subject(client: &Arc<str>, policy: &Arc<str>, schedule: &Arc<str>) -> Subject {
    Subject {
        client: Arc::clone(client),
        policy: Arc::clone(policy),
        schedule: Arc::clone(schedule),
    }
}

fn compose<'v>(values: impl IntoIterator<Item = &'v str>) -> Arc<str> {
    let mut text = String::new();
    key::write(&mut text, values);
    text.into()
}

fn seconds(millis: i64) -> f64 {
    instant::seconds(instant::from_millis(millis))
}

//! When each client was backed up last: what is remembered of runs, for ever and not only as long as the primary remembers
//! its jobs.

mod attempts;
mod followed;
mod settings;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::RandomState;
use std::sync::Arc;

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

use super::distinct::Distinct;
use super::encoding::{Reader, Writer};
use super::few::Few;
use super::runs::{Judged, Outcome, Subject, Verdict};
use super::store::{Note, Shelf};
use super::{FinishedJob, ResultRules, instant, key};
use crate::catalogue::protection as families;
use crate::samples::Samples;

use attempts::Attempts;
use followed::Followed;
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
    clients: Clients,
    /// Names of policies, schedule types and job types, each kept once.
    words: HashSet<Arc<str>>,
    /// Notes that are not what they should be, some more than once.
    dirty: Vec<(Shelf, Subject)>,
    is_seeded: bool,
    /// The note that says so is not there yet.
    seeded_due: bool,
    /// What was settled when the runs of all clients were last gone through, in milliseconds.
    settled: Option<i64>,
    over_limit: Distinct,
    excluded: Distinct,
}

/// By name. Names come from outside, hence a hasher that nobody can foresee; one look-up finds or makes a client, which the
/// standard library's map cannot do without a copy of the name.
type Clients = HashMap<Arc<str>, Client, RandomState>;

/// A policy, and a schedule or job type.
type Place = (Arc<str>, Arc<str>);

#[derive(Debug)]
struct Client {
    name: Arc<str>,
    /// By policy and schedule type.
    attempts: Few<Place, Followed>,
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
        for (subject, verdict) in verdicts {
            let names = [&*subject.client, &*subject.policy, &*subject.schedule];
            self.take_one(root, names, &verdict, settled, settings);
        }
    }

    /// Takes a job that is a whole run, if it is of a type that protects.
    pub(super) fn take_alone(
        &mut self,
        job: &FinishedJob<'_>,
        end: i64,
        outcome: Outcome,
        settled: i64,
        settings: &ProtectionSettings,
    ) {
        let Some(verdict) = Verdict::alone(job, end, outcome) else {
            return;
        };
        let names = [&job.client, &job.policy, &job.schedule_type].map(|name| key::clean(name));
        let names = [&*names[0], &*names[1], &*names[2]];
        self.take_one(job.id, names, &verdict, settled, settings);
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
            for (place, followed) in known.attempts.iter_mut() {
                if followed.attempts.trim(settled) {
                    followed.note(client, place, dirty);
                }
            }
        }
    }

    /// Takes a copy of a client's backups, if the job is one that was made.
    pub(super) fn take_copy(
        &mut self,
        job: &FinishedJob<'_>,
        end: i64,
        outcome: Outcome,
        settings: &ProtectionSettings,
    ) {
        let is_copy = matches!(&*job.job_type, "DUPLICATE" | "REPLICATE" | "REPLICA_IMPORT");
        if !is_copy || !outcome.is_success() {
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
        let client = client_of(&mut self.clients, &client);
        let note = subject(&client.name, &policy, &kind);
        let last = client.copies.or_insert_with((policy, kind), || i64::MIN);
        if *last < end {
            *last = end;
            self.dirty.push((Shelf::Copies, note));
        }
    }

    /// Learns of a success from elsewhere than from jobs.
    pub(super) fn seed(&mut self, subject: &Subject, end: i64, settings: &ProtectionSettings) {
        if !self.admits(&subject.client, settings) {
            return;
        }
        let names = [&*subject.client, &*subject.policy, &*subject.schedule];
        self.change(names, |attempts| attempts.succeeded(end));
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
                .filter(|(_, followed)| followed.attempts.last_success().is_some())
                .map(|((policy, _), _)| (Arc::clone(client), Arc::clone(policy)))
        });
        all.collect()
    }

    /// Forgets what is not kept. The last argument is when the last run or copy ended, in milliseconds.
    pub(super) fn retain(&mut self, keep: impl Fn(&str, &str, i64) -> bool) {
        let dirty = &mut self.dirty;
        self.clients.retain(|client, known| {
            known.attempts.retain(|(policy, schedule), followed| {
                let Followed { attempts, .. } = followed;
                let last = attempts
                    .last()
                    .map(|last| last.end)
                    .max(attempts.last_success());
                let stays = keep(client, policy, last.unwrap_or(i64::MIN));
                if !stays {
                    let note = subject(client, policy, schedule);
                    dirty.push((Shelf::Protection, note));
                }
                stays
            });
            known.copies.retain(|(policy, kind), end| {
                let stays = keep(client, policy, *end);
                if !stays {
                    dirty.push((Shelf::Copies, subject(client, policy, kind)));
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

    /// Takes other rules for what a status means.
    pub(super) fn judge_by(&mut self, rules: &ResultRules) {
        for known in self.clients.values_mut() {
            for (_, followed) in known.attempts.iter_mut() {
                followed.attempts.judge_by(rules);
            }
        }
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
            for (_, followed) in known.attempts.iter() {
                followed.render(samples);
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
    pub(super) fn restore(
        &mut self,
        from: Shelf,
        key: &str,
        value: &[u8],
        rules: &ResultRules,
    ) -> Option<()> {
        if key == SEEDED {
            Reader::open(FORM, key, value).filter(Reader::is_at_end)?;
            self.is_seeded = true;
            return Some(());
        }
        let mut names = key::values(key);
        let (client, policy, last) = (names.next()?, names.next()?, names.next()?);
        let place = (self.word(policy), self.word(last));
        match from {
            Shelf::Protection => {
                let attempts = Attempts::decode(key, value, rules)?;
                let client = client_of(&mut self.clients, client);
                let followed = Followed::of(&client.name, &place, attempts);
                client.attempts.insert(place, followed);
            }
            Shelf::Copies => {
                let mut reader = Reader::open(FORM, key, value)?;
                let end = reader.signed().filter(|_| reader.is_at_end())?;
                let client = client_of(&mut self.clients, client);
                client.copies.insert(place, end);
            }
            _ => return None,
        }
        Some(())
    }

    pub(super) fn is_noted(&self) -> bool {
        self.dirty.is_empty() && !self.seeded_due
    }

    /// Forgets that notes are not what they should be. Those of runs are never written then: they stay marked.
    pub(super) fn drop_notes(&mut self) {
        self.dirty.clear();
        self.seeded_due = false;
    }

    /// What the notes should say that do not yet.
    pub(super) fn notes(&mut self) -> Vec<Note> {
        let dirty = std::mem::take(&mut self.dirty);
        let mut notes: Vec<Note> = dirty
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

    fn note(&mut self, on: Shelf, of: Subject, key: &str) -> Option<Arc<[u8]>> {
        let client = self.clients.get_mut(&of.client)?;
        let place = (of.policy, of.schedule);
        if on == Shelf::Copies {
            let mut writer = Writer::new(FORM);
            writer.signed(*client.copies.get(&place)?);
            return Some(writer.seal(key));
        }
        let (_, followed) = client.attempts.find_mut(|known| known.cmp(&place))?;
        followed.is_dirty = false;
        Some(followed.attempts.encode(key))
    }

    fn take_one(
        &mut self,
        root: u64,
        names: [&str; 3],
        verdict: &Verdict,
        settled: i64,
        settings: &ProtectionSettings,
    ) {
        // Nobody's backup: the discovery of a policy that found nothing, for example.
        if names[0].is_empty() || !self.admits(names[0], settings) {
            return;
        }
        self.change(names, |attempts| attempts.add(root, verdict, settled));
    }

    /// Changes what is known of a client, policy and schedule type; `change` says whether it did.
    fn change(
        &mut self,
        [client, policy, schedule]: [&str; 3],
        change: impl FnOnce(&mut Attempts) -> bool,
    ) {
        let names = |(known, of): &Place| (&**known, &**of).cmp(&(policy, schedule));
        let known = client_of(&mut self.clients, client);
        if known.attempts.find_mut(names).is_none() {
            let place = (
                word_of(&mut self.words, policy),
                word_of(&mut self.words, schedule),
            );
            let followed = Followed::of(&known.name, &place, Attempts::default());
            known.attempts.insert(place, followed);
        }
        let Some((place, followed)) = known.attempts.find_mut(names) else {
            return;
        };
        if change(&mut followed.attempts) {
            followed.note(&known.name, place, &mut self.dirty);
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

    /// The word as it is kept in keys.
    fn word(&mut self, word: &str) -> Arc<str> {
        word_of(&mut self.words, word)
    }
}

impl Client {
    /// Failed runs since the last good one, by policy: a success of any schedule ends the row.
    fn failures(&self) -> BTreeMap<&str, u64> {
        let mut successes: BTreeMap<&str, Option<i64>> = BTreeMap::new();
        for ((policy, _), Followed { attempts, .. }) in self.attempts.iter() {
            let success = successes.entry(policy).or_default();
            *success = (*success).max(attempts.last_success());
        }
        let mut failures = BTreeMap::new();
        for ((policy, _), Followed { attempts, .. }) in self.attempts.iter() {
            if attempts.last().is_none() {
                continue;
            }
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

/// What is known of the client, which may be nothing yet.
fn client_of<'c>(clients: &'c mut Clients, name: &str) -> &'c mut Client {
    match clients.entry_ref(name) {
        EntryRef::Occupied(known) => known.into_mut(),
        EntryRef::Vacant(place) => {
            let name: Arc<str> = name.into();
            let client = Client {
                name: Arc::clone(&name),
                attempts: Few::default(),
                copies: Few::default(),
            };
            place.insert_with_key(name, client)
        }
    }
}

/// The word as it is kept in keys.
fn word_of(words: &mut HashSet<Arc<str>>, word: &str) -> Arc<str> {
    if let Some(known) = words.get(word) {
        return Arc::clone(known);
    }
    let word: Arc<str> = word.into();
    words.insert(Arc::clone(&word));
    word
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

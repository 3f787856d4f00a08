//! What the ledger tells, and is told, beside the counts: runs of clients, and the texts of status codes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use roaring::RoaringTreemap;

use super::books::Books;
use super::runs::Subject;
use super::unfinished::Unfinished;
use super::{CutClients, Ledger, Shelf, StoreError, instant};
use crate::catalogue::jobs;
use crate::samples::Samples;

impl Ledger {
    /// Every client and policy of which a successful run is known.
    pub fn successes(&self) -> BTreeSet<(Arc<str>, Arc<str>)> {
        self.books().protection.successes()
    }

    /// Learns which jobs are under way: their ids and those of the jobs they belong to, of a complete walk that began when the
    /// primary's clock was at `clock`. A finished job whose parent is neither read nor among them is judged without it, once
    /// `reconcile_window` has passed.
    pub fn learn_unfinished(&self, clock: Timestamp, ids: RoaringTreemap) {
        self.books().unfinished = Some(Unfinished {
            read_at: clock,
            ids,
        });
    }

    /// Whether the jobs of the look-back have all been read.
    pub fn has_looked_back(&self) -> bool {
        self.books().has_looked_back()
    }

    /// Every client of which a run or a copy is known.
    pub fn clients(&self) -> BTreeSet<Arc<str>> {
        self.books().protection.names().cloned().collect()
    }

    /// Forgets the runs and copies of every client and policy that `keep` refuses; its last argument is when the last of them
    /// ended. To be called with what a complete inventory says.
    pub fn retain_clients(&self, keep: impl Fn(&str, &str, Timestamp) -> bool) {
        let mut books = self.books();
        books
            .protection
            .retain(|client, policy, last| keep(client, policy, instant::from_millis(last)));
    }

    /// Learns of a successful backup from elsewhere than from jobs. Older than what is known, it changes nothing.
    pub fn seed_success(&self, client: &str, policy: &str, schedule_type: &str, end: Timestamp) {
        let mut books = self.books();
        let Books {
            protection,
            settings,
            ..
        } = &mut *books;
        let subject = Subject::new(client, policy, schedule_type);
        protection.seed(&subject, end.as_millisecond(), &settings.protection);
    }

    /// Whether everything was learnt that there is to be learnt from elsewhere, in this state's lifetime.
    pub fn is_seeded(&self) -> bool {
        self.books().protection.is_seeded()
    }

    /// Notes that it was.
    pub fn set_seeded(&self) {
        self.books().protection.set_seeded();
    }

    /// How many clients are not kept.
    pub fn cut_clients(&self) -> CutClients {
        self.books().protection.cut()
    }

    /// The status codes of finished jobs for which the primary's own text is not known.
    pub fn statuses_without_text(&self) -> Vec<i64> {
        let books = self.books();
        let statuses = books.totals.statuses();
        statuses
            .filter(|status| books.texts.text(*status).is_none())
            .collect()
    }

    /// Learns the primary's own text for a status code.
    pub fn learn_status_text(&self, status: i64, text: &str) {
        self.books().texts.learn(status, text);
    }

    /// Keeps what was learnt and forgotten, at the latest when somebody publishes.
    pub async fn keep(&self) -> Result<(), StoreError> {
        self.save_when_due().await
    }

    /// Keeps these things, by name, for the collector of the next process; with the next commit. What else is on the shelf goes if
    /// they are `all` there is. A shelf has room for 16 MiB; what does not fit is not kept.
    pub fn shelve(
        &self,
        on: Shelf,
        things: impl IntoIterator<Item = (Arc<str>, Vec<u8>)>,
        all: bool,
    ) {
        debug_assert!(on.is_of_collectors(), "{on:?}");
        self.books().keepsakes.shelve(on, things, all);
    }

    /// What the process before this one kept on the shelf, as long as nothing took its place.
    pub fn found(&self, on: Shelf) -> Vec<(Arc<str>, Arc<[u8]>)> {
        self.books().keepsakes.found(on)
    }

    /// How many notes of the state were damaged when it was opened, and are lost, by what they were about.
    pub fn damaged_notes(&self) -> BTreeMap<Shelf, u64> {
        self.books().damaged_notes.clone()
    }
}

pub(super) fn render(books: &Books, samples: &mut Samples) {
    books.protection.render(samples);
    for status in books.totals.statuses() {
        let text = books.texts.text(status).map_or("", |text| text);
        let category = books.settings.results.result(Some(status)).as_str();
        let labels = [&*status.to_string(), text, category];
        samples.info(&jobs::STATUS_CODE_INFO, &labels);
    }
}

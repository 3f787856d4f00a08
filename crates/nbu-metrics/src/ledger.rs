//! The job ledger: counts every finished job of one primary exactly once, whatever fails.
//!
//! A list of finished jobs cannot be counted by listing it: jobs finish behind the reader's back, records come twice,
//! a page fails, the process dies between two pages, the primary's clock steps, its job database is rebuilt and ids
//! begin again. The ledger holds what it takes to be right all the same:
//!
//! * a **watermark** on the primary's clock: everything that changed before it has been counted. It moves to the clock
//!   read *before* a walk, and only when that walk is complete; the next walk begins a little before it. A job that
//!   finishes behind the cursor therefore is in the next walk.
//! * **seen**: the later of end and start that was counted under each id. Taking a record twice counts it once, so pages are
//!   committed as they come and a walk may be broken off and repeated anywhere. An id counts again only for a job that started
//!   after that and did not end before it started: a clock that stepped back while a job ran makes it start after its end.
//! * a **horizon**: a job that ended before it is never counted, so what lies before it can be forgotten.
//!
//! The truth that this adds up to: every job that ended at or after the horizon, once, with the values of the first
//! DONE record read.
//!
//! From the same records it follows *runs*, all jobs under one root, and remembers for each client, policy and schedule type
//! when the last good one ended: also when the primary has long forgotten its jobs.
//!
//! State is committed to a [`Store`] every few pages and published second: what a scrape showed survives a crash. A
//! [`FileStore`] keeps it beyond the process, a [`MemoryStore`] for as long as it lives.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use nbu_metrics::ledger::{FinishedJob, JobsSettings, Ledger, MemoryStore};
//!
//! let ledger = Ledger::open(Arc::new(MemoryStore::new()), JobsSettings::default()).await?;
//! let clock = "2026-01-01T00:00:00Z".parse()?; // the primary's, read before the walk
//! let agenda = ledger.begin(clock).await?;
//! let walk = ledger.walk(agenda.advance, clock);
//! let mut page = ledger.page();
//! page.take(FinishedJob { id: 1, job_type: "BACKUP".into(), status: Some(0), end: Some(clock), ..FinishedJob::default() });
//! page.commit().await?;
//! walk.complete().await?;
//! let samples = ledger.publish(clock).await?; // wall time: a new series shows 0 first
//! assert!(!samples.is_empty());
//! # Ok(())
//! # }
//! ```

mod books;
mod counted;
mod distinct;
pub(crate) mod encoding;
mod few;
mod finished_job;
mod following;
pub(crate) mod instant;
mod job_labels;
mod job_result;
mod keepsakes;
pub(crate) mod key;
mod marks;
mod measure;
mod page;
mod protection;
mod reuse;
mod room;
mod runs;
mod seen;
mod series;
mod settings;
mod status_texts;
mod store;
mod unfinished;
mod walk;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use crate::budget::Admissions;
use crate::catalogue::{collection, jobs};
use crate::samples::Samples;
use crate::snapshot::{self, Snapshot};

use books::Books;
use series::Totals;

pub use counted::Counted;
pub use finished_job::FinishedJob;
pub use job_labels::{JobLabel, JobLabels};
pub use job_result::{JobResult, ResultRules};
pub use marks::{Marks, Purpose, Rewalk, RewalkCause, Slice};
pub use measure::Measure;
pub use page::PageFold;
pub use protection::{CutClients, NameFilter, ProtectionSettings};
pub use series::{Amount, Birth, Total};
pub use settings::JobsSettings;
pub use store::{
    Changes, Committed, FileStore, Lost, MemoryStore, Note, OpenError, Opened, Remembered, Saved,
    SetAside, Shelf, Store, StoreError, StoreFuture,
};
pub use walk::{Agenda, WalkGuard};

/// The ledger of one primary. One task at a time walks; anybody may read and publish.
#[derive(Debug)]
pub struct Ledger {
    store: Arc<dyn Store>,
    books: Mutex<Books>,
    /// Behind a lock of its own: a snapshot is built under it, and nobody who counts waits for that lock.
    admissions: Mutex<Admissions>,
}

impl Ledger {
    /// Goes on where the store's state ends; an empty store is a first start.
    ///
    /// Fails when the store cannot be read.
    pub async fn open(store: Arc<dyn Store>, settings: JobsSettings) -> Result<Self, StoreError> {
        let saved = store.load().await?;
        let notes = saved.iter().flat_map(|saved| &saved.notes);
        let admissions = Admissions::restore(notes.filter_map(read_place));
        Ok(Self {
            store,
            admissions: Mutex::new(admissions),
            books: Mutex::new(Books::new(saved, settings)),
        })
    }

    /// Takes new settings; they hold from the next record and the next walk on.
    pub fn configure(&self, settings: JobsSettings) {
        self.books().configure(settings);
    }

    /// The settings in force.
    pub fn settings(&self) -> JobsSettings {
        self.books().settings.clone()
    }

    /// Takes the primary's clock and our own, both read just now: a primary whose clock was years ahead, and is right now,
    /// is not to be blind until those years have passed. Committed by the [`begin`](Self::begin) that follows.
    pub fn compare_clocks(&self, clock: Timestamp, ours: Timestamp) {
        let mut books = self.books();
        let mut marks = books.marks.clone();
        marks.compare(clock, ours, &books.settings);
        if marks != books.marks {
            *books.change_marks() = marks;
        }
    }

    /// Takes the primary's clock, read just now, and says what is to be walked. What the clock itself changes (the
    /// first horizon, a gap given up) is committed with the first pages that are.
    pub async fn begin(&self, clock: Timestamp) -> Result<Agenda, StoreError> {
        let agenda = {
            let mut books = self.books();
            let settings = books.settings.clone();
            let mut marks = books.marks.clone();
            marks.begin(clock, &settings);
            if marks != books.marks {
                *books.change_marks() = marks;
            }
            let width = books.pace.width();
            let advance = books.marks.advance(clock, width, &settings);
            let reconcile = advance
                .to
                .is_none()
                .then(|| books.marks.reconcile(width))
                .flatten();
            Agenda { advance, reconcile }
        };
        self.save_when_due().await?;
        Ok(agenda)
    }

    /// Begins to walk a slice. `clock` is the one the agenda was made for.
    pub fn walk(&self, slice: Slice, clock: Timestamp) -> WalkGuard<'_> {
        WalkGuard::new(self, slice, clock)
    }

    /// Begins to take the records of one page.
    pub fn page(&self) -> PageFold<'_> {
        PageFold::new(self)
    }

    /// Notes that a record, finished or not, names this id as its parent. Needed only where records have no
    /// `childCount`; committed with the next page.
    pub fn name_parent(&self, id: u64) {
        self.books().name_parent(id);
    }

    /// Commits everything and, once the store has it, publishes it. `now` is wall time: a series never exposed
    /// before shows 0 from now until `counter_birth` later.
    ///
    /// Call it after every attempt to collect, also one that failed or was cut short, and at [`next_birth`].
    /// When it fails, what was published before stays.
    ///
    /// [`next_birth`]: Ledger::next_birth
    pub async fn publish(&self, now: Timestamp) -> Result<Arc<Samples>, StoreError> {
        let (epoch, committing, mut samples, infants) = {
            let mut books = self.books();
            let (infancy, labels) = (books.settings.counter_birth, books.settings.job_labels);
            let epoch = books.epoch();
            books.totals.grow_up(now, infancy, epoch);
            let mut samples = Samples::new();
            render_marks(&books.marks, &mut samples);
            let without_end = [jobs::JOBS.endpoint, "without_end"];
            samples.counter(
                &collection::RECORDS_SKIPPED_TOTAL,
                &without_end,
                books.without_end as f64,
            );
            let infants = books.totals.render(labels, &mut samples);
            following::render(&books, &mut samples);
            let (epoch, committing) = self.hand_over(&mut books);
            (epoch, committing, samples, infants)
        };
        let committed = committing.await?;
        samples.gauge(&jobs::STATE_BYTES, &[], self.store.bytes() as f64);
        let mut books = self.books();
        books.saved(epoch, &committed);
        let stamp = books.epoch();
        books.totals.exposed(&infants, now, stamp);
        if books.published.0 < epoch {
            books.published = (epoch, Arc::new(samples));
        }
        Ok(Arc::clone(&books.published.1))
    }

    /// Builds a snapshot within the budget of the settings. The order in which its gauges were admitted is kept with the
    /// next commit.
    pub fn snapshot(&self, builder: snapshot::Builder) -> Snapshot {
        let budget = self.books().settings.series;
        let mut admissions = self
            .admissions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let snapshot = builder.build_within(budget, &mut admissions);
        let changes = admissions.changes();
        if !changes.is_empty() {
            let mut books = self.books();
            for (name, place) in changes {
                books.note(Note {
                    shelf: Shelf::Admissions,
                    key: name,
                    value: place.map(|place| Arc::from(place.to_le_bytes())),
                });
            }
        }
        snapshot
    }

    /// What was published last; empty before the first time.
    pub fn published(&self) -> Arc<Samples> {
        Arc::clone(&self.books().published.1)
    }

    /// The wall time at which the next series is to show its value instead of 0.
    pub fn next_birth(&self) -> Option<Timestamp> {
        let books = self.books();
        books.totals.next_birth(books.settings.counter_birth)
    }

    /// The marks: watermark, horizon and what else moves.
    pub fn marks(&self) -> Marks {
        self.books().marks.clone()
    }

    /// How many counted jobs are remembered, and the memory that takes, the filter included.
    pub fn remembered(&self) -> Remembered {
        let mut remembered = self.store.remembered();
        let books = self.books();
        remembered.ids += books.jobs_waiting() as u64;
        remembered.bytes += books.bytes() as u64;
        remembered
    }

    /// Makes everything that was counted last, and closes the store. For a ledger that is not used any more.
    pub async fn close(&self) -> Result<(), StoreError> {
        let saved = self.save().await;
        self.store.close().await?;
        saved
    }

    /// Commits what has changed once that is worth the trouble: what the store says [is due](Store::is_due).
    async fn save_when_due(&self) -> Result<(), StoreError> {
        {
            let mut books = self.books();
            if books.is_saved() {
                return Ok(());
            }
            let (pages, waited) = books.wait(Instant::now());
            if !self.store.is_due(pages, waited) {
                return Ok(());
            }
        }
        self.save().await
    }

    async fn save(&self) -> Result<(), StoreError> {
        let (epoch, committing) = self.hand_over(&mut self.books());
        let committed = committing.await?;
        self.books().saved(epoch, &committed);
        Ok(())
    }

    /// Gives the store what it does not have yet, under the lock: of two who commit at the same time, the one with the older
    /// values must not come second.
    fn hand_over(&self, books: &mut Books) -> (u64, StoreFuture<'_, Committed>) {
        let changes = books.changes(self.store.is_lasting());
        (changes.epoch, self.store.commit(changes))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place that a note gives somebody whose gauges were admitted.
fn read_place(note: &Note) -> Option<(&str, u64)> {
    let place = note.value.as_deref()?.try_into().ok()?;
    (note.shelf == Shelf::Admissions).then(|| (&*note.key, u64::from_le_bytes(place)))
}

impl Default for Ledger {
    /// An empty ledger of default settings, whose state lives as long as it does.
    fn default() -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            admissions: Mutex::default(),
            books: Mutex::new(Books::new(None, JobsSettings::default())),
        }
    }
}

fn render_marks(marks: &Marks, samples: &mut Samples) {
    if let Some(watermark) = marks.watermark {
        let at = instant::seconds(watermark);
        samples.gauge(&jobs::JOBS_WATERMARK_TIMESTAMP_SECONDS, &[], at);
    }
    let gap = marks.gap_millis as f64 / 1000.0;
    samples.counter(&jobs::JOBS_GAP_SECONDS_TOTAL, &[], gap);
    let changed = marks.changed_after_done as f64;
    samples.counter(&jobs::JOBS_CHANGED_AFTER_DONE_TOTAL, &[], changed);
}

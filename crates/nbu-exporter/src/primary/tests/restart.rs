//! What is there again after a restart, and what is said of what is not.

use std::io::{self, Write};
use std::sync::Mutex;

use nbu_metrics::budget::Budget;
use nbu_metrics::catalogue::jobs;
use nbu_metrics::ledger::{Changes, FileStore, Marks, Note, Shelf, Store as _};
use nbu_metrics::snapshot::Snapshot;
use tracing::subscriber::{DefaultGuard, set_default};

use super::*;
use crate::log::{Format, Level, subscriber};

/// What was logged.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Everything that this thread logs from now on.
    pub(super) fn of_this_thread() -> (Self, DefaultGuard) {
        let log = Self::default();
        let (subscriber, _handle) = subscriber(
            Level::Debug,
            Format::Logfmt,
            Clock::manual(AT).0,
            log.clone(),
        );
        (log, set_default(subscriber))
    }

    pub(super) fn lines_with(&self, word: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().filter(|line| line.contains(word));
        lines.map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn estate_on(path: &Path) -> Arc<Estate> {
    Estate::new(
        "paris".into(),
        Board::default(),
        Clock::manual(AT).0,
        Storage::claim(Some(path.into())).await.unwrap(),
    )
}

/// The life of a primary that cannot be asked, once its state is open.
async fn opened(estate: &Arc<Estate>) -> Life {
    let mut life = Life::new(Arc::clone(estate), config());
    life.open(0).await.unwrap();
    life.opened();
    life
}

async fn close(estate: &Estate) {
    estate.close(Instant::now() + Duration::from_secs(60)).await;
}

#[tokio::test]
async fn damaged_notes_are_said_once_and_cost_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state-paris.redb");
    let store = FileStore::open(&path).await.unwrap().store;
    let note = |shelf, key: &str| Note {
        shelf,
        key: key.into(),
        value: Some(Arc::from(*b"nonsense")),
    };
    let changes = Changes {
        marks: Marks {
            watermark: Some(AT),
            horizon: Some(AT),
            ..Marks::default()
        },
        notes: vec![
            note(Shelf::Protection, "a\u{1f}b\u{1f}c"),
            note(Shelf::Policies, "daily"),
            note(Shelf::Policies, "weekly"),
        ],
        ..Changes::default()
    };
    store.commit(changes).await.unwrap();
    store.close().await.unwrap();

    let (log, _guard) = Log::of_this_thread();
    for said in [1, 1] {
        let estate = estate_on(directory.path()).await;
        let life = opened(&estate).await;
        let lines = log.lines_with("was dropped");
        assert_eq!(lines.len(), said, "{lines:?}");
        for word in [
            "level=warn",
            "primary=paris",
            "1 of the last runs of clients, 2 of policies and their schedules",
        ] {
            assert!(lines[0].contains(word), "{lines:?}");
        }
        let exposed = exposed_by(&estate, &life.slots);
        assert!(has(&exposed, "netbackup_jobs_watermark_timestamp_seconds"));
        close(&estate).await;
    }
}

#[tokio::test]
async fn a_state_that_is_older_than_what_was_saved_is_said_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state-paris.redb");
    let mut copies = Vec::new();
    for seconds in 1..=2 {
        let store = FileStore::open(&path).await.unwrap().store;
        let changes = Changes {
            marks: Marks {
                watermark: Some(AT + Duration::from_secs(seconds)),
                ..Marks::default()
            },
            ..Changes::default()
        };
        store.commit(changes).await.unwrap();
        store.close().await.unwrap();
        copies.push(std::fs::read(&path).unwrap());
    }
    std::fs::write(&path, &copies[0]).unwrap();
    let (log, _guard) = Log::of_this_thread();
    for word in ["older than the one that was saved last", "not the one"] {
        for _ in 0..2 {
            let estate = estate_on(directory.path()).await;
            opened(&estate).await;
            close(&estate).await;
        }
        let lines = log.lines_with(word);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("level=warn") && lines[0].contains("primary=paris"));
        std::fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn a_family_over_the_budget_is_said_once() {
    let (log, _guard) = Log::of_this_thread();
    let estate = estate();
    let mut admissions = nbu_metrics::budget::Admissions::default();
    let budget = Budget {
        series: 100,
        series_per_family: 3,
    };
    for queued in [3, 4, 5, 4] {
        let mut samples = Samples::new();
        for number in 0..queued {
            samples.gauge(&jobs::JOBS_QUEUED, &[&number.to_string()], 1.0);
            samples.gauge(&jobs::JOBS_STALLED, &[&(number / 2).to_string()], 1.0);
        }
        let builder = Snapshot::builder(Some("paris".into())).add(&samples);
        estate.tell_dropped(&builder.build_within(budget, &mut admissions));
    }
    let lines = log.lines_with("more series than the budget allows");
    assert_eq!(lines.len(), 1, "{lines:?}");
    for word in [
        "level=warn",
        "primary=paris",
        "family=netbackup_jobs_queued",
        "metrics.max_series",
    ] {
        assert!(lines[0].contains(word), "{lines:?}");
    }
}

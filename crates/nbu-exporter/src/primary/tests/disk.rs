//! A disk under the state that does not answer: it is told, and holds up nothing but what is to be saved.

use std::io;

use nbu_metrics::ledger::{
    Changes, Committed, Counted, MemoryStore, Remembered, Saved, Store, StoreError, StoreFuture,
};
use tokio::time::timeout;

use super::outage::count_two_backups;
use super::restart::Log;
use super::*;
use crate::board::Publications;
use crate::primary::collection::publish;
use crate::remedy::{Reader, remedy};

const MINUTE: Duration = Duration::from_secs(60);

/// The state of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    Well,
    Hangs,
    Full,
}

/// A store on a disk of which the test disposes.
#[derive(Debug)]
struct Disposed {
    kept: MemoryStore,
    disk: watch::Sender<Disk>,
}

impl Disposed {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            kept: MemoryStore::new(),
            disk: watch::Sender::new(Disk::Well),
        })
    }

    fn becomes(&self, disk: Disk) {
        self.disk.send_replace(disk);
    }

    /// Done as soon as the disk answers.
    fn after<'a, T: 'a>(&'a self, done: StoreFuture<'a, T>) -> StoreFuture<'a, T> {
        let mut disk = self.disk.subscribe();
        Box::pin(async move {
            let disk = *disk.wait_for(|disk| *disk != Disk::Hangs).await.unwrap();
            if disk == Disk::Full {
                return Err(StoreError {
                    act: "written",
                    source: Box::new(io::Error::from(io::ErrorKind::StorageFull)),
                });
            }
            done.await
        })
    }
}

impl Store for Disposed {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        self.after(self.kept.load())
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        self.after(self.kept.counted(ids))
    }

    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed> {
        self.after(self.kept.commit(changes))
    }

    fn remembered(&self) -> Remembered {
        self.kept.remembered()
    }

    fn bytes(&self) -> u64 {
        self.kept.bytes()
    }
}

fn begin() -> Timestamp {
    AT + Duration::from_secs(1_000_000)
}

fn estate_over(store: &Arc<Disposed>, board: &Board) -> Arc<Estate> {
    let store: Arc<dyn Store> = store.clone();
    let clock = Clock::manual(begin()).0;
    Estate::new("paris".into(), board.clone(), clock, Storage::Given(store))
}

/// A primary that refuses connections.
fn refusing() -> Arc<config::Primary> {
    let text = "primaries: [{name: paris, url: 'https://127.0.0.1:1/netbackup', api_key: k}]";
    let mut config = Config::parse(Path::new("c.yml"), text, &Environment::of([])).unwrap();
    Arc::new(config.primaries.remove(0))
}

fn generation(board: &Board) -> u64 {
    let publications: Arc<Publications> = Arc::clone(&board.reader().borrow());
    publications.generation
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_does_not_answer_is_a_failure_with_a_reason_and_an_advice() {
    let (log, _guard) = Log::of_this_thread();
    let store = Disposed::new();
    let estate = estate_over(&store, &Board::default());
    count_two_backups(&estate, begin()).await;
    let ledger = estate.open_ledger().unwrap();
    for disk in [Disk::Hangs, Disk::Full] {
        store.becomes(disk);
        let error = publish(&estate, ledger).await.unwrap_err();
        let failure = Failure::from(error);
        assert_eq!(failure.reason, Reason::Limit);
        let what = match disk {
            Disk::Hangs => "does not answer: not within 30s",
            _ => "no storage space",
        };
        assert!(failure.error.contains(what), "{}", failure.error);
        let advice = remedy(failure.reason, &failure.facts, &config(), Reader::Log);
        assert!(
            advice.contains("--storage.path") && advice.contains("answers"),
            "{advice}"
        );
        store.becomes(Disk::Well);
        publish(&estate, ledger).await.unwrap();
    }
    assert_eq!(log.lines_with("was not saved").len(), 2);
    assert_eq!(log.lines_with("can be saved again").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn while_the_disk_does_not_answer_everything_else_goes_on() {
    let (log, _guard) = Log::of_this_thread();
    let (store, board) = (Disposed::new(), Board::default());
    let estate = estate_over(&store, &board);
    count_two_backups(&estate, begin()).await;
    // A new series is to show its value in two minutes, and that is to be saved.
    store.becomes(Disk::Hangs);
    let mut life = Life::new(Arc::clone(&estate), refusing());
    timeout(5 * MINUTE, life.go_on()).await.unwrap_err();
    let before = generation(&board);
    timeout(20 * MINUTE, life.go_on()).await.unwrap_err();
    assert!(generation(&board) > before, "nothing is published any more");
    assert_eq!(log.lines_with("was not saved").len(), 1);

    store.becomes(Disk::Well);
    timeout(5 * MINUTE, life.go_on()).await.unwrap_err();
    assert_eq!(log.lines_with("can be saved again").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_not_opened_in_time_is_told_and_used_once_it_is() {
    let (store, board) = (Disposed::new(), Board::default());
    store.becomes(Disk::Hangs);
    let estate = estate_over(&store, &board);
    let mut life = Life::new(Arc::clone(&estate), refusing());
    let view = |name| {
        let board = board.reader();
        let publications = board.borrow();
        let view = Arc::clone(&publications.primaries["paris"].view);
        let collector = view.collectors.iter().find(|one| one.name == name);
        collector.unwrap().clone()
    };
    {
        let mut living = Box::pin(life.go_on());
        timeout(Duration::from_secs(29), &mut living)
            .await
            .unwrap_err();
        assert_eq!(view("jobs").reason, None);
        timeout(MINUTE, &mut living).await.unwrap_err();
        for name in ["jobs", "protection"] {
            let view = view(name);
            assert_eq!(view.reason, Some(Reason::Limit), "{name}");
            assert!(view.error.unwrap().contains("does not answer"), "{name}");
        }
        assert_ne!(view("storage").reason, Some(Reason::Limit));
        store.becomes(Disk::Well);
        timeout(MINUTE, &mut living).await.unwrap_err();
    }
    assert!(estate.open_ledger().is_some());
}

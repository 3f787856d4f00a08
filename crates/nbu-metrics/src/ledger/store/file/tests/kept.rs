//! What is committed is kept: beyond the process, beyond the machine, and beyond a disk that fails.

use std::task::{Context, Waker};

use tempfile::tempdir;
use tokio::runtime::Handle;

use super::super::database::Database;
use super::super::trouble::Trouble;
use super::super::{FileStore, Store};
use super::history::{State, commit};
use super::tape::Tape;
use crate::ledger::instant::from_millis;
use crate::ledger::{Changes, Counted, Marks};

/// A store on that disk.
fn store(tape: &Tape) -> Result<FileStore, Trouble> {
    let (database, saved) = Database::open(tape.place())?;
    let path = "tape".into();
    Ok(FileStore::over(path, database, saved, Handle::current()))
}

fn first(commits: u64) -> State {
    State::after((0..commits).map(commit))
}

#[tokio::test]
async fn a_store_opened_again_has_everything_that_was_committed() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("state.redb");
    for round in 0..4_u64 {
        let opened = FileStore::open(&path).await.unwrap();
        assert!(opened.set_aside.is_none() && !opened.fell_back);
        let store = opened.store;
        assert_eq!(State::of(&store).await.unwrap(), first(round * 10));
        let ids: Vec<u64> = first(round * 10).jobs().keys().copied().collect();
        assert_eq!(store.remembered().ids, ids.len() as u64);
        for number in round * 10..round * 10 + 10 {
            store.commit(commit(number)).await.unwrap();
            assert_eq!(
                State::of(&store).await.unwrap(),
                first(number + 1),
                "{number}"
            );
        }
        assert_eq!(store.bytes(), std::fs::metadata(&path).unwrap().len());
        store.close().await.unwrap();
        let late = store.commit(commit(99)).await;
        assert!(late.is_err(), "a closed store takes nothing more");
    }
}

#[tokio::test]
async fn what_was_forgotten_is_said_once_and_found_no_more() {
    let store = store(&Tape::default()).unwrap();
    let mut said = Vec::new();
    for number in 0..12 {
        let done = store.commit(commit(number)).await.unwrap();
        said.extend(done.forgotten);
        let now = first(number + 1);
        let found = store.counted(&said).await.unwrap();
        let expected: Vec<_> = said.iter().map(|id| now.jobs().get(id).copied()).collect();
        assert_eq!(found, expected, "{number}");
        assert!(store.remembered().ids >= now.jobs().len() as u64);
    }
    let ever: std::collections::BTreeSet<u64> = (0..12)
        .flat_map(|number| commit(number).counted)
        .map(|(id, _)| id)
        .collect();
    let kept = first(12);
    let mut gone: Vec<u64> = ever
        .into_iter()
        .filter(|id| !kept.jobs().contains_key(id))
        .collect();
    said.sort_unstable();
    gone.sort_unstable();
    assert!(!gone.is_empty());
    assert_eq!(said, gone);
}

/// Every moment of every commit: what a kill leaves behind has all that was acknowledged, and of the commit under way
/// all or nothing.
#[tokio::test]
async fn a_kill_inside_a_commit_leaves_all_of_it_or_nothing() {
    let (tape, acknowledged) = played().await;
    let mut torn = 0;
    for (acts, commits) in moments(&tape, &acknowledged) {
        let left = tape.killed_after(acts);
        torn += usize::from(check(left, commits, &format!("killed after {acts} acts")).await);
    }
    assert!(torn > 0, "no commit was ever found half done");
}

/// The same for a power cut, which keeps what was synced and of the rest whatever it likes.
#[tokio::test]
async fn a_power_cut_inside_a_commit_leaves_all_of_it_or_nothing() {
    let (tape, acknowledged) = played().await;
    let mut random = fastrand::Rng::with_seed(7);
    for (acts, commits) in moments(&tape, &acknowledged) {
        for chance in [0.0, 0.5, 0.9] {
            let left = tape.cut_after(acts, || random.f64() < chance);
            check(left, commits, &format!("cut after {acts} acts, {chance}")).await;
        }
    }
}

/// Plays some commits; with how many acts of the disk each was acknowledged.
async fn played() -> (Tape, Vec<usize>) {
    let tape = Tape::default();
    let store = store(&tape).unwrap();
    let mut acknowledged = vec![tape.acts()];
    for number in 0..10 {
        store.commit(commit(number)).await.unwrap();
        acknowledged.push(tape.acts());
    }
    (tape, acknowledged)
}

/// Every moment after the file was founded, and how many commits had been acknowledged by then.
fn moments(tape: &Tape, acknowledged: &[usize]) -> Vec<(usize, u64)> {
    assert!(tape.acts() > acknowledged.len() * 4, "{acknowledged:?}");
    let last = acknowledged[acknowledged.len() - 1];
    (acknowledged[0]..=last)
        .map(|acts| {
            let done = acknowledged.partition_point(|at| *at <= acts) - 1;
            (acts, done as u64)
        })
        .collect()
}

/// Whether the commit under way is in it.
async fn check(left: Tape, commits: u64, when: &str) -> bool {
    let (database, saved) =
        Database::open(left.place()).unwrap_or_else(|error| panic!("{when}: {error}"));
    assert_eq!(database.lost(), None, "{when}: no crash is told as a loss");
    let store = FileStore::over("tape".into(), database, saved, Handle::current());
    let found = State::of(&store).await.unwrap();
    let (before, after) = (first(commits), first(commits + 1));
    assert!(found == before || found == after, "{when}: {found:?}");
    // And it goes on from there.
    store.commit(commit(commits + 1)).await.unwrap();
    found == after
}

#[tokio::test]
async fn commits_keep_their_order_when_nobody_waits_for_them() {
    let tape = Tape::default();
    let store = store(&tape).unwrap();
    let mut context = Context::from_waker(Waker::noop());
    for number in 0..40 {
        let mut future = store.commit(commit(number));
        let _ = future.as_mut().poll(&mut context);
    }
    store
        .commit(Changes {
            marks: commit(39).marks,
            ..Changes::default()
        })
        .await
        .unwrap();
    let other = super::kept::store(&Tape::of(tape.image())).unwrap();
    assert_eq!(State::of(&other).await.unwrap(), first(40));
}

/// A full disk at every possible moment: an error, nothing lost, and everything there when there is room again.
#[tokio::test]
async fn what_could_not_be_written_is_written_later() {
    for room in 0.. {
        let tape = Tape::default();
        let store = store(&tape).unwrap();
        store.commit(commit(0)).await.unwrap();
        tape.room(Some(room));
        let first_try = store.commit(commit(1)).await;
        if first_try.is_ok() {
            assert!(room > 3, "it never failed");
            break;
        }
        let error = first_try.unwrap_err();
        assert_eq!(error.act, "written");
        let (waiting, now) = (store.counted(&ids(1)).await, first(2));
        if let Ok(waiting) = waiting {
            let expected: Vec<_> = ids(1)
                .iter()
                .map(|id| now.jobs().get(id).copied())
                .collect();
            assert_eq!(waiting, expected, "what waits is remembered");
        }
        assert!(store.commit(commit(2)).await.is_err());
        tape.room(None);
        store.commit(commit(3)).await.unwrap();
        assert_eq!(
            State::of(&store).await.unwrap(),
            first(4),
            "room for {room} acts"
        );
        let other = super::kept::store(&Tape::of(tape.image())).unwrap();
        assert_eq!(
            State::of(&other).await.unwrap(),
            first(4),
            "room for {room} acts"
        );
    }
}

fn ids(number: u64) -> Vec<u64> {
    commit(number).counted.iter().map(|(id, _)| *id).collect()
}

#[tokio::test]
async fn an_id_counted_again_is_not_reported_as_forgotten() {
    let tape = Tape::default();
    let store = store(&tape).unwrap();
    let counted = |id: u64, end| (id, Counted::new(from_millis(end), 0));
    let commit = |counted, forget: Option<i64>| Changes {
        marks: Marks::default(),
        counted,
        forget_before: forget.map(from_millis),
        ..Changes::default()
    };
    store
        .commit(commit(
            vec![counted(1, 5), counted(2, 5), counted(3, 50)],
            None,
        ))
        .await
        .unwrap();
    // Nobody hears what this one forgot.
    let dropped = store.commit(commit(Vec::new(), Some(10)));
    drop(dropped);
    let again = store
        .commit(commit(vec![counted(1, 60)], None))
        .await
        .unwrap();
    let last = store
        .commit(commit(vec![counted(9, 60)], None))
        .await
        .unwrap();
    let mut said = again.forgotten;
    said.extend(last.forgotten);
    assert_eq!(said, [2]);
    let found = store.counted(&[1, 2, 3]).await.unwrap();
    assert_eq!(
        found,
        [Some(counted(1, 60).1), None, Some(counted(3, 50).1)]
    );
}

/// Six weeks of 20,000 jobs a day, of which three days are remembered: pages are used again.
#[tokio::test]
async fn weeks_of_jobs_do_not_let_the_file_grow() {
    const HOUR: i64 = 3_600_000;
    const PER_HOUR: u64 = 833;
    let store = store(&Tape::default()).unwrap();
    let (mut second_week, mut most) = (0, 0);
    for hour in 0..6 * 7 * 24_i64 {
        let now = from_millis(hour * HOUR);
        let first = hour.cast_unsigned() * PER_HOUR;
        let changes = Changes {
            marks: Marks {
                watermark: Some(now),
                ..Marks::default()
            },
            counted: (first..first + PER_HOUR)
                .map(|id| (id, Counted::new(now, 1)))
                .collect(),
            parents: vec![first, first + 1],
            totals: commit(hour.cast_unsigned() % 50).totals,
            forget_before: Some(from_millis((hour - 72) * HOUR)),
            ..Changes::default()
        };
        store.commit(changes).await.unwrap();
        match hour / (7 * 24) {
            0 => {}
            1 => second_week = second_week.max(store.bytes()),
            _ => most = most.max(store.bytes()),
        }
    }
    assert!(
        most <= second_week + second_week / 10,
        "{second_week} then {most} bytes"
    );
    let remembered = store.remembered().ids;
    assert_eq!(remembered, 73 * PER_HOUR);
    assert!(most < remembered * 60, "{most} bytes for {remembered} jobs");
}

//! Files that cannot be used: where they go, and which ones stay where they are.

use std::fs;
use std::path::Path;

use tempfile::{TempDir, tempdir};

use super::super::tables::FORMAT;
use super::super::{FileStore, Lost, OpenError, Opened, Store, seal};
use super::history::{State, commit};

async fn filled(path: &Path) {
    let store = FileStore::open(path).await.unwrap().store;
    store.commit(commit(0)).await.unwrap();
    store.close().await.unwrap();
}

/// The states, without what lies beside them.
fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "redb")
        })
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

async fn usable(opened: Opened) {
    let store = opened.store;
    assert_eq!(
        State::of(&store).await.unwrap(),
        State::default(),
        "begun afresh"
    );
    store.commit(commit(0)).await.unwrap();
    assert_eq!(State::of(&store).await.unwrap(), State::after([commit(0)]));
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_is_no_state_is_set_aside_whole_never_over_another_and_never_without_end() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("paris.redb");
    for number in 1..=12_u8 {
        let content = match number {
            1 => Vec::new(),
            2 => b"redb".to_vec(),
            _ => vec![number; 100_000],
        };
        fs::write(&path, &content).unwrap();
        let opened = FileStore::open(&path).await.unwrap();
        let aside = opened.set_aside.as_ref().unwrap();
        assert_eq!(aside.path, path);
        assert!(!aside.reason.is_empty());
        let kept = directory
            .path()
            .join(format!("paris.damaged-{number}.redb"));
        if number <= 10 {
            assert_eq!(aside.kept_as.as_ref(), Some(&kept));
            assert_eq!(fs::read(&kept).unwrap(), content);
        } else {
            assert_eq!(aside.kept_as, None, "ten are enough");
        }
        usable(opened).await;
    }
    assert_eq!(names(&directory).len(), 11);
    let first = fs::read(directory.path().join("paris.damaged-2.redb")).unwrap();
    assert_eq!(first, b"redb", "the first ones are still there");
}

#[tokio::test]
async fn a_newer_format_is_kept_and_said_and_never_removed() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("paris.redb");
    for number in 1..=11 {
        filled(&path).await;
        let redb = redb::Database::open(&path).unwrap();
        let transaction = redb.begin_write().unwrap();
        {
            let newer = seal::seal(b"format", &(FORMAT + 3).to_le_bytes());
            let meta = redb::TableDefinition::<&str, &[u8]>::new("meta");
            let mut meta = transaction.open_table(meta).unwrap();
            meta.insert("format", newer.as_slice()).unwrap();
        }
        transaction.commit().unwrap();
        drop(redb);
        let opened = FileStore::open(&path).await;
        if number == 11 {
            let error = opened.unwrap_err();
            assert!(matches!(error, OpenError::Stuck { .. }), "{error}");
            break;
        }
        let opened = opened.unwrap();
        let aside = opened.set_aside.as_ref().unwrap();
        assert!(aside.reason.contains("newer version"), "{}", aside.reason);
        assert!(
            aside
                .kept_as
                .as_ref()
                .unwrap()
                .ends_with(format!("paris.newer-{number}.redb"))
        );
        usable(opened).await;
        fs::remove_file(&path).unwrap();
    }
    assert!(path.exists());
}

#[tokio::test]
async fn what_the_file_is_not_to_blame_for_is_an_error_and_touches_nothing() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("paris.redb");
    filled(&path).await;

    let first = FileStore::open(&path).await.unwrap().store;
    let error = FileStore::open(&path).await.unwrap_err();
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
    assert!(error.to_string().contains("paris.redb"));
    first.close().await.unwrap();
    assert_eq!(
        State::of(&FileStore::open(&path).await.unwrap().store)
            .await
            .unwrap(),
        State::after([commit(0)])
    );

    let error = FileStore::open(directory.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::NotAFile { .. }), "{error}");
    let error = FileStore::open(path.join("below")).await.unwrap_err();
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    let nowhere = directory
        .path()
        .join("no such directory")
        .join("paris.redb");
    let error = FileStore::open(nowhere).await.unwrap_err();
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    assert_eq!(names(&directory), ["paris.redb"]);
}

#[tokio::test]
async fn a_file_that_was_much_larger_once_is_made_smaller() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("paris.redb");
    let store = FileStore::open(&path).await.unwrap().store;
    let many = (0..4_000_000).step_by(2);
    let end = crate::ledger::instant::from_millis;
    let mut changes = commit(0);
    changes.counted = many
        .map(|id| (id, crate::ledger::Counted::new(end(5), 0)))
        .collect();
    store.commit(changes).await.unwrap();
    let mut changes = commit(1);
    changes.forget_before = Some(end(6));
    let forgotten = store.commit(changes).await.unwrap().forgotten;
    assert!(forgotten.len() > 1_999_000);
    let large = store.bytes();
    store.close().await.unwrap();
    let state = State::of(&FileStore::open(&path).await.unwrap().store)
        .await
        .unwrap();
    let small = fs::metadata(&path).unwrap().len();
    assert!(
        large > 16 << 20 && small < large / 4,
        "{large} to {small} bytes"
    );
    assert!(!state.jobs().is_empty());
}

/// A copy that was made earlier is as whole as can be, and so is what a damaged header may name.
#[tokio::test]
async fn an_older_state_that_is_whole_is_told_and_only_once() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("paris.redb");
    let store = FileStore::open(&path).await.unwrap().store;
    for number in 0..5 {
        store.commit(commit(number)).await.unwrap();
    }
    store.close().await.unwrap();
    let early = fs::read(&path).unwrap();
    let store = FileStore::open(&path).await.unwrap().store;
    for number in 5..8 {
        store.commit(commit(number)).await.unwrap();
    }
    store.close().await.unwrap();
    fs::write(&path, &early).unwrap();
    let opened = FileStore::open(&path).await.unwrap();
    assert_eq!(opened.lost, Some(Lost::Writes(3)));
    assert!(opened.set_aside.is_none() && !opened.fell_back);
    let found = State::of(&opened.store).await.unwrap();
    assert_eq!(found, State::after((0..5).map(commit)));
    opened.store.close().await.unwrap();
    let again = FileStore::open(&path).await.unwrap();
    assert_eq!(again.lost, None, "it was told");
    again.store.close().await.unwrap();

    fs::remove_file(&path).unwrap();
    let opened = FileStore::open(&path).await.unwrap();
    assert_eq!(opened.lost, Some(Lost::State));
    opened.store.close().await.unwrap();
    fs::remove_file(path.with_extension("last")).unwrap();
    let opened = FileStore::open(&path).await.unwrap();
    assert_eq!(opened.lost, None, "nobody says that there was another");
}

use nbu_metrics::ledger::{Changes, Marks};
use tempfile::tempdir;

use super::*;

async fn claim(path: &Path) -> Result<Storage, StorageError> {
    Storage::claim(Some(path.into())).await
}

#[tokio::test]
async fn a_directory_is_created_for_its_owner_only_and_belongs_to_one() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("a").join("b");
    let ours = claim(&path).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    let error = claim(&path).await.unwrap_err();
    assert!(matches!(error, StorageError::InUse { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("a/b") && text.contains("--storage.path"),
        "{text}"
    );
    drop(ours);
    assert!(claim(&path).await.is_ok(), "the lock goes with its holder");
}

#[tokio::test]
async fn what_is_no_directory_is_refused_with_its_name_and_a_remedy() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    let strange = directory.path().join("strange");
    fs::create_dir_all(strange.join("lock")).unwrap();
    for path in [file.clone(), file.join("below"), strange] {
        let error = claim(&path).await.unwrap_err();
        assert!(matches!(error, StorageError::Refused { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(path.to_str().unwrap()) && text.contains("--storage.path"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_primary_that_comes_back_waits_for_its_file_and_goes_on() {
    let directory = tempdir().unwrap();
    let storage = claim(directory.path()).await.unwrap();
    let first = storage.lease("paris").await.unwrap();
    let other = storage.lease("Paris").await.unwrap();
    let marks = Marks {
        gap_millis: 5,
        ..Marks::default()
    };
    let changes = Changes {
        marks: marks.clone(),
        ..Changes::default()
    };
    let again = tokio::spawn({
        let storage = storage.clone();
        async move { storage.lease("paris").await }
    });
    first.store.commit(changes).await.unwrap();
    assert!(!again.is_finished());
    first.store.close().await.unwrap();
    drop(first);
    let again = again.await.unwrap().unwrap();
    assert_eq!(again.store.load().await.unwrap().unwrap().marks, marks);
    assert!(other.store.load().await.unwrap().is_none());
}

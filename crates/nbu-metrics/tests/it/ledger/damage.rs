//! Notes that come back damaged.

use std::sync::{Arc, Mutex};

use nbu_metrics::ledger::{
    Changes, Committed, Counted, FinishedJob, JobsSettings, Ledger, MemoryStore, Remembered, Saved,
    Store, StoreFuture,
};
use proptest::prelude::*;

use super::driver::poll_once;
use super::world::{MINUTE, START, at};

/// Keeps everything, and gives back notes with some bytes changed.
#[derive(Debug)]
struct Damaging {
    inner: Arc<MemoryStore>,
    /// Which note, which byte, what to do to it.
    damage: Mutex<Vec<(prop::sample::Index, prop::sample::Index, u8)>>,
    /// Notes that came back other than they were kept.
    changed: Mutex<u64>,
}

impl Store for Damaging {
    fn load(&self) -> StoreFuture<'_, Option<Saved>> {
        Box::pin(async {
            let mut saved = self.inner.load().await?;
            let kept = saved.clone();
            if let Some(saved) = saved.as_mut().filter(|saved| !saved.notes.is_empty()) {
                for (note, byte, change) in self.damage.lock().unwrap().iter() {
                    let place = note.index(saved.notes.len());
                    if let Some(value) = &mut saved.notes[place].value {
                        let mut bytes = value.to_vec();
                        let at = byte.index(bytes.len());
                        if *change == 0 {
                            bytes.truncate(at);
                        } else {
                            bytes[at] ^= change;
                        }
                        *value = bytes.into();
                    }
                }
            }
            if let (Some(kept), Some(saved)) = (kept, &saved) {
                let both = kept.notes.iter().zip(&saved.notes);
                *self.changed.lock().unwrap() = u64::try_from(
                    both.filter(|(kept, saved)| kept.value != saved.value)
                        .count(),
                )
                .unwrap();
            }
            Ok(saved)
        })
    }

    fn counted<'a>(&'a self, ids: &'a [u64]) -> StoreFuture<'a, Vec<Option<Counted>>> {
        self.inner.counted(ids)
    }

    fn commit(&self, changes: Changes) -> StoreFuture<'_, Committed> {
        self.inner.commit(changes)
    }

    fn remembered(&self) -> Remembered {
        self.inner.remembered()
    }

    fn bytes(&self) -> u64 {
        self.inner.bytes()
    }
}

fn filled() -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new());
    let ledger = poll_once(Ledger::open(
        Arc::clone(&store) as _,
        JobsSettings::default(),
    ))
    .unwrap()
    .unwrap();
    let clock = at(START);
    poll_once(ledger.begin(clock)).unwrap().unwrap();
    let mut page = ledger.page();
    for id in 1..20 {
        page.take(FinishedJob {
            id,
            root: Some(if id % 3 == 0 { 1_000 } else { id }),
            parent: (id % 3 == 0).then_some(1_000),
            child_count: Some(0),
            job_type: if id % 5 == 0 { "DUPLICATE" } else { "BACKUP" }.into(),
            client: format!("client{}", id % 4).into(),
            policy: "daily".into(),
            status: Some(if id % 2 == 0 { 0 } else { 13 }),
            end: Some(at(START + MINUTE)),
            ..FinishedJob::default()
        });
    }
    poll_once(page.commit()).unwrap().unwrap();
    ledger.set_seeded();
    ledger.learn_status_text(13, "a file could not be read");
    poll_once(ledger.publish(clock)).unwrap().unwrap();
    store
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_note_is_left_out_and_said(
        damage in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index, u8)>(), 1..4)
    ) {
        let inner = filled();
        let whole = poll_once(inner.load()).unwrap().unwrap().unwrap().notes.len();
        let store = Arc::new(Damaging { inner: Arc::clone(&inner), damage: Mutex::new(damage), changed: Mutex::default() });
        let ledger = poll_once(Ledger::open(Arc::clone(&store) as _, JobsSettings::default())).unwrap().unwrap();
        let damaged: u64 = ledger.damaged_notes().values().sum();
        prop_assert_eq!(damaged, *store.changed.lock().unwrap());
        poll_once(ledger.publish(at(START))).unwrap().unwrap();
        // It is gone, so that the next start does not say it again.
        let left = poll_once(inner.load()).unwrap().unwrap().unwrap().notes.len();
        prop_assert_eq!(u64::try_from(whole - left).unwrap(), damaged);
        let again = poll_once(Ledger::open(inner, JobsSettings::default())).unwrap().unwrap();
        prop_assert!(again.damaged_notes().is_empty());
    }
}

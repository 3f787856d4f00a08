//! What is remembered of runs takes little room, and less once nothing can change them any more.

use std::collections::BTreeMap;
use std::sync::Arc;

use nbu_metrics::ledger::{
    FinishedJob, JobsSettings, Ledger, MemoryStore, Purpose, Shelf, Slice, Store as _,
};

use super::driver::poll_once;
use super::world::{HOUR, MINUTE, START, at};

const CLIENTS: u64 = 1_000;
const RUNS: u64 = 10;

/// Ten runs of each of a thousand clients, one every two hours: a root and `streams` jobs below it.
fn runs(streams: u64, old: bool) -> impl Iterator<Item = Vec<FinishedJob<'static>>> {
    let from = START - 21 * HOUR;
    (0..RUNS).map(move |run| {
        let start = from + i64::try_from(run).unwrap() * 2 * HOUR;
        let of_client = |client: u64| {
            let root = 1_000_000 + (run * CLIENTS + client) * (streams + 1);
            (0..=streams).rev().map(move |place| {
                let end = start + i64::try_from(client).unwrap() * 100 + 10 * MINUTE;
                FinishedJob {
                    id: root + place,
                    root: (!old).then_some(root),
                    parent: Some(if place == 0 { 0 } else { root }),
                    child_count: (!old).then_some(if place == 0 { streams } else { 0 }),
                    job_type: "BACKUP".into(),
                    client: format!("client-{client:05}.example.com").into(),
                    policy: format!("policy-{:03}-daily", client % 200).into(),
                    schedule_type: "DIFFERENTIAL_INCREMENTAL_BACKUP".into(),
                    status: Some(i64::from((client + run).is_multiple_of(10)) * 13),
                    start: Some(at(start)),
                    end: Some(at(end)),
                    last_update: Some(at(end)),
                    ..FinishedJob::default()
                }
            })
        };
        (0..CLIENTS).flat_map(of_client).collect()
    })
}

/// Bytes of keys and values, by shelf.
fn sizes(store: &MemoryStore) -> BTreeMap<Shelf, usize> {
    let saved = poll_once(store.load()).unwrap().unwrap().unwrap();
    let mut sizes = BTreeMap::new();
    for note in saved.notes {
        *sizes.entry(note.shelf).or_default() +=
            note.key.len() + note.value.map_or(0, |value| value.len());
    }
    sizes
}

fn walk(ledger: &Ledger, clock: i64, pages: impl Iterator<Item = Vec<FinishedJob<'static>>>) {
    let clock = at(clock);
    poll_once(ledger.begin(clock)).unwrap().unwrap();
    let slice = |to| Slice {
        from: at(START - 24 * HOUR),
        to,
        purpose: Purpose::Advance,
    };
    // One after the other, as the slices of a look-back are.
    for page in pages {
        let ended = page.iter().filter_map(|job| job.end).max().unwrap();
        let walk = ledger.walk(slice(Some(ended.min(clock))), clock);
        let mut fold = ledger.page();
        for job in page {
            fold.take(job);
        }
        poll_once(fold.commit()).unwrap().unwrap();
        poll_once(walk.complete()).unwrap().unwrap();
    }
    poll_once(ledger.walk(slice(None), clock).complete())
        .unwrap()
        .unwrap();
    poll_once(ledger.publish(clock)).unwrap().unwrap();
}

/// Ten runs of each client. What is kept of one client's is its name, the policy's and the schedule type's as a key, and the
/// last good run with what followed it.
#[test]
fn what_is_kept_of_settled_runs_is_small_whatever_the_look_back_was() {
    let key = key_len();
    for (name, streams, old, kept) in [
        ("single jobs", 0, false, 0),
        ("four streams", 4, false, 0),
        ("four streams, nothing counted", 4, true, 150),
    ] {
        for look_back in [true, false] {
            let store = Arc::new(MemoryStore::new());
            let ledger = Ledger::open(Arc::clone(&store) as _, JobsSettings::default());
            let ledger = poll_once(ledger).unwrap().unwrap();
            if !look_back {
                walk(&ledger, START - 22 * HOUR, std::iter::empty());
            }
            walk(&ledger, START, runs(streams, old));
            let first = sizes(&store);
            walk(&ledger, START + 90 * HOUR, std::iter::empty());
            let then = sizes(&store);
            println!("{name}, look-back {look_back}: {first:?}, after 90 hours {then:?}");
            let most = |kept| usize::try_from(CLIENTS).unwrap() * kept;
            let kept = if look_back { 0 } else { most(kept * 10) };
            let of_runs = first.get(&Shelf::Runs).copied().unwrap_or_default();
            assert!(of_runs <= kept, "{of_runs} bytes of runs");
            assert_eq!(then.get(&Shelf::Runs), None);
            if kept == 0 {
                assert!(first[&Shelf::Protection] <= most(key + 40), "{first:?}");
            }
            assert!(then[&Shelf::Protection] <= most(key + 40), "{then:?}");
        }
    }
}

/// The bytes of one key on the shelf of the last runs.
fn key_len() -> usize {
    let job = runs(0, false).next().unwrap().remove(0);
    job.client.len() + job.policy.len() + job.schedule_type.len() + 2
}

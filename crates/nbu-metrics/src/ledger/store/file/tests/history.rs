//! Commits to play and states to compare.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::histogram::buckets::JOB_DURATION_SECONDS;
use crate::ledger::instant::from_millis;
use crate::ledger::{
    Amount, Birth, Changes, Counted, Marks, Measure, Note, Saved, Shelf, Store, StoreError, Total,
};

/// The commit of this number: 40 jobs, some of them again, totals, parents, notes, and now and then something forgotten.
pub(super) fn commit(number: u64) -> Changes {
    let end = |id: u64| from_millis(i64::try_from(id).unwrap() * 1_000);
    let first = (number * 30).saturating_sub(10);
    let counted = (first..first + 40).map(|id| {
        let mark = u16::try_from(number).unwrap();
        (id * 3, Counted::new(end(id), mark))
    });
    let mut durations = crate::histogram::Histogram::new(JOB_DURATION_SECONDS);
    durations.observe(number as f64 * 100.0);
    let total = |amount| Total {
        amount,
        birth: [Birth::Unborn, Birth::Exposed(end(number)), Birth::Born][(number % 3) as usize],
    };
    let note = |shelf, key: &str, value: Option<&[u8]>| Note {
        shelf,
        key: key.into(),
        value: value.map(Arc::from),
    };
    Changes {
        epoch: number,
        marks: Marks {
            watermark: Some(end(first)),
            gap_millis: number,
            ..Marks::default()
        },
        counted: counted.collect(),
        parents: vec![first * 3, first * 3 + 1],
        totals: vec![
            (
                Measure::Finished,
                format!("a\u{1f}{}", number % 5).into(),
                total(Amount::Count(number)),
            ),
            (
                Measure::Duration,
                "b".into(),
                total(Amount::Histogram(durations)),
            ),
        ],
        notes: vec![
            note(
                Shelf::Runs,
                &format!("run {}", number % 7),
                Some(&number.to_le_bytes()),
            ),
            note(
                Shelf::Copies,
                "long",
                Some(&vec![7; usize::try_from(100 * (number % 40)).unwrap()]),
            ),
            note(
                Shelf::Protection,
                "sometimes",
                number.is_multiple_of(2).then_some(b"x"),
            ),
        ],
        forget_before: (number % 4 == 3).then(|| end(first.saturating_sub(60))),
    }
}

/// A state in a form that can be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    marks: Marks,
    jobs: BTreeMap<u64, Counted>,
    parents: BTreeSet<u64>,
    totals: BTreeMap<(Measure, Arc<str>), String>,
    notes: BTreeMap<(Shelf, Arc<str>), Arc<[u8]>>,
}

impl State {
    /// After these commits, as the trait's words have it.
    pub(super) fn after(commits: impl IntoIterator<Item = Changes>) -> Self {
        let mut state = Self::default();
        for changes in commits {
            state.marks = changes.marks;
            state.jobs.extend(changes.counted);
            state.parents.extend(changes.parents);
            for (measure, key, total) in changes.totals {
                state.totals.insert((measure, key), format!("{total:?}"));
            }
            for note in changes.notes {
                match note.value {
                    Some(value) => state.notes.insert((note.shelf, note.key), value),
                    None => state.notes.remove(&(note.shelf, note.key)),
                };
            }
            if let Some(horizon) = changes.forget_before {
                let gone: Vec<u64> = state
                    .jobs
                    .iter()
                    .filter(|(_, counted)| counted.is_before(horizon))
                    .map(|(id, _)| *id)
                    .collect();
                for id in gone {
                    state.jobs.remove(&id);
                    state.parents.remove(&id);
                }
            }
        }
        state
    }

    pub(super) fn jobs(&self) -> &BTreeMap<u64, Counted> {
        &self.jobs
    }

    /// What a store has, both what it loads and what it finds.
    pub(super) async fn of(store: &dyn Store) -> Result<Self, StoreError> {
        let saved = store.load().await?.unwrap_or_default();
        let ids: Vec<u64> = saved.ids.iter().collect();
        let counted = store.counted(&ids).await?;
        let jobs = ids
            .iter()
            .zip(counted)
            .map(|(id, counted)| (*id, counted.expect("what is loaded is found")));
        Ok(Self::new(&saved, jobs.collect()))
    }

    pub(super) fn new(saved: &Saved, jobs: BTreeMap<u64, Counted>) -> Self {
        Self {
            marks: saved.marks.clone(),
            jobs,
            parents: saved.parents.iter().collect(),
            totals: saved
                .totals
                .iter()
                .map(|(measure, key, total)| ((*measure, Arc::clone(key)), format!("{total:?}")))
                .collect(),
            notes: saved
                .notes
                .iter()
                .map(|note| {
                    (
                        (note.shelf, Arc::clone(&note.key)),
                        note.value.clone().unwrap(),
                    )
                })
                .collect(),
        }
    }
}

//! Finds the jobs of a page without looking at all jobs.

use std::cmp::Ordering;

use super::field::{Field, value};
use crate::{
    filter::{Comparison, Expression, Fold, Literal, SortKey, Value},
    population::{
        block::{BLOCK, Block},
        job::Job,
        world::World,
    },
};

/// A position in a sorted list: the values of the sort keys, then the job's id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Position {
    pub(crate) keys: Vec<Value<'static>>,
    pub(crate) id: u64,
}

/// The order of a list. Ties are settled by ascending id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    Id { descending: bool },
    Keys(Vec<SortKey<Field>>),
}

/// Which part of the list is wanted.
#[derive(Debug)]
pub(crate) enum Part<'p> {
    /// The first jobs after this position, or of all.
    After(Option<&'p Position>),
    /// The last jobs before this position.
    Before(&'p Position),
    /// The jobs after the first so many.
    Skip(usize),
}

/// Jobs of a list in its order, and whether more follow in the direction of the walk.
#[derive(Debug)]
pub(crate) struct Selection<'w> {
    pub(crate) jobs: Vec<&'w Job>,
    pub(crate) more: bool,
}

/// Selects at most `limit` jobs that pass `filter`.
pub(crate) fn select<'w>(
    world: &'w World,
    now: i64,
    filter: Option<&Expression<Field>>,
    order: &Order,
    part: &Part<'_>,
    limit: usize,
) -> Selection<'w> {
    let candidates = Candidates::new(world, now, filter);
    let mut jobs: Vec<&Job> = match (order, part) {
        (Order::Id { descending }, Part::After(after)) => {
            let bounds = beyond(after.map(|position| position.id), *descending);
            return take(candidates.within(bounds), *descending, limit);
        }
        (Order::Id { descending }, Part::Before(before)) => {
            let bounds = beyond(Some(before.id), !*descending);
            let mut selection = take(candidates.within(bounds), !*descending, limit);
            selection.jobs.reverse();
            return selection;
        }
        (Order::Id { descending: false }, Part::Skip(skip)) => {
            candidates.ascending().skip(*skip).take(limit + 1).collect()
        }
        (Order::Id { descending: true }, Part::Skip(skip)) => candidates
            .descending()
            .skip(*skip)
            .take(limit + 1)
            .collect(),
        (Order::Keys(keys), part) => {
            let mut all: Vec<&Job> = candidates.ascending().collect();
            all.sort_by(|a, b| compare(world, now, keys, a, b));
            match part {
                Part::After(None) => all.truncate(limit + 1),
                Part::After(Some(after)) => {
                    let from = all.partition_point(|job| {
                        against(world, now, keys, job, after) != Ordering::Greater
                    });
                    all.drain(..from);
                    all.truncate(limit + 1);
                }
                Part::Before(before) => {
                    let until = all.partition_point(|job| {
                        against(world, now, keys, job, before) == Ordering::Less
                    });
                    all.truncate(until);
                    let more = until > limit;
                    all.drain(..until.saturating_sub(limit));
                    return Selection { jobs: all, more };
                }
                Part::Skip(skip) => {
                    all.drain(..(*skip).min(all.len()));
                    all.truncate(limit + 1);
                }
            }
            all
        }
    };
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    Selection { jobs, more }
}

/// How many jobs pass `filter`.
pub(crate) fn count(world: &World, now: i64, filter: Option<&Expression<Field>>) -> usize {
    Candidates::new(world, now, filter).ascending().count()
}

/// The sort keys of a job.
pub(crate) fn position(world: &World, now: i64, order: &Order, job: &Job) -> Position {
    let keys = match order {
        Order::Id { .. } => Vec::new(),
        Order::Keys(keys) => keys
            .iter()
            .map(|key| owned(value(&world.names, job, now, key.field)))
            .collect(),
    };
    Position { keys, id: job.id }
}

fn owned(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Text(text) => Value::Text(text.into_owned().into()),
        Value::Integer(n) => Value::Integer(n),
        Value::Number(n) => Value::Number(n),
        Value::Boolean(b) => Value::Boolean(b),
        Value::Absent => Value::Absent,
    }
}

fn compare(world: &World, now: i64, keys: &[SortKey<Field>], a: &Job, b: &Job) -> Ordering {
    keys.iter()
        .map(|key| {
            let order = value(&world.names, a, now, key.field).order(&value(
                &world.names,
                b,
                now,
                key.field,
            ));
            if key.descending {
                order.reverse()
            } else {
                order
            }
        })
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.id.cmp(&b.id))
}

fn against(
    world: &World,
    now: i64,
    keys: &[SortKey<Field>],
    job: &Job,
    position: &Position,
) -> Ordering {
    keys.iter()
        .zip(&position.keys)
        .map(|(key, there)| {
            let order = value(&world.names, job, now, key.field).order(there);
            if key.descending {
                order.reverse()
            } else {
                order
            }
        })
        .find(|order| order.is_ne())
        .unwrap_or_else(|| job.id.cmp(&position.id))
}

fn take<'w>(candidates: Candidates<'w, '_>, descending: bool, limit: usize) -> Selection<'w> {
    let mut jobs: Vec<&Job> = if descending {
        candidates.descending().take(limit + 1).collect()
    } else {
        candidates.ascending().take(limit + 1).collect()
    };
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    Selection { jobs, more }
}

/// The ids strictly beyond `id` in the direction of the walk.
fn beyond(id: Option<u64>, descending: bool) -> (u64, u64) {
    match id {
        None => (0, u64::MAX),
        Some(id) if descending => (0, id.saturating_sub(1)),
        Some(id) => (id.saturating_add(1), u64::MAX),
    }
}

/// The jobs that pass a filter, found by what the filter demands in any case.
struct Candidates<'w, 'f> {
    world: &'w World,
    now: i64,
    filter: Option<&'f Expression<Field>>,
    demands: Demands,
    from: usize,
    until: usize,
}

impl<'w, 'f> Candidates<'w, 'f> {
    fn new(world: &'w World, now: i64, filter: Option<&'f Expression<Field>>) -> Self {
        let mut demands = Demands::NONE;
        if let Some(filter) = filter {
            demands.gather(filter);
        }
        let from = world.lower_bound(demands.ids.0);
        let until = demands
            .ids
            .1
            .checked_add(1)
            .map_or(world.jobs.len(), |end| world.lower_bound(end));
        Self {
            world,
            now,
            filter,
            demands,
            from,
            until: until.max(from),
        }
    }

    fn within(mut self, (lowest, highest): (u64, u64)) -> Self {
        self.from = self.from.max(self.world.lower_bound(lowest));
        let end = highest
            .checked_add(1)
            .map_or(self.world.jobs.len(), |end| self.world.lower_bound(end));
        self.until = self.until.min(end).max(self.from);
        self
    }

    fn ascending(self) -> impl Iterator<Item = &'w Job> + use<'w, 'f> {
        let blocks = self.from / BLOCK..self.until.div_ceil(BLOCK);
        blocks
            .filter_map(move |block| self.of_block(block))
            .flat_map(move |(jobs, test)| jobs.iter().filter(move |job| test.admits(job)))
    }

    fn descending(self) -> impl Iterator<Item = &'w Job> + use<'w, 'f> {
        let blocks = (self.from / BLOCK..self.until.div_ceil(BLOCK)).rev();
        blocks
            .filter_map(move |block| self.of_block(block))
            .flat_map(move |(jobs, test)| jobs.iter().rev().filter(move |job| test.admits(job)))
    }

    /// The jobs of a block that lie in the range, unless its summary rules all of them out.
    fn of_block(&self, block: usize) -> Option<(&'w [Job], Test<'w, 'f>)> {
        let start = block * BLOCK;
        let summary = self.world.blocks.of(start)?;
        if !self.demands.possible(summary) {
            return None;
        }
        let jobs = self
            .world
            .jobs
            .get(start.max(self.from)..(start + BLOCK).min(self.until))?;
        let test = Test {
            world: self.world,
            now: self.now,
            filter: self.filter,
        };
        Some((jobs, test))
    }
}

#[derive(Clone, Copy)]
struct Test<'w, 'f> {
    world: &'w World,
    now: i64,
    filter: Option<&'f Expression<Field>>,
}

impl Test<'_, '_> {
    fn admits(self, job: &Job) -> bool {
        !job.purged
            && self.filter.is_none_or(|filter| {
                filter.admits(&|field| value(&self.world.names, job, self.now, field))
            })
    }
}

/// What every job that passes a filter must satisfy.
#[derive(Debug, PartialEq)]
struct Demands {
    /// Lowest and highest id.
    ids: (u64, u64),
    /// Earliest and latest last change.
    updated: (i64, i64),
    done: Option<bool>,
}

impl Demands {
    const NONE: Self = Self {
        ids: (0, u64::MAX),
        updated: (i64::MIN, i64::MAX),
        done: None,
    };

    /// Reads the conjunctions at the top; anything else demands nothing.
    fn gather(&mut self, filter: &Expression<Field>) {
        match filter {
            Expression::And(left, right) => {
                self.gather(left);
                self.gather(right);
            }
            Expression::Compare {
                field,
                fold: Fold::Exact,
                comparison,
                literal,
            } => self.demand(*field, *comparison, literal),
            _ => {}
        }
    }

    fn demand(&mut self, field: Field, comparison: Comparison, literal: &Literal) {
        match (field, literal) {
            (Field::JobId, Literal::Integer(id)) => {
                let (low, high) = range(comparison, *id);
                self.ids.0 = self.ids.0.max(u64::try_from(low).unwrap_or(0));
                self.ids.1 = self.ids.1.min(u64::try_from(high).unwrap_or(0));
            }
            (Field::LastUpdateTime, Literal::Integer(ms)) => {
                let (low, high) = range(comparison, *ms);
                self.updated.0 = self.updated.0.max(low);
                self.updated.1 = self.updated.1.min(high);
            }
            (Field::State, Literal::Text(state)) => match (comparison, state == "DONE") {
                (Comparison::Eq, done) => self.done = Some(done),
                (Comparison::Ne, true) => self.done = Some(false),
                _ => {}
            },
            _ => {}
        }
    }

    fn possible(&self, block: &Block) -> bool {
        let done =
            block.done > 0 && block.newest >= self.updated.0 && block.oldest <= self.updated.1;
        let live = block.live > 0;
        match self.done {
            Some(true) => done,
            Some(false) => live,
            None => done || live,
        }
    }
}

/// The integers for which a comparison can hold.
fn range(comparison: Comparison, n: i64) -> (i64, i64) {
    match comparison {
        Comparison::Eq => (n, n),
        Comparison::Ne => (i64::MIN, i64::MAX),
        Comparison::Lt => (i64::MIN, n.saturating_sub(1)),
        Comparison::Le => (i64::MIN, n),
        Comparison::Gt => (n.saturating_add(1), i64::MAX),
        Comparison::Ge => (n, i64::MAX),
    }
}

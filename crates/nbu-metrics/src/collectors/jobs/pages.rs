//! The pages of the job list, however the primary numbers them.

use std::ops::ControlFlow;

use nbu_api::endpoint::JOBS;
use nbu_api::{Filter, Job, JobEnding, PageInfo, Paging, Query, Record};
use nbu_client::{Client, Error, Walk};

use super::span::{Direction, Span};
use crate::collector::CollectError;

/// How often a walk may find its place again. More than that, and something else is wrong.
const RESUMES: u32 = 8;

/// A walk over all jobs that pass a filter, or over those of them whose id lies in a span.
///
/// Since API 9.0 by cursor, ascending. A cursor that the primary no longer knows (400 or 404 in mid-walk) is replaced by
/// `jobId gt <last>`, unless the pages did not come in order.
///
/// Before, offsets count from the start of a list that changes meanwhile, so the pages go by id instead: `jobId lt
/// <last>`. Descending, for the oldest versions have no `childCount` and a job is known as a parent only by its children,
/// whose ids are higher. Ids out of order end such a walk with an error, unless everything is on one page: nobody knows
/// then what `jobId lt <last>` leaves out.
pub(super) struct JobPages<'c> {
    list: List<'c>,
    walk: Walk,
    /// What the walk asks for now.
    asked: Span,
    /// What of that has not been read, as far as the pages come in order.
    left: Span,
    onward: Onward,
    /// An id came that should have come earlier: nobody knows what is still to come.
    disordered: bool,
    /// An id came that was not asked for.
    strayed: bool,
    /// A record did not say how many children its job has.
    childless: bool,
    resumes: u32,
    tally: Tally,
}

/// How it goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Onward {
    /// With the page that follows, or with the first one.
    Follow,
    /// With the first page of what is left.
    Anew,
    /// The last page says that nothing follows; whether it can be believed is not asked yet.
    Last,
    /// Everything was read, or is read by somebody else.
    Nowhere,
}

/// What the pages held so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Tally {
    pub(super) records: u64,
    /// Ids from the first to the last of each page, those between them that are no record included.
    pub(super) ids: u64,
}

/// The list, and how it is asked for.
#[derive(Clone)]
struct List<'c> {
    client: &'c Client,
    filter: Filter,
    direction: Direction,
    /// By id instead of by cursor.
    keyed: bool,
}

/// What it takes to find the way through the list.
pub(super) trait Listed {
    fn id(&self) -> u64;

    /// Whether its record says how many children it has.
    fn counts_children(&self) -> bool;
}

/// What one page brings to light.
struct Reading {
    direction: Direction,
    asked: Span,
    first: Option<u64>,
    last: Option<u64>,
    records: u64,
    disordered: bool,
    strayed: bool,
    childless: bool,
}

impl<'c> JobPages<'c> {
    pub(super) async fn begin(client: &'c Client, filter: Filter) -> Result<Self, Error> {
        let version = match client.version() {
            Some(version) => version,
            None => client.detect().await?,
        };
        let keyed = JOBS.paging(version) == Paging::Offset;
        let direction = if keyed {
            Direction::Down
        } else {
            Direction::Up
        };
        let list = List {
            client,
            filter,
            direction,
            keyed,
        };
        Ok(Self::of(list, Span::default()))
    }

    /// Another walk, over a part of what this one was begun for.
    pub(super) fn branch(&self, span: Span) -> Self {
        Self::of(self.list.clone(), span)
    }

    /// Another walk, over the same from its other end.
    pub(super) fn far_end(&self) -> Self {
        let list = List {
            direction: self.list.direction.opposite(),
            ..self.list.clone()
        };
        Self::of(list, Span::default())
    }

    fn of(list: List<'c>, span: Span) -> Self {
        Self {
            walk: list.walk(span),
            list,
            asked: span,
            left: span,
            onward: if span.is_empty() {
                Onward::Nowhere
            } else {
                Onward::Follow
            },
            disordered: false,
            strayed: false,
            childless: false,
            resumes: 0,
            tally: Tally::default(),
        }
    }

    /// Reads the next page; breaks after the last one. A page that came broken comes again, so some of its jobs may be
    /// visited twice.
    pub(super) async fn next<R>(
        &mut self,
        mut visit: impl FnMut(R::Of<'_>) + Send,
    ) -> Result<ControlFlow<()>, CollectError>
    where
        R: Record,
        for<'r> R::Of<'r>: Listed,
    {
        match self.onward {
            Onward::Nowhere => return Ok(ControlFlow::Break(())),
            Onward::Anew => {
                self.walk.restart(self.list.query(self.left))?;
                self.asked = self.left;
                self.onward = Onward::Follow;
            }
            Onward::Follow | Onward::Last => {}
        }
        let page = match self.walk.next_page().await {
            None => return Ok(ControlFlow::Break(())),
            Some(Ok(page)) => page,
            Some(Err(error)) => {
                self.resume(error)?;
                return Ok(ControlFlow::Continue(()));
            }
        };
        let mut reading = Reading::new(self.list.direction, self.asked, self.left);
        let folded = page.fold::<R>(|job| {
            reading.take(&job);
            visit(job);
        });
        match folded {
            Ok(info) => self.leave(&info, &reading)?,
            // The walk asks for a broken page again, or ends with the error.
            Err(Error::Decode { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// What has not been read.
    pub(super) fn left(&self) -> Span {
        self.left
    }

    /// Leaves to others what lies outside of `span`.
    pub(super) fn keep_to(&mut self, span: Span) {
        let kept = self.left.meet(span);
        if kept != self.left {
            self.left = kept;
            if self.has_more() {
                self.onward = if kept.is_empty() {
                    Onward::Nowhere
                } else {
                    Onward::Anew
                };
            }
        }
    }

    /// Whether it asks for certain ids only.
    pub(super) fn asks_for_part(&self) -> bool {
        self.asked != Span::default()
    }

    /// Whether it has nothing more to read, and nothing to ask in order to know that.
    pub(super) fn is_over(&self) -> bool {
        self.onward == Onward::Nowhere
    }

    /// Whether another page follows, as far as is known.
    pub(super) fn has_more(&self) -> bool {
        matches!(self.onward, Onward::Follow | Onward::Anew)
    }

    /// Whether the ids came in order, and none that was not asked for: what the primary does with a filter by id, and with
    /// the order, is what the division of a list stands on.
    pub(super) fn is_sound(&self) -> bool {
        !self.disordered && !self.strayed
    }

    /// Whether others may read parts of the list at the same time: not where its order tells parents from leaves.
    pub(super) fn may_be_divided(&self) -> bool {
        self.is_sound() && !(self.list.keyed && self.childless)
    }

    pub(super) fn direction(&self) -> Direction {
        self.list.direction
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// How many records a page holds at most.
    pub(super) fn page_size(&self) -> u64 {
        u64::from(self.walk.records_per_page())
    }

    /// Takes what a page said about what follows.
    fn leave(&mut self, info: &PageInfo, reading: &Reading) -> Result<(), CollectError> {
        let before = self.left;
        self.tally.add(reading);
        self.disordered |= reading.disordered;
        self.strayed |= reading.strayed;
        self.childless |= reading.childless;
        if let Some(last) = reading.last.filter(|_| !self.disordered) {
            self.left = self.list.direction.rest(self.left, last);
        }
        self.onward = match self.list.keyed {
            false if info.next.is_some() => Onward::Follow,
            false => Onward::Last,
            true if is_last(info, self.walk.records_per_page()) => Onward::Nowhere,
            true if self.left == before => {
                return Err(CollectError::Order {
                    last: reading.last.unwrap_or_default(),
                });
            }
            true => Onward::Anew,
        };
        Ok(())
    }

    /// Goes on behind the last job read, if the error says that the cursor was lost.
    fn resume(&mut self, error: Error) -> Result<(), Error> {
        let lost = matches!(error.status(), Some(400 | 404)) && !self.list.keyed;
        // Where nothing was read since it was last asked anew, going on from there leads nowhere.
        if !lost || self.disordered || self.left == self.asked || self.resumes == RESUMES {
            return Err(error);
        }
        self.resumes += 1;
        self.walk = self.list.walk(self.left);
        self.asked = self.left;
        Ok(())
    }
}

impl List<'_> {
    fn walk(&self, span: Span) -> Walk {
        self.client.walk(&JOBS, self.query(span))
    }

    fn query(&self, span: Span) -> Query {
        Query::new()
            .filter(&span.narrow(&self.filter))
            .sort(self.direction.key())
    }
}

impl Reading {
    /// Begins a page of what is left of what was asked for.
    fn new(direction: Direction, asked: Span, left: Span) -> Self {
        let last = match direction {
            Direction::Up => left.above,
            Direction::Down => left.below,
        };
        Self {
            direction,
            asked,
            first: None,
            last,
            records: 0,
            disordered: false,
            strayed: false,
            childless: false,
        }
    }

    fn take(&mut self, job: &impl Listed) {
        let id = job.id();
        self.records += 1;
        self.first.get_or_insert(id);
        self.disordered |= self
            .last
            .is_some_and(|last| !self.direction.follows(last, id));
        self.last = Some(id);
        self.strayed |= !self.asked.holds(id);
        self.childless |= !job.counts_children();
    }
}

impl Listed for Job<'_> {
    fn id(&self) -> u64 {
        self.job_id
    }

    fn counts_children(&self) -> bool {
        self.child_count.is_some()
    }
}

impl Listed for JobEnding<'_> {
    fn id(&self) -> u64 {
        self.job_id
    }

    fn counts_children(&self) -> bool {
        self.child_count.is_some()
    }
}

impl Tally {
    fn add(&mut self, page: &Reading) {
        self.records += page.records;
        if let (Some(first), Some(last)) = (page.first, page.last) {
            self.ids = self
                .ids
                .saturating_add(first.abs_diff(last))
                .saturating_add(1);
        }
    }
}

/// Whether nothing follows a page that was to hold `limit` records. A full page settles nothing, whatever its count says:
/// one request more is less than jobs that are never counted. A count is that of what is left below the last id, so for a
/// shorter page it settles the question, unless what was received refutes it. An empty page is the last, unless it says
/// that another one follows.
fn is_last(page: &PageInfo, limit: u32) -> bool {
    let elements = u64::from(page.elements());
    match page.count {
        _ if elements == 0 => page.next.is_none(),
        _ if elements >= u64::from(limit) => false,
        Some(count) if count >= elements => count == elements,
        _ => page.next.is_none(),
    }
}

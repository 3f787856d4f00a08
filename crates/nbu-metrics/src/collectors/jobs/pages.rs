//! The pages of the job list, however the primary numbers them.

use std::ops::ControlFlow;

use nbu_api::endpoint::JOBS;
use nbu_api::filter::job;
use nbu_api::{Filter, Job, PageInfo, Paging, Query};
use nbu_client::{Client, Error, Walk};

use crate::collector::CollectError;

/// How often a walk may find its place again. More than that, and something else is wrong.
const RESUMES: u32 = 8;

/// A walk over all jobs that pass a filter.
///
/// Since API 9.0 by cursor, ascending. A cursor that the primary no longer knows (400 or 404 in mid-walk) is replaced by
/// `jobId gt <last>`, unless the pages did not come in order.
///
/// Before, offsets count from the start of a list that changes meanwhile, so the pages go by id instead: `jobId lt
/// <last>`. Descending, for those versions have no `childCount` and a job is known as a parent only by its children,
/// whose ids are higher.
pub(super) struct JobPages<'c> {
    client: &'c Client,
    filter: Filter,
    walk: Walk,
    place: Place,
}

enum Place {
    Cursor(Ascent),
    Below(Option<u64>),
    End,
}

/// How far a walk by cursor has come.
#[derive(Default)]
struct Ascent {
    /// The highest id of all pages so far.
    last: Option<u64>,
    /// An id came that was not higher than those of the pages before: nobody knows what is still to come.
    disordered: bool,
    /// Where the cursor was lost last.
    lost_after: Option<u64>,
    resumes: u32,
}

impl<'c> JobPages<'c> {
    pub(super) async fn begin(client: &'c Client, filter: Filter) -> Result<Self, Error> {
        let version = match client.version() {
            Some(version) => version,
            None => client.detect().await?,
        };
        let (place, order) = if JOBS.paging(version) == Paging::Offset {
            (Place::Below(None), "-jobId")
        } else {
            (Place::Cursor(Ascent::default()), "jobId")
        };
        let walk = client.walk(&JOBS, Query::new().filter(&filter).sort(order));
        Ok(Self {
            client,
            filter,
            walk,
            place,
        })
    }

    /// Reads the next page; breaks after the last one. A page that came broken comes again, so some of its jobs may be
    /// visited twice.
    pub(super) async fn next(
        &mut self,
        visit: impl FnMut(Job<'_>) + Send,
    ) -> Result<ControlFlow<()>, CollectError> {
        match self.place {
            Place::Cursor(_) => Ok(self.ascend(visit).await?),
            Place::Below(last) => self.descend(last, visit).await,
            Place::End => Ok(ControlFlow::Break(())),
        }
    }

    async fn ascend(
        &mut self,
        mut visit: impl FnMut(Job<'_>) + Send,
    ) -> Result<ControlFlow<()>, Error> {
        let page = match self.walk.next_page().await {
            None => return Ok(ControlFlow::Break(())),
            Some(Ok(page)) => page,
            Some(Err(error)) => {
                self.resume(error)?;
                return Ok(ControlFlow::Continue(()));
            }
        };
        let mut ids: Option<(u64, u64)> = None;
        let folded = page.fold::<Job<'_>>(|job| {
            let id = job.job_id;
            ids = Some(ids.map_or((id, id), |(low, high)| (low.min(id), high.max(id))));
            visit(job);
        });
        match folded {
            Ok(_) => {
                if let (Place::Cursor(ascent), Some((low, high))) = (&mut self.place, ids) {
                    ascent.climb(low, high);
                }
                Ok(ControlFlow::Continue(()))
            }
            // The walk asks for a broken page again, or ends with the error.
            Err(Error::Decode { .. }) => Ok(ControlFlow::Continue(())),
            Err(error) => Err(error),
        }
    }

    /// Goes on behind the last job read, if the error says that the cursor was lost.
    fn resume(&mut self, error: Error) -> Result<(), Error> {
        let Place::Cursor(ascent) = &mut self.place else {
            return Err(error);
        };
        match (error.status(), ascent.lose()) {
            (Some(400 | 404), Some(last)) => {
                let filter = self.filter.clone().and(job::JOB_ID.gt(last));
                let query = Query::new().filter(&filter).sort("jobId");
                self.walk = self.client.walk(&JOBS, query);
                Ok(())
            }
            _ => Err(error),
        }
    }

    async fn descend(
        &mut self,
        last: Option<u64>,
        mut visit: impl FnMut(Job<'_>) + Send,
    ) -> Result<ControlFlow<()>, CollectError> {
        let Some(page) = self.walk.next_page().await else {
            return Ok(ControlFlow::Break(()));
        };
        let mut lowest = last;
        let folded = page?.fold::<Job<'_>>(|job| {
            lowest = Some(lowest.map_or(job.job_id, |lowest| lowest.min(job.job_id)));
            visit(job);
        });
        let info = match folded {
            Ok(info) => info,
            // As above.
            Err(Error::Decode { .. }) => return Ok(ControlFlow::Continue(())),
            Err(error) => return Err(error.into()),
        };
        if is_last(&info, self.walk.records_per_page()) {
            self.place = Place::End;
            return Ok(ControlFlow::Continue(()));
        }
        let Some(below) = lowest.filter(|_| lowest != last) else {
            return Err(CollectError::Order {
                last: last.unwrap_or_default(),
            });
        };
        let filter = self.filter.clone().and(job::JOB_ID.lt(below));
        self.walk
            .restart(Query::new().filter(&filter).sort("-jobId"))?;
        self.place = Place::Below(lowest);
        Ok(ControlFlow::Continue(()))
    }
}

impl Ascent {
    /// Takes the lowest and the highest id of a page.
    fn climb(&mut self, low: u64, high: u64) {
        self.disordered |= self.last.is_some_and(|last| low <= last);
        self.last = self.last.max(Some(high));
    }

    /// The id to go on after; `None` if that is not known, or led nowhere before.
    fn lose(&mut self) -> Option<u64> {
        if self.disordered || self.lost_after == self.last || self.resumes == RESUMES {
            return None;
        }
        self.resumes += 1;
        self.lost_after = self.last;
        self.last
    }
}

/// Whether nothing follows a page that was to hold `limit` records. A count is that of what is left below the last id, so
/// it settles the question, unless what was received refutes it.
fn is_last(page: &PageInfo, limit: u32) -> bool {
    let elements = u64::from(page.elements());
    match page.count {
        _ if elements == 0 => true,
        Some(count) if count >= elements => count == elements,
        _ => page.next.is_none() && elements < u64::from(limit),
    }
}

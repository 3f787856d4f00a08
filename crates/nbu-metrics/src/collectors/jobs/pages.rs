//! The pages of the job list, however the primary numbers them.

use std::ops::ControlFlow;

use nbu_api::endpoint::JOBS;
use nbu_api::filter::job;
use nbu_api::{Filter, Job, PageInfo, Paging, Query};
use nbu_client::{Client, Error, Walk};

use crate::collector::CollectError;

/// A walk over all jobs that pass a filter.
///
/// Since API 9.0 by cursor, ascending. Before, offsets count from the start of a list that changes meanwhile, so the
/// pages go by id instead: `jobId lt <last>`. Descending, for those versions have no `childCount` and a job is known as
/// a parent only by its children, whose ids are higher.
pub(super) struct JobPages<'c> {
    client: &'c Client,
    filter: Filter,
    place: Place,
}

enum Place {
    Cursor(Box<Walk>),
    Below(Option<u64>),
    End,
}

impl<'c> JobPages<'c> {
    pub(super) async fn begin(client: &'c Client, filter: Filter) -> Result<Self, Error> {
        let version = match client.version() {
            Some(version) => version,
            None => client.detect().await?,
        };
        let place = if JOBS.paging(version) == Paging::Offset {
            Place::Below(None)
        } else {
            let query = Query::new().filter(&filter).sort("jobId");
            Place::Cursor(Box::new(client.walk(&JOBS, query)))
        };
        Ok(Self {
            client,
            filter,
            place,
        })
    }

    /// Reads the next page; breaks after the last one. A page that came broken comes again, so some of its jobs may be
    /// visited twice.
    pub(super) async fn next(
        &mut self,
        visit: impl FnMut(Job<'_>) + Send,
    ) -> Result<ControlFlow<()>, CollectError> {
        match &mut self.place {
            Place::Cursor(walk) => Ok(follow(walk, visit).await?),
            Place::Below(last) => {
                let last = *last;
                self.descend(last, visit).await
            }
            Place::End => Ok(ControlFlow::Break(())),
        }
    }

    async fn descend(
        &mut self,
        last: Option<u64>,
        mut visit: impl FnMut(Job<'_>) + Send,
    ) -> Result<ControlFlow<()>, CollectError> {
        let filter = match last {
            Some(last) => self.filter.clone().and(job::JOB_ID.lt(last)),
            None => self.filter.clone(),
        };
        let query = Query::new()
            .filter(&filter)
            .sort("-jobId")
            .with("page[limit]", JOBS.page_limit.to_string());
        let page = self.client.fetch(&JOBS, query).await?;
        let mut lowest = last;
        let info = page.fold::<Job<'_>>(|job| {
            lowest = Some(lowest.map_or(job.job_id, |lowest| lowest.min(job.job_id)));
            visit(job);
        })?;
        if is_last(&info) {
            self.place = Place::End;
            return Ok(ControlFlow::Continue(()));
        }
        if lowest == last {
            return Err(CollectError::Order {
                last: last.unwrap_or_default(),
            });
        }
        self.place = Place::Below(lowest);
        Ok(ControlFlow::Continue(()))
    }
}

async fn follow(
    walk: &mut Walk,
    visit: impl FnMut(Job<'_>) + Send,
) -> Result<ControlFlow<()>, Error> {
    let Some(page) = walk.next_page().await else {
        return Ok(ControlFlow::Break(()));
    };
    match page?.fold::<Job<'_>>(visit) {
        // The walk asks for a broken page again, or ends with the error.
        Ok(_) | Err(Error::Decode { .. }) => Ok(ControlFlow::Continue(())),
        Err(error) => Err(error),
    }
}

/// Whether nothing follows. A count is that of what is left below the last id, so it settles the question, unless what
/// was received refutes it.
fn is_last(page: &PageInfo) -> bool {
    let elements = u64::from(page.elements());
    match page.count {
        _ if elements == 0 => true,
        Some(count) if count >= elements => count == elements,
        _ => page.next.is_none() && elements < u64::from(JOBS.page_limit),
    }
}

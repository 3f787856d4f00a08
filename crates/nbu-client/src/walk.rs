//! All pages of a list, one after the other.

mod state;

use nbu_api::{Endpoint, Mismatches, PageInfo, Query, Record, Skipped};

use crate::client::Shared;
use crate::sync::Arc;
use crate::{Error, Page};
use state::State;

/// A walk over the pages of a list; made by [`Client::walk`](crate::Client::walk).
///
/// It holds no permit between two pages, and after a close its next page is [`Error::Closed`]. Dropping
/// [`next_page`](Walk::next_page) half way loses nothing: called again, it asks for the same page.
///
/// Lists change while they are walked, so a record may come twice, on two pages. Who folds them must take that.
///
/// ```
/// # async fn example(client: nbu_client::Client) -> Result<(), nbu_client::Error> {
/// use nbu_api::endpoint::JOBS;
/// use nbu_api::{Job, Query};
///
/// let (jobs, summary) = client.walk(&JOBS, Query::new()).fold::<Job<'_>, _>(0_u64, |jobs, _job| *jobs += 1).await?;
/// println!("{jobs} jobs on {} pages", summary.pages);
/// # Ok(())
/// # }
/// ```
#[must_use = "a walk asks nothing until its first page is asked for"]
pub struct Walk {
    shared: Arc<Shared>,
    endpoint: &'static Endpoint,
    query: Query,
    page_limit: u32,
    state: State,
}

/// Counts of a complete walk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalkSummary {
    /// Pages read.
    pub pages: u32,
    /// Records visited.
    pub records: u64,
    /// Records that could not be read, by reason.
    pub skipped: Skipped,
    /// Values of another kind or size than their field can have; the fields were read as absent.
    pub mismatches: Mismatches,
}

impl Walk {
    pub(crate) fn new(shared: Arc<Shared>, endpoint: &'static Endpoint, query: Query) -> Self {
        let page_limit = endpoint.page_limit.min(shared.limits.records_per_page);
        Self {
            shared,
            endpoint,
            query,
            page_limit,
            state: State::Start,
        }
    }

    /// Asks for at most `records` a page. Without it, for as many as the endpoint gives.
    pub fn page_limit(mut self, records: u32) -> Self {
        self.page_limit = self.page_limit.min(records.max(1));
        self
    }

    /// The number of records it asks for a page. Fewer than at first, if the primary refuses as many as the endpoint should give.
    pub fn records_per_page(&self) -> u32 {
        self.page_limit
    }

    /// Goes from the page handed out last to the first page of another query, and not to the one that follows: how a list
    /// is walked by a key of its records. Pages count on, so [`pages`](crate::Limits::pages) bounds all of it.
    ///
    /// Ask for it once the page has been folded: one that came broken comes again only from [`next_page`](Walk::next_page).
    pub fn restart(&mut self, query: Query) -> Result<(), Error> {
        self.query = query;
        self.first_again()
    }

    /// The next page; `None` after the last one, and after an error.
    ///
    /// What follows a page stands at its end, so fold it before asking on; if it was not folded, it is read here for that
    /// purpose alone. A page whose fold failed because it is no valid JSON is asked for again, within the bounds of the
    /// [`RetryPolicy`](crate::RetryPolicy); when they are spent the error is returned here.
    pub async fn next_page(&mut self) -> Option<Result<Page, Error>> {
        let outcome = self.advance().await.transpose();
        if !matches!(outcome, Some(Ok(_))) {
            self.state = State::Over;
        }
        outcome
    }

    /// Walks to the end, handing each record to `visit`.
    ///
    /// No permit is held while `visit` runs; if it panics, nothing leaks. If a page turns out to be broken after some of its
    /// records were visited, it is asked for again and they come again.
    pub async fn fold<R, A>(
        mut self,
        mut acc: A,
        mut visit: impl FnMut(&mut A, R::Of<'_>),
    ) -> Result<(A, WalkSummary), Error>
    where
        R: Record,
    {
        let mut summary = WalkSummary::default();
        while let Some(page) = self.next_page().await {
            match page?.fold::<R>(|record| visit(&mut acc, record)) {
                Ok(info) => summary.add(&info),
                // The next page is this one again, or the error.
                Err(Error::Decode { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok((acc, summary))
    }
}

impl WalkSummary {
    /// Counts one more page.
    pub fn add(&mut self, page: &PageInfo) {
        self.pages += 1;
        self.records += u64::from(page.records);
        self.skipped.merge(&page.skipped);
        self.mismatches.merge(&page.mismatches);
    }
}

impl std::fmt::Debug for Walk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Walk")
            .field("endpoint", &self.endpoint.name)
            .finish_non_exhaustive()
    }
}

//! Walking a list page by page, with guards against servers that never end it.

mod page_info;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

pub use self::page_info::{Mismatches, Next, PageInfo, SkipReason, Skipped};

/// How an endpoint pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Paging {
    /// One answer holds everything.
    None,
    /// `page[offset]` counts records from 0; the answer tells `count`, or nothing and ends with a short page.
    Offset,
    /// `page[after]` is an opaque cursor taken from the answer before.
    Cursor,
    /// `page[offset]`, and the answer tells `hasNext` in place of a count.
    LookAhead,
}

/// One walk over a list: what to ask next, and when it is complete.
///
/// Links in answers are never followed: primaries build them from their own idea of their name.
///
/// ```
/// use nbu_api::{Next, PageInfo, Pagination, Paging};
///
/// let walk = Pagination::new(Paging::Cursor, 100, 1_000);
/// assert_eq!(walk.parameters(), [("page[limit]", "100".to_owned())]);
///
/// let page = PageInfo { records: 100, next: Some(Next::Cursor("1783591866000:812692".into())), ..PageInfo::default() };
/// let walk = walk.observe(&page)?.expect("there is another page");
/// assert_eq!(walk.parameters()[1], ("page[after]", "1783591866000:812692".to_owned()));
///
/// let last = PageInfo { records: 7, ..PageInfo::default() };
/// assert!(walk.observe(&last)?.is_none());
/// # Ok::<(), nbu_api::PagingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pagination {
    paging: Paging,
    limit: u32,
    budget: u32,
    pages: u32,
    offset: u64,
    cursor: Option<String>,
    /// Hashes of all cursors followed so far: 8 bytes a page, whatever their length.
    followed: HashSet<u64>,
}

/// The server's page information would make the walk endless or lose records.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PagingError {
    /// The cursor of the next page was followed before in this walk.
    #[error("page {page} names the cursor {cursor:?} again, which was followed before")]
    RepeatedCursor {
        /// Number of the page, from 1.
        page: u32,
        /// The cursor, cut to 64 characters.
        cursor: String,
    },
    /// A page without records says that there is another one.
    #[error("page {page} has no records, yet says that another page follows")]
    EmptyPage {
        /// Number of the page, from 1.
        page: u32,
    },
    /// The list needs more pages than allowed.
    #[error("the list does not end within {budget} pages")]
    Budget {
        /// The number of pages allowed.
        budget: u32,
    },
    /// The last page says that the list was cut short.
    #[error("page {page} is the last one, yet says that the list was cut (rangeTruncated)")]
    Truncated {
        /// Number of the page, from 1.
        page: u32,
    },
    /// The server answered for another offset than the one asked, or the next offset does not advance.
    #[error("page {page} was asked at offset {asked}, but the answer says {answered}")]
    Offset {
        /// Number of the page, from 1.
        page: u32,
        /// The offset asked for.
        asked: u64,
        /// The offset answered, or named as the next one.
        answered: u64,
    },
}

impl Pagination {
    /// A walk from the first page, `limit` records a page, that fails beyond `budget_pages` pages.
    pub fn new(paging: Paging, limit: u32, budget_pages: u32) -> Self {
        Self {
            paging,
            limit,
            budget: budget_pages,
            pages: 0,
            offset: 0,
            cursor: None,
            followed: HashSet::new(),
        }
    }

    /// The number of records asked for a page.
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The same walk, `limit` records a page from the next one on.
    #[must_use]
    pub fn with_limit(self, limit: u32) -> Self {
        Self { limit, ..self }
    }

    /// The query parameters of the next page, unencoded.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let limit = ("page[limit]", self.limit.to_string());
        match self.paging {
            Paging::None => Vec::new(),
            Paging::Offset | Paging::LookAhead => {
                vec![limit, ("page[offset]", self.offset.to_string())]
            }
            Paging::Cursor => match &self.cursor {
                Some(cursor) => vec![limit, ("page[after]", cursor.clone())],
                None => vec![limit],
            },
        }
    }

    /// Number of pages observed so far.
    pub const fn pages(&self) -> u32 {
        self.pages
    }

    /// Takes the answer to the page asked for. `None` means that the walk is complete.
    ///
    /// The records a page tells are those visited and those skipped.
    pub fn observe(mut self, page: &PageInfo) -> Result<Option<Self>, PagingError> {
        self.pages = self.pages.saturating_add(1);
        let more = match self.paging {
            Paging::None => false,
            Paging::Cursor => self.follow_cursor(page)?,
            Paging::Offset | Paging::LookAhead => self.advance(page)?,
        };
        if !more {
            return Ok(None);
        }
        self.within_budget().map(Some)
    }

    /// Leaves the page asked for, whatever its answer said of others, for the first page of another query: how a list is
    /// paged by a key of its records. Its pages count on.
    pub fn restart(self) -> Result<Self, PagingError> {
        let walk = Self {
            pages: self.pages.saturating_add(1),
            ..Self::new(self.paging, self.limit, self.budget)
        };
        walk.within_budget()
    }

    fn within_budget(self) -> Result<Self, PagingError> {
        if self.pages >= self.budget {
            return Err(PagingError::Budget {
                budget: self.budget,
            });
        }
        Ok(self)
    }

    fn follow_cursor(&mut self, page: &PageInfo) -> Result<bool, PagingError> {
        let cursor = match &page.next {
            // With a next page a cut loses nothing: the rest follows.
            None if page.range_truncated == Some(true) => {
                return Err(PagingError::Truncated { page: self.pages });
            }
            None => return Ok(false),
            Some(Next::Cursor(cursor)) => cursor.clone(),
            Some(Next::Offset(number)) => number.to_string(),
        };
        if page.elements() == 0 {
            return Err(PagingError::EmptyPage { page: self.pages });
        }
        let mut hasher = DefaultHasher::new();
        cursor.hash(&mut hasher);
        if !self.followed.insert(hasher.finish()) {
            return Err(PagingError::RepeatedCursor {
                page: self.pages,
                cursor: cursor.chars().take(64).collect(),
            });
        }
        self.cursor = Some(cursor);
        Ok(true)
    }

    fn advance(&mut self, page: &PageInfo) -> Result<bool, PagingError> {
        let answered = |answered| PagingError::Offset {
            page: self.pages,
            asked: self.offset,
            answered,
        };
        if let Some(offset) = page.offset.filter(|&offset| offset != self.offset) {
            return Err(answered(offset));
        }
        if let Some(Next::Offset(next)) = page.next
            && next <= self.offset
            && page.has_next != Some(false)
        {
            return Err(answered(next));
        }
        let elements = u64::from(page.elements());
        let reached = self.offset.saturating_add(elements);
        // The server's own word comes first; a count only while it is not refuted by what was received.
        let told = page.has_next.unwrap_or(page.next.is_some());
        if elements == 0 {
            return if told {
                Err(PagingError::EmptyPage { page: self.pages })
            } else {
                Ok(false)
            };
        }
        self.offset = reached;
        Ok(match (told, page.has_next, page.count) {
            (true, _, _) => true,
            (false, Some(_), _) => false,
            (false, None, Some(count)) if count >= reached => count > reached,
            // No page information, or a count below what was already received: a short page is the last. Short of what the
            // server gives, which may be less than what it was asked for.
            (false, None, _) => {
                let asked = u64::from(self.limit);
                let given = page.limit.filter(|given| *given > 0);
                elements >= given.map_or(asked, |given| given.min(asked))
            }
        })
    }
}

//! Where a walk stands, and the step to its next page.

use nbu_api::{ApiVersion, Next, PageInfo, Pagination, Paging, PagingError, Query};

use super::Walk;
use crate::client::{SMALL_PAGE, Shared, is_page_refused, is_version_refused};
use crate::page::Reading;
use crate::sync::Arc;
use crate::{Error, Page, Reason};

/// Changes only between two awaits, so that a step dropped half way can be taken again.
pub(super) enum State {
    /// Nothing asked yet.
    Start,
    /// `place` is to be asked for.
    Ask(Place),
    /// `page` was handed out; what it says decides how to go on.
    Handed { page: Page, place: Place },
    /// Complete, or failed.
    Over,
}

/// A page of a list, as a primary of a certain version numbers them.
pub(super) struct Place {
    server: ApiVersion,
    pagination: Pagination,
    /// How many times it came broken.
    broken: u32,
}

impl Walk {
    /// One step. The caller ends the walk if this is no page.
    pub(super) async fn advance(&mut self) -> Result<Option<Page>, Error> {
        self.leave_page().await?;
        if matches!(self.state, State::Start) {
            let server = self.shared.version_or_detect().await?;
            self.state = State::Ask(self.first(server));
        }
        let State::Ask(place) = &self.state else {
            return Ok(None);
        };
        let (page, limit) = match self.ask(place).await {
            Err(error) if is_version_refused(&error) => self.ask_anew(error).await?,
            outcome => outcome?,
        };
        if let State::Ask(place) = std::mem::replace(&mut self.state, State::Over) {
            self.page_limit = limit;
            self.state = State::Handed {
                page: page.alias(),
                place: Place {
                    pagination: place.pagination.with_limit(limit),
                    ..place
                },
            };
        }
        Ok(Some(page))
    }

    /// From the page that was handed out to the one that follows, or to the same again if it came broken.
    async fn leave_page(&mut self) -> Result<(), Error> {
        let State::Handed { page, place } = &self.state else {
            return Ok(());
        };
        let info = match page.reading_or_survey() {
            Reading::Read(info) => info,
            Reading::Failed(error @ Error::Decode { .. }) => {
                let made = place.broken + 1;
                let wait = self.shared.retry.wait(made + 1, None, fastrand::f64());
                let Some(wait) = wait.filter(|_| self.shared.budget.spend()) else {
                    return Err(error);
                };
                self.shared.pause(page.ask(), Reason::Parse, wait).await?;
                self.go(|place| {
                    Ok(Some(Place {
                        broken: made,
                        ..place
                    }))
                })?;
                return Ok(());
            }
            Reading::Failed(error) => return Err(error),
            Reading::Unread => return Ok(()),
        };
        let call = page.ask().call(&self.shared, Some(page.request_id()));
        let shared = Arc::clone(&self.shared);
        self.go(
            |Place {
                 server, pagination, ..
             }| match pagination.observe(&info) {
                Ok(next) => Ok(next.map(|pagination| Place {
                    server,
                    pagination,
                    broken: 0,
                })),
                Err(source) => Err(Error::Paging {
                    call,
                    source: told(source, &info, &shared),
                }),
            },
        )
    }

    /// From the page that was handed out to the first one, of whatever the query is now.
    pub(super) fn first_again(&mut self) -> Result<(), Error> {
        let State::Handed { page, .. } = &self.state else {
            return Ok(());
        };
        let call = page.ask().call(&self.shared, Some(page.request_id()));
        self.go(|place| match place.pagination.restart() {
            Ok(pagination) => Ok(Some(Place {
                pagination,
                server: place.server,
                broken: 0,
            })),
            Err(source) => Err(Error::Paging { call, source }),
        })
    }

    /// Leaves the page for where `next` says.
    fn go(
        &mut self,
        next: impl FnOnce(Place) -> Result<Option<Place>, Error>,
    ) -> Result<(), Error> {
        if let State::Handed { place, .. } = std::mem::replace(&mut self.state, State::Over)
            && let Some(place) = next(place)?
        {
            self.state = State::Ask(place);
        }
        Ok(())
    }

    /// The primary refused the version, so it may have been changed. On its first page the walk begins anew with the new
    /// version; later pages are numbered in the old way, so it fails, and the version is right for the next walk.
    async fn ask_anew(&mut self, refused: Error) -> Result<(Page, u32), Error> {
        let State::Ask(Place {
            server, pagination, ..
        }) = &self.state
        else {
            return Err(refused);
        };
        let (server, begun) = (*server, pagination.pages() > 0);
        let now = self.shared.version_instead_of(server).await?;
        if now == server || begun {
            return Err(refused);
        }
        let place = self.first(now);
        let asked = self.ask(&place).await?;
        self.state = State::Ask(place);
        Ok(asked)
    }

    /// The page at `place`, and how many records were asked for: fewer, if the primary refuses as many as the API allows.
    /// A refusal of these as well was about something else; then the first one is the error.
    async fn ask(&self, place: &Place) -> Result<(Page, u32), Error> {
        let Place {
            server, pagination, ..
        } = place;
        let limit = pagination.limit();
        let refused = match self.ask_for(*server, pagination).await {
            Err(error) if limit > SMALL_PAGE && is_page_refused(&error) => error,
            outcome => return Ok((outcome?, limit)),
        };
        let smaller = pagination.clone().with_limit(SMALL_PAGE);
        match self.ask_for(*server, &smaller).await {
            Ok(page) => {
                self.shared.takes_small_pages(self.endpoint, *server);
                Ok((page, SMALL_PAGE))
            }
            Err(error) if is_page_refused(&error) => Err(refused),
            Err(error) => Err(error),
        }
    }

    async fn ask_for(&self, server: ApiVersion, pagination: &Pagination) -> Result<Page, Error> {
        let query: Query = self.query.clone().with_all(pagination.parameters());
        self.shared.page(self.endpoint, query, server).await
    }

    fn first(&self, server: ApiVersion) -> Place {
        // How it pages is a matter of the version asked for.
        let paging = self
            .endpoint
            .request_version(server)
            .map_or(Paging::None, |version| self.endpoint.paging(version));
        let known = self.shared.page_limit(self.endpoint, server);
        let limit = self.page_limit.min(known.unwrap_or(u32::MAX));
        let pagination = Pagination::new(paging, limit, self.shared.limits.pages);
        Place {
            server,
            pagination,
            broken: 0,
        }
    }
}

/// The cursor is the primary's text. It is cut only after the credential was taken out of all of it.
fn told(error: PagingError, info: &PageInfo, shared: &Shared) -> PagingError {
    match (error, &info.next) {
        (PagingError::RepeatedCursor { page, .. }, Some(Next::Cursor(cursor))) => {
            let cursor = shared.keyring.clean(cursor).chars().take(64).collect();
            PagingError::RepeatedCursor { page, cursor }
        }
        (error, _) => error,
    }
}

//! One slice of finished jobs, read by several cursors at once.
//!
//! A slice is begun by one cursor, from its lowest id. If a second page follows, the last page is asked for too: it ends
//! the stretch that is left, which is then [divided](super::shares) among as many cursors as the client may have attempts
//! in flight. So a slice of one page costs one request, and no slice costs more than a few beside its pages.
//!
//! The cursors live in this one future: nothing is spawned, and dropping it drops them all. Pages are folded as they come,
//! so what is held at a time is one page per cursor, whatever the slice holds. Each cursor commits its page before it asks
//! for the next one; the others go on meanwhile.
//!
//! **Others get their turn.** A cursor holds a permit of the client for one page and none between two, and the client
//! hands permits to whoever has waited longest. With all of them in use by cursors, another collector's request goes out
//! as soon as the first of those pages is complete, and before any cursor gets its next one. Only a client that refuses
//! instead of letting wait must be left a permit for the others.
//!
//! **Nothing is left out** because of what the primary does with the order or a filter by id. A record that comes out of
//! order or was not asked for, or a filter that is refused, ends the division: the slice is to be read by one cursor
//! then, which depends on neither.

use std::ops::ControlFlow;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use nbu_api::{Filter, JobEnding};
use nbu_client::{Client, WhenFull};

use super::finished::finished;
use super::pages::{JobPages, Tally};
use super::shares::Shares;
use crate::collector::{CollectError, Context};
use crate::ledger::Ledger;

/// Into how many parts a slice may be divided, and when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Division {
    /// Not at all.
    Never,
    /// When its first page is not the only one.
    WhenLarge,
    /// From the beginning: the slice before was large.
    AtOnce,
}

/// How a slice was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reading {
    /// Completely, by one cursor.
    Whole,
    /// Completely, in parts.
    Divided,
    /// Not to its end: the primary does not answer as a division needs it.
    Indivisible,
}

/// Who asks for a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reader {
    /// One of those who share the slice.
    Share(usize),
    /// The one that asks for the last page.
    FarEnd,
}

/// A page, or none.
struct Turn<'a> {
    reader: Reader,
    pages: JobPages<'a>,
    before: Tally,
    outcome: Result<ControlFlow<()>, CollectError>,
}

/// Reads everything that passes `filter` into the ledger.
pub(super) async fn read(
    context: Context<'_>,
    filter: Filter,
    division: Division,
) -> Result<Reading, CollectError> {
    let Context { client, ledger, .. } = context;
    let first = JobPages::begin(client, filter).await?;
    let cursors = cursors(client, division);
    let mut shares = Shares::new(first.direction(), cursors);
    let mut far_end_asked = division == Division::AtOnce && cursors > 1;
    let mut under_way = FuturesUnordered::new();
    if far_end_asked {
        under_way.push(turn(ledger, Reader::FarEnd, first.far_end()));
    }
    under_way.push(turn(ledger, Reader::Share(0), first));
    let mut pages_left = client.limits().pages;
    while let Some(turned) = under_way.next().await {
        if division != Division::Never && turned.is_division_refused() {
            return Ok(Reading::Indivisible);
        }
        let page = turned.page();
        let Turn {
            reader,
            mut pages,
            outcome,
            ..
        } = turned;
        // With it go the others: their attempts are given up, what they have committed stays.
        let next = outcome?;
        if next.is_continue() {
            pages_left = pages_left.checked_sub(1).ok_or(CollectError::TooLong {
                pages: client.limits().pages,
            })?;
        }
        let sound = pages.is_sound();
        if shares.are_divided() && !sound {
            return Ok(Reading::Indivisible);
        }
        if !pages.may_be_divided() {
            shares.stay();
        }
        let goes_on = match reader {
            Reader::FarEnd => {
                shares.weigh(page);
                if sound {
                    shares.keep_to(0, pages.left());
                }
                None
            }
            Reader::Share(share) if next.is_break() || pages.is_over() => {
                shares.end(share);
                None
            }
            Reader::Share(share) => {
                shares.read(share, pages.left(), page);
                Some(share)
            }
        };
        if !far_end_asked && shares.may_be_divided() && pages.has_more() {
            far_end_asked = true;
            under_way.push(turn(ledger, Reader::FarEnd, pages.far_end()));
        }
        let busy = under_way.len() + usize::from(goes_on.is_some());
        for _ in busy..cursors {
            let Some((newcomer, span)) = shares.divide(pages.page_size()) else {
                break;
            };
            let reader = Reader::Share(newcomer);
            under_way.push(turn(ledger, reader, pages.branch(span)));
        }
        if let Some(share) = goes_on {
            pages.keep_to(shares.of(share));
            under_way.push(turn(ledger, Reader::Share(share), pages));
        }
    }
    Ok(if shares.are_divided() {
        Reading::Divided
    } else {
        Reading::Whole
    })
}

/// Asks for one page, takes its records and commits them.
async fn turn<'a>(ledger: &'a Ledger, reader: Reader, mut pages: JobPages<'a>) -> Turn<'a> {
    let mut taken = ledger.page();
    let before = pages.tally();
    let mut outcome = pages
        .next::<JobEnding<'_>>(|job| {
            if job.is_done() {
                taken.take(finished(job));
            }
        })
        .await;
    if outcome.is_ok()
        && let Err(error) = taken.commit().await
    {
        outcome = Err(error.into());
    }
    Turn {
        reader,
        pages,
        before,
        outcome,
    }
}

/// How many cursors there may be.
fn cursors(client: &Client, division: Division) -> usize {
    let slots = client.max_in_flight().get();
    match (division, client.when_full()) {
        (Division::Never, _) => 1,
        (_, WhenFull::Refuse) => slots.saturating_sub(1).max(1),
        (_, _) => slots,
    }
}

impl Turn<'_> {
    /// What the page held.
    fn page(&self) -> Tally {
        let after = self.pages.tally();
        Tally {
            records: after.records - self.before.records,
            ids: after.ids - self.before.ids,
        }
    }

    /// Whether it is the division that was refused, and not what is asked for in any case.
    fn is_division_refused(&self) -> bool {
        let refused = match &self.outcome {
            Err(CollectError::Client(error)) => matches!(error.status(), Some(400 | 404)),
            _ => false,
        };
        refused && (self.reader == Reader::FarEnd || self.pages.asks_for_part())
    }
}

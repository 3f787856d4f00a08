//! Renders what is on the board, so that a scrape finds its answer ready.
//!
//! A variant (a format, plain or gzip) that was asked for within [`WARM`] is rendered again after a change, and when a collector
//! becomes stale, at most once per [`PAUSE`]. The first request for a cold variant waits for one render, however many requests wait for it. What nobody asks
//! for costs neither time nor memory.

mod page;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nbu_metrics::exposition::{Format, RenderError};
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::error;

pub(crate) use self::page::Page;
use crate::board::Publications;

/// How long a variant is kept up to date after it was last asked for.
pub(crate) const WARM: Duration = Duration::from_secs(300);

/// The least time between two renders of one variant.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// One of the ways in which the page can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) format: Format,
    pub(crate) gzip: bool,
}

impl Variant {
    const ALL: [Variant; 6] = [
        Variant {
            format: Format::Text,
            gzip: false,
        },
        Variant {
            format: Format::Text,
            gzip: true,
        },
        Variant {
            format: Format::OpenMetrics,
            gzip: false,
        },
        Variant {
            format: Format::OpenMetrics,
            gzip: true,
        },
        Variant {
            format: Format::Protobuf,
            gzip: false,
        },
        Variant {
            format: Format::Protobuf,
            gzip: true,
        },
    ];

    fn index(self) -> usize {
        let format = match self.format {
            Format::Text => 0,
            Format::OpenMetrics => 2,
            Format::Protobuf => 4,
        };
        format + usize::from(self.gzip)
    }
}

/// Turns publications into a page. Takes a whole processor for up to tenths of a second.
pub(crate) type Render<P> = dyn Fn(Variant, &Publications) -> Result<P, RenderError> + Send + Sync;

/// The asking side. Cloning is cheap.
pub(crate) struct Pages<P>(Arc<Slots<P>>);

impl<P> Clone for Pages<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

struct Slots<P> {
    /// Somebody asked for a variant that is not rendered.
    wanted: Notify,
    slots: [Slot<P>; Variant::ALL.len()],
}

struct Slot<P> {
    asked: Mutex<Option<Instant>>,
    page: watch::Sender<Option<Rendered<P>>>,
}

struct Rendered<P> {
    generation: u64,
    at: Instant,
    /// When a collector becomes stale that was not when it was rendered: it shows too much from then on.
    stale_at: Option<Instant>,
    page: Arc<P>,
}

impl<P> Pages<P> {
    /// The page as it was rendered last; waits for the render if the variant is cold.
    ///
    /// Waits without a bound of its own: the caller knows how long its client waits.
    pub(crate) async fn page(&self, variant: Variant) -> Arc<P> {
        self.ask(variant);
        self.rendered(variant).await
    }

    /// Keeps the variant warm from now on.
    fn ask(&self, variant: Variant) {
        let slot = &self.0.slots[variant.index()];
        *slot.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// The page of a variant that was asked for.
    async fn rendered(&self, variant: Variant) -> Arc<P> {
        let mut pages = self.0.slots[variant.index()].page.subscribe();
        loop {
            if let Some(rendered) = pages.borrow_and_update().as_ref() {
                return Arc::clone(&rendered.page);
            }
            // Also a page that was there when it was asked for may be gone by now: the encoder frees it if it looked at the
            // slot just before that. Then it looks again only because it is told to.
            self.0.wanted.notify_one();
            if pages.changed().await.is_err() {
                // The sender lives in the slots that `self` holds.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// The rendering side.
pub(crate) struct Encoder<P> {
    board: watch::Receiver<Arc<Publications>>,
    render: Arc<Render<P>>,
    pages: Pages<P>,
}

/// What is to be done for a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// Nothing until somebody asks.
    Never,
    /// Render.
    Now,
    /// Look again then: a render is due, or the slot may have gone cold.
    At(Instant),
    /// Free the page: nobody asks any more.
    Forget,
}

impl<P: Send + Sync + 'static> Encoder<P> {
    pub(crate) fn new(
        board: watch::Receiver<Arc<Publications>>,
        render: Arc<Render<P>>,
    ) -> (Self, Pages<P>) {
        let slots = std::array::from_fn(|_| Slot {
            asked: Mutex::new(None),
            page: watch::Sender::new(None),
        });
        let pages = Pages(Arc::new(Slots {
            wanted: Notify::new(),
            slots,
        }));
        (
            Self {
                board,
                render,
                pages: pages.clone(),
            },
            pages,
        )
    }

    /// Renders until it is dropped.
    ///
    /// Blocks the thread that polls it while it renders: [`App::run`](crate::app::App::run) gives it the one that has
    /// nothing else to do. It is always the same one because glibc keeps memory per thread: pages that came from this thread
    /// now and from that one then would be kept once for each.
    pub(crate) async fn run(mut self) -> Infallible {
        loop {
            let generation = self.board.borrow_and_update().generation;
            let mut next: Option<Instant> = None;
            let mut rendered = false;
            for variant in Variant::ALL {
                let slot = &self.pages.0.slots[variant.index()];
                match slot.due(Instant::now(), generation) {
                    Due::Never => {}
                    Due::Forget => drop(slot.page.send_replace(None)),
                    Due::At(at) => next = Some(next.map_or(at, |next| next.min(at))),
                    Due::Now => {
                        self.render(variant).await;
                        rendered = true;
                    }
                }
            }
            if !rendered {
                self.wait(next).await;
            }
        }
    }

    async fn wait(&mut self, next: Option<Instant>) {
        let timer = async {
            match next {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = self.board.changed() => if changed.is_err() {
                // Nothing will ever change again; whoever is served from here is on the way out too.
                std::future::pending::<()>().await;
            },
            () = self.pages.0.wanted.notified() => {}
            () = timer => {}
        }
    }

    async fn render(&self, variant: Variant) {
        let publications = Arc::clone(&self.board.borrow());
        let generation = publications.generation;
        let stale_at = publications.next_stale(Instant::now());
        let slot = &self.pages.0.slots[variant.index()];
        // What outlives a panic, the compressor, begins anew with each page.
        let render = AssertUnwindSafe(|| (self.render)(variant, &publications));
        let page = match catch_unwind(render) {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => return self.failed(variant, &error).await,
            Err(_) => return self.failed(variant, &Panicked).await,
        };
        slot.page.send_replace(Some(Rendered {
            generation,
            at: Instant::now(),
            stale_at,
            page: Arc::new(page),
        }));
        // Whoever shares the thread gets a turn between two variants.
        yield_now().await;
    }

    /// What was rendered before stays; the pause keeps a defect from taking a whole processor.
    async fn failed(
        &self,
        variant: Variant,
        error: &(dyn std::error::Error + Send + Sync + 'static),
    ) {
        error!(
            error,
            ?variant,
            "the metrics page could not be rendered; this is a bug, please report it"
        );
        sleep(PAUSE).await;
    }
}

/// What it said stands in the log.
#[derive(Debug, Error)]
#[error("rendering panicked")]
struct Panicked;

impl<P> Slot<P> {
    fn due(&self, now: Instant, generation: u64) -> Due {
        let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let cold_at = asked.map(|asked| asked + WARM);
        let warm = cold_at.is_some_and(|cold_at| now < cold_at);
        match (self.page.borrow().as_ref(), cold_at) {
            (None, _) if warm => Due::Now,
            (Some(_), _) if !warm => Due::Forget,
            (Some(rendered), Some(cold_at)) => match rendered.outdated_at(generation) {
                Some(at) if at <= now => Due::Now,
                Some(at) => Due::At(at.min(cold_at)),
                None => Due::At(cold_at),
            },
            _ => Due::Never,
        }
    }
}

impl<P> Rendered<P> {
    /// When it is to be rendered again, if that is known.
    fn outdated_at(&self, generation: u64) -> Option<Instant> {
        let earliest = self.at + PAUSE;
        if self.generation == generation {
            self.stale_at.map(|stale_at| stale_at.max(earliest))
        } else {
            Some(earliest)
        }
    }
}

#[cfg(test)]
mod tests;

//! The web side: what each path answers. It reads the board and the encoder's pages and never waits for a primary.

pub(crate) mod bind;
mod chunks;
mod connection;
mod connections;
mod conversation;
mod greeting;
mod guard;
mod health;
mod host;
mod landing;
mod lifecycle;
mod live;
mod metrics;
mod own;
mod server;
mod telemetry;
mod tls;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::sync::{Semaphore, watch};

pub(crate) use self::connection::Patience;
pub(crate) use self::guard::Guard;
pub(crate) use self::live::{Live, Opened, Standing};
pub(crate) use self::own::Own;
pub(crate) use self::server::{Stage, serve};
use crate::board::Publications;
use crate::config::{ConfigError, Warning};
use crate::encoder::{Page, Pages};
use crate::heartbeat::Health;
use crate::readiness::Readiness;
use crate::reload::Reload;

/// What the routes need, shared by all of them.
pub(crate) struct Site {
    /// Where the metrics are; begins with `/`.
    pub(crate) telemetry_path: String,
    /// What is taken off the scrape timeout that the client announces, so that the answer is there in time.
    pub(crate) timeout_offset: Duration,
    /// Scrapes that may run at once.
    pub(crate) scrapes: Scrapes,
    pub(crate) pages: Pages<Page>,
    pub(crate) board: watch::Receiver<Arc<Publications>>,
    pub(crate) own: Own,
    pub(crate) health: Arc<Health>,
    pub(crate) readiness: Readiness,
    pub(crate) reload: Reload,
    /// Whether `/-/reload` obeys.
    pub(crate) lifecycle: bool,
}

/// The bound on scrapes that run at once.
pub(crate) struct Scrapes {
    /// As configured; 0 means no bound.
    pub(crate) most: usize,
    pub(crate) free: Arc<Semaphore>,
}

impl Scrapes {
    pub(crate) fn new(most: usize) -> Self {
        let permits = if most == 0 {
            Semaphore::MAX_PERMITS
        } else {
            most.min(Semaphore::MAX_PERMITS)
        };
        Self {
            most,
            free: Arc::new(Semaphore::new(permits)),
        }
    }
}

/// What is worth knowing about a web configuration that is good, its certificates and keys included. Blocks while it reads.
pub(crate) fn check(path: Option<PathBuf>) -> Result<Vec<Warning>, ConfigError> {
    Opened::read(path).map(Opened::into_warnings)
}

/// Every path, behind the guard.
pub(crate) fn router(site: Arc<Site>, guard: Arc<Guard>) -> Router {
    // The telemetry path is taken as it is; the older syntax of captures means nothing here.
    let mut router = Router::new()
        .without_v07_checks()
        .route(&site.telemetry_path, get(metrics::answer))
        .route("/-/healthy", get(health::healthy))
        .route("/-/ready", get(health::ready))
        .route("/-/reload", lifecycle::route());
    if site.telemetry_path != "/" {
        router = router.route("/", get(landing::page));
    }
    let http = site.own.http();
    router
        .fallback(|| async { (StatusCode::NOT_FOUND, "404 page not found\n") })
        .method_not_allowed_fallback(|| async {
            (StatusCode::METHOD_NOT_ALLOWED, "405 method not allowed\n")
        })
        .with_state(site)
        .layer(from_fn_with_state(guard, guard::pass))
        // Outermost, so that what the guard refuses is counted.
        .layer(from_fn_with_state(http, telemetry::count))
}

//! The checks that every request passes before a path is answered, in this order: its `Host`, the rate limit, the password.
//! Headers of the web configuration are added to refusals too.

mod credentials;
mod doorman;
mod rate;
mod verdicts;

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::Instant;

use self::credentials::Credentials;
use self::doorman::{Busy, Doorman};
use self::rate::Bucket;
use super::host;
use super::live::{Live, Standing};

/// The paths of health checks. Where they need no password the rate limit does not hold for them either.
const PROBES: [&str; 2] = ["/-/healthy", "/-/ready"];

/// Stands before all paths.
pub(crate) struct Guard {
    live: Arc<Live>,
    /// Paths that need no password.
    exempt: ArcSwap<Vec<String>>,
    rate: Mutex<Option<Bucket>>,
    doorman: Doorman,
}

impl Guard {
    pub(crate) fn new(live: Arc<Live>, exempt: Vec<String>) -> Self {
        Self {
            live,
            exempt: ArcSwap::from_pointee(exempt),
            rate: Mutex::default(),
            doorman: Doorman::new(),
        }
    }

    /// Replaces the paths that need no password.
    pub(crate) fn exempt(&self, paths: Vec<String>) {
        self.exempt.store(Arc::new(paths));
    }

    /// The refusal of a request, if it is refused.
    async fn refuse(
        &self,
        standing: &Standing,
        path: &str,
        authorization: Option<&HeaderValue>,
    ) -> Option<Response> {
        let users = &standing.config.users;
        let open = users.is_empty() || self.is_exempt(path);
        // A probe that is refused makes its sender end a process that is healthy.
        let probe = open && PROBES.contains(&path);
        if !probe && !self.has_room(standing) {
            let reason = "Too Many Requests: the rate_limit of the web configuration is reached; try again later.\n";
            return Some((StatusCode::TOO_MANY_REQUESTS, reason).into_response());
        }
        if open {
            return None;
        }
        let Some(credentials) = authorization.and_then(Credentials::parse) else {
            return Some(unauthorized());
        };
        match self.doorman.admits(users, &credentials).await {
            Ok(true) => None,
            Ok(false) => Some(unauthorized()),
            Err(Busy) => {
                let reason = "too many passwords are being compared; try again later.\n";
                Some((StatusCode::SERVICE_UNAVAILABLE, reason).into_response())
            }
        }
    }

    fn has_room(&self, standing: &Standing) -> bool {
        let Some(limit) = standing.config.rate_limit else {
            return true;
        };
        let now = Instant::now();
        let mut bucket = self.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = bucket.get_or_insert_with(|| Bucket::new(limit, now));
        if bucket.limit() != limit {
            *bucket = Bucket::new(limit, now);
        }
        bucket.take(now)
    }

    fn is_exempt(&self, path: &str) -> bool {
        self.exempt.load().iter().any(|exempt| exempt == path)
    }
}

/// The middleware.
pub(super) async fn pass(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let standing = guard.live.current();
    let (path, authorization) = (request.uri().path(), request.headers().get(AUTHORIZATION));
    let mut response = if !host::is_valid(request.version(), request.uri(), request.headers()) {
        let reason = "Bad Request: one valid Host header is needed.\n";
        (StatusCode::BAD_REQUEST, reason).into_response()
    } else if let Some(refusal) = guard.refuse(&standing, path, authorization).await {
        refusal
    } else {
        next.run(request).await
    };
    for (name, value) in &standing.config.headers {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

fn unauthorized() -> Response {
    let reason = "Unauthorized: a user and a password of the web configuration are needed.\n";
    let challenge = HeaderValue::from_static("Basic realm=\"nbu-exporter\", charset=\"UTF-8\"");
    let headers = [(WWW_AUTHENTICATE, challenge)];
    (StatusCode::UNAUTHORIZED, headers, reason).into_response()
}

//! `/-/healthy` and `/-/ready`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Site;

/// 200 while the process lives, whatever NetBackup does: a restart would not help a primary.
pub(super) async fn healthy() -> &'static str {
    "nbu-exporter is healthy.\n"
}

/// 503 until the first attempts have ended, then 200 for good.
pub(super) async fn ready(State(site): State<Arc<Site>>) -> Response {
    if site.readiness.is_ready() {
        "nbu-exporter is ready.\n".into_response()
    } else {
        let reason =
            "nbu-exporter is not ready: the first attempts to reach the primaries are under way.\n";
        (StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
    }
}

//! `/-/healthy` and `/-/ready`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Site;

/// 200 while the process lives, whatever NetBackup does: a restart would not help a primary. 503 once one of its own threads
/// stands still, which takes a restart.
pub(super) async fn healthy(State(site): State<Arc<Site>>) -> Response {
    match site.health.complaint() {
        None => "nbu-exporter is healthy.\n".into_response(),
        Some(complaint) => {
            let reason = format!(
                "nbu-exporter is not healthy: {complaint}. This is a bug; restart it, and please report it.\n"
            );
            (StatusCode::SERVICE_UNAVAILABLE, reason).into_response()
        }
    }
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

//! `/-/reload`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};

use super::Site;
use crate::reload::Reloaded;

pub(super) fn route() -> MethodRouter<Arc<Site>> {
    post(reload).put(reload).fallback(wrong_method)
}

/// Reads the configuration again and answers when it is in force, or why it is not.
async fn reload(State(site): State<Arc<Site>>) -> Response {
    if !site.lifecycle {
        let reason = "Reloading over HTTP is off: start nbu-exporter with --web.enable-lifecycle, or send SIGHUP.\n";
        return (StatusCode::FORBIDDEN, reason).into_response();
    }
    match site.reload.request().await {
        Ok(Reloaded::File) => "The configuration has been reloaded.\n".into_response(),
        Ok(Reloaded::BuiltIn) => {
            "The configuration is built in and has not changed.\n".into_response()
        }
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("failed to reload config: {error}\n"),
        )
            .into_response(),
    }
}

async fn wrong_method() -> (StatusCode, [(HeaderName, &'static str); 1], &'static str) {
    (
        StatusCode::METHOD_NOT_ALLOWED,
        [(header::ALLOW, "POST, PUT")],
        "This endpoint requires a POST request.\n",
    )
}

//! Versions and page sizes that an endpoint takes instead of those that it refused.

use std::collections::HashMap;

use nbu_api::endpoint::LOGIN;
use nbu_api::{ApiVersion, Endpoint};

use super::shared::Shared;
use crate::Error;
use crate::error::Refusal;
use crate::sync::{Mutex, lock};

/// Every list of the API takes so many records a page.
pub(crate) const SMALL_PAGE: u32 = 100;

/// NetBackup's own code for a version that it cannot answer in.
const NOT_PRODUCIBLE: i64 = 8952;

/// Versions and page sizes that endpoints were found to take; forgotten when the primary's version changes.
#[derive(Debug, Default)]
pub(crate) struct Fallbacks(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    server: Option<ApiVersion>,
    endpoints: HashMap<&'static str, Fallback>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Fallback {
    version: Option<ApiVersion>,
    page_limit: Option<u32>,
}

impl Fallbacks {
    fn of(&self, endpoint: &Endpoint, server: ApiVersion) -> Fallback {
        let known = lock(&self.0);
        let fallback = known.endpoints.get(endpoint.name);
        let fallback = fallback.filter(|_| known.server == Some(server));
        fallback.copied().unwrap_or_default()
    }

    /// Changes what is known of `endpoint`; `false` if that was known before.
    fn remember(
        &self,
        endpoint: &Endpoint,
        server: ApiVersion,
        change: impl FnOnce(&mut Fallback) -> bool,
    ) -> bool {
        let mut known = lock(&self.0);
        if known.server != Some(server) {
            known.server = Some(server);
            known.endpoints.clear();
        }
        change(known.endpoints.entry(endpoint.name).or_default())
    }
}

impl Shared {
    /// The versions to ask for at a primary of version `server`, best first: the configured one alone; else the one that is
    /// known to be taken, the oldest that has the fields, and the primary's own.
    ///
    /// The oldest and the primary's own differ only from the version on that has the fields, and page alike.
    pub(crate) fn versions(
        &self,
        endpoint: &Endpoint,
        server: ApiVersion,
    ) -> impl Iterator<Item = ApiVersion> + use<> {
        let oldest = endpoint.version.min(server);
        let (first, others) = if self.configured.is_some() {
            (server, [None, None])
        } else {
            let first = self.fallbacks.of(endpoint, server).version;
            let first = first.unwrap_or(oldest);
            let other = |version| (version != first).then_some(version);
            let own = other(server).filter(|own| *own != oldest);
            (first, [other(oldest), own])
        };
        std::iter::once(first).chain(others.into_iter().flatten())
    }

    /// The version to end a session in: the one in which it was opened.
    pub(super) fn session_version(&self, server: ApiVersion) -> ApiVersion {
        self.versions(&LOGIN, server).next().unwrap_or(server)
    }

    /// Remembers that `endpoint` takes `version`, having refused another one.
    pub(crate) fn takes_version(
        &self,
        endpoint: &'static Endpoint,
        server: ApiVersion,
        version: ApiVersion,
    ) {
        let is_new = self.fallbacks.remember(endpoint, server, |fallback| {
            fallback.version.replace(version) != Some(version)
        });
        if is_new {
            tracing::info!(
                primary = %self.primary,
                endpoint = endpoint.name,
                %version,
                "the primary refuses an API version that it should speak; this endpoint is asked in another one from now on"
            );
        }
    }

    /// The most records a page of `endpoint` is known to have, where it refused more.
    pub(crate) fn page_limit(&self, endpoint: &Endpoint, server: ApiVersion) -> Option<u32> {
        self.fallbacks.of(endpoint, server).page_limit
    }

    /// Remembers that `endpoint` takes pages of [`SMALL_PAGE`] records, having refused larger ones.
    pub(crate) fn takes_small_pages(&self, endpoint: &'static Endpoint, server: ApiVersion) {
        let is_new = self.fallbacks.remember(endpoint, server, |fallback| {
            fallback.page_limit.replace(SMALL_PAGE).is_none()
        });
        if is_new {
            tracing::info!(
                primary = %self.primary,
                endpoint = endpoint.name,
                records = SMALL_PAGE,
                "the primary refuses pages as large as the API allows; this endpoint is asked for smaller ones from now on"
            );
        }
    }
}

/// Tells the refusal of the version that was asked for from other failures.
pub(crate) fn is_version_refused(error: &Error) -> bool {
    matches!(error, Error::NotSupported { refusal, .. } if refuses_version(refusal))
}

/// The same of an answer. Some gateways refuse a version with 400 and a text.
pub(super) fn refuses_version(refusal: &Refusal) -> bool {
    match refusal.status {
        406 | 415 => true,
        400 => {
            let text = refusal.message.as_deref().unwrap_or_default();
            let text = text.to_ascii_lowercase();
            let says = |words: &str| text.contains(words);
            refusal.code == Some(NOT_PRODUCIBLE)
                || says("api version")
                || says("accept header")
                || (says("media type") && (says("accept") || says("version")))
        }
        _ => false,
    }
}

/// Tells an error that may be the refusal of so many records on a page.
pub(crate) fn is_page_refused(error: &Error) -> bool {
    matches!(error, Error::Http { refusal, .. } if matches!(refusal.status, 400 | 413 | 416 | 422))
}

/// Tells that the primary has read the call, whatever it answered: the version was right. Who turns away a credential, or
/// anybody for being slow or busy, may not have looked at it.
pub(super) fn is_understood(error: &Error) -> bool {
    let is_read = |status| (400..500).contains(&status) && !matches!(status, 401 | 403 | 408 | 429);
    error.status().is_some_and(is_read) && !is_version_refused(error)
}

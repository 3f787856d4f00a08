//! Whether the primary can be reached and lets us in, what it is, and what its clock says.

mod key;

use std::time::Duration;

use jiff::Timestamp;
use nbu_api::endpoint::{API_KEYS, AUTHORIZATION_CONTEXT, JOBS, PING, SERVER_INFO};
use nbu_api::{ApiVersion, AuthorizationContext, Endpoint, Query, ServerInfo};
use nbu_client::{Client, CredentialKind, Error, Page, Reason};

use crate::catalogue::collection;
use crate::collector::{self, CollectError, CollectFuture, Collected, Collector, Context, State};
use crate::samples::Samples;
use key::KeyEnd;

/// Collects `netbackup_primary_info`, `netbackup_clock_skew_seconds`, `netbackup_exporter_credential_expiry_timestamp_seconds`
/// and `netbackup_exporter_collector_partial_view`. `netbackup_up` is 1 if it succeeded.
#[derive(Clone, Copy, Debug)]
pub struct Primary;

/// What the last run found out.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// The version the ping advertised: another one means an upgrade or a downgrade.
    advertised: Option<ApiVersion>,
    key: Option<KeyEnd>,
}

impl Collector for Primary {
    fn name(&self) -> &'static str {
        "primary"
    }

    fn default_interval(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn endpoints(&self) -> &'static [&'static Endpoint] {
        &[&PING, &SERVER_INFO, &AUTHORIZATION_CONTEXT, &API_KEYS]
    }

    fn collect<'a>(&'a self, context: Context<'a>, state: &'a State) -> CollectFuture<'a> {
        Box::pin(collect(context, state))
    }
}

async fn collect(context: Context<'_>, state: &State) -> Result<Collected, CollectError> {
    let mut samples = Samples::new();
    let client = context.client;
    let ping = client.ping().await?;
    if let Some(clock) = ping.clock {
        // The answer was written about half a round trip ago.
        let half = ping.round_trip.as_secs_f64() / 2.0;
        let ours = (context.clock)().as_duration().as_secs_f64() - half;
        let skew = clock.as_duration().as_secs_f64() - ours;
        samples.gauge(&collection::CLOCK_SKEW_SECONDS, &[], skew);
    }
    let known = state.read::<Known>();
    let changed = known.map(|known| known.advertised) != Some(ping.api_version);
    let version = match client.version() {
        Some(version) if !changed => version,
        _ => client.detect().await?,
    };
    info(client, version, &mut samples).await?;
    let whoami = authorize(client).await?;
    let whoami = whoami
        .as_ref()
        .and_then(|page| page.object::<AuthorizationContext<'_>>().ok())
        .unwrap_or_default();
    partial_views(&whoami, &mut samples);
    let mut key = known.and_then(|known| known.key);
    let kind = client.credential_kind();
    let ends = match kind {
        CredentialKind::Session => whoami.expires_at,
        // What is said there about a key is about the token that the primary makes of it for the request.
        CredentialKind::ApiKey => {
            let now = (context.clock)();
            key = Some(key::end(client, whoami.subject.as_deref(), key, now).await?);
            key.and_then(|key| key.ends)
        }
        _ => None,
    };
    if let Some(ends) = ends {
        let at = ends.as_duration().as_secs_f64();
        let family = &collection::CREDENTIAL_EXPIRY_TIMESTAMP_SECONDS;
        samples.gauge(family, &[kind.as_str()], at);
    }
    Ok(Collected {
        samples,
        state: State::new(Known {
            advertised: ping.api_version,
            key,
        }),
        more: false,
        refused: None,
    })
}

/// When the credential of `client` ends, where the primary tells; `whoami` is what it says of the credential.
///
/// # Errors
///
/// Only if the client is closed: where the end is not told, it is not known.
pub async fn credential_end(
    client: &Client,
    whoami: &AuthorizationContext<'_>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    match client.credential_kind() {
        CredentialKind::Session => Ok(whoami.expires_at),
        CredentialKind::ApiKey => {
            let told = key::end(client, whoami.subject.as_deref(), None, now).await?;
            Ok(told.ends)
        }
        _ => Ok(None),
    }
}

async fn info(client: &Client, version: ApiVersion, samples: &mut Samples) -> Result<(), Error> {
    let page = match client.server_info().await {
        Ok(page) => Some(page),
        // It is older than the endpoint.
        Err(error) if error.reason() == Reason::NotSupported => None,
        Err(error) => return Err(error),
    };
    let info = match &page {
        Some(page) => page.object::<ServerInfo<'_>>()?,
        None => ServerInfo::default(),
    };
    let release = info.nbu_version.as_deref().or(version.release());
    let labels = [
        release.unwrap_or_default(),
        &version.to_string(),
        info.server_name.as_deref().unwrap_or_default(),
    ];
    samples.info(&collection::PRIMARY_INFO, &labels);
    Ok(())
}

/// Fails if the credential is not accepted. What it may do is the business of the other collectors. The page, if there is
/// one, tells whose credential it is.
async fn authorize(client: &Client) -> Result<Option<Page>, Error> {
    match client.authorization_context().await {
        Ok(page) => Ok(Some(page)),
        Err(error) if error.reason() == Reason::Forbidden => Ok(None),
        // It is older than the endpoint: any that needs a credential says the same.
        Err(error) if error.reason() == Reason::NotSupported => {
            let one = Query::new().with("page[limit]", "1");
            match client.fetch(&JOBS, one).await {
                Err(error) if error.reason() != Reason::Forbidden => Err(error),
                _ => Ok(None),
            }
        }
        Err(error) => Err(error),
    }
}

/// Says of each collector that asks for a list which the primary may filter whether it does: the collector cannot know.
fn partial_views(context: &AuthorizationContext<'_>, samples: &mut Samples) {
    for collector in collector::ALL {
        let views = collector
            .endpoints()
            .iter()
            .filter(|endpoint| endpoint.filtered)
            .filter_map(|endpoint| context.sees_all(endpoint.permission?));
        if let Some(all) = views.reduce(|one, other| one && other) {
            let family = &collection::COLLECTOR_PARTIAL_VIEW;
            let partial = f64::from(u8::from(!all));
            samples.gauge(family, &[collector.name()], partial);
        }
    }
}

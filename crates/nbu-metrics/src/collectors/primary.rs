//! Whether the primary can be reached and lets us in, what it is, and what its clock says.

use std::time::Duration;

use nbu_api::endpoint::{AUTHORIZATION_CONTEXT, JOBS, PING, SERVER_INFO};
use nbu_api::{ApiVersion, Endpoint, Query, ServerInfo};
use nbu_client::{Client, Error, Reason};

use crate::catalogue::collection;
use crate::collector::{CollectError, CollectFuture, Collected, Collector, Context, State};
use crate::samples::Samples;

/// Collects `netbackup_primary_info` and `netbackup_clock_skew_seconds`. `netbackup_up` is 1 if it succeeded.
#[derive(Clone, Copy, Debug)]
pub struct Primary;

/// The version the last ping advertised: another one means an upgrade or a downgrade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Advertised(Option<ApiVersion>);

impl Collector for Primary {
    fn name(&self) -> &'static str {
        "primary"
    }

    fn default_interval(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn endpoints(&self) -> &'static [&'static Endpoint] {
        &[&PING, &SERVER_INFO, &AUTHORIZATION_CONTEXT]
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
    let advertised = Advertised(ping.api_version);
    let changed = state.read::<Advertised>() != Some(&advertised);
    let version = match client.version() {
        Some(version) if !changed => version,
        _ => client.detect().await?,
    };
    info(client, version, &mut samples).await?;
    authorize(client).await?;
    Ok(Collected {
        samples,
        state: State::new(advertised),
        more: false,
        refused: None,
    })
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

/// Fails if the credential is not accepted. What it may do is the business of the other collectors.
async fn authorize(client: &Client) -> Result<(), Error> {
    let asked = match client.authorization_context().await {
        // It is older than the endpoint: any that needs a credential says the same.
        Err(error) if error.reason() == Reason::NotSupported => {
            let one = Query::new().with("page[limit]", "1");
            client.fetch(&JOBS, one).await
        }
        asked => asked,
    };
    match asked {
        Err(error) if error.reason() != Reason::Forbidden => Err(error),
        _ => Ok(()),
    }
}

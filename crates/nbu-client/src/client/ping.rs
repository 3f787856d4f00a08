//! Whether the primary answers.

use std::time::Duration;

use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE};
use jiff::Timestamp;
use nbu_api::endpoint::PING;
use nbu_api::{ApiVersion, Query, Source};

use super::ask::Ask;
use super::flight::X_NETBACKUP_API_VERSION;
use super::shared::Shared;
use super::verdict::is_plain_text;
use crate::Error;
use crate::exchange::Answer;
use crate::retry::http_date;
use crate::sync::Arc;

/// A primary's answer to a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ping {
    /// The primary's clock: the body in milliseconds, else the `Date` header in seconds.
    pub clock: Option<Timestamp>,
    /// The newest version the primary speaks (`X-NetBackup-API-Version`).
    pub api_version: Option<ApiVersion>,
    /// How long the attempt took that brought the answer, a new connection included.
    pub round_trip: Duration,
}

/// Tells a primary's answer to a ping from that of any other server: plain text, and a number in it.
pub(super) fn is_primary(answer: &Answer) -> bool {
    answer.status == StatusCode::OK
        && is_plain_text(answer.header(CONTENT_TYPE).unwrap_or_default())
        && nbu_api::parse_ping(&answer.body).is_some()
}

impl Shared {
    pub(crate) async fn ping(&self) -> Result<Ping, Error> {
        let answered = self.answer(&Ask::new(&PING, Query::new(), None)).await?;
        let answer = &answered.answer;
        let api_version = answer
            .header(X_NETBACKUP_API_VERSION)
            .and_then(|text| text.parse().ok());
        let clock = nbu_api::parse_ping(&answer.body).or_else(|| http_date(answer.header(DATE)?));
        self.notice(api_version);
        Ok(Ping {
            clock,
            api_version,
            round_trip: answered.took,
        })
    }

    /// Forgets a version that the primary advertised and advertises no more: it was upgraded or downgraded.
    fn notice(&self, advertised: Option<ApiVersion>) {
        let known = self.detected.load_full();
        if let Some(known) = *known
            && known.source == Source::PingHeader
            && advertised.is_some_and(|version| version != known.version)
        {
            tracing::info!(primary = %self.primary, was = %known.version, "the primary's API version has changed");
            self.detected.store(Arc::new(None));
        }
    }
}

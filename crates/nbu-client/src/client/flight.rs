//! Finding out the primary's API version, once for all who wait for it.

use http::{HeaderName, StatusCode};
use nbu_api::endpoint::PING;
use nbu_api::{ApiVersion, Detected, Detection, DetectionError, Progress};
use tokio::sync::{Mutex as Turn, MutexGuard as TurnGuard};

use super::ask::Ask;
use super::call::Answered;
use super::fallback::{is_version_refused, refuses_version};
use super::ping::is_primary;
use super::shared::Shared;
use crate::Error;
use crate::sync::{Arc, Mutex, lock};

pub(crate) const X_NETBACKUP_API_VERSION: HeaderName =
    HeaderName::from_static("x-netbackup-api-version");

/// The status by which NetBackup refuses a version; some gateways have others.
const VERSION_REFUSED: u16 = 406;

/// Detections, one at a time.
#[derive(Default)]
pub(crate) struct Flights {
    turn: Turn<()>,
    landed: Mutex<Landed>,
}

/// How many detections were completed, and how the last one ended.
#[derive(Default)]
struct Landed {
    count: u64,
    last: Option<Result<ApiVersion, Error>>,
}

impl Shared {
    /// The version detected last, if there is one.
    pub(crate) fn version(&self) -> Option<ApiVersion> {
        self.detected.load().map(|detected| detected.version)
    }

    /// The version, detected now if it is not known.
    pub(crate) async fn version_or_detect(&self) -> Result<ApiVersion, Error> {
        match self.version() {
            Some(version) => Ok(version),
            None => self.detect().await,
        }
    }

    /// A version that is known to be other than `refused`, or newly detected.
    pub(crate) async fn version_instead_of(
        &self,
        refused: ApiVersion,
    ) -> Result<ApiVersion, Error> {
        match self.version() {
            Some(version) if version != refused => Ok(version),
            _ => self.detect().await,
        }
    }

    /// Detects. Who comes while a detection is under way waits for it and gets its outcome, good or bad: ten callers at a
    /// dead primary wait once. If the one who detects goes away, the next in line begins anew.
    pub(crate) async fn detect(&self) -> Result<ApiVersion, Error> {
        let before = lock(&self.flights.landed).count;
        let _turn = self.turn().await?;
        if let Landed {
            count,
            last: Some(outcome),
        } = &*lock(&self.flights.landed)
            && *count > before
        {
            return outcome.clone();
        }
        let outcome = self.fly().await;
        let mut landed = lock(&self.flights.landed);
        landed.count += 1;
        landed.last = Some(outcome.clone());
        outcome
    }

    async fn turn(&self) -> Result<TurnGuard<'_, ()>, Error> {
        tokio::select! {
            biased;
            () = self.tracker.closed() => Err(self.closed(Detection::start(self.configured).probe().endpoint.name)),
            turn = self.flights.turn.lock() => Ok(turn),
        }
    }

    /// Asks probe after probe. Nothing is kept until the answer is there.
    async fn fly(&self) -> Result<ApiVersion, Error> {
        let mut detection = Detection::start(self.configured);
        let mut pinged = false;
        loop {
            let ask = Ask::probe(detection.probe());
            let answered = match self.call(&ask).await {
                // So said the login that the probe needed, which is made in the same version.
                Err(refused) if is_version_refused(&refused) => {
                    match detection.observe(&nbu_api::Answer::Response {
                        status: VERSION_REFUSED,
                        api_version: None,
                    }) {
                        Progress::Ask(next) => {
                            detection = next;
                            continue;
                        }
                        Progress::Detected(detected) => return Ok(self.keep(detected)),
                        Progress::Failed(_) => return Err(refused),
                    }
                }
                outcome => outcome?,
            };
            // Whatever version is configured: there is no primary there.
            let is_nowhere =
                ask.endpoint == &PING && answered.answer.status == StatusCode::NOT_FOUND;
            if answered.answer.status.is_redirection() || is_nowhere {
                return Err(self.refused(&ask, &answered));
            }
            if ask.endpoint == &PING {
                pinged = is_primary(&answered.answer);
            }
            let mut status = answered.answer.status.as_u16();
            if status == 400 && refuses_version(&self.refusal(&answered.answer)) {
                status = VERSION_REFUSED;
            }
            let answer = nbu_api::Answer::Response {
                status,
                api_version: answered.answer.header(X_NETBACKUP_API_VERSION),
            };
            match detection.observe(&answer) {
                Progress::Ask(next) => detection = next,
                Progress::Detected(detected) => return Ok(self.keep(detected)),
                // Who answers a ping as a primary does is one, whatever it hides.
                Progress::Failed(DetectionError::Unexpected { status: 404, .. }) if !pinged => {
                    return Err(self.wrong_path(&ask, &answered));
                }
                Progress::Failed(error) => return Err(self.undetected(&ask, &answered, error)),
            }
        }
    }

    fn keep(&self, detected: Detected) -> ApiVersion {
        tracing::debug!(primary = %self.primary, version = %detected.version, source = detected.source.as_str(), "API version");
        if let Some(advertised) = detected.advertised_older() {
            tracing::warn!(
                primary = %self.primary,
                configured = %detected.version,
                %advertised,
                "the configured API version is newer than the primary's; set api_version: auto"
            );
        }
        self.detected.store(Arc::new(Some(detected)));
        detected.version
    }

    fn undetected(&self, ask: &Ask, answered: &Answered, error: DetectionError) -> Error {
        let call = || ask.call(self, Some(&answered.request_id));
        match error {
            DetectionError::Unauthorized => Error::Unauthorized {
                call: call(),
                refusal: self.refusal(&answered.answer),
                credential: self.keyring.kind(),
            },
            DetectionError::Forbidden => Error::Forbidden {
                call: call(),
                refusal: self.refusal(&answered.answer),
                permission: None,
            },
            DetectionError::Unavailable { .. } => Error::Http {
                call: call(),
                refusal: self.refusal(&answered.answer),
            },
            source => Error::Detection {
                primary: Arc::clone(&self.primary),
                source,
            },
        }
    }
}

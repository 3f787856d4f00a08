//! One attempt: a permit, a request, a whole answer.

use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use nbu_api::Method;
use tokio::time::{Instant, timeout};
use url::Url;

use super::WhenFull;
use super::ask::Ask;
use super::shared::Shared;
use crate::exchange::{Answer, Failure, Request};
use crate::observer::{Event, Watch};
use crate::{Code, Error, Permit, Refused};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");

/// An attempt that was made, and how it ended.
pub(crate) struct Attempt {
    pub(crate) request_id: String,
    pub(crate) outcome: Result<Answer, Failure>,
    pub(crate) took: std::time::Duration,
}

/// Lets go of the connections on its way out, if it is the last.
struct Door<'a>(&'a Shared);

impl Drop for Door<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl Shared {
    /// Waits for a permit and makes one attempt under it. Fails only if none was made, or if close cut it off.
    pub(crate) async fn attempt(&self, ask: &Ask) -> Result<Attempt, Error> {
        let request_id = format!("{:032x}", fastrand::u128(..));
        let request = self.request(ask, &request_id)?;
        // Dropped after the permit, however this ends: the last one out closes the door, should every closer be gone.
        let _door = Door(self);
        let permit = self.enter(ask).await?;
        let started = Instant::now();
        let ended = permit.run(self.on_the_wire(ask, request)).await;
        let took = started.elapsed();
        let Ok(Some(outcome)) = ended else {
            return Err(self.closed(ask.endpoint.name));
        };
        tracing::debug!(
            primary = %self.primary,
            endpoint = ask.endpoint.name,
            request_id,
            ?took,
            status = outcome.as_ref().ok().map(|answer| answer.status.as_u16()),
            failure = outcome.as_ref().err().map(|failure| tracing::field::display(failure.code())),
            "attempt"
        );
        Ok(Attempt {
            request_id,
            outcome,
            took,
        })
    }

    async fn enter(&self, ask: &Ask) -> Result<Permit, Error> {
        let endpoint = ask.endpoint.name;
        let waiting = async { self.tracker.enter().await.map_err(|_| Refused::Closed) };
        let entered = match self.when_full {
            WhenFull::Wait => waiting.await,
            WhenFull::WaitAtMost(time) => {
                let waited = timeout(time, waiting).await;
                waited.unwrap_or(Err(Refused::Saturated))
            }
            WhenFull::Refuse => self.tracker.try_enter(),
        };
        entered.map_err(|refused| match refused {
            Refused::Closed => self.closed(endpoint),
            Refused::Saturated => {
                self.ears.hear(&Event::Saturated { endpoint });
                Error::Saturated {
                    call: ask.call(&self.primary, None),
                }
            }
        })
    }

    /// `None` if there is nothing left to send it with: the client was closed.
    async fn on_the_wire(&self, ask: &Ask, request: Request) -> Option<Result<Answer, Failure>> {
        let exchange = self.exchange.load_full()?;
        let mut watch = Watch::start(&self.ears, ask.endpoint.name);
        let sent = exchange.send(request, &mut watch.bytes);
        let outcome = match timeout(self.request_timeout, sent).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Timeout(self.request_timeout)),
        };
        watch.code = match &outcome {
            Ok(answer) => Code::Status(answer.status),
            Err(failure) => failure.code(),
        };
        Some(outcome)
    }

    fn request(&self, ask: &Ask, request_id: &str) -> Result<Request, Error> {
        let mut headers = HeaderMap::new();
        self.ears.headers(&mut headers);
        if let Some(version) = ask.version
            && let Ok(media_type) = HeaderValue::try_from(version.media_type())
        {
            headers.insert(ACCEPT, media_type);
        }
        if ask.authenticated
            && let Some(authorization) = self.keyring.authorization()
        {
            headers.insert(AUTHORIZATION, authorization);
        }
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(X_REQUEST_ID, id);
        }
        headers.insert(X_CLIENT_ID, self.client_id.clone());
        let method = match ask.endpoint.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
        };
        let url = Url::parse(&ask.address(&self.base)).map_err(|error| Error::Url {
            call: ask.call(&self.primary, None),
            source: error,
        })?;
        Ok(Request {
            method,
            url,
            headers,
        })
    }
}

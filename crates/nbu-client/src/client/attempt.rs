//! One attempt: a permit, a request, a whole answer.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use nbu_api::Method;
use tokio::time::{Instant, timeout};
use url::Url;

use super::ask::Ask;
use super::shared::Shared;
use crate::exchange::{Answer, Exchange, Failure, Request};
use crate::keyring::Shown;
use crate::observer::Watch;
use crate::sync::Arc;
use crate::{Code, Error};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_CLIENT_ID: HeaderName = HeaderName::from_static("x-client-id");

/// An attempt that was made, and how it ended.
pub(crate) struct Attempt {
    pub(crate) request_id: String,
    pub(crate) outcome: Result<Answer, Failure>,
    pub(crate) took: std::time::Duration,
}

/// Lets go of the connections on its way out, if it is the last.
struct Leaving<'a>(&'a Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl Shared {
    /// One attempt. Fails only if none was made, or if close cut it off.
    pub(crate) async fn attempt(&self, ask: &Ask, shown: Option<&Shown>) -> Result<Attempt, Error> {
        self.guarded(ask, shown).await
    }

    /// The same without a look at the circuit: waits for its turn and a permit and makes one attempt under it.
    pub(super) async fn send(&self, ask: &Ask, shown: Option<&Shown>) -> Result<Attempt, Error> {
        let request_id = format!("{:032x}", fastrand::u128(..));
        let request = self.request(ask, shown, &request_id)?;
        // Dropped after the permit, however this ends: the last one out closes the door, should every closer be gone.
        let _leaving = Leaving(self);
        let permit = self.pass_door(ask).await?;
        let started = Instant::now();
        let attempt = async {
            // None if there is nothing left to send it with: the client was closed.
            let exchange = self.exchange.load_full()?;
            Some(self.on_the_wire(&exchange, ask, request).await)
        };
        let ended = permit.run(attempt).await;
        let took = started.elapsed();
        let Ok(Some(outcome)) = ended else {
            return Err(self.closed(ask.endpoint.name));
        };
        self.keep_pace(started, &outcome);
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

    pub(super) async fn on_the_wire(
        &self,
        exchange: &Arc<Box<dyn Exchange>>,
        ask: &Ask,
        request: Request,
    ) -> Result<Answer, Failure> {
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
        outcome
    }

    pub(super) fn request(
        &self,
        ask: &Ask,
        shown: Option<&Shown>,
        request_id: &str,
    ) -> Result<Request, Error> {
        let mut headers = HeaderMap::new();
        self.ears.headers(&mut headers);
        if let Some(version) = ask.version
            && let Ok(media_type) = HeaderValue::try_from(version.media_type())
        {
            // If both are sent they must be the same.
            if ask.form.is_some() {
                headers.insert(CONTENT_TYPE, media_type.clone());
            }
            headers.insert(ACCEPT, media_type);
        }
        if let Some(shown) = shown {
            headers.insert(AUTHORIZATION, HeaderValue::clone(shown));
        }
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert(X_REQUEST_ID, id);
        }
        headers.insert(X_CLIENT_ID, self.client_id.clone());
        if let Some((name, value)) = ask.query.sent_header()
            && let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
        {
            headers.insert(name, value);
        }
        if let Some(host) = &self.host_header {
            headers.insert(HOST, host.clone());
        }
        let method = match ask.endpoint.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
        };
        let url = Url::parse(&ask.address(&self.base)).map_err(|error| Error::Url {
            call: ask.call(self, None),
            source: error,
        })?;
        Ok(Request {
            method,
            url,
            headers,
            form: ask.form.clone(),
        })
    }
}

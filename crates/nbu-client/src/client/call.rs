//! One call: attempts, and the waits between them.

use std::time::Duration;

use http::StatusCode;
use http::header::{DATE, RETRY_AFTER};
use nbu_api::Method;

use super::ask::Ask;
use super::attempt::Attempt;
use super::shared::Shared;
use crate::error::Refusal;
use crate::exchange::{Answer, Failure};
use crate::observer::Event;
use crate::retry::parse_retry_after;
use crate::sync::Arc;
use crate::{Error, Reason};

/// A complete answer, whatever its status.
pub(crate) struct Answered {
    pub(crate) request_id: String,
    pub(crate) answer: Answer,
    /// How long the attempt took that brought it.
    pub(crate) took: Duration,
    /// Of a 401: the primary knows who shows this credential.
    pub(crate) known: bool,
}

/// What to do about a 401.
pub(super) enum Renewal {
    /// There is another credential, or will be: ask again.
    Again,
    /// The credential is good; it is something else that is missing.
    Known,
    /// Nothing.
    Hopeless,
}

impl Shared {
    /// Asks until there is an answer that another attempt would not change, or no further attempt is to be made. A
    /// credential that is no longer accepted is renewed, where it can be, once.
    pub(crate) async fn call(&self, ask: &Ask) -> Result<Answered, Error> {
        self.ask(ask, true).await
    }

    /// The same; without `renewing` the credential is taken as it is.
    pub(super) async fn ask(&self, ask: &Ask, mut renewing: bool) -> Result<Answered, Error> {
        let mut made = 0;
        let mut known = false;
        loop {
            let pass = self.pass(ask).await?;
            let shown = pass.as_ref().map(|pass| &pass.header);
            let attempt = self.attempt(ask, shown).await?;
            made += 1;
            if let Some(pass) = &pass
                && renewing
                && attempt.is_unauthorized()
            {
                // However it ends, it was the one time.
                renewing = false;
                match self.renewal(ask, pass).await? {
                    Renewal::Again => continue,
                    Renewal::Known => known = true,
                    Renewal::Hopeless => {}
                }
            }
            let passing = attempt.passing();
            if passing.is_none() && attempt.outcome.is_ok() {
                self.budget.earn();
            }
            let wait = passing
                .filter(|_| !ask.query.is_once())
                .filter(|_| attempt.may_be_repeated(ask.endpoint.method))
                // Nobody connects: the error tells why.
                .filter(|_| attempt.outcome.is_ok() || !self.is_open_circuit())
                .and_then(|passing| {
                    let asked = attempt
                        .outcome
                        .as_ref()
                        .ok()
                        .and_then(|answer| self.retry_after(answer));
                    Some((passing, self.retry.wait(made + 1, asked, fastrand::f64())?))
                });
            match wait {
                Some((reason, wait)) if self.budget.spend() => {
                    self.pause(ask, reason, wait).await?;
                }
                _ => return self.finish(ask, attempt, known),
            }
        }
    }

    /// Waits before the next attempt, holding no permit; ends at once when the client is closed.
    pub(crate) async fn pause(
        &self,
        ask: &Ask,
        reason: Reason,
        wait: Duration,
    ) -> Result<(), Error> {
        let endpoint = ask.endpoint.name;
        if self.tracker.is_closed() {
            return Err(self.closed(endpoint));
        }
        self.ears.hear(&Event::Retry {
            endpoint,
            reason,
            wait,
        });
        tokio::select! {
            biased;
            () = self.tracker.closed() => Err(self.closed(endpoint)),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    fn finish(&self, ask: &Ask, attempt: Attempt, known: bool) -> Result<Answered, Error> {
        let Attempt {
            request_id,
            outcome,
            took,
        } = attempt;
        match outcome {
            Ok(answer) => Ok(Answered {
                request_id,
                answer,
                took,
                known,
            }),
            Err(failure) => Err(self.failure(ask, &request_id, failure)),
        }
    }

    /// The error for an attempt without an answer.
    pub(super) fn failure(&self, ask: &Ask, request_id: &str, failure: Failure) -> Error {
        let call = ask.call(self, Some(request_id));
        match failure {
            Failure::Timeout(after) | Failure::ConnectTimeout(after) => {
                Error::Timeout { call, after }
            }
            Failure::Connect(source) => Error::Connect {
                call,
                source: self.keyring.clean_cause(source),
            },
            Failure::Reset(source) | Failure::Body(source) => Error::Broken {
                call,
                source: self.keyring.clean_cause(source),
            },
            Failure::Proxy(fault, source) => Error::Proxy {
                call,
                proxy: Arc::clone(&self.proxy),
                fault,
                source: source.map(|source| self.keyring.clean_cause(source)),
            },
            Failure::Tls(fault) => Error::Tls {
                call,
                fault: fault.reworded(|text| self.keyring.clean(text)),
            },
            Failure::TooLarge { limit, allowed } => Error::Limit {
                call,
                limit,
                allowed,
            },
        }
    }

    /// What the primary said instead of answering.
    pub(crate) fn refusal(&self, answer: &Answer) -> Refusal {
        let body = nbu_api::ErrorBody::parse_with(&answer.body, &|text| self.keyring.conceal(text));
        Refusal {
            status: answer.status.as_u16(),
            code: body.code,
            message: body.message,
            retry_after: self.retry_after(answer),
        }
    }

    pub(super) fn retry_after(&self, answer: &Answer) -> Option<Duration> {
        let now = self.clock.as_ref().map(|clock| clock());
        parse_retry_after(answer.header(RETRY_AFTER)?, answer.header(DATE), now)
    }
}

impl Attempt {
    /// Why it failed, if it did in a way that passes.
    fn passing(&self) -> Option<Reason> {
        match &self.outcome {
            Ok(answer) => is_passing(answer.status).then_some(Reason::Http),
            Err(failure) if !failure.passes() => None,
            Err(Failure::Timeout(_) | Failure::ConnectTimeout(_)) => Some(Reason::Timeout),
            Err(_) => Some(Reason::Connect),
        }
    }

    fn is_unauthorized(&self) -> bool {
        matches!(&self.outcome, Ok(answer) if answer.status == StatusCode::UNAUTHORIZED)
    }

    /// A `GET` may, and of the others what was turned away before anybody looked at it.
    fn may_be_repeated(&self, method: Method) -> bool {
        method == Method::Get
            || match &self.outcome {
                Ok(answer) => matches!(answer.status.as_u16(), 429 | 503),
                Err(failure) => failure.is_before_the_request(),
            }
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS
}

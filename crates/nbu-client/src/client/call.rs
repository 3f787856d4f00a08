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
use crate::{Error, Reason};

/// A complete answer, whatever its status.
pub(crate) struct Answered {
    pub(crate) request_id: String,
    pub(crate) answer: Answer,
    /// How long the attempt took that brought it.
    pub(crate) took: Duration,
}

impl Shared {
    /// Asks until there is an answer that another attempt would not change, or no further attempt is to be made.
    pub(crate) async fn call(&self, ask: &Ask) -> Result<Answered, Error> {
        let mut made = 0;
        loop {
            let attempt = self.attempt(ask).await?;
            made += 1;
            let passing = attempt.passing();
            if passing.is_none() && attempt.outcome.is_ok() {
                self.budget.earn();
            }
            let wait = passing
                .filter(|_| ask.endpoint.method == Method::Get)
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
                _ => return self.finish(ask, attempt),
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

    fn finish(&self, ask: &Ask, attempt: Attempt) -> Result<Answered, Error> {
        let Attempt {
            request_id,
            outcome,
            took,
        } = attempt;
        let call = || ask.call(&self.primary, Some(&request_id));
        match outcome {
            Ok(answer) => Ok(Answered {
                request_id,
                answer,
                took,
            }),
            Err(Failure::Timeout(after)) => Err(Error::Timeout {
                call: call(),
                after,
            }),
            Err(Failure::Connect(source)) => Err(Error::Connect {
                call: call(),
                source: self.keyring.clean_cause(source),
            }),
            Err(Failure::Reset(source) | Failure::Body(source)) => Err(Error::Broken {
                call: call(),
                source: self.keyring.clean_cause(source),
            }),
            Err(Failure::Tls(fault)) => Err(Error::Tls {
                call: call(),
                fault: fault.reworded(|text| self.keyring.clean(text)),
            }),
            Err(Failure::TooLarge) => Err(Error::Limit {
                call: call(),
                limit: "response_bytes",
                allowed: self.limits.response_bytes,
            }),
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

    fn retry_after(&self, answer: &Answer) -> Option<Duration> {
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
            Err(Failure::Timeout(_)) => Some(Reason::Timeout),
            Err(_) => Some(Reason::Connect),
        }
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS
}

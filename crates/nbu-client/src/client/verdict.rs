//! The meaning of a complete answer.

use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use nbu_api::endpoint::{AUTHORIZATION_CONTEXT, PING};
use url::Url;

use super::ask::Ask;
use super::call::Answered;
use super::fallback::refuses_version;
use super::shared::Shared;
use crate::Error;
use crate::error::Refusal;

impl Shared {
    /// One call that must end with 200 and a body of the right kind.
    pub(crate) async fn answer(&self, ask: &Ask) -> Result<Answered, Error> {
        let answered = self.call(ask).await?;
        self.judge(ask, answered).await
    }

    /// Turns every status but 200 into an error, and 200 with a body of another kind as well.
    pub(crate) async fn judge(&self, ask: &Ask, answered: Answered) -> Result<Answered, Error> {
        let status = answered.answer.status;
        if status == StatusCode::OK {
            return self.typed(ask, answered);
        }
        if status == StatusCode::UNAUTHORIZED
            && ask.authenticated
            && ask.endpoint != &AUTHORIZATION_CONTEXT
        {
            return Err(self.unauthorized(ask, &answered).await);
        }
        Err(self.refused(ask, &answered))
    }

    /// The error for an answer with another status than 200, taken at its word.
    pub(crate) fn refused(&self, ask: &Ask, answered: &Answered) -> Error {
        let call = ask.call(self, Some(&answered.request_id));
        let refusal = self.refusal(&answered.answer);
        match answered.answer.status.as_u16() {
            status @ 300..=399 => {
                let location = answered.answer.header(LOCATION).unwrap_or_default();
                Error::Redirect {
                    call,
                    status,
                    location: self.keyring.clean(location),
                }
            }
            401 => Error::Unauthorized {
                call,
                refusal,
                credential: self.keyring.kind(),
            },
            403 => self.forbidden(ask, answered, refusal),
            // There is no primary without /ping.
            404 if ask.endpoint == &PING => self.wrong_path(ask, answered),
            404 => Error::NotSupported { call, refusal },
            _ if refuses_version(&refusal) => Error::NotSupported { call, refusal },
            _ => Error::Http { call, refusal },
        }
    }

    /// Nothing is where a primary would be.
    pub(crate) fn wrong_path(&self, ask: &Ask, answered: &Answered) -> Error {
        let address = Url::parse(&ask.address(&self.base));
        Error::WrongPath {
            call: ask.call(self, Some(&answered.request_id)),
            refusal: self.refusal(&answered.answer),
            path: address.map_or_else(|_| String::new(), |url| url.path().to_owned()),
        }
    }

    /// NetBackup answers 401 for a dead credential and for a missing permission alike. Who is known to
    /// `/authorization-context`, which needs no permission, has a good credential.
    async fn unauthorized(&self, ask: &Ask, answered: &Answered) -> Error {
        let refusal = self.refusal(&answered.answer);
        if answered.known {
            return self.forbidden(ask, answered, refusal);
        }
        for question in self.identity_questions(ask.version) {
            match self.ask(&question, false).await {
                Err(error @ Error::Closed { .. }) => return error,
                Err(_) => break,
                Ok(identity) => match identity.answer.status.as_u16() {
                    200 => return self.forbidden(ask, answered, refusal),
                    401 | 403 | 404 => {
                        return Error::Unauthorized {
                            call: ask.call(self, Some(&answered.request_id)),
                            refusal,
                            credential: self.keyring.kind(),
                        };
                    }
                    _ if refuses_version(&self.refusal(&identity.answer)) => {}
                    _ => break,
                },
            }
        }
        // Undecided: nobody shall be told to renew a key that may be good.
        Error::Http {
            call: ask.call(self, Some(&answered.request_id)),
            refusal,
        }
    }

    fn forbidden(&self, ask: &Ask, answered: &Answered, refusal: Refusal) -> Error {
        let call = ask.call(self, Some(&answered.request_id));
        Error::Forbidden {
            call,
            refusal,
            permission: ask.endpoint.permission,
        }
    }

    fn typed(&self, ask: &Ask, answered: Answered) -> Result<Answered, Error> {
        let found = answered.answer.header(CONTENT_TYPE).unwrap_or_default();
        let (expected, right) = match ask.version {
            Some(_) => ("JSON", is_json(found)),
            None => ("plain text", is_plain_text(found)),
        };
        if right {
            return Ok(answered);
        }
        let found = if found.is_empty() {
            "of no declared type".to_owned()
        } else {
            self.keyring.clean(found)
        };
        Err(Error::ContentType {
            call: ask.call(self, Some(&answered.request_id)),
            found,
            expected,
        })
    }
}

/// `application/json`, and every type that ends in `json` or `+json`, whatever the parameters.
fn is_json(content_type: &str) -> bool {
    let essence = essence(content_type);
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The types that `/ping` may answer with: `text/plain` and NetBackup's own variant. Not HTML: that is a proxy's page.
pub(super) fn is_plain_text(content_type: &str) -> bool {
    matches!(
        essence(content_type).as_str(),
        "text/plain" | "text/vnd.netbackup+plain"
    )
}

fn essence(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_essence() {
        for json in [
            "application/json",
            "Application/vnd.netbackup+JSON;version=12.0",
            "application/json ; charset=utf-8",
        ] {
            assert!(is_json(json), "{json}");
        }
        for other in [
            "",
            "text/html",
            "text/json+html",
            "application/jsonp",
            "text/plain",
        ] {
            assert!(!is_json(other), "{other}");
        }
    }
}

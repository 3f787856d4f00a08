//! What a failure says about itself, and what to do about it.

mod tls;

use nbu_api::{DetectionError, PagingError};
use nbu_client::error::LoginFault;
use nbu_client::{Error, ProxyFault, Reason, TlsFault};
use nbu_metrics::collector::CollectError;

use crate::config::{self, Credential, SecretSource};

const BUSY: &str = "the primary is busy or starting; it is asked again by itself, and more rarely";

/// The place at which an advice is read. What the check shows itself is not worth the advice to run it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// In the log or on the status page.
    Log,
    /// In the report of `nbu-exporter check`.
    Check,
}

/// The bounded facts of a failed call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Facts {
    /// The HTTP status, where it was not the expected one.
    pub(crate) status: Option<u16>,
    /// NetBackup's error code.
    pub(crate) code: Option<i64>,
    /// NetBackup's words.
    pub(crate) message: Option<String>,
    /// `X-Request-ID` of the attempt that failed: what to search for in the primary's logs.
    pub(crate) request_id: Option<String>,
    /// The namespace on which the role lacks the VIEW operation.
    pub(crate) permission: Option<&'static str>,
    /// The path's parameter, such as the name of a policy.
    pub(crate) argument: Option<String>,
    /// The endpoint without which the collector found the rest.
    pub(crate) part: Option<&'static str>,
    /// The path at which there is no primary.
    pub(crate) path: Option<String>,
    /// Why TLS failed.
    pub(crate) tls: Option<TlsFault>,
    /// The limit that was exceeded, as the configuration calls it.
    pub(crate) limit: Option<&'static str>,
    /// Our own state could not be written.
    pub(crate) unkept: bool,
    /// What to do, where the reason alone does not tell.
    pub(crate) advice: Option<&'static str>,
}

impl From<&Error> for Facts {
    fn from(error: &Error) -> Self {
        // Not asked, because the last one failed so.
        if let Error::Unreachable { source, .. } = error {
            return Self::from(&**source);
        }
        let refusal = error.refusal();
        Self {
            status: error.status().or_else(|| unexpected(error)),
            code: refusal.and_then(|refusal| refusal.code),
            message: refusal.and_then(|refusal| refusal.message.clone()),
            request_id: error.call().and_then(|call| call.request_id.clone()),
            argument: error.call().and_then(|call| call.argument.clone()),
            part: None,
            path: match error {
                Error::WrongPath { path, .. } => Some(path.clone()),
                _ => None,
            },
            permission: match error {
                Error::Forbidden { permission, .. } => *permission,
                _ => None,
            },
            tls: match error {
                Error::Tls { fault, .. } => Some(fault.clone()),
                _ => None,
            },
            limit: match error {
                Error::Limit { limit, .. } => Some(*limit),
                Error::Paging {
                    source: PagingError::Budget { .. },
                    ..
                } => Some("pages"),
                _ => None,
            },
            unkept: false,
            advice: advice(error),
        }
    }
}

impl From<&CollectError> for Facts {
    fn from(error: &CollectError) -> Self {
        match error {
            CollectError::Client(error) => Self::from(error),
            CollectError::Part { source } => Self {
                part: source.endpoint(),
                ..Self::from(&**source)
            },
            CollectError::LiveJobs {
                source: Some(error),
                ..
            } => Self::from(&**error),
            CollectError::TooLong { .. } => Self {
                limit: Some("pages"),
                ..Self::default()
            },
            CollectError::Ledger(_) => Self {
                unkept: true,
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}

fn advice(error: &Error) -> Option<&'static str> {
    match error {
        Error::Overloaded { .. } => Some(BUSY),
        Error::LoginPaused { .. } => Some(
            "correct user_name, domain and password of login; a changed password_file is tried at once",
        ),
        Error::Login {
            fault: LoginFault::SecondFactor,
            ..
        } => Some(
            "give an API key instead of login, or take multi-factor authentication off this account",
        ),
        Error::Login { .. } => {
            Some("look into the primary's web service logs, and check its clock")
        }
        Error::Proxy {
            fault: ProxyFault::Credentials,
            ..
        } => Some("correct the user and the password in proxy_url"),
        Error::Proxy {
            fault: ProxyFault::Unreachable,
            ..
        } => Some("check proxy_url, and that the proxy runs; or name the primary in no_proxy"),
        Error::Detection {
            source: DetectionError::NoneAccepted,
            ..
        } => Some("upgrade the exporter: this primary speaks no API version that it knows"),
        _ => None,
    }
}

/// The status on which the search for the API version ended.
fn unexpected(error: &Error) -> Option<u16> {
    match error {
        Error::Detection {
            source:
                DetectionError::Unexpected { status, .. } | DetectionError::Unavailable { status, .. },
            ..
        } => Some(*status),
        _ => None,
    }
}

/// What to do about a failure of `primary`, in a sentence; empty where nothing is to be done.
pub(crate) fn remedy(
    reason: Reason,
    facts: &Facts,
    primary: &config::Primary,
    reader: Reader,
) -> String {
    if let Some(advice) = facts.advice {
        return advice.to_owned();
    }
    match reason {
        Reason::Timeout => format!(
            "the primary is slow, or a firewall drops packets{}; raise request_timeout (now {:?}) or the collector's timeout if it is only slow",
            match reader {
                Reader::Log => ": nbu-exporter check tells which",
                Reader::Check => "",
            },
            primary.request_timeout
        ),
        Reason::Credentials => credentials(&primary.credential),
        Reason::Unauthorized => unauthorized(&primary.credential),
        Reason::Forbidden => forbidden(facts, &primary.credential),
        Reason::NotSupported => not_supported(facts, primary),
        Reason::Connect => connect(primary),
        Reason::Tls => facts.tls.as_ref().map_or_else(
            || "check ca_file, cert_file and key_file of tls_config: each must be a readable PEM file".to_owned(),
            |fault| tls::remedy(fault, primary, reader),
        ),
        Reason::Http => http(facts),
        Reason::Parse => "check that the url leads to the API of a NetBackup primary (usually port 1556, below /netbackup), and not to its web UI or a page of a proxy or load balancer; if it does, report it as a bug, with the request id".to_owned(),
        Reason::Limit => match facts.limit {
            Some(limit) => format!("raise limits.{limit} if the primary is really that large"),
            None if facts.unkept => "make room where the state is kept (--storage.path), let the exporter's user write there, and see that its disk or mount answers".to_owned(),
            None => "the primary cuts its lists short: look into its web service logs".to_owned(),
        },
        Reason::Saturated => "raise max_in_flight, or the intervals of the collectors".to_owned(),
        _ => String::new(),
    }
}

fn credentials(credential: &Credential) -> String {
    match credential.secret() {
        SecretSource::File(path) => format!(
            "write the secret alone into {} and let the exporter's user read it; it is read again every 30s",
            path.display()
        ),
        SecretSource::Inline(_) => "correct the credential in the configuration".to_owned(),
    }
}

fn unauthorized(credential: &Credential) -> String {
    match credential {
        Credential::ApiKey(SecretSource::File(path)) => format!(
            "the API key is unknown, expired or revoked: create a new one on the primary and write it into {}",
            path.display()
        ),
        Credential::ApiKey(SecretSource::Inline(_)) => {
            "the API key is unknown, expired or revoked: create a new one on the primary and put it into api_key".to_owned()
        }
        Credential::Login(login) => format!(
            "check user_name ({}), domain_type, domain_name and the password of login; the account may be locked or its password expired",
            login.user_name
        ),
    }
}

/// Advice where something is not there: that costs what it tells, and a whole collector only if this one asks for nothing else.
fn not_supported(facts: &Facts, primary: &config::Primary) -> String {
    if let Some(path) = &facts.path {
        return format!(
            "correct the url of the primary (now {}): {path} is not there, and every primary answers at /netbackup/ping, usually on port 1556; a media server or the web UI alone does not",
            primary.url
        );
    }
    match (facts.status, facts.part) {
        (Some(400 | 406 | 415), _) if primary.api_version.is_some() => "set api_version to a version that this primary speaks, or remove api_version so that it is detected".to_owned(),
        (Some(400 | 406 | 415), _) => "the primary refuses every version that it should speak: look at what stands in front of it, and at the release of the primary".to_owned(),
        (_, Some(endpoint)) => format!(
            "nothing has to be done: only what {endpoint} tells is missing, and a newer release of the primary may tell it"
        ),
        _ => "disable the collector for this primary, or upgrade the primary".to_owned(),
    }
}

fn forbidden(facts: &Facts, credential: &Credential) -> String {
    let whose = match credential {
        Credential::ApiKey(_) => "the API key's user",
        Credential::Login(_) => "the user of login",
    };
    let what = match facts.permission {
        Some(namespace) => format!("the VIEW operation on {namespace}"),
        None => "the missing permission".to_owned(),
    };
    let otherwise = match facts.part {
        Some(endpoint) => format!("; without it only what {endpoint} tells is missing"),
        None => ", or disable the collector for this primary".to_owned(),
    };
    format!("give the role of {whose} {what}{otherwise}")
}

fn connect(primary: &config::Primary) -> String {
    let host = primary.url.host_str().unwrap_or_default();
    let port = primary.url.port_or_known_default().unwrap_or_default();
    match &primary.proxy {
        Some(proxy) => format!(
            "check that the proxy {proxy} runs and lets through to {host}:{port}, and that the primary listens there"
        ),
        None => format!(
            "check that the primary runs, that {host} is its name and {port} its port (usually 1556), and that no firewall is between"
        ),
    }
}

fn http(facts: &Facts) -> String {
    match facts.status {
        Some(300..=399) => "correct the url of the primary, whose API is below /netbackup: redirects are not followed, so that the credential stays with it".to_owned(),
        Some(429 | 503) => BUSY.to_owned(),
        Some(502 | 504) => "look at what stands in front of the primary (proxy, load balancer): it does not reach the primary".to_owned(),
        Some(400) => "if the message is about the size of a page, lower limits.records_per_page; else report it as a bug, with the request id and the primary's version".to_owned(),
        _ => match &facts.request_id {
            Some(id) => format!("search the primary's web service logs for request {id}"),
            None => "look into the primary's web service logs".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests;

//! What a failure says about itself, and what to do about it.

use nbu_api::{DetectionError, PagingError};
use nbu_client::error::LoginFault;
use nbu_client::{Error, ProxyFault, Reason, TlsFault};
use nbu_metrics::collector::CollectError;

use crate::config::{self, Credential, SecretSource};

const BUSY: &str = "the primary is busy or starting; it is asked again by itself, and more rarely";

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
pub(crate) fn remedy(reason: Reason, facts: &Facts, primary: &config::Primary) -> String {
    if let Some(advice) = facts.advice {
        return advice.to_owned();
    }
    match reason {
        Reason::Timeout => format!(
            "the primary is slow, or a firewall drops packets: nbu-exporter check tells which; raise request_timeout (now {:?}) or the collector's timeout if it is only slow",
            primary.request_timeout
        ),
        Reason::Credentials => credentials(&primary.credential),
        Reason::Unauthorized => unauthorized(&primary.credential),
        Reason::Forbidden => forbidden(facts.permission, &primary.credential),
        Reason::NotSupported => match facts.status {
            Some(406 | 415) => "set api_version to a version that this primary speaks, or remove api_version so that it is detected".to_owned(),
            _ => "disable the collector for this primary, or upgrade the primary".to_owned(),
        },
        Reason::Connect => connect(primary),
        Reason::Tls => facts.tls.as_ref().map_or_else(
            || "check ca_file, cert_file and key_file of tls_config: each must be a readable PEM file".to_owned(),
            |fault| tls(fault, primary),
        ),
        Reason::Http => http(facts),
        Reason::Parse => "check that the url leads to a NetBackup primary, and not to a page of a proxy or load balancer; if it does, report it as a bug, with the request id".to_owned(),
        Reason::Limit => match facts.limit {
            Some(limit) => format!("raise limits.{limit} if the primary is really that large"),
            None if facts.unkept => "make room where the state is kept (--storage.path) and let the exporter's user write there".to_owned(),
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

fn forbidden(permission: Option<&str>, credential: &Credential) -> String {
    let whose = match credential {
        Credential::ApiKey(_) => "the API key's user",
        Credential::Login(_) => "the user of login",
    };
    match permission {
        Some(namespace) => format!(
            "give the role of {whose} the VIEW operation on {namespace}, or disable the collector for this primary"
        ),
        None => format!(
            "give the role of {whose} the missing permission, or disable the collector for this primary"
        ),
    }
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
        Some(300..=399) => "correct the url of the primary: redirects are not followed, so that the credential stays with it".to_owned(),
        Some(429 | 503) => BUSY.to_owned(),
        Some(502 | 504) => "look at what stands in front of the primary (proxy, load balancer): it does not reach the primary".to_owned(),
        Some(400) => "report it as a bug, with the request id and the primary's version".to_owned(),
        _ => match &facts.request_id {
            Some(id) => format!("search the primary's web service logs for request {id}"),
            None => "look into the primary's web service logs".to_owned(),
        },
    }
}

fn tls(fault: &TlsFault, primary: &config::Primary) -> String {
    let text = match fault {
        TlsFault::UnknownCa if primary.tls.ca_file.is_some() => {
            "ca_file holds another authority than the one of this primary: nbu-exporter check --show-ca shows the primary's; compare its fingerprint on the primary, then put it into ca_file or ca_fingerprint"
        }
        TlsFault::UnknownCa => {
            "nbu-exporter check --show-ca shows the primary's authority: compare its fingerprint on the primary, then give it as ca_file or ca_fingerprint in tls_config"
        }
        TlsFault::PinMismatch { .. } => {
            "if the primary's certificates were renewed, nbu-exporter check --show-ca shows the new ones: compare the fingerprint on the primary, then change ca_fingerprint; if they were not, somebody is in between"
        }
        TlsFault::Expired { .. } => {
            "renew the certificate on the primary (nbcertcmd -renewCertificate), or correct the clock that is wrong"
        }
        TlsFault::NotYetValid { .. } => {
            "correct the clock that is wrong: the primary's or this machine's"
        }
        TlsFault::WrongName { presented, .. } => {
            return match presented.first() {
                Some(name) => format!("use one of the certificate's names in the url, or set tls_config.server_name: {name}"),
                None => "the certificate names no host: renew it on the primary, or pin it with ca_fingerprint".to_owned(),
            };
        }
        TlsFault::WeakKey { .. } => {
            "migrate the NetBackup CA to a key of at least 2048 bits (nbseccmd -nbcaMigrate); until then pin the server's own certificate with ca_fingerprint if its key is long enough"
        }
        TlsFault::NotTls => {
            "check the port in the url; write http:// only if the primary really speaks plain HTTP"
        }
        TlsFault::NotPlain => "write https:// in the url",
        TlsFault::ClientCertificateRequired => "give cert_file and key_file in tls_config",
        TlsFault::ClientCertificateRefused => {
            "check in cert_file that the certificate is valid and issued by an authority the primary trusts"
        }
        TlsFault::Version => match primary.tls.min_version {
            config::TlsVersion::Tls13 => {
                "set min_version: TLS12 if this primary cannot speak TLS 1.3"
            }
            config::TlsVersion::Tls12 => "let the primary speak TLS 1.2 or newer",
        },
        TlsFault::NothingInCommon => "let the primary offer ECDHE cipher suites with AES-GCM",
        _ => "run nbu-exporter check for what the primary presents",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::environment::Environment;

    fn primary(keys: &str) -> config::Primary {
        let text = format!(
            "primaries: [{{name: paris, url: 'https://nbu.example.com:1556/netbackup', {keys}}}]"
        );
        let mut config = Config::parse(Path::new("/c.yml"), &text, &Environment::of([])).unwrap();
        config.primaries.remove(0)
    }

    #[test]
    fn every_reason_but_ours_has_something_to_do() {
        let primary = primary("api_key: k");
        for reason in Reason::ALL {
            let text = remedy(reason, &Facts::default(), &primary);
            let ours = matches!(reason, Reason::Ok | Reason::Closed);
            assert_eq!(text.is_empty(), ours, "{reason}: {text}");
        }
    }

    #[test]
    fn a_limit_is_named_and_a_disk_is_none() {
        let primary = primary("api_key: k");
        let told = |error: &CollectError| {
            let facts = Facts::from(error);
            remedy(error.reason(), &facts, &primary)
        };
        let long = told(&CollectError::TooLong { pages: 7 });
        assert!(long.contains("raise limits.pages"), "{long}");
        let unkept = Facts {
            unkept: true,
            ..Facts::default()
        };
        assert!(remedy(Reason::Limit, &unkept, &primary).contains("--storage.path"));
    }

    #[test]
    fn it_names_what_the_configuration_names() {
        let facts = Facts {
            permission: Some("|MANAGE|JOBS|"),
            ..Facts::default()
        };
        let file = primary("api_key_file: /run/secrets/paris");
        let login = primary("login: {domain_type: vx, user_name: monitor, password: very-secret}");
        let proxied = primary("api_key: k, proxy_url: 'http://me:very-secret@proxy:3128'");
        let told = |reason, primary: &config::Primary| remedy(reason, &facts, primary);
        assert!(told(Reason::Unauthorized, &file).contains("/run/secrets/paris"));
        assert!(told(Reason::Unauthorized, &login).contains("monitor"));
        assert!(told(Reason::Forbidden, &login).contains("|MANAGE|JOBS|"));
        assert!(told(Reason::Connect, &file).contains("nbu.example.com is its name and 1556"));
        assert!(told(Reason::Connect, &proxied).contains("proxy:3128"));
        for primary in [&file, &login, &proxied] {
            for reason in Reason::ALL {
                assert!(!told(reason, primary).contains("very-secret"));
            }
        }
    }
}

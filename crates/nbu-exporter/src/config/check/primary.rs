//! One primary.

use std::num::NonZeroUsize;
use std::sync::Arc;

use url::Url;

use super::{Common, collectors};
use crate::config::credential::{Credential, Login, SecretSource};
use crate::config::effective::Effective;
use crate::config::primary::{ClientCertificate, Primary, Tls, TlsVersion};
use crate::config::secret_text::{self, SecretKind};
use crate::config::section::Section;
use crate::config::value;

/// Above it requests of one exporter crowd out others.
const MANY_IN_FLIGHT: usize = 20;

/// Reads a primary; `None` when something without which there is none is missing, which has been told.
pub(super) fn primary(section: &Section<'_>, common: &Common<'_>) -> Option<Primary> {
    let name = name(section);
    let url = url(section);
    let credential = credential(section);
    let api_version = section.read("api_version", value::version, |version| {
        Effective::Text(version.map_or_else(|| "auto".to_owned(), |version| version.to_string()))
    });
    let tls = section.nested("tls_config", tls);
    let plain = url.as_ref().is_some_and(|url| url.scheme() == "http");
    if plain && section.given("tls_config").is_some() {
        section.warning("tls_config", "has no effect on an http:// url");
    }
    let proxy = section.secret("proxy_url", value::proxy_url);
    section.record(
        "proxy_url",
        proxy
            .as_ref()
            .map_or(Effective::Null, |proxy| Effective::Text(proxy.to_string())),
    );
    let max_in_flight = section.count("max_in_flight");
    if max_in_flight > MANY_IN_FLIGHT {
        section.warning(
            "max_in_flight",
            format!("{max_in_flight} requests at the same time ask much of a primary"),
        );
    }
    let rate = section.read("requests_per_second", value::number, |number| {
        Effective::Number(*number)
    });
    let no_proxy = section.items("no_proxy", |text| Ok(text.to_owned()));
    let http2 = section.flag("http2");
    let show = |host: &String| Effective::Text(host.clone());
    let host_header = section.optional("host_header", value::host_header, show);
    let request_timeout = section.duration("request_timeout");
    let own = section.child("collectors").over(&common.collectors);
    let collectors = collectors::collectors(&own);
    section.record("collectors", own.into_effective());
    Some(Primary {
        name: name?,
        url: url?,
        credential: credential?,
        api_version: api_version.flatten(),
        tls,
        proxy,
        no_proxy,
        http2,
        host_header,
        request_timeout,
        max_in_flight: NonZeroUsize::new(max_in_flight).unwrap_or(NonZeroUsize::MIN),
        requests_per_second: rate.filter(|rate| *rate > 0.0),
        collectors,
        limits: common.limits.clone(),
        metrics: common.metrics.clone(),
    })
}

fn name(section: &Section<'_>) -> Option<Arc<str>> {
    let parse = |text: &str| value::name(text).map(|()| Arc::from(text));
    let name = section.read("name", parse, |name: &Arc<str>| {
        Effective::Text(name.to_string())
    });
    if section.given("name").is_none() {
        section.problem(
            "name",
            "is missing",
            "give the primary a name, such as paris",
        );
    }
    name
}

fn url(section: &Section<'_>) -> Option<Url> {
    // What may be a secret is told without showing the address.
    let misplaced = Url::parse(&section.peek("url")).ok().and_then(|url| {
        let has_more = url.query().is_some() || url.fragment().is_some();
        if value::has_credentials(&url) {
            Some((
                "holds a user or a password",
                "remove them; credentials have their own keys",
            ))
        } else {
            has_more.then_some(("has a query or a fragment", "end it with the path"))
        }
    });
    if let Some((what, remedy)) = misplaced {
        section.record(
            "url",
            Effective::Text(super::super::effective::SECRET.to_owned()),
        );
        section.problem("url", what, remedy);
        return None;
    }
    let url = section.read("url", value::url, |url| Effective::Text(url.to_string()));
    let Some(url) = url else {
        if section.given("url").is_none() {
            section.problem(
                "url",
                "is missing",
                "write for example https://nbu.example.com:1556/netbackup",
            );
        }
        return None;
    };
    if url.scheme() == "http" {
        section.warning(
            "url",
            "http:// sends the credential in clear text; use https://",
        );
    }
    if url.path() == "/" {
        section.warning("url", "has no path; the REST API is below /netbackup");
    } else if !url.path().ends_with("/netbackup") {
        let what = format!(
            "has the path {}; the REST API of a primary is below /netbackup, unless a gateway has moved it",
            url.path()
        );
        section.warning("url", what);
    }
    Some(url)
}

fn credential(section: &Section<'_>) -> Option<Credential> {
    let key = section.secret("api_key", |text| {
        secret_text::secret(text, SecretKind::ApiKey)
    });
    let file = section.file("api_key_file");
    let login = section
        .given("login")
        .map(|_| section.nested("login", login));
    if login.is_none() {
        section.record("login", Effective::Null);
    }
    match (key, file, login) {
        (Some(key), None, None) => Some(Credential::ApiKey(SecretSource::Inline(key))),
        (None, Some(file), None) => Some(Credential::ApiKey(SecretSource::File(file))),
        (None, None, Some(login)) => login.map(Credential::Login),
        (None, None, None) => {
            // A key that was given but is wrong has been told already.
            let tried = |name: &&str| section.tried(name);
            if !["api_key", "api_key_file", "login"].iter().any(tried) {
                let what = "the credential is missing";
                section.problem(
                    "api_key_file",
                    what,
                    "give one of api_key_file, api_key and login",
                );
            }
            None
        }
        _ => {
            let given = ["api_key", "api_key_file", "login"]
                .into_iter()
                .filter(|name| section.given(name).is_some());
            let given: Vec<_> = given.collect();
            let what = format!("{} are given together", given.join(" and "));
            section.problem(given[given.len() - 1], what, "keep exactly one of them");
            None
        }
    }
}

fn login(section: &Section<'_>) -> Option<Login> {
    let required = |name: &'static str| {
        let text = section.text(name);
        if text.is_none() {
            section.problem(
                name,
                "is missing",
                "a login needs domain_type, user_name and password_file",
            );
        }
        text
    };
    let domain_type = required("domain_type");
    let domain_name = section.text("domain_name").unwrap_or_default();
    let user_name = required("user_name");
    let password = match (
        section.secret("password", |text| {
            secret_text::secret(text, SecretKind::Password)
        }),
        section.file("password_file"),
    ) {
        (Some(password), None) => Some(SecretSource::Inline(password)),
        (None, Some(file)) => Some(SecretSource::File(file)),
        (Some(_), Some(_)) => {
            section.problem(
                "password_file",
                "password and password_file are given together",
                "keep exactly one of them",
            );
            None
        }
        (None, None) => {
            if !section.tried("password") && !section.tried("password_file") {
                section.problem(
                    "password_file",
                    "the password is missing",
                    "give password_file or password",
                );
            }
            None
        }
    };
    Some(Login {
        domain_type: domain_type?,
        domain_name,
        user_name: user_name?,
        password: password?,
    })
}

fn tls(section: &Section<'_>) -> Tls {
    let ca_file = section.file("ca_file");
    let ca_fingerprint = section.optional("ca_fingerprint", value::fingerprint, |bytes| {
        let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        Effective::Text(digits.join(":"))
    });
    let client_certificate = match (section.file("cert_file"), section.file("key_file")) {
        (Some(cert_file), Some(key_file)) => Some(ClientCertificate {
            cert_file,
            key_file,
        }),
        (None, None) => None,
        (Some(_), None) => {
            section.problem(
                "key_file",
                "is missing beside cert_file",
                "give both or none",
            );
            None
        }
        (None, Some(_)) => {
            section.problem(
                "cert_file",
                "is missing beside key_file",
                "give both or none",
            );
            None
        }
    };
    let server_name = section.optional("server_name", value::host, |name| {
        Effective::Text(name.clone())
    });
    let min_version = section
        .word("min_version")
        .map_or(TlsVersion::Tls12, |index| {
            [TlsVersion::Tls12, TlsVersion::Tls13][index]
        });
    let insecure_skip_verify = section.flag("insecure_skip_verify");
    if insecure_skip_verify {
        let what = "any certificate is accepted: everyone on the path can read the credential; use ca_file or ca_fingerprint";
        section.warning("insecure_skip_verify", what);
    }
    Tls {
        ca_file,
        ca_fingerprint,
        client_certificate,
        server_name,
        min_version,
        insecure_skip_verify,
    }
}

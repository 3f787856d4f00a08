//! What the handshake showed.

use jiff::{SignedDuration, Timestamp};
use nbu_client::{Certificate, Presented, TlsVersion};

use super::{Check, Finding};
use crate::config;

/// Certificates that end sooner than this are warned of.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The row of a connection that was made; `None` where there was no handshake.
pub(super) fn verified(primary: &config::Primary, presented: Option<&Presented>) -> Finding {
    let url = &primary.url;
    let subject = url.host_str().unwrap_or_default();
    if url.scheme() == "http" {
        let detail = "http://: nothing is encrypted, and the credential can be read on the way";
        return Finding::warning(Check::Tls, subject, detail, "use https:// in the url");
    }
    let version = match presented.and_then(|presented| presented.version) {
        Some(TlsVersion::Tls12) => "TLS 1.2",
        Some(TlsVersion::Tls13) => "TLS 1.3",
        _ => "TLS",
    };
    let tls = &primary.tls;
    if tls.insecure_skip_verify {
        let detail =
            format!("{version}, not verified (insecure_skip_verify): anybody may have answered");
        let remedy = "compare the fingerprint below on the primary, pin it with ca_fingerprint, and remove insecure_skip_verify";
        return Finding::warning(Check::Tls, subject, detail, remedy);
    }
    let trust = match (&tls.ca_fingerprint, &tls.ca_file) {
        (Some(_), _) => "ca_fingerprint".to_owned(),
        (None, Some(file)) => format!("{} and the system's authorities", file.display()),
        (None, None) => "the system's authorities".to_owned(),
    };
    let name = tls.server_name.as_deref().unwrap_or(subject);
    Finding::good(
        Check::Tls,
        subject,
        format!("{version}, verified for {name} by {trust}"),
    )
}

/// A row per certificate; whether they are `believed` is said elsewhere, and here where they are not.
pub(super) fn certificates(presented: &Presented, believed: bool, now: Timestamp) -> Vec<Finding> {
    let chain = presented.chain.iter().enumerate();
    chain
        .map(|(place, certificate)| {
            let finding = row(place == 0, certificate, now);
            if believed {
                return finding;
            }
            Finding {
                detail: format!("not verified: {}", finding.detail),
                ..finding
            }
        })
        .collect()
}

fn row(own: bool, certificate: &Certificate, now: Timestamp) -> Finding {
    let whose = match (own, certificate.is_ca) {
        (true, _) => "server: ",
        (false, true) => "authority: ",
        (false, false) => "",
    };
    let subject = format!("{whose}{}", certificate.subject);
    let key = certificate.key.as_deref().unwrap_or("unknown key");
    let mut detail = format!("{key}, {}", validity(certificate));
    if own {
        let names = certificate.names.join(", ");
        let names = if names.is_empty() { "no name" } else { &names };
        detail = format!("for {names}, {detail}");
    }
    detail = format!("{detail}, SHA-256 {}", certificate.fingerprint);
    let remedy = "renew it on the primary (nbcertcmd -renewCertificate; an authority: nbseccmd -nbcaMigrate)";
    let ends = certificate.not_after;
    let finding = if ends.is_some_and(|ends| ends <= now) {
        Finding::warning(
            Check::Certificate,
            subject,
            format!("has expired: {detail}"),
            remedy,
        )
    } else if ends.is_some_and(|ends| ends.duration_since(now) < SOON) {
        Finding::warning(
            Check::Certificate,
            subject,
            format!("expires soon: {detail}"),
            remedy,
        )
    } else {
        Finding::good(Check::Certificate, subject, detail)
    };
    Finding {
        fingerprint: Some(certificate.fingerprint.to_string()),
        expires: ends.map(|ends| format!("{ends:.0}")),
        ..finding
    }
}

/// From when to when.
pub(super) fn validity(certificate: &Certificate) -> String {
    let date = |at: Option<Timestamp>| {
        at.map_or_else(|| "?".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
    };
    format!(
        "valid from {} to {}",
        date(certificate.not_before),
        date(certificate.not_after)
    )
}

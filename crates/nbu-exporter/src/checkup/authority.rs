//! The primary's certificate authority, for an administrator who is to decide whether to trust it.

use std::collections::BTreeSet;

use nbu_api::CaCertificates;
use nbu_client::{Certificate, Client, Presented, RetryPolicy, TlsSettings};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::tls::validity;
use crate::config;
use crate::primary::bare;

/// A certificate of an authority, as it was shown on a connection that nothing vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Authority {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) validity: String,
    pub(crate) not_before: Option<String>,
    pub(crate) not_after: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) fingerprint: String,
    /// `handshake`, `/security/cacert`.
    pub(crate) shown_by: BTreeSet<&'static str>,
    pub(crate) pem: String,
}

/// The certificate was part of the handshake.
const HANDSHAKE: &str = "handshake";
/// The primary told it when asked.
const ENDPOINT: &str = nbu_api::endpoint::CACERT.name;

impl Authority {
    /// Whether a pin alone will do: the authority is in what every handshake shows.
    pub(crate) fn is_in_handshake(&self) -> bool {
        self.shown_by.contains(HANDSHAKE)
    }
}

/// The authorities of `primary`: those in the handshake, and those that it tells.
///
/// Asks over a connection that is not verified, with a client that has no credential.
pub(super) async fn authorities(
    primary: &config::Primary,
    presented: Option<&Presented>,
    deadline: Instant,
) -> Vec<Authority> {
    let mut found = Vec::new();
    let Some(stranger) = stranger(primary) else {
        return found;
    };
    let told = timeout_at(deadline, told(&stranger))
        .await
        .unwrap_or_default();
    let own = stranger.presented();
    let chains = presented.into_iter().chain(&own);
    for certificate in chains.flat_map(|presented| &presented.chain) {
        // A server that issued its own certificate is its own authority.
        if certificate.is_ca || certificate.subject == certificate.issuer {
            add(&mut found, certificate, HANDSHAKE);
        }
    }
    for certificate in &told {
        add(&mut found, certificate, ENDPOINT);
    }
    found
}

/// A client that believes anybody and has nothing to lose.
pub(super) fn stranger(primary: &config::Primary) -> Option<Client> {
    let mut tls = TlsSettings::default();
    tls.insecure_skip_verify = true;
    bare(primary)
        .tls(tls)
        .retry(RetryPolicy::never())
        .build()
        .ok()
}

async fn told(stranger: &Client) -> Vec<Certificate> {
    let Ok(page) = stranger.ca_certificates().await else {
        return Vec::new();
    };
    let Ok(told) = page.object::<CaCertificates<'_>>() else {
        return Vec::new();
    };
    told.pems()
        .flat_map(|pem| Certificate::all_in_pem(pem.as_bytes()))
        .collect()
}

fn add(found: &mut Vec<Authority>, certificate: &Certificate, source: &'static str) {
    let fingerprint = certificate.fingerprint.to_string();
    if let Some(known) = found
        .iter_mut()
        .find(|known| known.fingerprint == fingerprint)
    {
        known.shown_by.insert(source);
        return;
    }
    found.push(Authority {
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        validity: validity(certificate),
        not_before: certificate.not_before.map(|at| format!("{at:.0}")),
        not_after: certificate.not_after.map(|at| format!("{at:.0}")),
        key: certificate.key.clone(),
        fingerprint,
        shown_by: BTreeSet::from([source]),
        pem: certificate.to_pem(),
    });
}

//! What is wrong with the certificates of a primary, and the sentence that an administrator reads: a row per situation, each
//! with a real handshake.

use std::sync::Arc;

use nbu_client::{Fingerprint, TlsFault, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::{default_provider, sign::any_supported_type};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

use crate::certificates::{Ca, ca, client, fault, leaf, pinning, trusting};
use crate::server::{Reply, Server, within};

const KEY: &[u8] = include_bytes!("tls/old-server.key.pem");

/// A primary that presents these certificates, whatever they are.
async fn presenting(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Server {
    let key = any_supported_type(&key).unwrap();
    let certified = CertifiedKey::new(chain, key);
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    Server::start_tls(config, |_| Reply::ping("12.0")).await
}

/// A primary with a certificate of `ca` for `name`.
async fn issued(
    ca: &Ca,
    name: &str,
    shape: impl FnOnce(&mut CertificateParams),
) -> (Server, CertificateDer<'static>) {
    let (certificate, key) = leaf(ca, name, shape);
    let own = certificate.der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    (
        presenting(vec![own.clone(), ca.der().clone()], key).await,
        own,
    )
}

/// A primary whose certificate is its own authority.
async fn self_signed(shape: impl FnOnce(&mut CertificateParams)) -> (Server, rcgen::Certificate) {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params
        .distinguished_name
        .push(DnType::CommonName, "nbu.example.com");
    shape(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    (
        presenting(vec![certificate.der().clone()], key).await,
        certificate,
    )
}

/// A primary with a stored certificate.
async fn stored(chain: &[&[u8]]) -> (Server, Vec<CertificateDer<'static>>) {
    let chain: Vec<_> = chain
        .iter()
        .map(|pem| CertificateDer::from_pem_slice(pem).unwrap())
        .collect();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    (presenting(chain.clone(), key).await, chain)
}

fn with_ca(pem: &str) -> TlsSettings {
    let mut tls = TlsSettings::default();
    tls.ca_pem = Some(pem.as_bytes().to_vec());
    tls
}

/// The words of the fault: no name of a Rust type and no bytes are among them.
async fn said(server: &Server, tls: TlsSettings) -> String {
    let said = fault(server, tls).await.to_string();
    assert!(!said.contains('['), "{said}");
    for word in said.split(|one: char| !one.is_ascii_alphanumeric()) {
        let is_type = word
            .chars()
            .zip(word.chars().skip(1))
            .any(|(one, next)| one.is_ascii_lowercase() && next.is_ascii_uppercase());
        let is_ours = ["NetBackup", "nbcaMigrate", "serverAuth"].contains(&word);
        assert!(!is_type || is_ours, "{word} in {said}");
    }
    said
}

fn holds(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "{part:?} is missing: {said}");
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_to_be_pinned_wherever_it_was_put() {
    let authority: fn(&mut CertificateParams) = |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    };
    let (server, certificate) = self_signed(authority).await;
    let pin = Fingerprint::of(certificate.der()).to_string();
    for tls in [
        TlsSettings::default(),
        trusting(&ca()),
        with_ca(&certificate.pem()),
    ] {
        let said = said(&server, tls).await;
        holds(&said, &["self-signed", "pin it", &pin]);
        assert!(!said.contains("ca_file"), "{said}");
    }
    within(client(&server, pinning(certificate.der())).ping())
        .await
        .unwrap();

    let (server, certificate) = self_signed(|_| {}).await;
    for tls in [TlsSettings::default(), trusting(&ca())] {
        holds(&said(&server, tls).await, &["self-signed", "pin it"]);
    }
    within(client(&server, pinning(certificate.der())).ping())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_pinned_server_needs_no_name() {
    let (server, certificate) = self_signed(|params| params.subject_alt_names.clear()).await;
    within(client(&server, pinning(certificate.der())).ping())
        .await
        .unwrap();
    let ca = ca();
    let (server, own) = issued(&ca, "other.example.com", |params| {
        params.subject_alt_names.clear();
    })
    .await;
    holds(
        &said(&server, trusting(&ca)).await,
        &["no name at all", "pin it (ca_fingerprint)"],
    );
    within(client(&server, pinning(&own)).ping()).await.unwrap();
}

#[tokio::test]
async fn the_server_s_own_certificate_is_no_authority() {
    let ca = ca();
    let (server, own) = issued(&ca, "127.0.0.1", |_| {}).await;
    let pem = nbu_client::Certificate::of(&own).to_pem();
    let said = said(&server, with_ca(&pem)).await;
    holds(
        &said,
        &[
            "ca_file holds the certificate of the primary itself",
            &Fingerprint::of(&own).to_string(),
        ],
    );
}

#[tokio::test]
async fn a_wildcard_is_never_a_name_to_ask_for() {
    let ca = ca();
    for (name, advised, in_url) in [
        (
            "*.corp.example",
            "set server_name: primary.corp.example",
            false,
        ),
        (
            "nbu.corp.example",
            "set server_name: nbu.corp.example",
            true,
        ),
    ] {
        let (server, _) = issued(&ca, name, |_| {}).await;
        let said = said(&server, trusting(&ca)).await;
        holds(&said, &[name, advised]);
        assert_eq!(said.contains("in the url"), in_url, "{said}");
        let mut tls = trusting(&ca);
        tls.server_name = Some(advised.trim_start_matches("set server_name: ").to_owned());
        within(client(&server, tls).ping()).await.unwrap();
    }
    let mut tls = trusting(&ca);
    tls.server_name = Some("*.corp.example".to_owned());
    let refused = tls.check().unwrap_err().to_string();
    holds(&refused, &["\"*.corp.example\"", "without a wildcard"]);
}

#[tokio::test]
async fn certificates_that_cannot_be_accepted_say_why() {
    let (server, chain) = stored(&[include_bytes!("tls/v1-server.pem")]).await;
    for tls in [TlsSettings::default(), pinning(&chain[0])] {
        assert_eq!(fault(&server, tls.clone()).await, TlsFault::OldFormat);
        holds(
            &said(&server, tls).await,
            &["X.509 version 1", "issued anew"],
        );
    }

    let authority = include_bytes!("tls/sha1-ca.pem").as_slice();
    let (server, chain) = stored(&[include_bytes!("tls/sha1-server.pem"), authority]).await;
    let trusting = with_ca(std::str::from_utf8(authority).unwrap());
    let said_of_it = said(&server, trusting).await;
    holds(&said_of_it, &["signed with ecdsa-with-SHA1", "SHA-256"]);
    within(client(&server, pinning(&chain[0])).ping())
        .await
        .unwrap();

    let ca = ca();
    for (shape, words) in [
        (
            (|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
                as fn(&mut CertificateParams),
            "it is an authority (CA:TRUE)",
        ),
        (
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            "not for servers",
        ),
        (
            |params| {
                let mut unknown =
                    rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
                unknown.set_criticality(true);
                params.custom_extensions = vec![unknown];
            },
            "critical extension",
        ),
    ] {
        let (server, own) = issued(&ca, "127.0.0.1", shape).await;
        let said = said(&server, crate::certificates::trusting(&ca)).await;
        holds(&said, &[words, "issued anew"]);
        // What is advised works.
        let pinned = within(client(&server, pinning(&own)).ping()).await;
        assert_eq!(pinned.is_ok(), said.contains("ca_fingerprint"), "{said}");
    }
}

//! Who we are, towards a primary that asks.

use nbu_client::{Client, ClientIdentity, TlsFault, TlsSettings};
use tokio_rustls::rustls::RootCertStore;

use crate::certificates::{Ca, Side, ca, client, fault, leaf, trusting};
use crate::server::{Reply, Server, within};

/// A primary of `ca` that lets in who has a certificate of `ca`.
async fn strict(ca: &Ca, only_tls12: bool) -> Server {
    let (certificate, key) = leaf(ca, "127.0.0.1", |_| {});
    let mut clients = RootCertStore::empty();
    clients.add(ca.der().clone()).unwrap();
    let side = Side {
        chain: vec![certificate.der().clone()],
        key,
        clients: Some(clients),
        only_tls12,
    };
    Server::start_tls(side.config(), |_| Reply::ping("12.0")).await
}

/// The same, with HTTP/2, whose stack tells a TLS alert in words or not at all.
async fn strict_http2(ca: &Ca) -> Server {
    let (certificate, key) = leaf(ca, "127.0.0.1", |_| {});
    let mut clients = RootCertStore::empty();
    clients.add(ca.der().clone()).unwrap();
    let side = Side {
        chain: vec![certificate.der().clone()],
        key,
        clients: Some(clients),
        only_tls12: false,
    };
    let mut config = side.config();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Server::start_tls(config, |_| Reply::ping("12.0")).await
}

/// Trusts `ca`, and shows a certificate of `issuer`.
fn identified(ca: &Ca, issuer: &Ca) -> TlsSettings {
    let (mine, my_key) = leaf(issuer, "exporter.example.com", |_| {});
    let mut tls = trusting(ca);
    tls.identity = Some(ClientIdentity {
        certificate_pem: mine.pem().into_bytes(),
        key_pem: my_key.serialize_pem().into(),
    });
    tls
}

#[tokio::test]
async fn a_primary_that_wants_a_client_certificate_gets_it() {
    for only_tls12 in [false, true] {
        let ca = ca();
        let server = strict(&ca, only_tls12).await;
        within(client(&server, identified(&ca, &ca)).ping())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn none_where_one_is_wanted_is_told_as_that() {
    for only_tls12 in [false, true] {
        let ca = ca();
        let server = strict(&ca, only_tls12).await;
        let found = fault(&server, trusting(&ca)).await;
        assert_eq!(found, TlsFault::ClientCertificateRequired);
        assert!(found.to_string().contains("cert_file and key_file"));
    }
}

#[tokio::test]
async fn one_that_the_primary_does_not_trust_is_told_as_that() {
    for only_tls12 in [false, true] {
        let ca = ca();
        let server = strict(&ca, only_tls12).await;
        let found = fault(&server, identified(&ca, &self::ca())).await;
        assert_eq!(found, TlsFault::ClientCertificateRefused, "{only_tls12}");
    }
}

#[tokio::test]
async fn http2_keeps_the_reason_not_to_itself() {
    for _again in 0..20 {
        let ca = ca();
        let server = strict_http2(&ca).await;
        let found = fault(&server, trusting(&ca)).await;
        assert_eq!(found, TlsFault::ClientCertificateRequired);
        let found = fault(&server, identified(&ca, &self::ca())).await;
        assert_eq!(found, TlsFault::ClientCertificateRefused);
    }
}

#[test]
fn a_key_of_another_certificate_is_refused_when_the_client_is_built() {
    let ca = ca();
    let mut tls = identified(&ca, &ca);
    let (_, other_key) = leaf(&ca, "exporter.example.com", |_| {});
    if let Some(identity) = &mut tls.identity {
        identity.key_pem = other_key.serialize_pem().into();
    }
    let url = "https://nbu.example.com:1556/netbackup".parse().unwrap();
    let error = Client::builder("paris", url).tls(tls).build().unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("does not belong to"), "{cause}");
}

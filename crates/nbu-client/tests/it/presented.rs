//! What the primary showed, for those who are to decide whether to trust it.

use nbu_api::CaCertificates;
use nbu_client::{Certificate, Fingerprint, TlsFault, TlsSettings, TlsVersion};
use rcgen::{DnType, date_time_ymd};

use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::certificates::{Side, ca, client, fault, leaf, pinning, primary, trusting};
use crate::server::{Reply, Server, within};

#[tokio::test]
async fn a_chain_that_is_not_believed_can_be_looked_at() {
    let ca = ca();
    let server = primary(&ca, "127.0.0.1", |params| {
        params.not_before = date_time_ymd(2020, 2, 3);
        params.not_after = date_time_ymd(2051, 1, 1);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(DnType::CommonName, "nbu\u{7}1");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "vx");
        params.subject_alt_names.push(rcgen::SanType::DnsName(
            "nbu.example.com".try_into().unwrap(),
        ));
    })
    .await;
    let client = client(&server, trusting(&self::ca()));
    assert_eq!(client.presented(), None);
    within(client.ping()).await.unwrap_err();
    let presented = client.presented().unwrap();
    assert_eq!(presented.version, None, "it has proven nothing");
    let [server, authority] = &presented.chain[..] else {
        panic!("{presented:?}")
    };
    assert_eq!(server.subject, "CN=nbu 1, O=vx");
    assert_eq!(server.issuer, authority.subject);
    assert_eq!(authority.subject, "CN=nbatd of example.com");
    assert_eq!(server.names, ["127.0.0.1", "nbu.example.com"]);
    assert_eq!(
        server.not_before.unwrap().to_string(),
        "2020-02-03T00:00:00Z"
    );
    assert_eq!(
        server.not_after.unwrap().to_string(),
        "2051-01-01T00:00:00Z"
    );
    assert_eq!((server.is_ca, authority.is_ca), (false, true));
    assert_eq!(server.key.as_deref(), Some("EC P-256"));
    assert_eq!(authority.fingerprint, Fingerprint::of(ca.der()));
    assert_eq!(
        Certificate::all_in_pem(ca.pem().as_bytes()),
        std::slice::from_ref(authority)
    );
}

#[tokio::test]
async fn the_version_of_tls_is_told_once_it_is_proven() {
    for (only_tls12, version) in [(false, TlsVersion::Tls13), (true, TlsVersion::Tls12)] {
        let ca = ca();
        let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
        let side = Side {
            chain: vec![certificate.der().clone()],
            key,
            clients: None,
            only_tls12,
        };
        let server = Server::start_tls(side.config(), |_| Reply::ping("12.0")).await;
        let client = client(&server, trusting(&ca));
        within(client.ping()).await.unwrap();
        let presented = client.presented().unwrap();
        assert_eq!(presented.version, Some(version));
        assert!(!presented.wants_client_certificate);
    }
}

#[tokio::test]
async fn the_authorities_are_asked_for_without_a_credential() {
    let ca = ca();
    let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
    let side = Side {
        chain: vec![certificate.der().clone()],
        key,
        clients: None,
        only_tls12: false,
    };
    let pem = ca.pem().replace('\n', "\\n");
    let server = Server::start_tls(side.config(), move |request| {
        if request.target.contains("cacert") {
            Reply::json(format!(r#"{{"webRootCert":"{pem}"}}"#))
        } else {
            Reply::ping("12.0")
        }
    })
    .await;
    let mut tls = TlsSettings::default();
    tls.insecure_skip_verify = true;
    let client = client(&server, tls);
    let page = within(client.ca_certificates()).await.unwrap();
    let told: CaCertificates<'_> = page.object().unwrap();
    let pems: Vec<&str> = told.pems().collect();
    let told = Certificate::all_in_pem(pems[0].as_bytes());
    assert_eq!(told[0].fingerprint, Fingerprint::of(ca.der()));
    assert!(!server.seen().is_empty());
    for request in server.seen() {
        assert_eq!(request.header("authorization"), None, "{request:?}");
    }
}

/// What a primary of an old domain presents: a server certificate with a good key, issued by a CA with one of 1024 bits.
async fn old() -> (Server, Vec<CertificateDer<'static>>) {
    let chain: Vec<_> = [
        include_bytes!("tls/old-server.pem").as_slice(),
        include_bytes!("tls/old-ca.pem"),
    ]
    .into_iter()
    .map(|pem| CertificateDer::from_pem_slice(pem).unwrap())
    .collect();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/old-server.key.pem")).unwrap();
    let provider = std::sync::Arc::new(default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.clone(), key)
        .unwrap();
    let server = Server::start_tls(config, |_| Reply::ping("12.0")).await;
    (server, chain)
}

#[tokio::test]
async fn an_authority_of_1024_bits_is_told_as_such_and_its_server_can_be_pinned() {
    let (server, chain) = old().await;
    let mut trusting = TlsSettings::default();
    trusting.ca_pem = Some(include_bytes!("tls/old-ca.pem").to_vec());
    for tls in [TlsSettings::default(), trusting, pinning(&chain[1])] {
        let found = fault(&server, tls).await;
        assert_eq!(found, TlsFault::WeakKey { bits: 1024 });
        let said = found.to_string();
        for part in ["1024 bits", "nbcaMigrate", "ca_fingerprint"] {
            assert!(said.contains(part), "{said}");
        }
    }
    let pinned = client(&server, pinning(&chain[0]));
    within(pinned.ping()).await.unwrap();
    let presented = pinned.presented().unwrap();
    assert_eq!(presented.chain[1].key.as_deref(), Some("RSA 1024"));
    assert_eq!(
        presented.chain[1].subject,
        "CN=nbatd, OU=root@old.example.com, O=vx"
    );
}

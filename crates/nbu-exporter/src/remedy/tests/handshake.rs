//! Advice after a failed handshake, in the log and by the check: a row per situation, through the real client.

use std::path::PathBuf;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::checkup::{self, Check, Options};

type Ca = CertifiedIssuer<'static, KeyPair>;

fn ca(name: &str) -> Ca {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate with its chain and key, as a primary presents it.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    pem: String,
}

fn issued(ca: &Ca, names: &[&str], shape: impl FnOnce(&mut CertificateParams)) -> Shown {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    shape(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, ca).unwrap();
    Shown {
        chain: vec![certificate.der().clone(), ca.der().clone()],
        key,
        pem: certificate.pem(),
    }
}

fn self_signed(shape: impl FnOnce(&mut CertificateParams)) -> Shown {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    shape(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Shown {
        chain: vec![certificate.der().clone()],
        pem: certificate.pem(),
        key,
    }
}

/// The url of a port that shows it.
async fn show(shown: &Shown) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(shown.key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(shown.chain.clone(), key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/netbackup", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
        }
    });
    url
}

/// The `ca_file` that holds this.
fn ca_file(directory: &TempDir, pem: &str) -> String {
    let path: PathBuf = directory.path().join("ca.pem");
    std::fs::write(&path, pem).unwrap();
    format!("ca_file: '{}'", path.display())
}

/// The failure in the words of the client, then what is advised in the log and by the check.
async fn told(shown: &Shown, tls: &str) -> [String; 3] {
    let keys = format!("api_key: k, tls_config: {{{tls}}}");
    let primary = at(&show(shown).await, &keys);
    let error = client(&primary).ping().await.unwrap_err();
    let logged = remedy(error.reason(), &Facts::from(&error), &primary, Reader::Log);
    let options = Options {
        timeout: Duration::from_secs(60),
        show_ca: false,
    };
    let report = checkup::check([primary], options, &Clock::system()).await;
    let mut rows = report.primaries[0].checks.iter();
    let row = rows.find(|row| row.check == Check::Tls).unwrap();
    let all = report.table();
    assert!(!all.contains("nbu-exporter check"), "it is one: {all}");
    for text in [&error.to_string(), &logged, &all] {
        assert!(!text.contains("server_name: *"), "{text}");
        assert!(!text.contains(", 48, "), "bytes: {text}");
    }
    [error.to_string(), logged, row.remedy.clone()]
}

#[tokio::test]
async fn each_situation_has_its_sentence() {
    let directory = tempfile::tempdir().unwrap();
    let authority = ca("nbatd");
    let trusting = ca_file(&directory, &authority.pem());
    let fine = issued(&authority, &["127.0.0.1"], |_| {});
    let other = ca("another");
    let expired: fn(&mut CertificateParams) = |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    };
    let table: Vec<(Shown, &str, [&str; 3])> = vec![
        (
            issued(&other, &["127.0.0.1"], |_| {}),
            "",
            [
                "not trusted here",
                "check --show-ca",
                "authority in this report",
            ],
        ),
        (
            issued(&other, &["127.0.0.1"], |_| {}),
            &trusting,
            [
                "not trusted here",
                "ca_file holds another authority",
                "authority in this report",
            ],
        ),
        (
            issued(&authority, &["*.corp.example"], |_| {}),
            &trusting,
            [
                "*.corp.example",
                "server_name: primary.corp.example",
                "server_name: primary.corp.example",
            ],
        ),
        (
            issued(&authority, &["nbu.example.com", "*.corp.example"], |_| {}),
            &trusting,
            [
                "is not for 127.0.0.1",
                "server_name: nbu.example.com",
                "server_name: nbu.example.com",
            ],
        ),
        (
            issued(&authority, &[], |_| {}),
            &trusting,
            [
                "no name at all",
                "pin it with ca_fingerprint",
                "pin it with ca_fingerprint",
            ],
        ),
        (
            issued(&authority, &["127.0.0.1"], expired),
            &trusting,
            [
                "expired (on 2002-01-01",
                "nbcertcmd -renewCertificate",
                "nbcertcmd -renewCertificate",
            ],
        ),
        (
            issued(&authority, &["127.0.0.1"], |params| {
                params.not_before = date_time_ymd(4000, 1, 1);
            }),
            &trusting,
            [
                "not valid yet (before 4000-01-01",
                "correct the clock",
                "correct the clock",
            ],
        ),
        (
            fine,
            "ca_fingerprint: '0000000000000000000000000000000000000000000000000000000000000000'",
            [
                "pinned fingerprint",
                "check --show-ca shows the new ones",
                "fingerprints in this report",
            ],
        ),
    ];
    for (shown, tls, words) in table {
        let told = told(&shown, tls).await;
        for (text, words) in told.iter().zip(words) {
            assert!(text.contains(words), "{words:?} is missing: {told:#?}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_no_authority_s_in_ca_file_is_to_be_pinned() {
    let directory = tempfile::tempdir().unwrap();
    let leaf = issued(&ca("nbatd"), &["127.0.0.1"], |_| {});
    let own = self_signed(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    for shown in [leaf, own] {
        let given = ca_file(&directory, &shown.pem);
        let [error, logged, checked] = told(&shown, &given).await;
        let pin = nbu_client::Certificate::of(&shown.chain[0]).fingerprint;
        let pin = format!("ca_fingerprint: {pin}");
        for text in [&logged, &checked] {
            assert!(text.contains(&pin), "{text}");
            assert!(
                !text.contains("put the PEM") && !text.contains("--show-ca"),
                "{text}"
            );
        }
        assert!(error.contains(&pin), "{error}");
    }
}

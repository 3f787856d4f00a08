//! TLS with certificates made for each case.

use std::sync::Arc;

use nbu_client::{
    Client, ClientIdentity, Credential, Error, Fingerprint, Reason, RetryPolicy, TlsFault,
    TlsSettings, TlsVersion,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, version};

use crate::server::{KEY, Reply, Server, within};

type Ca = CertifiedIssuer<'static, KeyPair>;

fn ca() -> Ca {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "nbatd of example.com");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `name` and its key.
fn leaf(
    ca: &Ca,
    name: &str,
    shape: impl FnOnce(&mut CertificateParams),
) -> (rcgen::Certificate, KeyPair) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    shape(&mut params);
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, ca).unwrap(), key)
}

struct Side {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    clients: Option<RootCertStore>,
    only_tls12: bool,
}

impl Side {
    fn config(self) -> ServerConfig {
        let versions = if self.only_tls12 {
            vec![&version::TLS12]
        } else {
            vec![&version::TLS13, &version::TLS12]
        };
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&versions)
            .unwrap();
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(roots) => builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(roots.into(), provider)
                    .build()
                    .unwrap(),
            ),
        };
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        builder.with_single_cert(self.chain, key).unwrap()
    }
}

/// A primary with a certificate for `name` from `ca`, that presents its CA as NetBackup does.
async fn primary(ca: &Ca, name: &str, shape: impl FnOnce(&mut CertificateParams)) -> Server {
    let (certificate, key) = leaf(ca, name, shape);
    let chain = vec![certificate.der().clone(), ca.der().clone()];
    let side = Side {
        chain,
        key,
        clients: None,
        only_tls12: false,
    };
    Server::start_tls(side.config(), |_| Reply::ping("12.0")).await
}

fn trusting(ca: &Ca) -> TlsSettings {
    let mut tls = TlsSettings::default();
    tls.ca_pem = Some(ca.pem().into_bytes());
    tls
}

fn pinning(certificate: &CertificateDer<'_>) -> TlsSettings {
    let mut tls = TlsSettings::default();
    tls.ca_fingerprint = Some(Fingerprint::of(certificate));
    tls
}

fn client(server: &Server, tls: TlsSettings) -> Client {
    server.client().tls(tls).build().unwrap()
}

async fn fault(server: &Server, tls: TlsSettings) -> TlsFault {
    let error = within(client(server, tls).ping()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Tls, "{error:?}");
    match error {
        Error::Tls { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_ca_of_the_primary_is_enough() {
    let ca = ca();
    let server = primary(&ca, "127.0.0.1", |_| {}).await;
    within(client(&server, trusting(&ca)).ping()).await.unwrap();
}

#[tokio::test]
async fn another_ca_is_unknown() {
    let server = primary(&ca(), "127.0.0.1", |_| {}).await;
    assert_eq!(fault(&server, trusting(&ca())).await, TlsFault::UnknownCa);
}

#[tokio::test]
async fn a_pin_needs_no_other_trust() {
    let ca = ca();
    let server = primary(&ca, "127.0.0.1", |_| {}).await;
    within(client(&server, pinning(ca.der())).ping())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_pin_excludes_every_other_trust() {
    let (ca, other) = (ca(), ca());
    let server = primary(&ca, "127.0.0.1", |_| {}).await;
    let mut tls = pinning(other.der());
    tls.ca_pem = Some(ca.pem().into_bytes());
    let TlsFault::PinMismatch { presented } = fault(&server, tls).await else {
        panic!("it is no match")
    };
    assert_eq!(presented[1], Fingerprint::of(ca.der()));
}

#[tokio::test]
async fn a_pin_is_no_excuse_for_another_name_or_another_issuer() {
    let ca = ca();
    let server = primary(&ca, "other.example.com", |_| {}).await;
    assert!(matches!(
        fault(&server, pinning(ca.der())).await,
        TlsFault::WrongName { .. }
    ));

    // The pinned CA is in the chain, but the certificate is from another of the same name.
    let forger = self::ca();
    let (certificate, key) = leaf(&forger, "127.0.0.1", |_| {});
    let chain = vec![certificate.der().clone(), ca.der().clone()];
    let side = Side {
        chain,
        key,
        clients: None,
        only_tls12: false,
    };
    let server = Server::start_tls(side.config(), |_| Reply::ping("12.0")).await;
    let error = within(client(&server, pinning(ca.der())).ping())
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::Tls, "{error}");
}

#[tokio::test]
async fn the_certificate_of_the_server_itself_can_be_pinned() {
    let ca = ca();
    let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
    let chain = vec![certificate.der().clone()];
    let side = Side {
        chain,
        key,
        clients: None,
        only_tls12: false,
    };
    let server = Server::start_tls(side.config(), |_| Reply::ping("12.0")).await;
    within(client(&server, pinning(certificate.der())).ping())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_wrong_name_says_which_names_are_right() {
    let ca = ca();
    let server = primary(&ca, "nbu.example.com", |_| {}).await;
    let found = fault(&server, trusting(&ca)).await;
    let TlsFault::WrongName { expected, .. } = &found else {
        panic!("{found}")
    };
    assert_eq!(expected, "127.0.0.1");
    assert!(found.to_string().contains("nbu.example.com"), "{found}");

    let mut tls = trusting(&ca);
    tls.server_name = Some("nbu.example.com".to_owned());
    within(client(&server, tls).ping()).await.unwrap();
}

#[tokio::test]
async fn the_key_is_told_in_no_name_of_a_certificate() {
    let ca = ca();
    let server = primary(&ca, &format!("{KEY}.example.com"), |_| {}).await;
    let found = fault(&server, trusting(&ca)).await;
    let said = format!("{found} {found:?}");
    assert!(said.contains("<secret>.example.com"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

#[tokio::test]
async fn expired_and_not_yet_valid_are_told_apart() {
    let ca = ca();
    let server = primary(&ca, "127.0.0.1", |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    })
    .await;
    assert_eq!(fault(&server, trusting(&ca)).await, TlsFault::Expired);
    let server = primary(&ca, "127.0.0.1", |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    })
    .await;
    assert_eq!(fault(&server, trusting(&ca)).await, TlsFault::NotYetValid);
}

#[tokio::test]
async fn insecure_skip_verify_believes_anyone() {
    let server = primary(&ca(), "other.example.com", |params| {
        params.not_after = date_time_ymd(2002, 1, 1);
    })
    .await;
    let mut tls = TlsSettings::default();
    tls.insecure_skip_verify = true;
    within(client(&server, tls).ping()).await.unwrap();
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    // What web servers do with a handshake: they cannot read it as HTTP and say so in HTTP.
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            .await
            .unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let url = format!("https://127.0.0.1:{port}/netbackup")
        .parse()
        .unwrap();
    let mut tls = TlsSettings::default();
    tls.insecure_skip_verify = true;
    let client = Client::builder("paris", url).tls(tls).build().unwrap();
    let error = within(client.ping()).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Tls {
                fault: TlsFault::NotTls,
                ..
            }
        ),
        "{error:?}"
    );
    within(server).await.unwrap();
}

#[tokio::test]
async fn the_oldest_version_of_tls_is_respected() {
    let ca = ca();
    let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
    let side = Side {
        chain: vec![certificate.der().clone()],
        key,
        clients: None,
        only_tls12: true,
    };
    let server = Server::start_tls(side.config(), |_| Reply::ping("12.0")).await;
    within(client(&server, trusting(&ca)).ping()).await.unwrap();
    let mut tls = trusting(&ca);
    tls.min_version = TlsVersion::Tls13;
    assert_eq!(fault(&server, tls).await, TlsFault::NothingInCommon);
}

#[tokio::test]
async fn a_primary_that_wants_a_client_certificate_gets_it() {
    let ca = ca();
    let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
    let mut clients = RootCertStore::empty();
    clients.add(ca.der().clone()).unwrap();
    let side = Side {
        chain: vec![certificate.der().clone()],
        key,
        clients: Some(clients),
        only_tls12: false,
    };
    let server = Server::start_tls(side.config(), |_| Reply::ping("12.0")).await;

    let (mine, my_key) = leaf(&ca, "exporter.example.com", |_| {});
    let mut tls = trusting(&ca);
    tls.identity = Some(ClientIdentity {
        certificate_pem: mine.pem().into_bytes(),
        key_pem: my_key.serialize_pem().into(),
    });
    within(client(&server, tls).ping()).await.unwrap();
    assert_eq!(
        fault(&server, trusting(&ca)).await,
        TlsFault::ClientCertificate
    );
}

#[test]
fn settings_that_cannot_work_are_refused_when_the_client_is_built() {
    let build = |tls: TlsSettings| {
        let url = "https://nbu.example.com:1556/netbackup".parse().unwrap();
        Client::builder("paris", url)
            .tls(tls)
            .build()
            .map(drop)
            .map_err(|error| {
                let cause = std::error::Error::source(&error)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                format!("{error}: {cause}")
            })
    };
    let mut tls = TlsSettings::default();
    tls.ca_pem = Some(b"no certificate in here".to_vec());
    assert!(build(tls).unwrap_err().contains("holds no certificate"));
    let mut tls = trusting(&ca());
    tls.server_name = Some("not a name".to_owned());
    assert!(build(tls).unwrap_err().contains("\"not a name\""));
    let mut tls = trusting(&ca());
    tls.identity = Some(ClientIdentity {
        certificate_pem: ca().pem().into_bytes(),
        key_pem: String::new().into(),
    });
    assert!(build(tls).unwrap_err().contains("client key"));
}

#[tokio::test]
async fn the_key_is_not_told_in_the_farewell_of_an_http2_connection() {
    let ca = ca();
    let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
    let side = Side {
        chain: vec![certificate.der().clone(), ca.der().clone()],
        key,
        clients: None,
        only_tls12: false,
    };
    let mut config = side.config();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/netbackup", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut stream = acceptor.accept(stream).await.unwrap();
        stream.read_exact(&mut [0; 24]).await.unwrap();
        // Frame by frame, up to the request's HEADERS.
        let mut frame = [0; 9];
        while frame[3] != 1 {
            stream.read_exact(&mut frame).await.unwrap();
            let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]);
            let mut payload = vec![0; length.try_into().unwrap()];
            stream.read_exact(&mut payload).await.unwrap();
        }
        // SETTINGS without any, then GOAWAY: no stream was served, the reason is 11, and the text.
        let length = u8::try_from(8 + KEY.len()).unwrap();
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let away = [0, 0, length, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];
        let farewell = [&settings[..], &away, KEY.as_bytes()].concat();
        stream.write_all(&farewell).await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let client = Client::builder("paris", url.parse().unwrap())
        .credential(Credential::api_key(KEY))
        .tls(trusting(&ca))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let error = within(client.ping()).await.unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(said.contains("<secret>"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

//! Certificates made for each case, and primaries that show them.

use std::sync::Arc;

use nbu_client::{Client, Error, Fingerprint, Reason, TlsFault, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, version};

use crate::server::{Reply, Server, within};

pub(crate) type Ca = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn ca() -> Ca {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "nbatd of example.com");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for `name` and its key.
pub(crate) fn leaf(
    ca: &Ca,
    name: &str,
    shape: impl FnOnce(&mut CertificateParams),
) -> (rcgen::Certificate, KeyPair) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    shape(&mut params);
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, ca).unwrap(), key)
}

pub(crate) struct Side {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: KeyPair,
    pub(crate) clients: Option<RootCertStore>,
    pub(crate) only_tls12: bool,
}

impl Side {
    pub(crate) fn config(self) -> ServerConfig {
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
pub(crate) async fn primary(
    ca: &Ca,
    name: &str,
    shape: impl FnOnce(&mut CertificateParams),
) -> Server {
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

pub(crate) fn trusting(ca: &Ca) -> TlsSettings {
    let mut tls = TlsSettings::default();
    tls.ca_pem = Some(ca.pem().into_bytes());
    tls
}

pub(crate) fn pinning(certificate: &CertificateDer<'_>) -> TlsSettings {
    let mut tls = TlsSettings::default();
    tls.ca_fingerprint = Some(Fingerprint::of(certificate));
    tls
}

pub(crate) fn client(server: &Server, tls: TlsSettings) -> Client {
    server.client().tls(tls).build().unwrap()
}

pub(crate) async fn fault(server: &Server, tls: TlsSettings) -> TlsFault {
    let error = within(client(server, tls).ping()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Tls, "{error:?}");
    match error {
        Error::Tls { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

//! Certificates for the exporter's own port and for those who connect to it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Somebody who issues certificates.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, PEM.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

impl Authority {
    /// An authority of this name.
    pub fn new(name: &str) -> Self {
        let mut params = params(name, Vec::new());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    /// Its own certificate, PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for the loopback address.
    pub fn server(&self) -> Pair {
        self.issue(vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))])
    }

    /// A certificate with these names.
    pub fn issue(&self, names: Vec<SanType>) -> Pair {
        self.sign(&params("leaf", names))
    }

    /// A certificate that was valid once.
    pub fn expired(&self) -> Pair {
        let mut params = params("expired", Vec::new());
        params.not_after = date_time_ymd(2021, 1, 1);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Pair {
    /// A certificate that nobody but itself vouches for.
    pub fn self_signed() -> Self {
        Self::signing(&params("self", Vec::new()))
    }

    /// One that was valid once.
    pub fn self_signed_and_expired() -> Self {
        let mut params = params("self", Vec::new());
        params.not_after = date_time_ymd(2021, 1, 1);
        Self::signing(&params)
    }

    fn signing(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key);
        Self {
            certificate: certificate.expect("a certificate").pem(),
            key: key.serialize_pem(),
        }
    }
}

fn params(name: &str, names: Vec<SanType>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.subject_alt_names = names;
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    params
}

/// A client of a TLS port.
#[derive(Debug)]
pub struct Visitor {
    /// Who may have issued the server's certificate, PEM.
    pub trusts: String,
    /// What it shows of itself.
    pub shows: Option<Pair>,
    /// The versions it speaks.
    pub versions: Vec<&'static SupportedProtocolVersion>,
    /// What else it can.
    pub provider: CryptoProvider,
    /// Whether it offers HTTP/2.
    pub http2: bool,
}

impl Visitor {
    /// Trusts this authority, shows nothing, and can everything.
    pub fn trusting(authority: &Authority) -> Self {
        Self {
            trusts: authority.pem(),
            shows: None,
            versions: rustls::ALL_VERSIONS.to_vec(),
            provider: default_provider(),
            http2: true,
        }
    }

    /// Shows this certificate.
    #[must_use]
    pub fn showing(self, pair: &Pair) -> Self {
        Self {
            shows: Some(pair.clone()),
            ..self
        }
    }

    /// Its TLS.
    pub fn tls(self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(self.trusts.as_bytes()) {
            roots
                .add(certificate.expect("PEM"))
                .expect("a root certificate");
        }
        let provider = Arc::new(self.provider);
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&self.versions)
            .expect("TLS versions")
            .with_root_certificates(roots);
        let mut tls = match self.shows {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain = CertificateDer::pem_slice_iter(pair.certificate.as_bytes())
                    .collect::<Result<Vec<_>, _>>();
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("PEM");
                let key = provider.key_provider.load_private_key(key);
                // Not compared, so that a thief can try.
                let own = CertifiedKey::new(chain.expect("PEM"), key.expect("a private key"));
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)))
            }
        };
        if self.http2 {
            tls.alpn_protocols.push(b"h2".to_vec());
        }
        tls.alpn_protocols.push(b"http/1.1".to_vec());
        tls
    }

    /// A fresh client, without any connection.
    pub fn client(self) -> reqwest::Client {
        crate::exporter::over(self.tls())
    }
}

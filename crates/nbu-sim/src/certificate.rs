//! The primary's own certificate authority and its server certificate.

use std::sync::Arc;

use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::{
    self, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};

use crate::json::civil;

/// What the primary's certificate says.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Names and addresses the certificate is for.
    pub names: Vec<String>,
    /// When it starts to be valid.
    pub not_before: Timestamp,
    /// When it ends to be valid.
    pub not_after: Timestamp,
    /// Whether HTTP/2 is offered.
    pub http2: bool,
    /// Whether clients must show a certificate signed by the same authority
    /// ([`Running::client_certificate`](crate::Running::client_certificate)).
    pub client_certificate: bool,
    /// Whether the handshake shows the authority's certificate after its own, as NetBackup does.
    pub shows_authority: bool,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            names: ["localhost", "127.0.0.1", "::1"]
                .map(str::to_owned)
                .to_vec(),
            not_before: Timestamp::from_second(1_577_836_800).unwrap_or(Timestamp::UNIX_EPOCH),
            not_after: Timestamp::from_second(4_070_908_800).unwrap_or(Timestamp::MAX),
            http2: true,
            client_certificate: false,
            shows_authority: true,
        }
    }
}

/// A certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A name is not a DNS name or address, or a key could not be made.
    #[error("the certificate of the simulated primary cannot be made")]
    Make(#[from] rcgen::Error),
    /// The TLS library refuses it.
    #[error("the TLS library refuses the certificate of the simulated primary")]
    Use(#[from] rustls::Error),
    /// The verifier of client certificates cannot be built.
    #[error("client certificates cannot be verified")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

/// An authority of its own, so that clients trust nothing they did not trust before.
#[derive(Debug)]
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pub(crate) pem: String,
}

/// A certificate with its key, both in PEM.
#[derive(Clone)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its private key, PKCS#8.
    pub key: String,
}

impl std::fmt::Debug for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pair")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

impl Authority {
    pub(crate) fn new() -> Result<Self, CertificateError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "nbatd");
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, "root@primary.example.com");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "vx");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2099, 1, 1);
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            pem: certificate.pem(),
            certificate: certificate.der().clone(),
            issuer: Issuer::new(params, key),
        })
    }

    pub(crate) fn server_config(
        &self,
        identity: &Identity,
    ) -> Result<ServerConfig, CertificateError> {
        let (certificate, key) = self.sign(identity)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = if identity.client_certificate {
            let mut roots = rustls::RootCertStore::empty();
            roots.add(self.certificate.clone())?;
            builder.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build()?,
            )
        } else {
            builder.with_no_client_auth()
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut chain = vec![certificate.der().clone()];
        if identity.shows_authority {
            chain.push(self.certificate.clone());
        }
        let mut config = builder.with_single_cert(chain, key)?;
        if identity.http2 {
            config.alpn_protocols.push(b"h2".to_vec());
        }
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(config)
    }

    /// A certificate for a client, signed by this authority.
    pub(crate) fn client(&self) -> Result<Pair, CertificateError> {
        let identity = Identity {
            names: vec!["monitoring.example.com".to_owned()],
            ..Identity::default()
        };
        let (certificate, key) = self.sign(&identity)?;
        Ok(Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }

    fn sign(&self, identity: &Identity) -> Result<(rcgen::Certificate, KeyPair), CertificateError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(identity.names.clone())?;
        params
            .distinguished_name
            .push(DnType::CommonName, "primary.example.com");
        let ((y, m, d), (to_y, to_m, to_d)) = (date(identity.not_before), date(identity.not_after));
        params.not_before = rcgen::date_time_ymd(y, m, d);
        params.not_after = rcgen::date_time_ymd(to_y, to_m, to_d);
        Ok((params.signed_by(&key, &self.issuer)?, key))
    }
}

/// Certificates are dated by the day.
fn date(at: Timestamp) -> (i32, u8, u8) {
    let (year, month, day) = civil(at.as_second().div_euclid(86_400));
    (
        i32::try_from(year).unwrap_or(i32::MAX),
        u8::try_from(month).unwrap_or(1),
        u8::try_from(day).unwrap_or(1),
    )
}

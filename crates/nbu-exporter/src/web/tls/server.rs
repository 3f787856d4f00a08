//! From PEM to the configuration of rustls.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::NoClientAuth;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ProtocolVersion, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, version,
};

use super::Material;
use super::clients::Clients;
use crate::config::Problem;
use crate::config::web::{ClientAuth, Pem, ServerTls, Versions};

impl Material {
    /// What connections are served with, or what is wrong with the certificates and keys.
    pub(in crate::web) fn server(
        &self,
        tls: &ServerTls,
        http2: bool,
    ) -> Result<Arc<ServerConfig>, Vec<Problem>> {
        let provider = Arc::new(provider(tls));
        let (own, clients) = match (self.own(tls, &provider), self.clients(tls, &provider)) {
            (Ok(own), Ok(clients)) => (own, clients),
            (own, clients) => {
                let problems = [own.err(), clients.err()];
                return Err(problems.into_iter().flatten().collect());
            }
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions(tls.versions))
            .map_err(|error| vec![tls.certificate.problem(error, "correct tls_server_config")])?;
        let mut config = builder
            .with_client_cert_verifier(clients)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
        config.ignore_client_order = tls.our_order;
        if http2 {
            config.alpn_protocols.push(b"h2".to_vec());
        }
        config.alpn_protocols.push(b"http/1.1".to_vec());
        Ok(Arc::new(config))
    }

    fn own(&self, tls: &ServerTls, provider: &CryptoProvider) -> Result<CertifiedKey, Problem> {
        let chain = certificates(&tls.certificate, &self.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| {
            let what = match error {
                pem::Error::NoItemsFound => "holds no private key",
                // What it holds is secret, so what is wrong with it is not told in detail.
                _ => "is not PEM",
            };
            let remedy = "put one block that begins with -----BEGIN PRIVATE KEY----- into it; an encrypted key cannot be used";
            tls.key.problem(what, remedy)
        })?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => tls.key.problem(
                "the private key does not belong to the certificate",
                "name the key that the certificate was made for",
            ),
            rustls::Error::InvalidCertificate(error) => tls.certificate.problem(
                format!("the first certificate cannot be used: {error}"),
                "put the server's own certificate first, then its chain",
            ),
            error => tls.key.problem(
                format!("the private key cannot be used: {error}"),
                "use RSA with 2048 bits or more, ECDSA P-256 or P-384, or Ed25519",
            ),
        })
    }

    fn clients(
        &self,
        tls: &ServerTls,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ClientCertVerifier>, Problem> {
        if tls.client_auth == ClientAuth::None {
            return Ok(Arc::new(NoClientAuth));
        }
        let authorities = match (&tls.client_ca, &self.client_ca) {
            (Some(pem), Some(content)) => Some((pem, certificates(pem, content)?)),
            _ => None,
        };
        let clients = Clients::new(tls, authorities, provider)?;
        Ok(Arc::new(clients))
    }
}

/// At least one certificate.
fn certificates(pem: &Pem, content: &[u8]) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let remedy = "put blocks that begin with -----BEGIN CERTIFICATE----- into it";
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(content)
        .collect::<Result<_, _>>()
        .map_err(|error| pem.problem(format!("is not PEM: {error}"), remedy))?;
    if certificates.is_empty() {
        return Err(pem.problem("holds no certificate", remedy));
    }
    Ok(certificates)
}

/// The suites and curves that were chosen, in their order.
fn provider(tls: &ServerTls) -> CryptoProvider {
    let mut provider = default_provider();
    if let Some(chosen) = &tls.suites {
        // The suites of TLS 1.3 cannot be chosen, as everywhere in this ecosystem.
        let (mut suites, older): (Vec<_>, Vec<_>) =
            provider.cipher_suites.iter().copied().partition(is_tls13);
        let chosen = chosen
            .iter()
            .filter_map(|chosen| older.iter().find(|suite| suite.suite() == *chosen));
        suites.extend(chosen.copied());
        provider.cipher_suites = suites;
    }
    if let Some(chosen) = &tls.curves {
        let all = std::mem::take(&mut provider.kx_groups);
        provider.kx_groups = chosen
            .iter()
            .filter_map(|chosen| all.iter().find(|group| group.name() == *chosen).copied())
            .collect();
    }
    provider
}

fn is_tls13(suite: &SupportedCipherSuite) -> bool {
    suite.version().version == ProtocolVersion::TLSv1_3
}

fn versions(versions: Versions) -> Vec<&'static SupportedProtocolVersion> {
    match versions {
        Versions::Both => vec![&version::TLS13, &version::TLS12],
        Versions::Tls12 => vec![&version::TLS12],
        Versions::Tls13 => vec![&version::TLS13],
    }
}

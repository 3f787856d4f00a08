//! Whether to believe the primary's certificate.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::key::weak_rsa_bits;
use super::witness::Witness;
use super::{Certificate, Fingerprint, TlsVersion};
use crate::sync::Arc;

/// Verifies a primary's certificate against [`Trust`] and the expected name.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) trust: Trust,
    /// The name to expect instead of the one in the url.
    pub(super) name: Option<ServerName<'static>>,
    pub(super) provider: Arc<CryptoProvider>,
    pub(super) witness: Arc<Witness>,
}

/// What a chain of certificates must lead to.
#[derive(Debug)]
pub(super) enum Trust {
    /// One of these authorities; `extra` are those that were configured, for the diagnosis.
    Roots {
        store: RootCertStore,
        extra: Vec<CertificateDer<'static>>,
    },
    /// The certificate with this fingerprint, presented by the primary or among `known`.
    Pin {
        fingerprint: Fingerprint,
        known: Vec<CertificateDer<'static>>,
    },
    /// Anything: the connection is encrypted and nothing more.
    Nothing,
}

/// An RSA key in the chain is too short.
#[derive(Debug, thiserror::Error)]
#[error("an RSA key of {bits} bits is too short")]
pub(super) struct WeakKey {
    pub(super) bits: usize,
}

/// The server's own certificate has no authority above it that could be trusted.
#[derive(Debug, thiserror::Error)]
#[error("no authority vouches for the certificate")]
pub(super) struct NotVouchedFor {
    pub(super) fingerprint: Fingerprint,
    /// It is its own issuer; else it was given as an authority.
    pub(super) self_signed: bool,
}

/// The pinned certificate is not in the chain.
#[derive(Debug, thiserror::Error)]
#[error("the pinned certificate is not in the chain")]
pub(super) struct PinMismatch {
    pub(super) presented: Vec<Fingerprint>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.witness.saw(end_entity, intermediates);
        let name = self.name.as_ref().unwrap_or(server_name);
        match &self.trust {
            Trust::Nothing => return Ok(ServerCertVerified::assertion()),
            Trust::Roots { store, extra } => self
                .chain(end_entity, intermediates, store, now)
                .map_err(|error| {
                    let presented = std::iter::once(end_entity).chain(intermediates);
                    not_vouched_for(explain(error, presented, extra), end_entity, extra)
                })?,
            // The server's own certificate is pinned: there is no chain to follow and no name to compare, the handshake
            // proves that it has the key.
            Trust::Pin { fingerprint, .. } if Fingerprint::of(end_entity) == *fingerprint => {
                return Ok(ServerCertVerified::assertion());
            }
            Trust::Pin { fingerprint, known } => {
                self.pinned(end_entity, intermediates, *fingerprint, known, now)?;
            }
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.witness.spoke(TlsVersion::Tls12);
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
        .map_err(|error| explain(error, [certificate], &[]))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.witness.spoke(TlsVersion::Tls13);
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
        .map_err(|error| explain(error, [certificate], &[]))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl Verifier {
    fn pinned(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        fingerprint: Fingerprint,
        known: &[CertificateDer<'static>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let pinned = intermediates
            .iter()
            .chain(known)
            .find(|certificate| Fingerprint::of(certificate) == fingerprint);
        let Some(pinned) = pinned else {
            let chain = std::iter::once(end_entity).chain(intermediates);
            return Err(other(PinMismatch {
                presented: chain.map(Fingerprint::of).collect(),
            }));
        };
        let mut store = RootCertStore::empty();
        store.add(pinned.clone().into_owned())?;
        self.chain(end_entity, intermediates, &store, now)
            .map_err(|error| {
                explain(
                    error,
                    std::iter::once(end_entity).chain(intermediates),
                    std::slice::from_ref(pinned),
                )
            })
    }

    fn chain(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        store: &RootCertStore,
        now: UnixTime,
    ) -> Result<(), Error> {
        verify_server_cert_signed_by_trust_anchor(
            &ParsedCertificate::try_from(end_entity)?,
            store,
            intermediates,
            now,
            self.provider.signature_verification_algorithms.all,
        )
    }
}

/// Replaces an error about a signature by one about the key that is too short to make it, if there is one.
fn explain<'a>(
    error: Error,
    presented: impl IntoIterator<Item = &'a CertificateDer<'a>>,
    anchors: &'a [CertificateDer<'a>],
) -> Error {
    let weak = match error {
        Error::InvalidCertificate(CertificateError::BadSignature) => {
            presented.into_iter().chain(anchors).find_map(weak_rsa_bits)
        }
        // No anchor has the name of the issuer, so their keys are not to blame.
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            presented.into_iter().find_map(weak_rsa_bits)
        }
        _ => None,
    };
    weak.map_or(error, |bits| other(WeakKey { bits }))
}

/// Replaces an error about the issuer by one about a certificate that has none, or is given in the place of its issuer.
fn not_vouched_for(
    error: Error,
    end_entity: &CertificateDer<'_>,
    extra: &[CertificateDer<'_>],
) -> Error {
    let is_of_the_issuer = match &error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => true,
            CertificateError::Other(other) => {
                !other.0.is::<WeakKey>() && other.0.to_string() == "CaUsedAsEndEntity"
            }
            _ => false,
        },
        _ => false,
    };
    let shown = Certificate::of(end_entity);
    let self_signed = shown.subject == shown.issuer && !shown.subject.is_empty();
    if is_of_the_issuer && (self_signed || extra.iter().any(|given| given == end_entity)) {
        return other(NotVouchedFor {
            fingerprint: shown.fingerprint,
            self_signed,
        });
    }
    error
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))
}

#[cfg(test)]
mod tests {
    use super::super::{TlsFault, provider};
    use super::*;
    use rustls::pki_types::pem::PemObject;

    const WEAK_CA: &[u8] = include_bytes!("../../tests/it/tls/ca-rsa1024.pem");
    const STRONG_CA: &[u8] = include_bytes!("../../tests/it/tls/ca-rsa2048.pem");
    const LEAF_OF_WEAK: &[u8] = include_bytes!("../../tests/it/tls/leaf-of-rsa1024.pem");

    fn certificate(pem: &[u8]) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem).unwrap()
    }

    fn verify(trust: Trust) -> Result<(), TlsFault> {
        let verifier = Verifier {
            trust,
            name: None,
            provider: provider(),
            witness: Arc::default(),
        };
        let name = ServerName::try_from("nbu.example.com").unwrap();
        let day = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_798_761_600)); // 2027-01-01
        match verifier.verify_server_cert(&certificate(LEAF_OF_WEAK), &[], &name, &[], day) {
            Ok(_) => Ok(()),
            Err(error) => Err(TlsFault::from(&error)),
        }
    }

    #[test]
    fn a_ca_with_a_short_key_is_named_as_such() {
        let extra = vec![certificate(WEAK_CA)];
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(extra.clone());
        assert_eq!(
            verify(Trust::Roots { store, extra }),
            Err(TlsFault::WeakKey { bits: 1024 })
        );
        let known = vec![certificate(WEAK_CA)];
        let fingerprint = Fingerprint::of(&known[0]);
        assert_eq!(
            verify(Trust::Pin { fingerprint, known }),
            Err(TlsFault::WeakKey { bits: 1024 })
        );
    }

    #[test]
    fn a_chain_to_another_ca_is_unknown_not_weak() {
        let extra = vec![certificate(STRONG_CA)];
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(extra.clone());
        assert_eq!(
            verify(Trust::Roots { store, extra }),
            Err(TlsFault::UnknownCa)
        );
    }
}

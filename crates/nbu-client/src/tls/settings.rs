//! What can be configured about TLS, and the way from there to a [`rustls::ClientConfig`].

use std::fmt;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::CertifiedKey;
use secrecy::{ExposeSecret, SecretString};

use super::error::words;
use super::verifier::{Trust, Verifier};
use super::witness::{Identified, Witness};
use super::{Fingerprint, TlsError, pem_file, provider, roots};
use crate::sync::Arc;

/// What to trust and whom to be, towards one primary.
///
/// The default trusts the authorities of the operating system and asks for TLS 1.2 at least.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TlsSettings {
    /// Certificates of authorities to trust besides the system's, PEM, any number. The NetBackup CA of most primaries.
    pub ca_pem: Option<Vec<u8>>,
    /// Trust only the authority (or the server certificate) with this fingerprint. It must be presented by the primary
    /// or be among `ca_pem`. Of a pinned server certificate neither the expiry nor the name is looked at: the pin is the trust.
    pub ca_fingerprint: Option<Fingerprint>,
    /// The certificate and key to present when the primary asks for them.
    pub identity: Option<ClientIdentity>,
    /// The name that the certificate must carry, where it is not the one in the url. Has no effect on a server certificate that
    /// is pinned itself (`ca_fingerprint`).
    pub server_name: Option<String>,
    /// The oldest version of TLS to speak.
    pub min_version: TlsVersion,
    /// Believe any certificate: whoever answers gets the credential. For a first look only.
    pub insecure_skip_verify: bool,
}

/// A client certificate with its key, both PEM.
#[derive(Clone)]
pub struct ClientIdentity {
    /// The certificate first, then those above it.
    pub certificate_pem: Vec<u8>,
    /// The private key: PKCS#8, PKCS#1 or SEC1, not encrypted.
    pub key_pem: SecretString,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2.
    #[default]
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl TlsSettings {
    /// Checks what can be checked without a connection: the PEM texts, that certificate and key belong together, and the
    /// server name. A client that is built with the settings checks the same.
    ///
    /// # Errors
    ///
    /// Names the setting at fault, and what is wrong with it.
    pub fn check(&self) -> Result<(), TlsError> {
        self.certificates()?;
        if let Some(identity) = &self.identity {
            identity.certified_key(&provider())?;
        }
        self.name().map(drop)
    }

    /// The configuration of the TLS stack, whose handshakes tell `witness` what they see; reads the system's authorities,
    /// once per process.
    pub(crate) fn client_config(&self, witness: &Arc<Witness>) -> Result<ClientConfig, TlsError> {
        let provider = provider();
        let versions: &[&rustls::SupportedProtocolVersion] = match self.min_version {
            TlsVersion::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
            TlsVersion::Tls13 => &[&rustls::version::TLS13],
        };
        let verifier = Verifier {
            trust: self.trust()?,
            name: self.name()?,
            provider: Arc::clone(&provider),
            witness: Arc::clone(witness),
        };
        let own = self
            .identity
            .as_ref()
            .map(|identity| identity.certified_key(&provider))
            .transpose()?
            .map(Arc::new);
        let identified = Identified {
            witness: Arc::clone(witness),
            own,
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| TlsError::Setup(words(&error)))?
            // Named "dangerous" because it replaces the verifier; ours does all that the usual one does.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(identified));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }

    fn trust(&self) -> Result<Trust, TlsError> {
        if self.insecure_skip_verify {
            return Ok(Trust::Nothing);
        }
        let known = self.certificates()?;
        if let Some(fingerprint) = self.ca_fingerprint {
            return Ok(Trust::Pin { fingerprint, known });
        }
        if known.is_empty() && roots::system().is_empty() {
            return Err(TlsError::EmptySystemStore);
        }
        Ok(Trust::Roots {
            store: roots::with_system(&known),
            extra: known,
        })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let Some(pem) = &self.ca_pem else {
            return Ok(Vec::new());
        };
        let certificates = pem_file::certificates(pem).map_err(TlsError::CaPem)?;
        let mut probe = rustls::RootCertStore::empty();
        for (index, certificate) in certificates.iter().enumerate() {
            let number = index + 1;
            probe
                .add(certificate.clone())
                .map_err(|error| TlsError::Ca {
                    number,
                    why: words(&error),
                })?;
        }
        Ok(certificates)
    }

    fn name(&self) -> Result<Option<ServerName<'static>>, TlsError> {
        self.server_name
            .as_ref()
            .map(|name| {
                ServerName::try_from(name.clone())
                    .map_err(|_| TlsError::ServerName { name: name.clone() })
            })
            .transpose()
    }
}

impl ClientIdentity {
    fn certified_key(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let chain =
            pem_file::certificates(&self.certificate_pem).map_err(TlsError::CertificatePem)?;
        let key = pem_file::private_key(self.key_pem.expose_secret().as_bytes())
            .map_err(TlsError::KeyPem)?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsError::KeyMismatch,
            error => TlsError::Identity(words(&error)),
        })
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").finish_non_exhaustive()
    }
}

//! What the primary's side of the handshakes was seen to do.

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

use super::{Certificate, TlsVersion};
use crate::sync::{Arc, Mutex, lock};

/// Keeps what was seen last. Shared by all handshakes of one client.
#[derive(Debug, Default)]
pub(crate) struct Witness(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    chain: Vec<CertificateDer<'static>>,
    version: Option<TlsVersion>,
    /// A client certificate was asked for.
    asked: bool,
}

/// What a primary showed in the last handshake, whether it was believed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Presented {
    /// The certificates, the server's own first.
    pub chain: Vec<Certificate>,
    /// The version of TLS; `None` if the handshake ended before the server proved that it has the key.
    pub version: Option<TlsVersion>,
    /// Whether it asked for a client certificate, in this or an earlier handshake.
    pub wants_client_certificate: bool,
}

impl Witness {
    /// A chain was presented; nothing is said about whether it is worth anything.
    pub(super) fn saw(&self, end_entity: &CertificateDer<'_>, others: &[CertificateDer<'_>]) {
        let chain = std::iter::once(end_entity).chain(others);
        let chain = chain.map(|certificate| certificate.clone().into_owned());
        let mut seen = lock(&self.0);
        seen.chain = chain.collect();
        seen.version = None;
    }

    pub(super) fn spoke(&self, version: TlsVersion) {
        lock(&self.0).version = Some(version);
    }

    pub(crate) fn was_asked(&self) -> bool {
        lock(&self.0).asked
    }

    pub(crate) fn presented(&self) -> Option<Presented> {
        let seen = lock(&self.0);
        (!seen.chain.is_empty()).then(|| Presented {
            chain: seen.chain.iter().map(|der| Certificate::of(der)).collect(),
            version: seen.version,
            wants_client_certificate: seen.asked,
        })
    }
}

/// Shows our certificate, if there is one, and remembers that it was asked for.
#[derive(Debug)]
pub(super) struct Identified {
    pub(super) witness: Arc<Witness>,
    pub(super) own: Option<Arc<CertifiedKey>>,
}

impl ResolvesClientCert for Identified {
    fn resolve(
        &self,
        _issuers: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        lock(&self.witness.0).asked = true;
        self.own.clone()
    }

    fn has_certs(&self) -> bool {
        self.own.is_some()
    }
}

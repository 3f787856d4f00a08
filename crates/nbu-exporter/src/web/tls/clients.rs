//! Which clients' certificates are accepted.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};

use tracing::{debug, warn};

use super::names;
use crate::config::Problem;
use crate::config::web::{Pem, ServerTls};

/// Decides about a client by its certificate. A client always proves that it has the key, whoever may have issued it.
#[derive(Debug)]
pub(super) struct Clients {
    required: bool,
    /// Whose certificates are accepted; `None` for anybody's.
    issued: Option<Issued>,
    names: Option<Vec<String>>,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct Issued {
    /// `None` without any authority: no certificate is accepted.
    chain: Option<Arc<dyn ClientCertVerifier>>,
    /// The authorities themselves: a client that shows one of them is as trusted as one that it vouches for.
    authorities: Vec<CertificateDer<'static>>,
}

impl Clients {
    pub(super) fn new(
        tls: &ServerTls,
        authorities: Option<(&Pem, Vec<CertificateDer<'static>>)>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Problem> {
        let verifies = tls.client_auth.verifies();
        let issued = match authorities {
            // Read in any case, so that a wrong file is told.
            Some((pem, authorities)) => Some(Issued::by(pem, authorities, provider)?),
            None if verifies => Some(Issued::by_system(provider)),
            None => None,
        };
        Ok(Self {
            // Without a certificate there is no name to compare.
            required: tls.client_auth.requires() || tls.client_names.is_some(),
            issued: issued.filter(|_| verifies),
            names: tls.client_names.clone(),
            provider: Arc::clone(provider),
        })
    }
}

impl Issued {
    fn by(
        pem: &Pem,
        authorities: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Problem> {
        let remedy = "put the authorities that issue the clients' certificates into it";
        let mut roots = RootCertStore::empty();
        for (index, authority) in authorities.iter().enumerate() {
            roots.add(authority.clone()).map_err(|error| {
                let what = format!("certificate {} cannot be used: {error}", index + 1);
                pem.problem(what, remedy)
            })?;
        }
        let (roots, provider) = (Arc::new(roots), Arc::clone(provider));
        let chain = WebPkiClientVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| pem.problem(error, remedy))?;
        Ok(Self {
            chain: Some(chain),
            authorities,
        })
    }

    /// By an authority that the operating system trusts.
    fn by_system(provider: &Arc<CryptoProvider>) -> Self {
        let loaded = rustls_native_certs::load_native_certs();
        for error in &loaded.errors {
            debug!(%error, "part of the system's certificate store cannot be read");
        }
        let mut roots = RootCertStore::empty();
        // Stores hold certificates that the TLS stack cannot use; the others are none the worse for it.
        roots.add_parsable_certificates(loaded.certs);
        let chain = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(provider))
            // A list of all of them would be long, and no client has to choose by it.
            .clear_root_hint_subjects()
            .build();
        if let Err(error) = &chain {
            warn!(%error, "the operating system trusts no authority: no client certificate is accepted; name one with client_ca_file");
        }
        Self {
            chain: chain.ok(),
            authorities: Vec::new(),
        }
    }

    fn verify(
        &self,
        own: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if self.authorities.iter().any(|authority| authority == own) {
            return names::is_valid_at(own, now);
        }
        let Some(verifier) = &self.chain else {
            return Err(Error::InvalidCertificate(CertificateError::UnknownIssuer));
        };
        verifier.verify_client_cert(own, chain, now).map(|_| ())
    }
}

impl ClientCertVerifier for Clients {
    fn client_auth_mandatory(&self) -> bool {
        self.required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.issued
            .as_ref()
            .and_then(|issued| issued.chain.as_ref())
            .map_or(&[], |chain| chain.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(issued) = &self.issued {
            issued.verify(end_entity, intermediates, now)?;
        }
        if let Some(allowed) = &self.names
            && !names::of(end_entity)?
                .iter()
                .any(|name| allowed.contains(name))
        {
            // The alert that other exporters send: bad certificate.
            let refused = CertificateError::NotValidForName;
            return Err(Error::InvalidCertificate(refused));
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

//! The certificate authorities of the operating system.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::sync::OnceLock;

/// The system's certificate authorities, read once per process; empty when the system has none.
pub(super) fn system() -> &'static [CertificateDer<'static>] {
    static SYSTEM: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let loaded = rustls_native_certs::load_native_certs();
        for error in &loaded.errors {
            tracing::debug!(%error, "part of the system's certificate store cannot be read");
        }
        loaded.certs
    })
}

/// The system's certificate authorities and `extra`.
pub(super) fn with_system(extra: &[CertificateDer<'static>]) -> RootCertStore {
    let mut store = RootCertStore::empty();
    // Stores hold certificates that the TLS stack cannot use; the others are none the worse for it.
    store.add_parsable_certificates(system().iter().cloned());
    store.add_parsable_certificates(extra.iter().cloned());
    store
}

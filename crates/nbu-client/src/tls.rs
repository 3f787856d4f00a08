//! TLS towards one primary: what is trusted, which name is expected, who we are.
//!
//! The [`rustls::ClientConfig`] is built here, with the one crypto provider named in [`provider`], and handed to the
//! HTTP stack ready made. So every check, and the words used when one fails, are ours.

mod algorithm;
mod certificate;
mod error;
mod fault;
mod fingerprint;
mod key;
mod pem_file;
mod roots;
mod server_name;
mod settings;
mod stack_words;
mod verifier;
mod witness;

pub use certificate::Certificate;
pub use error::TlsError;
pub use fault::TlsFault;
pub use fingerprint::{Fingerprint, FingerprintError};
pub use pem_file::PemProblem;
pub use server_name::usable_name;
pub use settings::{ClientIdentity, TlsSettings, TlsVersion};
pub use witness::Presented;
pub(crate) use witness::Witness;

use rustls::crypto::CryptoProvider;

use crate::sync::Arc;

/// The one crypto provider; [`Fingerprint`] takes its SHA-256.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

//! Reasons for which TLS cannot be set up.

use super::PemProblem;
use super::fault::problem;
use super::stack_words::in_words;

/// Why TLS cannot be set up as configured. The text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// `ca_pem` holds no certificate that can be read.
    #[error("the CA file {0}{wanted}", wanted = wanted(.0, "the PEM block CERTIFICATE of the authority that issued the primary's certificate"))]
    CaPem(PemProblem),
    /// A certificate of `ca_pem` is damaged.
    #[error(
        "certificate {number} of the CA file is not acceptable ({why}); remove it or copy it anew"
    )]
    Ca {
        /// Which one, counted from 1.
        number: usize,
        /// Why, in words.
        why: String,
    },
    /// The primary relies on the system's authorities and there are none.
    #[error(
        "the system has no certificate authorities; install them (package ca-certificates), or give ca_file or ca_fingerprint"
    )]
    EmptySystemStore,
    /// The file of the client certificate holds none that can be read.
    #[error("the client certificate file {0}{wanted}", wanted = wanted(.0, "the PEM block CERTIFICATE of the client, and those above it"))]
    CertificatePem(PemProblem),
    /// The file of the client key holds none that can be read.
    #[error("the client key file {0}{wanted}", wanted = wanted(.0, "the unencrypted PEM private key of cert_file (PKCS#8, PKCS#1 or SEC1)"))]
    KeyPem(PemProblem),
    /// The client certificate is for another key.
    #[error(
        "the client key does not belong to the client certificate; give the key that cert_file was issued for, and the certificate itself first in cert_file"
    )]
    KeyMismatch,
    /// The client certificate and key do not work.
    #[error("the client certificate and key cannot be used: {0}")]
    Identity(String),
    /// `server_name` is neither a DNS name nor an address.
    #[error(
        "the server name {name:?} is neither a DNS name nor an IP address; write one name that the certificate covers, without a wildcard"
    )]
    ServerName {
        /// The name as configured.
        name: String,
    },
    /// The crypto provider refuses the protocol versions.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// The words of a failure of the TLS stack, for a sentence that says of which file.
pub(super) fn words(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => problem(error),
        rustls::Error::General(text) => in_words(text),
        other => in_words(&other.to_string()),
    }
}

/// The advice what to give, where the file holds something else.
fn wanted(problem: &PemProblem, what: &str) -> String {
    match problem {
        PemProblem::Holds(_) | PemProblem::NoBlock | PemProblem::Empty => format!("; give {what}"),
        _ => String::new(),
    }
}

impl TlsError {
    /// The setting at fault, by its name in the exporter's `tls_config`; `None` where it is no single one.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Self::CaPem(_) | Self::Ca { .. } => Some("ca_file"),
            Self::CertificatePem(_) => Some("cert_file"),
            Self::KeyPem(_) | Self::KeyMismatch => Some("key_file"),
            Self::ServerName { .. } => Some("server_name"),
            Self::EmptySystemStore | Self::Identity(_) | Self::Setup(_) => None,
        }
    }
}

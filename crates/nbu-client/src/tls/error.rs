//! Why TLS cannot be set up.

/// Why TLS cannot be set up as configured. The text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// `ca_pem` cannot be read as PEM.
    #[error(
        "the CA certificates are not valid PEM; copy the file anew, each block with its BEGIN and END lines"
    )]
    CaPem(#[source] rustls::pki_types::pem::Error),
    /// `ca_pem` holds no certificate.
    #[error(
        "the CA file holds no certificate; it must contain at least one PEM block 'CERTIFICATE' (openssl x509 -inform der converts DER)"
    )]
    NoCa,
    /// A certificate of `ca_pem` is damaged.
    #[error("certificate {number} of the CA file is not acceptable; remove it or copy it anew")]
    Ca {
        /// Which one, counted from 1.
        number: usize,
        /// Why.
        source: rustls::Error,
    },
    /// The primary relies on the system's authorities and there are none.
    #[error(
        "the system has no certificate authorities; install them (package ca-certificates), or give ca_file or ca_fingerprint"
    )]
    EmptySystemStore,
    /// The client certificate cannot be read.
    #[error("the client certificate is not valid PEM; copy the file anew")]
    CertificatePem(#[source] rustls::pki_types::pem::Error),
    /// The file of the client certificate holds none.
    #[error(
        "the client certificate file holds no certificate; it must contain at least one PEM block 'CERTIFICATE'"
    )]
    NoCertificate,
    /// The client key cannot be read.
    #[error("the client key is not a valid PEM private key; copy the file anew")]
    KeyPem(#[source] rustls::pki_types::pem::Error),
    /// The file of the client key holds none that can be used.
    #[error(
        "the client key file holds no unencrypted PEM private key (PKCS#8, PKCS#1 or SEC1); decrypt or convert it with openssl pkey"
    )]
    NoKey,
    /// The client certificate is for another key.
    #[error(
        "the client key does not belong to the client certificate; give the key that cert_file was issued for, and the certificate itself first in cert_file"
    )]
    KeyMismatch,
    /// The client certificate and key do not work.
    #[error("the client certificate and key cannot be used")]
    Identity(#[source] rustls::Error),
    /// `server_name` is neither a DNS name nor an address.
    #[error("the server name {name:?} is neither a DNS name nor an IP address")]
    ServerName {
        /// The name as configured.
        name: String,
    },
    /// The crypto provider refuses the protocol versions.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

impl TlsError {
    /// The setting at fault, by its name in the exporter's `tls_config`; `None` where it is no single one.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Self::CaPem(_) | Self::NoCa | Self::Ca { .. } => Some("ca_file"),
            Self::CertificatePem(_) | Self::NoCertificate => Some("cert_file"),
            Self::KeyPem(_) | Self::NoKey | Self::KeyMismatch => Some("key_file"),
            Self::ServerName { .. } => Some("server_name"),
            Self::EmptySystemStore | Self::Identity(_) | Self::Setup(_) => None,
        }
    }
}

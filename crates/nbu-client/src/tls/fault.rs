//! Why a TLS connection failed, in words that an administrator can act on.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, InvalidMessage};

use super::Fingerprint;
use super::verifier::{PinMismatch, WeakKey};

/// Why a TLS connection to a primary failed. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// The certificate chain ends at an authority that is not trusted.
    #[error(
        "the certificate was issued by an authority that is not trusted; add the primary's CA certificate (ca_file) or pin it (ca_fingerprint)"
    )]
    UnknownCa,
    /// The certificate, or one above it, has expired.
    #[error(
        "a certificate of the primary has expired; renew it on the primary, or check this machine's clock"
    )]
    Expired,
    /// The certificate, or one above it, is not valid yet.
    #[error(
        "a certificate of the primary is not valid yet; check the clocks of the primary and of this machine"
    )]
    NotYetValid,
    /// The certificate was issued for other names.
    #[error("the certificate is not for {expected} but for {}; use one of these in the url, or set server_name", names(.presented))]
    WrongName {
        /// The name that was asked for.
        expected: String,
        /// The names in the certificate.
        presented: Vec<String>,
    },
    /// An RSA key in the chain is too short to be accepted.
    #[error(
        "an RSA key in the certificate chain has {bits} bits, at least 2048 are needed; move the NetBackup CA to a longer key (nbseccmd -nbcaMigrate)"
    )]
    WeakKey {
        /// The length of the key.
        bits: usize,
    },
    /// No certificate of the chain has the pinned fingerprint.
    #[error("no certificate in the chain has the pinned fingerprint; the primary presented {}", fingerprints(.presented))]
    PinMismatch {
        /// The fingerprints of the chain, the server's own first.
        presented: Vec<Fingerprint>,
    },
    /// The port answers plain HTTP.
    #[error(
        "the port answers, but not in TLS; check the port, or use http:// if the primary really speaks plain HTTP"
    )]
    NotTls,
    /// The primary refused our client certificate, or wants one.
    #[error("the primary refused the client certificate, or wants one (cert_file, key_file)")]
    ClientCertificate,
    /// No TLS version or cipher suite in common.
    #[error(
        "no TLS version or cipher suite in common; the primary must offer TLS 1.2 or, if min_version asks for it, 1.3"
    )]
    NothingInCommon,
    /// Anything else, as the TLS stack words it.
    #[error("{detail}")]
    Other {
        /// The TLS stack's words.
        detail: String,
    },
}

impl TlsFault {
    /// Finds the TLS failure among the causes of `error`, if there is one.
    pub(crate) fn find(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(tls) = error.downcast_ref::<rustls::Error>() {
                return Some(Self::from(tls));
            }
            // An io::Error does not name the error it wraps as its source.
            let wrapped = error
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref);
            cause = match wrapped {
                Some(wrapped) => Some(wrapped),
                None => error.source(),
            };
        }
        None
    }

    /// The same with `clean` applied to the words that are not ours.
    pub(crate) fn reworded(self, clean: impl Fn(&str) -> String) -> Self {
        match self {
            Self::WrongName {
                expected,
                presented,
            } => Self::WrongName {
                expected,
                presented: presented.iter().map(|name| clean(name)).collect(),
            },
            Self::Other { detail } => Self::Other {
                detail: clean(&detail),
            },
            fault => fault,
        }
    }
}

impl From<&rustls::Error> for TlsFault {
    fn from(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(error) => Self::from(error),
            // What a plain HTTP answer looks like when it is read as a TLS record.
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            rustls::Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::AccessDenied,
            ) => Self::ClientCertificate,
            rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity,
            ) => Self::NothingInCommon,
            other => Self::Other {
                detail: other.to_string(),
            },
        }
    }
}

impl From<&CertificateError> for TlsFault {
    fn from(error: &CertificateError) -> Self {
        match error {
            // A bad signature is what another authority of the same name leaves: a primary that was installed anew.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownCa,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } => Self::WrongName {
                expected: expected.to_str().into_owned(),
                presented: presented.iter().map(|name| bare(name)).collect(),
            },
            CertificateError::Other(other) => {
                if let Some(weak) = other.0.downcast_ref::<WeakKey>() {
                    Self::WeakKey { bits: weak.bits }
                } else if let Some(mismatch) = other.0.downcast_ref::<PinMismatch>() {
                    Self::PinMismatch {
                        presented: mismatch.presented.clone(),
                    }
                } else {
                    Self::Other {
                        detail: other.0.to_string(),
                    }
                }
            }
            other => Self::Other {
                detail: format!("the certificate is not acceptable: {other}"),
            },
        }
    }
}

/// The TLS stack words a name as `DnsName("nbu.example.com")`.
fn bare(name: &str) -> String {
    name.split('"').nth(1).unwrap_or(name).to_owned()
}

fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        "no name at all".to_owned()
    } else {
        presented.join(", ")
    }
}

fn fingerprints(presented: &[Fingerprint]) -> String {
    presented
        .iter()
        .map(Fingerprint::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_found_inside_io_errors() {
        let tls = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let inner = io::Error::new(io::ErrorKind::InvalidData, tls);
        let outer = io::Error::other(inner);
        assert_eq!(TlsFault::find(&outer), Some(TlsFault::UnknownCa));
        assert_eq!(TlsFault::find(&io::Error::other("reset")), None);
    }
}

//! Why a TLS connection failed, in words that an administrator can act on.

use std::error::Error as StdError;
use std::io;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage, PeerIncompatible};

use super::stack_words::{in_words, of_webpki, webpki_problem};
use super::verifier::NotVouchedFor;
use super::verifier::{PinMismatch, WeakKey};
use super::witness::Witness;
use super::{Fingerprint, algorithm};

/// Why a TLS connection to a primary failed. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// The certificate chain ends at an authority that is not trusted.
    #[error(
        "the certificate was issued by an authority that is not trusted here; give the primary's CA certificate (ca_file) or pin it (ca_fingerprint)"
    )]
    UnknownCa,
    /// The primary's certificate is its own authority: no other certificate vouches for it.
    #[error(
        "the certificate of the primary is self-signed, so that no authority vouches for it; compare its SHA-256 fingerprint on the primary, then pin it (ca_fingerprint: {fingerprint})"
    )]
    SelfSigned {
        /// The certificate's fingerprint.
        fingerprint: Fingerprint,
    },
    /// The primary's own certificate is given as an authority, and is none.
    #[error(
        "ca_file holds the certificate of the primary itself, not the one of the authority that issued it; give the authority's certificate, or pin this one (ca_fingerprint: {fingerprint})"
    )]
    NoAuthority {
        /// The certificate's fingerprint.
        fingerprint: Fingerprint,
    },
    /// The certificate, or one above it, has expired.
    #[error("a certificate of the primary expired{}; renew it on the primary, or correct the clock that is wrong", dated("on", .dates.as_ref()))]
    Expired {
        /// When it ended to be valid, and what our clock said.
        dates: Option<(Timestamp, Timestamp)>,
    },
    /// The certificate, or one above it, is not valid yet.
    #[error(
        "a certificate of the primary is not valid yet{}; compare the clocks of the primary and of this machine: one of them is probably wrong", dated("before", .dates.as_ref())
    )]
    NotYetValid {
        /// When it begins to be valid, and what our clock said.
        dates: Option<(Timestamp, Timestamp)>,
    },
    /// The certificate was issued for other names.
    #[error("the certificate is not for {expected} but for {}; {}", names(.presented), usable(.expected, .presented))]
    WrongName {
        /// The name that was asked for.
        expected: String,
        /// The names in the certificate.
        presented: Vec<String>,
    },
    /// An RSA key in the chain is too short to be accepted.
    #[error(
        "an RSA key in the certificate chain has {bits} bits, as those of very old NetBackup CAs have, and at least 2048 are needed; move the NetBackup CA to a longer key (nbseccmd -nbcaMigrate), or pin the server's own certificate (ca_fingerprint) if that has a longer one"
    )]
    WeakKey {
        /// The length of the key.
        bits: usize,
    },
    /// A certificate in the chain is signed in a way that is no longer accepted.
    #[error(
        "a certificate of the primary is signed with {algorithm}, which is not accepted; have it issued anew with SHA-256, or pin the server's own certificate (ca_fingerprint)"
    )]
    WeakSignature {
        /// The name of the algorithm.
        algorithm: String,
    },
    /// The primary's certificate is of X.509 version 1 or 2.
    #[error(
        "a certificate of the primary is of X.509 version 1, which says neither for which names nor for what it is, and cannot be verified; have it issued anew as version 3"
    )]
    OldFormat,
    /// The primary's certificate, or one above it, cannot be accepted for what stands in it.
    #[error(
        "a certificate of the primary cannot be accepted: {problem}; have it issued anew{}",
        or_pin(*.pin_helps)
    )]
    Unacceptable {
        /// What is wrong with it, in words.
        problem: String,
        /// Whether the server's own certificate can be pinned all the same.
        pin_helps: bool,
    },
    /// No certificate of the chain has the pinned fingerprint.
    #[error("no certificate in the chain has the pinned fingerprint (ca_fingerprint); if the primary was renewed or installed anew, pin the new one after comparing it there; it presented {}", fingerprints(.presented))]
    PinMismatch {
        /// The fingerprints of the chain, the server's own first.
        presented: Vec<Fingerprint>,
    },
    /// The port answers plain HTTP.
    #[error(
        "the port answers, but not in TLS; check the port, or use http:// if the primary really speaks plain HTTP"
    )]
    NotTls,
    /// The url says plain HTTP, and the port speaks TLS.
    #[error("the port speaks TLS, and the url says http://; write https:// in the url")]
    NotPlain,
    /// The primary wants a client certificate, and got none.
    #[error(
        "the primary wants a client certificate; give one that it accepts (cert_file and key_file)"
    )]
    ClientCertificateRequired,
    /// The primary refused our client certificate.
    #[error(
        "the primary refused the client certificate; check that its authority is trusted there, that it has not expired, and that it was not revoked (cert_file, key_file)"
    )]
    ClientCertificateRefused,
    /// No version of TLS in common.
    #[error(
        "the primary speaks no version of TLS that is allowed here (1.2 and 1.3, or only 1.3 with min_version: TLS13); let it offer a newer one, or lower min_version"
    )]
    Version,
    /// No cipher suite in common.
    #[error(
        "no TLS cipher suite in common; the primary must offer one with forward secrecy and AES-GCM or ChaCha20 (ECDHE with TLS 1.2, or TLS 1.3)"
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

    /// The same in the light of what was seen and configured: a handshake that fails after a client certificate was asked for,
    /// and none was given, fails for that.
    pub(crate) fn with(self, witness: &Witness, identified: bool) -> Self {
        match self {
            Self::NothingInCommon | Self::ClientCertificateRefused
                if !identified && witness.was_asked() =>
            {
                Self::ClientCertificateRequired
            }
            fault => fault,
        }
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
            Self::Unacceptable { problem, pin_helps } => Self::Unacceptable {
                problem: clean(&problem),
                pin_helps,
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
            rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
                Self::ClientCertificateRequired
            }
            rustls::Error::AlertReceived(
                AlertDescription::BadCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::CertificateUnknown
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRevoked
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::DecryptError
                | AlertDescription::AccessDenied,
            ) => Self::ClientCertificateRefused,
            rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
            | rustls::Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
            ) => Self::Version,
            rustls::Error::PeerIncompatible(_)
            | rustls::Error::AlertReceived(
                AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity,
            ) => Self::NothingInCommon,
            other => Self::Other {
                detail: format!("the TLS handshake failed: {}", in_words(&other.to_string())),
            },
        }
    }
}

impl From<&CertificateError> for TlsFault {
    fn from(error: &CertificateError) -> Self {
        match error {
            // A bad signature is what another authority of the same name leaves: a primary that was installed anew.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownCa,
            CertificateError::Expired => Self::Expired { dates: None },
            CertificateError::ExpiredContext { time, not_after } => Self::Expired {
                dates: timestamp(*not_after).zip(timestamp(*time)),
            },
            CertificateError::NotValidYet => Self::NotYetValid { dates: None },
            CertificateError::NotValidYetContext { time, not_before } => Self::NotYetValid {
                dates: timestamp(*not_before).zip(timestamp(*time)),
            },
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
                } else if let Some(own) = other.0.downcast_ref::<NotVouchedFor>() {
                    let fingerprint = own.fingerprint;
                    if own.self_signed {
                        Self::SelfSigned { fingerprint }
                    } else {
                        Self::NoAuthority { fingerprint }
                    }
                } else {
                    of_webpki(&other.0.to_string())
                }
            }
            CertificateError::UnsupportedSignatureAlgorithmContext {
                signature_algorithm_id: algorithm,
                ..
            }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
                signature_algorithm_id: algorithm,
                ..
            } => Self::WeakSignature {
                algorithm: algorithm::name(algorithm),
            },
            other => Self::Unacceptable {
                pin_helps: !matches!(
                    other,
                    CertificateError::BadEncoding | CertificateError::UnhandledCriticalExtension
                ),
                problem: problem(other),
            },
        }
    }
}

/// The words for what is wrong with a certificate, whosever it is.
pub(super) fn problem(error: &CertificateError) -> String {
    let problem = match error {
        CertificateError::BadEncoding => "it is damaged",
        CertificateError::Revoked => "it was revoked",
        CertificateError::UnhandledCriticalExtension => {
            "it has a critical extension that is not known here"
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for servers (its extended key usage lacks serverAuth)"
        }
        CertificateError::Other(other) => return webpki_problem(&other.0.to_string()),
        other => return in_words(&other.to_string()),
    };
    problem.to_owned()
}

fn timestamp(at: UnixTime) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(at.as_secs()).ok()?).ok()
}

fn dated(word: &str, dates: Option<&(Timestamp, Timestamp)>) -> String {
    dates
        .map(|(limit, now)| format!(" ({word} {limit}; this machine's clock says {now})"))
        .unwrap_or_default()
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

fn or_pin(pin_helps: bool) -> &'static str {
    if pin_helps {
        ", or pin the server's own certificate (ca_fingerprint)"
    } else {
        ""
    }
}

/// The names that can be asked for instead of `expected`.
fn usable(expected: &str, presented: &[String]) -> String {
    match super::usable_name(expected, presented) {
        Some(name) if presented.contains(&name) => {
            format!("use one of these in the url, or set server_name: {name}")
        }
        // There are wildcards only, which no url can have.
        Some(name) => format!("set server_name: {name}"),
        None => "have it issued with its host name, or pin it (ca_fingerprint)".to_owned(),
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

    #[test]
    fn a_handshake_that_fails_after_a_client_certificate_was_asked_for_fails_for_that() {
        use rustls::client::ResolvesClientCert as _;

        // What servers send with TLS 1.2: OpenSSL the one, Java the other.
        for alert in [
            AlertDescription::HandshakeFailure,
            AlertDescription::BadCertificate,
        ] {
            let fault = || TlsFault::from(&rustls::Error::AlertReceived(alert));
            let witness = crate::sync::Arc::new(Witness::default());
            assert_eq!(fault().with(&witness, false), fault(), "nobody asked");
            let identified = super::super::witness::Identified {
                witness: crate::sync::Arc::clone(&witness),
                own: None,
            };
            assert!(identified.resolve(&[], &[]).is_none());
            assert_eq!(fault().with(&witness, true), fault(), "one was given");
            assert_eq!(
                fault().with(&witness, false),
                TlsFault::ClientCertificateRequired
            );
        }
    }
}

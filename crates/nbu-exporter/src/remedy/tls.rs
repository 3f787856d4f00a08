//! Remedies for a failed handshake.

use nbu_client::{TlsFault, usable_name};

use super::Reader;
use crate::config;

/// The remedy for `fault`, in a sentence.
pub(super) fn remedy(fault: &TlsFault, primary: &config::Primary, reader: Reader) -> String {
    let (authority, renewed, presents) = match reader {
        Reader::Log => (
            "nbu-exporter check --show-ca shows the primary's authority: compare its fingerprint on the primary",
            "nbu-exporter check --show-ca shows the new ones: compare the fingerprint on the primary",
            "run nbu-exporter check for what the primary presents",
        ),
        Reader::Check => (
            "compare the fingerprint of the authority in this report with the one on the primary",
            "compare the fingerprints in this report on the primary",
            "compare the certificates in this report with those on the primary, whose web service logs say more",
        ),
    };
    let text = match fault {
        TlsFault::UnknownCa if primary.tls.ca_file.is_some() => {
            return format!(
                "ca_file holds another authority than the one of this primary: {authority}, then put it into ca_file or pin it with ca_fingerprint"
            );
        }
        TlsFault::UnknownCa => {
            return format!("{authority}, then give it as ca_file or ca_fingerprint in tls_config");
        }
        TlsFault::SelfSigned { fingerprint } => {
            return format!(
                "compare the fingerprint on the primary, then pin the certificate with tls_config.ca_fingerprint: {fingerprint}; ca_file is for authorities, and this certificate has none"
            );
        }
        TlsFault::NoAuthority { fingerprint } => {
            return format!(
                "put the certificate of the authority that issued it into ca_file, or pin this one with tls_config.ca_fingerprint: {fingerprint}"
            );
        }
        TlsFault::PinMismatch { .. } => {
            return format!(
                "if the primary's certificates were renewed, {renewed}, then change ca_fingerprint; if they were not, another server is in between"
            );
        }
        TlsFault::WrongName {
            expected,
            presented,
        } => {
            return match usable_name(expected, presented) {
                Some(name) => format!(
                    "use a name that the certificate covers in the url, or set tls_config.server_name: {name}"
                ),
                None => "the certificate names no host: renew it on the primary with its host name, or pin it with ca_fingerprint".to_owned(),
            };
        }
        TlsFault::Expired { .. } => {
            "renew the certificate on the primary (nbcertcmd -renewCertificate), or correct the clock that is wrong"
        }
        TlsFault::NotYetValid { .. } => {
            "correct the clock that is wrong: the primary's or this machine's"
        }
        TlsFault::WeakKey { .. } => {
            "migrate the NetBackup CA to a key of at least 2048 bits (nbseccmd -nbcaMigrate); until then pin the server's own certificate with ca_fingerprint if its key is long enough"
        }
        TlsFault::WeakSignature { .. } => {
            "have the certificate issued anew with a SHA-256 signature (of a NetBackup CA: nbseccmd -nbcaMigrate); until then pin the server's own certificate with ca_fingerprint"
        }
        TlsFault::OldFormat => {
            "have the certificate issued anew as X.509 version 3, with the host name among its alternative names (openssl x509 needs -extfile for that)"
        }
        TlsFault::Unacceptable {
            pin_helps: false, ..
        } => "have the certificate issued anew on the primary",
        TlsFault::Unacceptable { .. } => {
            "have the certificate issued anew on the primary, or pin the server's own certificate with ca_fingerprint after comparing it there"
        }
        TlsFault::NotTls => {
            "check the port in the url; write http:// only if the primary really speaks plain HTTP"
        }
        TlsFault::NotPlain => "write https:// in the url",
        TlsFault::ClientCertificateRequired => "give cert_file and key_file in tls_config",
        TlsFault::ClientCertificateRefused => {
            "check in cert_file that the certificate is valid and issued by an authority the primary trusts"
        }
        TlsFault::Version => match primary.tls.min_version {
            config::TlsVersion::Tls13 => {
                "set min_version: TLS12 if this primary cannot speak TLS 1.3"
            }
            config::TlsVersion::Tls12 => "let the primary speak TLS 1.2 or newer",
        },
        TlsFault::NothingInCommon => "let the primary offer ECDHE cipher suites with AES-GCM",
        _ => presents,
    };
    text.to_owned()
}

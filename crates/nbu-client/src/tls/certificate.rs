//! A certificate for people to look at.

use std::net::IpAddr;

use jiff::Timestamp;
use pem::{EncodeConfig, LineEnding, Pem};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::oid_registry;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use super::{Fingerprint, key, pem_file};

/// More names than this are not told; the text says how many there are.
const NAMES: usize = 50;
/// The longest text taken from a certificate, in characters.
const TEXT: usize = 300;

/// What a certificate says about itself. Nothing of it is verified here: it is for people who compare it with what they know.
///
/// What cannot be read is empty or `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Whose it is, such as `CN=nbatd, OU=root@nbu.example.com, O=vx`.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// When it begins to be valid.
    pub not_before: Option<Timestamp>,
    /// When it ends to be valid.
    pub not_after: Option<Timestamp>,
    /// The DNS names and addresses it is for, at most 50.
    pub names: Vec<String>,
    /// The kind of key, such as `RSA 2048`.
    pub key: Option<String>,
    /// Whether it may issue others.
    pub is_ca: bool,
    /// SHA-256 over its DER form: what `ca_fingerprint` pins.
    pub fingerprint: Fingerprint,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// Reads a certificate in DER. Of what is none only the fingerprint is told.
    pub fn of(der: &[u8]) -> Self {
        let read = X509Certificate::from_der(der).ok();
        let read = read.as_ref().map(|(_, certificate)| certificate);
        let text = |name: fn(&X509Certificate<'_>) -> String| read.map(name).unwrap_or_default();
        Self {
            subject: text(|read| distinguished(read.subject())),
            issuer: text(|read| distinguished(read.issuer())),
            not_before: read.and_then(|read| time(read.validity().not_before)),
            not_after: read.and_then(|read| time(read.validity().not_after)),
            names: read.map(names).unwrap_or_default(),
            key: read.and_then(|read| key::kind(read.public_key())),
            is_ca: read.is_some_and(|read| read.is_ca()),
            fingerprint: Fingerprint::of(&CertificateDer::from(der)),
            der: CertificateDer::from(der.to_vec()),
        }
    }

    /// The certificates in a PEM text, in their order; what is no certificate is left out.
    pub fn all_in_pem(pem: &[u8]) -> Vec<Self> {
        CertificateDer::pem_slice_iter(&pem_file::without_marks(pem))
            .filter_map(Result::ok)
            .map(|der| Self::of(&der))
            .collect()
    }

    /// Its DER form.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Its PEM form, as `ca_file` wants it.
    pub fn to_pem(&self) -> String {
        let lines = EncodeConfig::new().set_line_ending(LineEnding::LF);
        pem::encode_config(&Pem::new("CERTIFICATE", self.der.to_vec()), lines)
    }
}

/// A name in the order in which it stands in the certificate, which is the one that NetBackup prints.
fn distinguished(name: &X509Name<'_>) -> String {
    let text = name.to_string_with_registry(oid_registry());
    clean(&text.unwrap_or_default())
}

/// Fit for a terminal and a log line, whoever wrote the certificate.
fn clean(text: &str) -> String {
    text.chars()
        .take(TEXT)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect()
}

fn time(at: ASN1Time) -> Option<Timestamp> {
    match at.timestamp() {
        // The last second of 9999 stands for "never", and is later than a timestamp can be.
        seconds if seconds > Timestamp::MAX.as_second() => Some(Timestamp::MAX),
        seconds => Timestamp::from_second(seconds).ok(),
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(list)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(clean(name)),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    };
    let names = list.value.general_names.iter();
    names.filter_map(name).take(NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    let sixteen = <[u8; 16]>::try_from(bytes).map(IpAddr::from);
    four.or(sixteen).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, SanType};

    use super::*;

    const WEAK: &[u8] = include_bytes!("../../tests/it/tls/ca-rsa1024.pem");
    const LEAF: &[u8] = include_bytes!("../../tests/it/tls/leaf-of-rsa1024.pem");

    fn made(shape: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        shape(&mut params);
        let key = KeyPair::generate().unwrap();
        Certificate::of(params.self_signed(&key).unwrap().der())
    }

    #[test]
    fn its_pem_form_is_the_one_it_came_in() {
        for pem in [WEAK, LEAF] {
            let certificate = Certificate::all_in_pem(pem).remove(0);
            let written = certificate.to_pem();
            assert_eq!(Certificate::all_in_pem(written.as_bytes()), [certificate]);
            let body = |text: &str| text.replace(['\n', '\r'], "");
            let given = String::from_utf8(pem.to_vec()).unwrap();
            assert!(body(&given).contains(&body(&written)), "{written}");
            assert!(!written.contains('\r') && written.ends_with("-----\n"));
        }
        for length in 0..7 {
            let odd = Certificate::of(&vec![7; length]);
            let read = CertificateDer::from_pem_slice(odd.to_pem().as_bytes()).unwrap();
            assert_eq!(&*read, odd.der());
        }
    }

    #[test]
    fn a_damaged_certificate_is_told_as_far_as_it_is_one() {
        let whole = Certificate::all_in_pem(LEAF).remove(0);
        for end in 0..whole.der().len() {
            // No panic, whatever is missing.
            let cut = Certificate::of(&whole.der()[..end]);
            assert!(cut.names.len() <= NAMES);
            assert_eq!(cut.key, None, "{end}");
        }
        for at in 0..whole.der().len() {
            for byte in [0x00, 0x30, 0x80, 0x84, 0xff] {
                let mut changed = whole.der().to_vec();
                changed[at] = byte;
                let _ = Certificate::of(&changed);
            }
        }
    }

    #[test]
    fn names_in_every_kind_of_text() {
        let certificate = made(|params| {
            params.distinguished_name = DistinguishedName::new();
            let mut say = |kind, value: DnValue| params.distinguished_name.push(kind, value);
            say(
                DnType::CommonName,
                DnValue::BmpString("nb\u{e4}td".try_into().unwrap()),
            );
            say(
                DnType::OrganizationalUnitName,
                "root@nbu.example.com".into(),
            );
            say(
                DnType::OrganizationName,
                DnValue::PrintableString("vx".try_into().unwrap()),
            );
            say(
                DnType::LocalityName,
                DnValue::Utf8String("\u{1b}[31m".to_owned()),
            );
            params.subject_alt_names = vec![
                SanType::DnsName("nbu.example.com".try_into().unwrap()),
                SanType::Rfc822Name("nobody@example.com".try_into().unwrap()),
                SanType::IpAddress("10.1.2.3".parse().unwrap()),
                SanType::IpAddress("fd00::1".parse().unwrap()),
            ];
        });
        assert_eq!(
            certificate.subject,
            "CN=nb\u{e4}td, OU=root@nbu.example.com, O=vx, L= [31m"
        );
        assert_eq!(certificate.issuer, certificate.subject);
        assert_eq!(
            certificate.names,
            ["nbu.example.com", "10.1.2.3", "fd00::1"]
        );
    }

    #[test]
    fn times_of_both_kinds_and_the_end_of_time() {
        let at = |year: i32, month: u8, day: u8| {
            made(|params| params.not_after = rcgen::date_time_ymd(year, month, day)).not_after
        };
        for (year, month, day, told) in [
            (1950, 1, 1, "1950-01-01T00:00:00Z"),
            (1969, 12, 31, "1969-12-31T00:00:00Z"),
            (2049, 12, 31, "2049-12-31T00:00:00Z"),
            (2050, 1, 1, "2050-01-01T00:00:00Z"),
            (9999, 12, 30, "9999-12-30T00:00:00Z"),
        ] {
            assert_eq!(at(year, month, day), Some(told.parse().unwrap()));
        }
        assert_eq!(at(9999, 12, 31), Some(Timestamp::MAX));
    }

    #[test]
    fn no_more_names_than_can_be_read() {
        let certificate = made(|params| {
            let name = |number: usize| format!("host-{number}.example.com").try_into().unwrap();
            params.subject_alt_names = (0..NAMES + 5).map(name).map(SanType::DnsName).collect();
        });
        assert_eq!(certificate.names.len(), NAMES);
    }

    proptest! {
        /// Whatever stands in the place of a certificate, and whatever happened to one on its way.
        #[test]
        fn no_bytes_are_too_bad(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let _ = Certificate::of(&bytes);
            for pem in [WEAK, LEAF] {
                let mut changed = Certificate::all_in_pem(pem).remove(0).der().to_vec();
                for (at, byte) in &changes {
                    let at = at.index(changed.len());
                    changed[at] = *byte;
                }
                let read = Certificate::of(&changed);
                prop_assert!(read.subject.chars().count() <= TEXT);
                let _ = key::weak_rsa_bits(&CertificateDer::from(changed));
            }
        }
    }
}

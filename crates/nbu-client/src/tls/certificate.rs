//! A certificate for people to look at.

use std::net::IpAddr;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::der::{
    BOOLEAN, GENERALIZED_TIME, IDENTIFIER, OCTET_STRING, SEQUENCE, SET, UTC_TIME, element, elements,
};
use super::signed::Signed;
use super::{Fingerprint, key};

/// More names than this are not told; the text says how many there are.
const NAMES: usize = 50;
/// The longest text taken from a certificate, in characters.
const TEXT: usize = 300;

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ATTRIBUTES: [(&[u8], &str); 7] = [
    (COMMON_NAME, "CN"),
    (&[0x55, 0x04, 0x0b], "OU"),
    (&[0x55, 0x04, 0x0a], "O"),
    (&[0x55, 0x04, 0x07], "L"),
    (&[0x55, 0x04, 0x08], "ST"),
    (&[0x55, 0x04, 0x06], "C"),
    (
        &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19],
        "DC",
    ),
];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const DNS_NAME: u8 = 0x82;
const ADDRESS: u8 = 0x87;

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
    /// Reads what can be read of a certificate in DER.
    pub fn of(der: &[u8]) -> Self {
        let signed = Signed::of(der);
        let text = |name: fn(Signed<'_>) -> &[u8]| signed.map(name).map(distinguished);
        let mut dates = signed
            .into_iter()
            .flat_map(|signed| elements(signed.validity))
            .map(|(kind, text)| time(kind, text));
        let (not_before, not_after) = (dates.next().flatten(), dates.next().flatten());
        Self {
            subject: text(|signed| signed.subject).unwrap_or_default(),
            issuer: text(|signed| signed.issuer).unwrap_or_default(),
            not_before,
            not_after,
            names: signed.map(names).unwrap_or_default(),
            key: key::kind(der),
            is_ca: signed.is_some_and(is_ca),
            fingerprint: Fingerprint::of(&CertificateDer::from(der)),
            der: CertificateDer::from(der.to_vec()),
        }
    }

    /// The certificates in a PEM text, in their order; what is no certificate is left out.
    pub fn all_in_pem(pem: &[u8]) -> Vec<Self> {
        CertificateDer::pem_slice_iter(pem)
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
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in self.der.chunks(48) {
            for group in line.chunks(3) {
                let bits = group
                    .iter()
                    .zip([16, 8, 0])
                    .fold(0_u32, |bits, (byte, shift)| {
                        bits | u32::from(*byte) << shift
                    });
                for place in 0..4_u32 {
                    let digit = (bits >> (18 - 6 * place) & 63) as usize;
                    let used = place as usize <= group.len();
                    pem.push(if used {
                        char::from(ALPHABET[digit])
                    } else {
                        '='
                    });
                }
            }
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }
}

/// A name in the order in which it stands in the certificate, which is the one that NetBackup prints.
fn distinguished(name: &[u8]) -> String {
    let parts = elements(name)
        .filter(|(kind, _)| *kind == SET)
        .flat_map(|(_, set)| elements(set))
        .filter_map(|(_, attribute)| {
            let (oid, value) = element(attribute, IDENTIFIER)?;
            let (_, label) = ATTRIBUTES.iter().find(|(known, _)| *known == oid)?;
            let (kind, bytes) = elements(value).next()?;
            Some(format!("{label}={}", text(kind, bytes)))
        });
    let parts: Vec<String> = parts.collect();
    clean(&parts.join(", "))
}

fn text(kind: u8, bytes: &[u8]) -> String {
    const BMP_STRING: u8 = 0x1e;
    if kind == BMP_STRING {
        let units = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        return char::decode_utf16(units)
            .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// Fit for a terminal and a log line, whoever wrote the certificate.
fn clean(text: &str) -> String {
    text.chars()
        .take(TEXT)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect()
}

fn time(kind: u8, text: &[u8]) -> Option<Timestamp> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match kind {
        // Two digits of the year: 1950 to 2049.
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let century = if year < "50" { "20" } else { "19" };
            (format!("{century}{year}"), rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    if rest.len() != 10 {
        return None;
    }
    let pair = |place: usize| &rest[2 * place..2 * place + 2];
    let written = format!(
        "{year}-{}-{}T{}:{}:{}Z",
        pair(0),
        pair(1),
        pair(2),
        pair(3),
        pair(4)
    );
    match written.parse() {
        Ok(at) => Some(at),
        // The last second of 9999 stands for "never", and is later than a timestamp can be.
        Err(_) if year == "9999" => Some(Timestamp::MAX),
        Err(_) => None,
    }
}

fn extension<'a>(signed: Signed<'a>, wanted: &[u8]) -> Option<&'a [u8]> {
    elements(signed.extensions).find_map(|(_, extension)| {
        let (oid, rest) = element(extension, IDENTIFIER)?;
        let rest = element(rest, BOOLEAN).map_or(rest, |(_, rest)| rest);
        let (value, _) = element(rest, OCTET_STRING)?;
        (oid == wanted).then_some(value)
    })
}

fn is_ca(signed: Signed<'_>) -> bool {
    extension(signed, BASIC_CONSTRAINTS)
        .and_then(|value| element(value, SEQUENCE))
        .and_then(|(constraints, _)| element(constraints, BOOLEAN))
        .is_some_and(|(truth, _)| truth.first().is_some_and(|byte| *byte != 0))
}

fn names(signed: Signed<'_>) -> Vec<String> {
    let list = extension(signed, ALTERNATIVE_NAMES).and_then(|value| element(value, SEQUENCE));
    let Some((list, _)) = list else {
        return Vec::new();
    };
    let name = |(kind, bytes): (u8, &[u8])| match kind {
        DNS_NAME => Some(clean(&String::from_utf8_lossy(bytes))),
        ADDRESS => address(bytes).map(|address| address.to_string()),
        _ => None,
    };
    elements(list).filter_map(name).take(NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEAK: &[u8] = include_bytes!("../../tests/it/tls/ca-rsa1024.pem");
    const LEAF: &[u8] = include_bytes!("../../tests/it/tls/leaf-of-rsa1024.pem");

    #[test]
    fn its_pem_form_is_the_one_it_came_in() {
        for pem in [WEAK, LEAF] {
            let certificate = Certificate::all_in_pem(pem).remove(0);
            let written = certificate.to_pem();
            assert_eq!(Certificate::all_in_pem(written.as_bytes()), [certificate]);
            let body = |text: &str| text.replace(['\n', '\r'], "");
            let given = String::from_utf8(pem.to_vec()).unwrap();
            assert!(body(&given).contains(&body(&written)), "{written}");
        }
        for length in 0..7 {
            let odd = Certificate::of(&vec![7; length]);
            let read = CertificateDer::from_pem_slice(odd.to_pem().as_bytes()).unwrap();
            assert_eq!(&*read, odd.der());
        }
    }

    #[test]
    fn a_damaged_certificate_shows_what_is_left_of_it() {
        let whole = Certificate::all_in_pem(LEAF).remove(0);
        for end in 0..whole.der().len() {
            // No panic, whatever is missing.
            let cut = Certificate::of(&whole.der()[..end]);
            assert!(cut.names.len() <= NAMES);
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
    fn times_of_both_kinds_and_the_end_of_time() {
        let at = |kind, text: &str| time(kind, text.as_bytes()).map(|at| at.to_string());
        assert_eq!(
            at(UTC_TIME, "491231235959Z").as_deref(),
            Some("2049-12-31T23:59:59Z")
        );
        assert_eq!(
            at(UTC_TIME, "500101000000Z").as_deref(),
            Some("1950-01-01T00:00:00Z")
        );
        assert_eq!(
            at(GENERALIZED_TIME, "20500101000000Z").as_deref(),
            Some("2050-01-01T00:00:00Z")
        );
        assert_eq!(
            time(GENERALIZED_TIME, b"99991231235959Z"),
            Some(Timestamp::MAX)
        );
        for odd in [
            "",
            "Z",
            "é01",
            "20501301000000Z",
            "2050010100000Z",
            "20500101000000",
        ] {
            assert_eq!(time(GENERALIZED_TIME, odd.as_bytes()), None, "{odd}");
        }
    }
}

//! How long the RSA key of a certificate is, read straight from its DER.
//!
//! The TLS stack refuses RSA keys under 2048 bits with the same words as a forged signature. NetBackup domains created
//! long ago have a CA key of 1024 bits, and their administrators deserve to be told.

use rustls::pki_types::CertificateDer;

/// The shortest RSA key that is accepted, in bits.
pub(super) const SHORTEST_RSA: usize = 2048;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;
/// `rsaEncryption`, 1.2.840.113549.1.1.1, as an encoded object identifier.
const RSA: [u8; 11] = [
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
];

/// The length of the certificate's RSA key if it is too short to be accepted.
pub(super) fn weak_rsa_bits(certificate: &CertificateDer<'_>) -> Option<usize> {
    rsa_bits(certificate).filter(|bits| *bits < SHORTEST_RSA)
}

/// The length of the certificate's RSA key in bits; `None` for another kind of key and for bytes that are no certificate.
fn rsa_bits(certificate: &[u8]) -> Option<usize> {
    let (signed, _) =
        element(certificate, SEQUENCE).and_then(|(inner, _)| element(inner, SEQUENCE))?;
    let rest = element(signed, VERSION).map_or(signed, |(_, rest)| rest);
    // Serial number, signature algorithm, issuer, validity, subject.
    let (_, rest) = element(rest, INTEGER)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (public_key, _) = element(rest, SEQUENCE)?;
    let (algorithm, rest) = element(public_key, SEQUENCE)?;
    if !algorithm.starts_with(&RSA) {
        return None;
    }
    // The first byte of a bit string counts its unused bits.
    let (key, _) = element(rest, BIT_STRING)?;
    let (numbers, _) = element(key.get(1..)?, SEQUENCE)?;
    let (modulus, _) = element(numbers, INTEGER)?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let modulus = &modulus[first..];
    Some(modulus.len() * 8 - modulus[0].leading_zeros() as usize)
}

/// Splits a DER element of the expected kind off the front: its content, and what follows it.
fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    if found != kind {
        return None;
    }
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        // Four bytes of length are more than any certificate has, and cannot overflow below.
        if digits.len() > 4 {
            return None;
        }
        (
            digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit)),
            rest,
        )
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::pem::PemObject;

    fn certificate(pem: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
    }

    #[test]
    fn reads_the_length_of_an_rsa_key() {
        let weak = certificate(include_str!("../../tests/it/tls/ca-rsa1024.pem"));
        assert_eq!(rsa_bits(&weak), Some(1024));
        assert_eq!(weak_rsa_bits(&weak), Some(1024));
        let strong = certificate(include_str!("../../tests/it/tls/ca-rsa2048.pem"));
        assert_eq!(rsa_bits(&strong), Some(2048));
        assert_eq!(weak_rsa_bits(&strong), None);
    }

    #[test]
    fn says_nothing_about_other_keys_and_other_bytes() {
        let leaf = certificate(include_str!("../../tests/it/tls/leaf-of-rsa1024.pem"));
        assert_eq!(rsa_bits(&leaf), None);
        let weak = certificate(include_str!("../../tests/it/tls/ca-rsa1024.pem"));
        for end in 0..weak.len() {
            // Every cut-off certificate: no panic, whatever the answer.
            let _ = rsa_bits(&weak[..end]);
        }
        assert_eq!(rsa_bits(b"\x30\x84\xff\xff\xff\xff"), None);
    }
}

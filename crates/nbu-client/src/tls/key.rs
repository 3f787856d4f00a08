//! How long the RSA key of a certificate is, read straight from its DER.
//!
//! The TLS stack refuses RSA keys under 2048 bits with the same words as a forged signature. NetBackup domains created
//! long ago have a CA key of 1024 bits, and their administrators deserve to be told.

use rustls::pki_types::CertificateDer;

use super::der::{BIT_STRING, IDENTIFIER, INTEGER, SEQUENCE, element};
use super::signed::Signed;

/// The shortest RSA key that is accepted, in bits.
pub(super) const SHORTEST_RSA: usize = 2048;

/// `rsaEncryption`, 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// The kinds of key with a curve of their own in the second place, and those that are one.
const NAMED: [(&[u8], &str); 5] = [
    (
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        "EC P-256",
    ),
    (&[0x2b, 0x81, 0x04, 0x00, 0x22], "EC P-384"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x23], "EC P-521"),
    (&[0x2b, 0x65, 0x70], "Ed25519"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
];

/// The length of the certificate's RSA key if it is too short to be accepted.
pub(super) fn weak_rsa_bits(certificate: &CertificateDer<'_>) -> Option<usize> {
    rsa_bits(certificate).filter(|bits| *bits < SHORTEST_RSA)
}

/// What kind of key it is, as people call it; `None` for a kind that is not known here.
pub(super) fn kind(certificate: &[u8]) -> Option<String> {
    if let Some(bits) = rsa_bits(certificate) {
        return Some(format!("RSA {bits}"));
    }
    let (algorithm, _) = element(Signed::of(certificate)?.public_key, SEQUENCE)?;
    let (own, rest) = element(algorithm, IDENTIFIER)?;
    let curve = element(rest, IDENTIFIER).map(|(curve, _)| curve);
    NAMED
        .iter()
        .find(|(oid, _)| *oid == own || Some(*oid) == curve)
        .map(|(_, name)| (*name).to_owned())
}

/// The length of the certificate's RSA key in bits; `None` for another kind of key and for bytes that are no certificate.
fn rsa_bits(certificate: &[u8]) -> Option<usize> {
    let (algorithm, rest) = element(Signed::of(certificate)?.public_key, SEQUENCE)?;
    if element(algorithm, IDENTIFIER)?.0 != RSA {
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

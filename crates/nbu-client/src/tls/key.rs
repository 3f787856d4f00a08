//! What kind of key a certificate has, and how long it is.
//!
//! The TLS stack refuses RSA keys under 2048 bits with the same words as a forged signature. NetBackup domains created
//! long ago have a CA key of 1024 bits, and their administrators deserve to be told.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::num_bigint::BigUint;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_SIG_ED448, OID_SIG_ED25519, Oid,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

/// The shortest RSA key that is accepted, in bits.
pub(super) const SHORTEST_RSA: usize = 2048;

/// Kinds of key that are one by their algorithm, or by the curve that is its parameter.
const NAMED: [(Oid<'static>, &str); 5] = [
    (OID_EC_P256, "EC P-256"),
    (OID_NIST_EC_P384, "EC P-384"),
    (OID_NIST_EC_P521, "EC P-521"),
    (OID_SIG_ED25519, "Ed25519"),
    (OID_SIG_ED448, "Ed448"),
];

/// The length of the certificate's RSA key if it is too short to be accepted.
pub(super) fn weak_rsa_bits(certificate: &CertificateDer<'_>) -> Option<usize> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    rsa_bits(certificate.public_key()).filter(|bits| *bits < SHORTEST_RSA)
}

/// What kind of key it is, as people call it; `None` for a kind that is not known here.
pub(super) fn kind(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    if let Some(bits) = rsa_bits(key) {
        return Some(format!("RSA {bits}"));
    }
    let algorithm = &key.algorithm;
    let parameters = algorithm.parameters.as_ref();
    let curve = parameters.and_then(|parameters| parameters.as_oid().ok());
    NAMED
        .iter()
        .find(|(known, _)| *known == algorithm.algorithm || Some(known) == curve.as_ref())
        .map(|(_, name)| (*name).to_owned())
}

/// The length of an RSA key in bits; `None` for another kind of key.
fn rsa_bits(key: &SubjectPublicKeyInfo<'_>) -> Option<usize> {
    let Ok(PublicKey::RSA(key)) = key.parsed() else {
        return None;
    };
    // The library's own `key_size` counts whole bytes.
    let bits = BigUint::from_bytes_be(key.modulus).bits();
    usize::try_from(bits).ok().filter(|bits| *bits > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::pem::PemObject;

    fn certificate(pem: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
    }

    fn kind_of(certificate: &CertificateDer<'_>) -> Option<String> {
        let (_, certificate) = X509Certificate::from_der(certificate).unwrap();
        kind(certificate.public_key())
    }

    #[test]
    fn reads_the_length_of_an_rsa_key() {
        let weak = certificate(include_str!("../../tests/it/tls/ca-rsa1024.pem"));
        assert_eq!(kind_of(&weak).as_deref(), Some("RSA 1024"));
        assert_eq!(weak_rsa_bits(&weak), Some(1024));
        let strong = certificate(include_str!("../../tests/it/tls/ca-rsa2048.pem"));
        assert_eq!(kind_of(&strong).as_deref(), Some("RSA 2048"));
        assert_eq!(weak_rsa_bits(&strong), None);
    }

    #[test]
    fn a_key_that_is_a_bit_short_is_told_to_the_bit() {
        // SEQUENCE, SEQUENCE { rsaEncryption, NULL }, BIT STRING of SEQUENCE, INTEGER; then the modulus and an exponent.
        let mut key =
            b"\x30\x82\x01\x1f\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
                .to_vec();
        key.extend(b"\x03\x82\x01\x0c\x00\x30\x82\x01\x07\x02\x82\x01\x00\x40");
        key.extend([1; 255]);
        key.extend(b"\x02\x01\x03");
        let (_, key) = SubjectPublicKeyInfo::from_der(&key).unwrap();
        assert_eq!(kind(&key).as_deref(), Some("RSA 2047"));
    }

    #[test]
    fn curves_are_called_by_their_names() {
        for (algorithm, name) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, "EC P-256"),
            (&rcgen::PKCS_ECDSA_P384_SHA384, "EC P-384"),
            (&rcgen::PKCS_ED25519, "Ed25519"),
        ] {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let made = rcgen::CertificateParams::new(Vec::new()).unwrap();
            let made = made.self_signed(&key).unwrap();
            assert_eq!(kind_of(made.der()).as_deref(), Some(name));
        }
    }

    #[test]
    fn says_nothing_about_other_keys_and_other_bytes() {
        let leaf = certificate(include_str!("../../tests/it/tls/leaf-of-rsa1024.pem"));
        assert_eq!(weak_rsa_bits(&leaf), None);
        let weak = certificate(include_str!("../../tests/it/tls/ca-rsa1024.pem"));
        for end in 0..weak.len() {
            // Every cut-off certificate: no panic, whatever the answer.
            let _ = weak_rsa_bits(&weak[..end].into());
        }
        let endless: &[u8] = b"\x30\x84\xff\xff\xff\xff";
        assert_eq!(weak_rsa_bits(&endless.into()), None);
    }
}

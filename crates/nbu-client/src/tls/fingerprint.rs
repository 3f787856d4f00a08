//! The SHA-256 fingerprint of a certificate, as NetBackup and openssl print it.

use std::fmt;
use std::str::FromStr;

use rustls::pki_types::CertificateDer;

/// SHA-256 over the DER form of a certificate.
///
/// Reads 64 hex digits in either case, with or without colons between the bytes, optionally after `SHA256:`,
/// `sha256:` or `SHA256 Fingerprint=`; prints upper case with colons.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// The text is no SHA-256 fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a SHA-256 fingerprint: expected 64 hexadecimal digits, with or without colons, found {found}"
)]
pub struct FingerprintError {
    found: String,
}

impl Fingerprint {
    /// The fingerprint of `certificate`.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        let mut bytes = [0; 32];
        // The provider's own SHA-256, so that no second implementation is linked in.
        let suite = rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
        if let Some(suite) = suite.tls13() {
            bytes.copy_from_slice(suite.common.hash_provider.hash(certificate).as_ref());
        }
        Self(bytes)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || FingerprintError {
            found: format!("{:?}", text.chars().take(100).collect::<String>()),
        };
        let lower = text.trim().to_ascii_lowercase();
        let digits = ["sha256 fingerprint=", "sha256:", "sha-256:"]
            .iter()
            .find_map(|prefix| lower.strip_prefix(prefix))
            .unwrap_or(&lower);
        let digits: Vec<u8> = digits.bytes().filter(|byte| *byte != b':').collect();
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() {
            return Err(error());
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| error())?;
            // `from_str_radix` also takes a sign.
            if pair.starts_with('+') {
                return Err(error());
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| error())?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";

    #[test]
    fn is_sha256_over_the_der_bytes() {
        assert_eq!(
            Fingerprint::of(&CertificateDer::from(Vec::new())).to_string(),
            EMPTY
        );
    }

    #[test]
    fn reads_what_the_usual_tools_print() {
        let expected: Fingerprint = EMPTY.parse().unwrap();
        for text in [
            EMPTY.replace(':', ""),
            EMPTY.to_ascii_lowercase(),
            format!(" SHA256 Fingerprint={EMPTY}\n"),
            format!("sha256:{}", EMPTY.replace(':', "")),
        ] {
            assert_eq!(text.parse::<Fingerprint>().unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            "",
            "E3:B0",
            &EMPTY[1..],
            &EMPTY.replace('E', "G"),
            &EMPTY.replace("E3", "+3"),
            &"é".repeat(32),
        ] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
    }
}

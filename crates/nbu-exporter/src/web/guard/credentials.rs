//! `Authorization: Basic …`.

use std::fmt;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;

/// Longest that is looked at; bcrypt itself sees no more than 72 bytes of a password.
const LONGEST: usize = 4096;

/// A user and a password, as sent.
pub(super) struct Credentials {
    decoded: Zeroizing<Vec<u8>>,
    colon: usize,
}

impl Credentials {
    /// `None` where the header says something else.
    pub(super) fn parse(header: &HeaderValue) -> Option<Self> {
        let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > LONGEST {
            return None;
        }
        let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
        let colon = decoded.iter().position(|byte| *byte == b':')?;
        Some(Self { decoded, colon })
    }

    /// The user; `None` where it is not UTF-8, and so nobody's name.
    pub(super) fn user(&self) -> Option<&str> {
        std::str::from_utf8(&self.decoded[..self.colon]).ok()
    }

    pub(super) fn password(&self) -> &[u8] {
        &self.decoded[self.colon + 1..]
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Option<(String, Vec<u8>)> {
        let credentials = Credentials::parse(&HeaderValue::from_str(header).unwrap())?;
        let user = credentials.user().unwrap_or("?").to_owned();
        Some((user, credentials.password().to_vec()))
    }

    #[test]
    fn the_first_colon_ends_the_user() {
        let sent = format!("bAsIc {}", STANDARD.encode("scraper:pass:word"));
        assert_eq!(
            parse(&sent),
            Some(("scraper".into(), b"pass:word".to_vec()))
        );
        let empty = format!("Basic {}", STANDARD.encode(":"));
        assert_eq!(parse(&empty), Some((String::new(), Vec::new())));
        let binary = format!("Basic {}", STANDARD.encode(b"\xff:\xfe\0"));
        assert_eq!(parse(&binary), Some(("?".into(), b"\xfe\0".to_vec())));
    }

    #[test]
    fn anything_else_is_nobody() {
        let long = format!("Basic {}", STANDARD.encode(vec![b':'; 8192]));
        for header in [
            "",
            "Basic",
            "Basic !",
            "Bearer abc",
            "Basic bm9jb2xvbg==",
            &long,
        ] {
            assert_eq!(parse(header), None, "{header}");
        }
    }
}

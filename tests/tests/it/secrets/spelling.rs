//! A secret, and every way in which it may be written.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

/// All spellings of `secret` that somebody could read it from, itself first.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let quoted = serde_json::to_string(secret).unwrap();
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let encoded = percent(secret);
    let mut all = vec![
        secret.to_owned(),
        // Also what a log line or a label makes of it.
        quoted[1..quoted.len() - 1].to_owned(),
        html,
        encoded.to_lowercase(),
        encoded,
    ];
    all.dedup();
    all
}

/// What is sent of a user and a password, and how else it may be written.
pub(super) fn basic(user: &str, password: &str) -> Vec<String> {
    let pair = format!("{user}:{password}");
    vec![BASE64_STANDARD.encode(&pair), BASE64_URL_SAFE.encode(pair)]
}

pub(super) fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}

//! A secret, and every way in which it may be written.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

/// The ways in which somebody may say `secret` back.
pub(super) fn said(secret: &str) -> [String; 4] {
    let encoded = percent(secret);
    let lower = encoded.to_lowercase();
    [secret.to_owned(), quoted(secret), encoded, lower]
}

/// All spellings of `secret` that somebody could read it from, also those that a log line, a label or a page makes of it.
pub(super) fn spellings(secret: &str) -> Vec<String> {
    let mut all = Vec::new();
    for said in said(secret) {
        all.extend([html(&said), quoted(&said), quoted(&quoted(&said)), said]);
    }
    all.sort();
    all.dedup();
    all
}

/// As it stands in JSON, without the quotes around it.
fn quoted(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
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

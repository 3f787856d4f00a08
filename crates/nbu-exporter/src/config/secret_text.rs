//! The secret in the text of a file or a value, or what stands there in its place.
//!
//! A text that is plainly a key with something around it is not repaired but named: a key that is sent in quotes works
//! nowhere, and neither does one that was guessed wrong. No text of this module holds a part of the secret but the one
//! character that cannot be sent.

use nbu_client::{Credential, CredentialError, code_point};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::value::Fault;

/// The purpose of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// An API key, which is sent in a header.
    ApiKey,
    /// The password of a login, which may hold any text of one line.
    Password,
}

/// Quotes, those of programs and those of word processors.
const QUOTES: &[char] = &[
    '"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{ab}', '\u{bb}',
];

/// The secret in `text`, without byte order mark and white space around it.
pub(super) fn secret(text: &str, kind: SecretKind) -> Result<SecretString, Fault> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(Fault::new("is empty", "write the secret into it"));
    }
    if kind == SecretKind::ApiKey
        && let Some(fault) = around(text)
    {
        return Err(fault);
    }
    if text.contains(['\n', '\r']) {
        return Err(Fault::new(
            "holds more than one line of text",
            "keep only the secret in it",
        ));
    }
    let secret = SecretString::from(text);
    match kind {
        SecretKind::ApiKey => sendable(secret),
        SecretKind::Password => match text.chars().find(|one| one.is_control()) {
            Some(control) => Err(Fault::new(
                format!("holds the control character U+{:04X}", u32::from(control)),
                "write the password alone",
            )),
            None => Ok(secret),
        },
    }
}

fn sendable(key: SecretString) -> Result<SecretString, Fault> {
    match Credential::ApiKey(key.clone()).check() {
        Err(CredentialError::Unsendable {
            character,
            position,
            ..
        }) => {
            let what = format!(
                "holds {} at position {position}, which cannot be sent in an HTTP header",
                code_point(character)
            );
            let remedy = "write the key alone, as the primary showed it";
            Err(Fault::new(what, remedy))
        }
        _ => Ok(key),
    }
}

/// The fault of something that stands around a key, or in its place.
fn around(text: &str) -> Option<Fault> {
    let alone = "write the key alone";
    if text.starts_with("-----BEGIN ") {
        let what = "is a PEM file, not an API key";
        return Some(Fault::new(what, "name the file that holds the API key"));
    }
    if text.starts_with(['{', '[']) {
        return Some(json(text));
    }
    if text.starts_with(QUOTES) || text.ends_with(QUOTES) {
        let what = "has a quote at its beginning or end, which would be sent as a part of the key";
        return Some(Fault::new(what, "remove the quotes"));
    }
    let word = text
        .split(|one: char| one.is_whitespace() || one == ':')
        .next();
    let scheme = ["Bearer", "Basic"]
        .into_iter()
        .find(|scheme| word.is_some_and(|word| word.eq_ignore_ascii_case(scheme)));
    if let Some(scheme) = scheme {
        let what = format!("begins with {scheme}, which is no part of a NetBackup API key");
        return Some(Fault::new(what, alone));
    }
    if let Some(name) = before(text, ':') {
        let what = if name.eq_ignore_ascii_case("authorization") {
            "begins with the name of the header (Authorization:)"
        } else {
            "begins with a name and a colon, as in a header or YAML"
        };
        return Some(Fault::new(what, alone));
    }
    before(text, '=').map(|_| {
        let what = "sets a variable (NAME=…), as a script or an environment file does";
        Fault::new(what, "write what stands behind the equals sign alone")
    })
}

/// The name before `separator`, if the text is a name, the separator and a value. The equals signs at the end of Base64 are none.
fn before(text: &str, separator: char) -> Option<&str> {
    let (name, value) = text.split_once(separator)?;
    let name = name.trim_end();
    let name = ["export ", "set ", "setx ", "declare -x ", "$env:", "ENV "]
        .into_iter()
        .find_map(|word| name.strip_prefix(word))
        .unwrap_or(name);
    let is_name = name
        .chars()
        .all(|one| one.is_ascii_alphanumeric() || matches!(one, '_' | '-' | '.'));
    let has_value = !value.trim_matches(separator).trim().is_empty();
    (is_name && !name.is_empty() && has_value).then_some(name)
}

/// JSON in the place of a key: most likely the answer with which the primary showed it.
fn json(text: &str) -> Fault {
    let read: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let pointer = "/data/attributes/apiKey";
    let is_answer = read.is_some_and(|mut read| {
        let key = read.pointer_mut(pointer).map(serde_json::Value::take);
        let is_there = key.is_some();
        if let Some(serde_json::Value::String(key)) = key {
            drop(Zeroizing::new(key));
        }
        is_there
    });
    if is_answer {
        let what = "is the JSON answer to the request that made the key";
        return Fault::new(what, "write the value of data.attributes.apiKey alone");
    }
    Fault::new("is JSON, not an API key", "write the key alone")
}

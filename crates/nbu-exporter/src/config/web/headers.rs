//! `http_server_config.headers`.

use http::{HeaderName, HeaderValue};

use crate::config::quote;
use crate::config::section::Section;
use crate::config::value::Fault;

/// The headers that may be set, and the values of those that know only some.
const ALLOWED: [(&str, &[&str]); 5] = [
    ("Content-Security-Policy", &[]),
    ("Strict-Transport-Security", &[]),
    ("X-Content-Type-Options", &["nosniff"]),
    ("X-Frame-Options", &["deny", "sameorigin"]),
    ("X-XSS-Protection", &[]),
];

pub(super) fn headers(section: &Section<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    for (path, entry) in section.pairs("headers", "write for example {X-Frame-Options: deny}") {
        let allowed = ALLOWED.iter().find(|(name, _)| *name == entry.key);
        let name = allowed
            .ok_or_else(|| unknown(&entry.key))
            .and_then(|(name, values)| {
                let name = HeaderName::from_bytes(name.as_bytes());
                name.map(|name| (name, *values))
                    .map_err(|_| unknown(&entry.key))
            });
        let Some((name, values)) = section.accept(&entry.place, &path, name) else {
            continue;
        };
        let value = section.scalar_at(&entry.value, &path, false, |text| {
            value(text, &entry.key, values)
        });
        headers.extend(value.map(|value| (name, value)));
    }
    headers
}

fn unknown(name: &str) -> Fault {
    let known = ALLOWED.map(|(name, _)| name).join(", ");
    Fault::new(
        format!("HTTP header {} can not be configured", quote::always(name)),
        format!("remove it; these can be, in exactly this spelling: {known}"),
    )
}

fn value(text: &str, name: &str, values: &[&str]) -> Result<HeaderValue, Fault> {
    let wrong = |remedy| Fault::new(format!("is an invalid value for {name}"), remedy);
    if !values.is_empty() && !values.contains(&text) {
        return Err(wrong(format!("write {}", values.join(" or "))));
    }
    HeaderValue::from_str(text)
        .map_err(|_| wrong("write one line without control characters".into()))
}

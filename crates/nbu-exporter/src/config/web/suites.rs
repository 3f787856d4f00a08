//! `cipher_suites` and `curve_preferences`, by the names that Go gives them.

use rustls::{CipherSuite, NamedGroup};

use crate::config::section::Section;
use crate::config::suggestion;
use crate::config::value::Fault;

/// A cipher suite that is spoken.
pub type Suite = CipherSuite;

/// A curve that is spoken.
pub type Curve = NamedGroup;

/// The names of cipher suites that a file may have.
pub(super) const SUITES: &[&str] = &names(&TABLE);

/// The names of curves that a file may have.
pub(super) const CURVES: &[&str] = &names(&CURVE_TABLE);

/// The suites by name; `None` for those that are known but not spoken: CBC, and RSA without forward secrecy.
const TABLE: [(&str, Option<Suite>); 17] = [
    (
        "TLS_AES_128_GCM_SHA256",
        Some(Suite::TLS13_AES_128_GCM_SHA256),
    ),
    (
        "TLS_AES_256_GCM_SHA384",
        Some(Suite::TLS13_AES_256_GCM_SHA384),
    ),
    (
        "TLS_CHACHA20_POLY1305_SHA256",
        Some(Suite::TLS13_CHACHA20_POLY1305_SHA256),
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        Some(Suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        Some(Suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        Some(Suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256),
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        Some(Suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        Some(Suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    ),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        Some(Suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256),
    ),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", None),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", None),
    ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", None),
    ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", None),
    ("TLS_RSA_WITH_AES_128_CBC_SHA", None),
    ("TLS_RSA_WITH_AES_256_CBC_SHA", None),
    ("TLS_RSA_WITH_AES_128_GCM_SHA256", None),
    ("TLS_RSA_WITH_AES_256_GCM_SHA384", None),
];

const CURVE_TABLE: [(&str, Option<Curve>); 5] = [
    ("CurveP256", Some(Curve::secp256r1)),
    ("CurveP384", Some(Curve::secp384r1)),
    ("CurveP521", None),
    ("X25519", Some(Curve::X25519)),
    ("X25519MLKEM768", None),
];

/// Without one of these no client can speak HTTP/2 over TLS 1.2.
const HTTP2: [Suite; 2] = [
    Suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    Suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
];

/// What the server may use, where the file says it.
#[derive(Debug)]
pub(super) struct Choice<T> {
    /// In the order of the file.
    pub(super) spoken: Vec<T>,
    /// Whether any was listed.
    pub(super) listed: bool,
}

pub(super) fn suites(section: &Section<'_>) -> Choice<Suite> {
    choice(section, "cipher_suites", "cipher", &TABLE)
}

pub(super) fn curves(section: &Section<'_>) -> Choice<Curve> {
    choice(section, "curve_preferences", "curve", &CURVE_TABLE)
}

fn choice<T: Copy>(
    section: &Section<'_>,
    name: &'static str,
    noun: &str,
    table: &[(&'static str, Option<T>)],
) -> Choice<T> {
    let listed = section.items(name, |text| {
        let found = table.iter().find(|(known, _)| *known == text);
        found.copied().ok_or_else(|| {
            let known = table.iter().map(|(known, _)| *known);
            Fault::new(
                format!("is an unknown {noun}"),
                suggestion::remedy(text, known),
            )
        })
    });
    let silent: Vec<_> = listed
        .iter()
        .filter(|(_, spoken)| spoken.is_none())
        .map(|(name, _)| *name)
        .collect();
    if !silent.is_empty() {
        section.warning(
            name,
            format!("not spoken here, and left out: {}", silent.join(", ")),
        );
    }
    Choice {
        listed: !listed.is_empty(),
        spoken: listed
            .into_iter()
            .filter_map(|(_, spoken)| spoken)
            .collect(),
    }
}

impl Choice<Suite> {
    /// Whether TLS 1.2 can be spoken.
    pub(super) fn serves_tls12(&self) -> bool {
        !self.listed || self.spoken.iter().any(|suite| !is_tls13(*suite))
    }

    /// Whether HTTP/2 can be spoken over TLS 1.2, as its standard wants it.
    pub(super) fn serves_http2(&self) -> bool {
        !self.listed || self.spoken.iter().any(|suite| HTTP2.contains(suite))
    }
}

fn is_tls13(suite: Suite) -> bool {
    matches!(
        suite,
        Suite::TLS13_AES_128_GCM_SHA256
            | Suite::TLS13_AES_256_GCM_SHA384
            | Suite::TLS13_CHACHA20_POLY1305_SHA256
    )
}

const fn names<T, const N: usize>(table: &[(&'static str, T); N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut index = 0;
    while index < N {
        names[index] = table[index].0;
        index += 1;
    }
    names
}

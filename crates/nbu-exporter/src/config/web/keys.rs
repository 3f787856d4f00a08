//! The table of its keys.

use crate::config::schema::Key;
use crate::config::schema::Kind::{
    Count, Duration, File, Flag, Named, Secret, Section, Text, Texts, Word, Words,
};

use super::suites::{CURVES, SUITES};
use super::tls::CLIENT_AUTH;
use super::versions::VERSIONS;

/// The file.
pub static ROOT: &[Key] = &[
    Key::new(
        "tls_server_config",
        Section(TLS),
        "TLS. It is on when a certificate, a key, a client CA or `client_auth_type` is given.",
    ),
    Key::new("http_server_config", Section(HTTP), "HTTP."),
    Key::new(
        "basic_auth_users",
        Named("user names to bcrypt hashes (`$2a$`, `$2b$`, `$2y$`)"),
        "Who may come in, with a password. Without any, everybody may.",
    ),
    Key::new(
        "rate_limit",
        Section(RATE),
        "How many requests are answered, whoever asks.",
    ),
];

static TLS: &[Key] = &[
    Key::new(
        "cert",
        Text,
        "The certificate and its chain, PEM. One of `cert` and `cert_file` is needed; the file takes precedence.",
    ),
    Key::new(
        "cert_file",
        File,
        "A file that holds them. It is read again when it changes, as the others are.",
    ),
    Key::new(
        "key",
        Secret,
        "The private key, PEM. One of `key` and `key_file` is needed; the file takes precedence.",
    ),
    Key::new("key_file", File, "A file that holds it."),
    Key::new(
        "client_auth_type",
        Word(CLIENT_AUTH),
        "Whether clients must have a certificate, and whether it must come from the client CA.",
    )
    .or("NoClientCert"),
    Key::new(
        "client_ca",
        Text,
        "Who may issue the clients' certificates, PEM; without it, where certificates are verified, the authorities that the operating system trusts. `client_ca_file` takes precedence.",
    ),
    Key::new("client_ca_file", File, "A file that holds them."),
    Key::new(
        "client_allowed_sans",
        Texts,
        "Only clients whose certificate has one of these names, exactly: DNS, e-mail, IP address or URI. A certificate is then required.",
    ),
    Key::new(
        "min_version",
        Word(VERSIONS),
        "The oldest TLS version. Below `TLS12` means `TLS12`, with a warning.",
    )
    .or("TLS12"),
    Key::new("max_version", Word(VERSIONS), "The newest TLS version.").or("TLS13"),
    Key::new(
        "cipher_suites",
        Words(SUITES),
        "The suites of TLS 1.2, preferred ones first; those of TLS 1.3 are always on. CBC suites are known but not spoken. Without any, all that are spoken.",
    ),
    Key::new(
        "prefer_server_cipher_suites",
        Flag,
        "Whether our order of the suites counts, or the client's.",
    )
    .or("true"),
    Key::new(
        "curve_preferences",
        Words(CURVES),
        "The curves of the key exchange, preferred ones first. `CurveP521` and `X25519MLKEM768` are known but not spoken.",
    ),
];

static HTTP: &[Key] = &[
    Key::new(
        "http2",
        Flag,
        "Whether HTTP/2 is offered. Without TLS it never is.",
    )
    .or("true"),
    Key::new(
        "headers",
        Named("header names to values"),
        "Added to every answer: `Content-Security-Policy`, `Strict-Transport-Security`, `X-Content-Type-Options` (`nosniff`), `X-Frame-Options` (`deny`, `sameorigin`), `X-XSS-Protection`.",
    ),
];

static RATE: &[Key] = &[
    Key::new(
        "interval",
        Duration(0),
        "One more request is allowed each time it has passed; `0s` for no limit.",
    )
    .or("0s"),
    Key::new(
        "burst",
        Count(0, 1_000_000_000),
        "How many requests may come at once after a quiet time. With an `interval`, `0` refuses every request.",
    )
    .or("0"),
];

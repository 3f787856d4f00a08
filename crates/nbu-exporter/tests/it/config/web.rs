//! The web configuration as a text; what its files hold is tried on the real binary.

use std::path::Path;
use std::time::Duration;

use nbu_exporter::config::web::{ClientAuth, Versions, WebConfig};
use proptest::prelude::*;

const FULL: &str = include_str!("web.yml");

fn parse(text: &str) -> Result<WebConfig, String> {
    WebConfig::parse(Path::new("web.yml"), text).map_err(|error| error.to_string())
}

#[test]
fn every_key_means_something() {
    let config = parse(FULL).unwrap();
    assert_eq!(config.warnings, []);
    let tls = config.tls.clone().unwrap();
    assert_eq!(
        format!("{:?}", tls.certificate),
        "File(\"/etc/exporter/server.pem\")"
    );
    assert_eq!(format!("{:?}", tls.key), "Inline");
    assert_eq!(tls.client_auth, ClientAuth::RequireAndVerify);
    assert_eq!(format!("{:?}", tls.client_ca), "Some(File(\"ca.pem\"))");
    assert_eq!(
        tls.client_names.as_deref(),
        Some(&["a.example.com".to_owned(), "192.0.2.1".to_owned()][..])
    );
    assert_eq!(tls.versions, Versions::Tls12);
    assert!(!tls.our_order && !config.http2);
    let suites: Vec<_> = tls
        .suites
        .iter()
        .flatten()
        .map(|suite| format!("{suite:?}"))
        .collect();
    assert_eq!(
        suites,
        [
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        ],
        "in the order of the file"
    );
    assert_eq!(format!("{:?}", tls.curves), "Some([secp384r1, X25519])");
    assert_eq!(config.headers.len(), 2);
    let limit = config.rate_limit.unwrap();
    assert_eq!(
        (limit.interval, limit.burst),
        (Duration::from_millis(1500), 7)
    );
    assert!(config.users.get("alice").unwrap().matches(b"fakepassword"));
    assert!(!config.users.get("alice").unwrap().matches(b"fakepassword2"));
    assert!(config.users.get("bob").is_none());
    assert_eq!(parse(FULL).unwrap(), config);
    let shown = format!("{config:?}");
    assert!(
        !shown.contains("QOauhQ") && !shown.contains("s3cr3t"),
        "{shown}"
    );
}

#[test]
fn relative_paths_are_relative_to_the_file() {
    let text = "tls_server_config: {cert_file: a.pem, key_file: ../b.key}";
    let config = WebConfig::parse(Path::new("/etc/exporter/web.yml"), text).unwrap();
    let tls = config.tls.unwrap();
    assert_eq!(
        format!("{:?}", tls.certificate),
        "File(\"/etc/exporter/a.pem\")"
    );
    assert_eq!(format!("{:?}", tls.key), "File(\"/etc/exporter/../b.key\")");
}

#[test]
fn a_hash_is_a_hash() {
    let tail = "$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
    let told = |hash: String| parse(&format!("basic_auth_users: {{a: '{hash}'}}")).err();
    for version in ["2a", "2b", "2y"] {
        assert_eq!(told(format!("${version}$10{tail}")), None);
    }
    for (hash, word) in [
        (format!("$2x$10{tail}"), "begins with none of"),
        (format!("$1$10$$10{tail}"), "begins with none of"),
        (format!("$2b$03{tail}"), "cost of 3"),
        (format!("$2b$21{tail}"), "cost of 21"),
        (format!("$2b$31{tail}"), "cost of 31"),
        (format!("$2b$xx{tail}"), "is no bcrypt hash"),
        (format!("$2b$10{tail}x"), "is no bcrypt hash"),
        (
            format!("$2b$10{}", tail.replace('Q', "!")),
            "is no bcrypt hash",
        ),
        (
            format!("$2b$10{}", tail.replace("QO", "é")),
            "is no bcrypt hash",
        ),
        (
            String::new(),
            "hashedSecret too short to be a bcrypted password",
        ),
    ] {
        let told = told(hash.clone()).unwrap();
        assert!(
            told.contains(word) && !told.contains("auhQ"),
            "{hash}\n{told}"
        );
    }
    let slow = parse(&format!(
        "basic_auth_users: {{a: '$2b$15{tail}', b: '$2b$04{tail}'}}"
    ))
    .unwrap();
    assert!(
        slow.warnings
            .iter()
            .any(|warning| warning.what.contains("a cost of 15"))
    );
    let colon = parse(&format!("basic_auth_users: {{'a:b': '$2b$10{tail}'}}")).unwrap_err();
    assert!(colon.contains("with a colon"), "{colon}");
}

#[test]
fn a_dollar_is_a_dollar() {
    let config = parse("http_server_config: {headers: {X-XSS-Protection: '${HOME} $$'}}").unwrap();
    assert_eq!(config.headers[0].1, "${HOME} $$");
}

#[test]
fn what_is_long_or_deep_is_refused_in_few_words() {
    let long = "x".repeat(1 << 20);
    let deep = "[".repeat(100_000);
    for text in [
        format!("tls_server_config: {{min_version: {long}}}"),
        format!("{long}: 1"),
        format!("http_server_config: {{headers: {{{long}: 1}}}}"),
        format!("basic_auth_users: {{{long}: 1}}"),
        deep,
    ] {
        let told = parse(&text).unwrap_err();
        assert!(told.len() < 2_000, "{}", told.len());
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "# ".repeat(1 << 20)).unwrap();
    let told = WebConfig::load(file.path()).unwrap_err().to_string();
    assert!(told.contains("is longer than 1048576 bytes"), "{told}");
    std::fs::write(file.path(), b"a: \xff").unwrap();
    let told = WebConfig::load(file.path()).unwrap_err().to_string();
    assert!(
        told.contains(":1:4: yaml: this is not UTF-8 text"),
        "{told}"
    );
}

proptest! {
    #[test]
    fn a_damaged_web_configuration_gets_an_answer(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, "[-:\\[\\]{}&*!|>'\"%@`#?,<~$ a0\n\t]{0,4}"), 1..8)
    ) {
        let mut text: Vec<char> = FULL.chars().collect();
        for (at, removed, piece) in changes {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, piece.chars());
        }
        let text: String = text.into_iter().collect();
        if let Err(error) = WebConfig::parse(Path::new("web.yml"), &text) {
            prop_assert!(!error.problems.is_empty());
            for problem in error.problems {
                prop_assert!(!problem.what.is_empty() && !problem.remedy.is_empty());
                prop_assert!(problem.place.line <= text.lines().count() + 1, "{problem}");
                prop_assert!(!problem.to_string().contains(char::is_control), "{problem:?}");
            }
        }
    }
}

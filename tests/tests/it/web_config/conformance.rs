//! What the ecosystem's own web configurations hold, good and bad: the same verdict, and words that can be looked for.

use super::{NOTHING, Site, TLS, tls_with};
use nbu_tests::{Authority, Launch};

/// Runs `config check` and gives what it says, and whether it was content.
async fn check(site: &Site, web: &str) -> (bool, String) {
    let ran = site.launch(web).arguments(["config", "check"]).run().await;
    assert!(
        matches!(ran.code, Some(0 | 2)),
        "{:?}\n{}",
        ran.code,
        ran.stderr
    );
    // The other file is good, and what is said of it is of no interest here.
    let about = |line: &&str| line.contains("web.yml:");
    let told: Vec<_> = ran.stderr.lines().filter(about).collect();
    (ran.code == Some(0), told.join("\n"))
}

const CA: &str = "client_ca_file: ca.pem";
const EMPTY_USER: &str = "basic_auth_users: {alice: \"\"}";
const SHORT_USER: &str = "basic_auth_users:\n  alice: $2y$10$abcdefgh\n";

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place_in_known_words_and_with_a_remedy() {
    let no_file = "no such file";
    let (no_cert, no_key) = (
        "missing one of cert or cert_file",
        "missing one of key or key_file",
    );
    let http2 = "TLSConfig.CipherSuites is missing an HTTP/2-required AES_128_GCM cipher";
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "no file of that kind",
            "just words",
            &["web.yml:1:1: ", "yaml: "],
        ),
        ("a list", "- a\n- b\n", &["web.yml:1:1: ", "yaml: "]),
        (
            "not YAML",
            "tls_server_config: {\n",
            &["web.yml:", "yaml: "],
        ),
        (
            "an unknown key",
            "tls_config: {}\n",
            &["web.yml:1:1: tls_config: ", "yaml: ", "tls_server_config"],
        ),
        (
            "an unknown key below",
            "tls_server_config:\n  certfile: x\n",
            &["web.yml:2:3: ", "yaml: ", "cert_file"],
        ),
        (
            "a list for a map",
            "rate_limit: [1]\n",
            &["web.yml:1:13: rate_limit: ", "yaml: "],
        ),
        (
            "a map for a text",
            "tls_server_config: {cert_file: {a: b}}\n",
            &["yaml: "],
        ),
        (
            "an empty path of the certificate",
            "tls_server_config: {cert_file: '', key_file: server.key}\n",
            &["web.yml:1:32: tls_server_config.cert_file: ", no_cert],
        ),
        (
            "an empty certificate",
            "tls_server_config: {cert: '', key_file: server.key}\n",
            &[no_cert],
        ),
        (
            "an empty path of the key",
            "tls_server_config: {cert_file: server.pem, key_file: ''}\n",
            &[no_key],
        ),
        (
            "an empty key",
            "tls_server_config: {cert_file: server.pem, key: ''}\n",
            &[no_key],
        ),
        (
            "neither",
            "tls_server_config: {cert_file: '', key_file: '', client_auth_type: RequireAnyClientCert}\n",
            &[no_cert, no_key],
        ),
        (
            "a missing certificate",
            "tls_server_config: {cert_file: nowhere.pem, key_file: server.key}\n",
            &[
                "web.yml:1:32: tls_server_config.cert_file: ",
                no_file,
                "nowhere.pem",
            ],
        ),
        (
            "a missing key",
            "tls_server_config: {cert_file: server.pem, key_file: nowhere.key}\n",
            &[no_file, "nowhere.key"],
        ),
        (
            "both missing",
            "tls_server_config: {cert_file: nowhere.pem, key_file: nowhere.key}\n",
            &[no_file, "nowhere.pem", "nowhere.key"],
        ),
        (
            "a missing client CA",
            &tls_with(&[
                "client_auth_type: RequireAndVerifyClientCert",
                "client_ca_file: nowhere.pem",
            ]),
            &["web.yml:5:19: ", no_file],
        ),
        (
            "a client CA without certificates",
            &tls_with(&[
                "client_auth_type: RequireAndVerifyClientCert",
                "client_ca_file: server.key",
            ]),
            &["holds no certificate"],
        ),
        (
            "a client CA without a policy",
            &tls_with(&[CA]),
            &["client CA's have been configured without a Client Auth Policy"],
        ),
        (
            "a client CA and no need for it",
            &tls_with(&[CA, "client_auth_type: NoClientCert"]),
            &["client CA's have been configured without a Client Auth Policy"],
        ),
        (
            "an unknown policy",
            &tls_with(&["client_auth_type: VerifyEverybody"]),
            &["web.yml:4:21: ", "invalid ClientAuth"],
        ),
        (
            "names without certificates",
            &tls_with(&["client_allowed_sans: [a]"]),
            &[
                "client_allowed_sans requires client_auth_type to be one of RequireAnyClientCert or RequireAndVerifyClientCert",
            ],
        ),
        (
            "a policy without a client CA",
            &tls_with(&["client_auth_type: RequireAndVerifyClientCert"]),
            &["nobody is named", "client_ca_file"],
        ),
        (
            "a password in clear text",
            SHORT_USER,
            &[
                "web.yml:2:10: basic_auth_users.alice: ",
                "hashedSecret too short to be a bcrypted password",
            ],
        ),
        (
            "no password",
            EMPTY_USER,
            &["hashedSecret too short to be a bcrypted password"],
        ),
        (
            "another kind of hash",
            "basic_auth_users: {alice: '$6$rounds=5000$0123456789abcdef$0123456789abcdef0123456789abcdef'}",
            &["$2b$"],
        ),
        (
            "an invented suite",
            &tls_with(&["cipher_suites: [TLS_WITH_MAGIC]"]),
            &["web.yml:4:19: ", "unknown cipher"],
        ),
        (
            "an invented curve",
            &tls_with(&["curve_preferences: [CurveP257]"]),
            &["unknown curve", "did you mean CurveP256?"],
        ),
        (
            "only a curve that is not spoken",
            &tls_with(&["curve_preferences: [CurveP521]"]),
            &["none of these curves is spoken here"],
        ),
        (
            "an invented version",
            &tls_with(&["min_version: TLS111"]),
            &["unknown TLS version"],
        ),
        (
            "an old newest version",
            &tls_with(&["min_version: TLS10", "max_version: TLS11"]),
            &["TLS 1.0 and 1.1 are not spoken here"],
        ),
        (
            "versions that cross",
            &tls_with(&["min_version: TLS13", "max_version: TLS12"]),
            &["no supported versions satisfy MinVersion and MaxVersion"],
        ),
        (
            "HTTP/2 without its suite",
            &tls_with(&["cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]"]),
            &[http2, "http2: false"],
        ),
        (
            "nothing left to speak",
            &(tls_with(&[
                "max_version: TLS12",
                "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]",
            ]) + "http_server_config: {http2: false}\n"),
            &["none of these suites is spoken here"],
        ),
        (
            "a wrong content type option",
            "http_server_config: {headers: {X-Content-Type-Options: sniff}}\n",
            &["invalid value for X-Content-Type-Options", "nosniff"],
        ),
        (
            "a wrong frame option",
            "http_server_config:\n  headers: {X-Frame-Options: nobody}\n",
            &[
                "web.yml:2:30: ",
                "invalid value for X-Frame-Options",
                "sameorigin",
            ],
        ),
        (
            "another header",
            "http_server_config: {headers: {Server: me}}\n",
            &["HTTP header \"Server\" can not be configured"],
        ),
        (
            "a header of two lines",
            "http_server_config: {headers: {X-XSS-Protection: \"0\\nSet-Cookie: a=b\"}}\n",
            &["invalid value for X-XSS-Protection"],
        ),
        (
            "an interval without a burst",
            "rate_limit: {interval: 1s}\n",
            &["rate_limit.burst", "every request would be refused"],
        ),
        (
            "certificate twice",
            &tls_with(&["cert: x"]),
            &["cert and cert_file are both given"],
        ),
        (
            "a key that belongs to another certificate",
            "tls_server_config: {cert_file: ca.pem, key_file: server.key}\n",
            &["the private key does not belong to the certificate"],
        ),
        (
            "a certificate for a key",
            "tls_server_config: {cert_file: server.pem, key_file: server.pem}\n",
            &["server.pem: holds no private key"],
        ),
        (
            "nonsense for a certificate",
            "tls_server_config: {cert_file: web.yml, key_file: server.key}\n",
            &["web.yml: holds no certificate"],
        ),
        (
            "a directory",
            "tls_server_config: {cert_file: ., key_file: server.key}\n",
            &["it is not a regular file"],
        ),
    ];
    let site = Site::new();
    let mut table = String::new();
    for (what, web, fragments) in cases {
        let (good, told) = check(&site, web).await;
        assert!(!good, "{what} was accepted:\n{web}");
        for fragment in *fragments {
            assert!(told.contains(fragment), "{what}: {fragment}\n{told}");
        }
        assert!(told.lines().all(|line| line.contains("; ")), "{told}");
        let told = told.replace(&format!("{}/", site.path().display()), "");
        table += &format!("| {what} | {} |\n", told.trim_end().replace('\n', "<br>"));
    }
    // For the page of the documentation and whoever compares: `cargo test … -- --nocapture`.
    println!("{table}");
}

#[tokio::test]
async fn what_the_ecosystem_accepts_is_accepted() {
    let site = Site::new();
    let inline = |text: &str| {
        let lines: String = text.lines().map(|line| format!("    {line}\n")).collect();
        format!("|\n{lines}")
    };
    let server = site.authority.server();
    let all_suites = "cipher_suites: [TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256]";
    let some_suites = "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]";
    let headers = "http_server_config:\n  headers:\n    Content-Security-Policy: default-src 'self'\n    Strict-Transport-Security: max-age=31536000\n    X-Content-Type-Options: nosniff\n    X-Frame-Options: sameorigin\n    X-XSS-Protection: 1; mode=block\n";
    let users = "basic_auth_users:\n  alice: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n  bob: $2a$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n  carol: $2b$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\n";
    let client = |policy: &str| tls_with(&[&format!("client_auth_type: {policy}"), CA]);
    // With what is warned of, if anything.
    let cases: &[(&str, &str, &str)] = &[
        ("an empty file", "", ""),
        ("a comment", "# later\n", ""),
        (
            "empty maps",
            "tls_server_config:\nhttp_server_config: {}\nbasic_auth_users:\n",
            "",
        ),
        ("TLS", TLS, ""),
        (
            "inline",
            &format!(
                "tls_server_config:\n  cert: {}  key: {}",
                inline(&server.certificate),
                inline(&server.key)
            ),
            "",
        ),
        (
            "an absolute path",
            &TLS.replace(
                "server.pem",
                &site.path().join("server.pem").display().to_string(),
            ),
            "",
        ),
        (
            "all suites",
            &tls_with(&[all_suites]),
            "not spoken here, and left out: TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        ),
        (
            "some suites",
            &tls_with(&[some_suites, "min_version: TLS12", "max_version: TLS12"]),
            "",
        ),
        (
            "the client's order",
            &tls_with(&[some_suites, "prefer_server_cipher_suites: false"]),
            "",
        ),
        (
            "all curves",
            &tls_with(&["curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]"]),
            "not spoken here, and left out: CurveP521",
        ),
        (
            "a curve",
            &tls_with(&["curve_preferences: [CurveP384]"]),
            "",
        ),
        (
            "no HTTP/2",
            &(tls_with(&["cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA]"])
                + "http_server_config: {http2: false}\n"),
            "only clients of TLS 1.3 can connect",
        ),
        (
            "old versions",
            &tls_with(&["min_version: TLS10"]),
            "TLS12 is the oldest version",
        ),
        ("headers", headers, ""),
        (
            "RequestClientCert",
            &client("RequestClientCert"),
            "anybody's certificate is accepted",
        ),
        (
            "RequireAnyClientCert",
            &client("RequireAnyClientCert"),
            "anybody's certificate is accepted",
        ),
        (
            "RequireClientCert",
            &client("RequireClientCert"),
            "anybody's certificate is accepted",
        ),
        (
            "VerifyClientCertIfGiven",
            &client("VerifyClientCertIfGiven"),
            "",
        ),
        (
            "RequireAndVerifyClientCert",
            &client("RequireAndVerifyClientCert"),
            "",
        ),
        (
            "names",
            &(client("RequireAndVerifyClientCert")
                + "  client_allowed_sans: [a.example.com, 127.0.0.1]\n"),
            "",
        ),
        ("users", &format!("{TLS}{users}"), ""),
        ("users without TLS", users, "passwords travel in clear text"),
        (
            "a rate limit",
            "rate_limit: {interval: 1s, burst: 20}\n",
            "",
        ),
        ("no rate limit", "rate_limit: {interval: 0s}\n", ""),
        (
            "settings of TLS without TLS",
            "tls_server_config: {min_version: TLS13}\n",
            "TLS is off",
        ),
    ];
    for (what, web, warning) in cases {
        let (good, told) = check(&site, web).await;
        assert!(good, "{what} was refused:\n{told}\n{web}");
        assert_eq!(told.is_empty(), warning.is_empty(), "{what}\n{told}");
        assert!(told.contains(warning), "{what}: {warning}\n{told}");
    }
}

#[tokio::test]
async fn a_file_that_is_missing_or_wrong_keeps_everything_from_starting() {
    let site = Site::new();
    let nowhere = site.path().join("nowhere.yml").display().to_string();
    let ran = Launch::with_config(NOTHING)
        .arguments(["--web.config.file", &nowhere])
        .run()
        .await;
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("nowhere.yml: no such file or directory; "),
        "{}",
        ran.stderr
    );

    site.write("server.key", &Authority::new("other").server().key);
    let ran = site.launch(TLS).run().await;
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("does not belong to the certificate"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("listening"), "{}", ran.stderr);

    // Both files are told of at once.
    site.write("web.yml", "a: b\n");
    let web = site.path().join("web.yml").display().to_string();
    let ran = Launch::with_config("primary: []\n")
        .arguments(["config", "check", "--web.config.file", &web])
        .run()
        .await;
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    for word in [
        "web.yml:1:1: a: yaml: unknown key",
        "nbu-exporter.yml:1:1: primary: unknown key",
    ] {
        assert!(ran.stderr.contains(word), "{word}\n{}", ran.stderr);
    }
}

#[tokio::test]
async fn no_secret_of_the_file_is_ever_told() {
    let site = Site::new();
    let secret = "c2VjcmV0LWtleS1tYXRlcmlhbA";
    let broken_key = format!(
        "tls_server_config:\n  cert_file: server.pem\n  key: |\n    -----BEGIN PRIVATE KEY-----\n    {secret}\n    -----END PRIVATE KEY-----\n"
    );
    let cases = [
        broken_key,
        format!("basic_auth_users: {{alice: {secret}}}\n"),
        format!("basic_auth_users: {{alice: '$2b$99${secret}{secret}x'}}\n"),
        format!("tls_server_config: {{cert_file: server.pem, key: {secret}}}\n"),
        format!("tls_server_config: {{key: {{a: {secret}}}, cert: x}}\n"),
    ];
    for web in cases {
        let (good, told) = check(&site, &web).await;
        assert!(!good && !told.contains(secret), "{web}\n{told}");
    }
}

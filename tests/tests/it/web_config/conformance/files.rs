//! The files that are refused, and the empty one: by the command that starts, and by the one that checks.

use super::super::{NOTHING, Site, TLS};
use super::check;
use nbu_tests::Launch;

/// The name, the file, and words of the error; none where the file is good.
const FILES: [(&str, &str, &[&str]); 17] = [
    ("empty", "", &[]),
    ("structure", "junk\n", &["yaml"]),
    (
        "unknown key",
        "tls_server_config:\n  cert_filse: server.pem\n",
        &["yaml"],
    ),
    (
        "certificate path empty",
        "tls_server_config: {cert_file: '', key_file: server.key}\n",
        &["missing one of cert or cert_file"],
    ),
    (
        "certificate empty",
        "tls_server_config: {cert: '', key_file: server.key}\n",
        &["missing one of cert or cert_file"],
    ),
    (
        "key path empty",
        "tls_server_config: {cert_file: server.pem, key_file: ''}\n",
        &["missing one of key or key_file"],
    ),
    (
        "key empty",
        "tls_server_config: {cert_file: server.pem, key: ''}\n",
        &["missing one of key or key_file"],
    ),
    (
        "both paths empty",
        "tls_server_config: {cert_file: '', key_file: '', client_auth_type: x}\n",
        &["missing one of cert or cert_file"],
    ),
    (
        "certificate path invalid",
        "tls_server_config: {cert_file: somefile, key_file: server.key}\n",
        &["no such file"],
    ),
    (
        "key path invalid",
        "tls_server_config: {cert_file: server.pem, key_file: somefile}\n",
        &["no such file"],
    ),
    (
        "both paths invalid",
        "tls_server_config: {cert_file: somefile, key_file: somefile}\n",
        &["no such file"],
    ),
    (
        "client CA without a policy",
        "tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem}\n",
        &["client CA's have been configured without a Client Auth Policy"],
    ),
    (
        "client CA invalid, without a policy",
        "tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: somefile}\n",
        &[
            "no such file or directory: ",
            "somefile",
            "client CA's have been configured without a Client Auth Policy",
        ],
    ),
    (
        "user without a hash",
        "basic_auth_users: {john: doe}\n",
        &["hashedSecret too short to be a bcrypted password"],
    ),
    (
        "unknown cipher",
        "tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: VerifyClientCertIfGiven, cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048]}\n",
        &["unknown cipher"],
    ),
    (
        "unknown curve",
        "tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: VerifyClientCertIfGiven, curve_preferences: [CurveP257]}\n",
        &["unknown curve"],
    ),
    (
        "unknown version",
        "tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: VerifyClientCertIfGiven, min_version: TLS111}\n",
        &["unknown TLS version"],
    ),
];

#[tokio::test]
async fn refused_files_are_refused_with_the_known_words_at_start_and_by_the_check() {
    let site = Site::new();
    for (name, web, words) in FILES {
        let (good, told) = check(&site, web).await;
        assert_eq!(good, words.is_empty(), "{name}\n{told}");
        if good {
            site.start(web).await;
            continue;
        }
        let ran = site.launch(web).run().await;
        assert_eq!(ran.code, Some(2), "{name}\n{}", ran.stderr);
        for words in words {
            assert!(told.contains(words), "{name}: {words}\n{told}");
            assert!(
                ran.stderr.contains(words),
                "{name}: {words}\n{}",
                ran.stderr
            );
        }
    }
    // The eighteenth: no file of that name.
    for command in [&["config", "check"][..], &[]] {
        let ran = Launch::with_config(NOTHING)
            .arguments(["--web.config.file", "somefile"])
            .arguments(command.iter().copied())
            .run()
            .await;
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("no such file"), "{}", ran.stderr);
    }
}

/// TLS is on as soon as one of its keys is given, and needs the others then.
#[tokio::test]
async fn tls_is_on_when_one_of_its_keys_is_given() {
    let site = Site::new();
    for (web, on) in [
        ("", false),
        (
            "tls_server_config: {min_version: TLS12, prefer_server_cipher_suites: true}\n",
            false,
        ),
        (TLS, true),
    ] {
        let exporter = site.start(web).await;
        let status = exporter.request("/").await.status().as_u16();
        assert_eq!(status, if on { 400 } else { 200 }, "{web}");
    }
    for web in [
        "tls_server_config: {client_ca_file: ca.pem}\n",
        "tls_server_config: {client_auth_type: RequireAndVerifyClientCert}\n",
    ] {
        let (good, told) = check(&site, web).await;
        assert!(
            !good && told.contains("missing one of cert or cert_file"),
            "{told}"
        );
    }
}

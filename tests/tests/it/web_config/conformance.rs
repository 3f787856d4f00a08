//! What the ecosystem's own web configurations hold, good and bad: the same verdict, and words that can be looked for.
//!
//! `corpus/refused` and `corpus/accepted` hold a file for each; its last lines are what is said of it. The modules below are
//! the table of the toolkit's own tests, case by case: [`files`] has those that are refused, [`servers`] the answers of its
//! servers, and [`users`] its logins. Two of the cases cannot be: rustls with ring has no P-521 (see [`servers`]).

mod files;
mod hello;
mod servers;
mod users;

use super::{NOTHING, Site, TLS};
use nbu_tests::{Authority, Launch};
use std::path::PathBuf;

/// Runs `config check` and gives what it says of the file, and whether it was content.
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

/// The files of one part of the corpus by name.
fn corpus(part: &str) -> Vec<(String, String)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/web_config/corpus");
    let entries = std::fs::read_dir(PathBuf::from(directory).join(part)).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// What the last lines of a file expect.
fn expected<'a>(web: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    web.lines().filter_map(move |line| line.strip_prefix(mark))
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_place_in_known_words_and_with_a_remedy() {
    let site = Site::new();
    let mut files = 0;
    for (name, web) in corpus("refused") {
        let (good, told) = check(&site, &web).await;
        assert!(!good, "{name} was accepted");
        assert!(expected(&web, "# says: ").count() > 0, "{name}");
        for words in expected(&web, "# says: ") {
            assert!(told.contains(words), "{name}: {words}\n{told}");
        }
        assert!(told.lines().all(|line| line.contains("; ")), "{told}");
        let directory = format!("{}/", site.path().display());
        let told = told.replace(&directory, "").replace('\n', "<br>");
        // A table for whoever compares: `cargo test … -- --nocapture`.
        println!("| {name} | {told} |");
        files += 1;
    }
    assert!(files > 35, "{files}");
}

#[tokio::test]
async fn what_the_ecosystem_accepts_is_accepted() {
    let site = Site::new();
    let server = site.authority.server();
    let inline = |pem: &str| pem.trim_end().replace('\n', "\n    ");
    for (name, web) in corpus("accepted") {
        let web = web
            .replace("@DIRECTORY@", &site.path().display().to_string())
            .replace("@CERTIFICATE@", &inline(&server.certificate))
            .replace("@KEY@", &inline(&server.key));
        let (good, told) = check(&site, &web).await;
        assert!(good, "{name} was refused:\n{told}\n{web}");
        let warnings: Vec<_> = expected(&web, "# warns: ").collect();
        assert_eq!(told.lines().count(), warnings.len(), "{name}\n{told}");
        for words in warnings {
            assert!(told.contains(words), "{name}: {words}\n{told}");
        }
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

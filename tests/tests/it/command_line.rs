//! The command line: what ends with which exit code, and what it says.

use nbu_sim::{Population, Sim};
use nbu_tests::{Launch, Watched, configuration};
use std::net::TcpListener;

#[tokio::test]
async fn a_pipe_in_the_place_of_a_file_is_named_and_nobody_waits_for_a_writer() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let pipe = pipe.display();
    let primary = "primaries:\n  - name: paris\n    url: https://nbu.example.com:1556/netbackup\n";
    for (config, command) in [
        // A part of the configuration, at the start.
        (
            format!("{primary}    api_key: x\nprimaries_file: ['{pipe}']\n"),
            vec!["serve"],
        ),
        // A file that it names, when it is checked.
        (
            format!("{primary}    api_key_file: '{pipe}'\n"),
            vec!["config", "check"],
        ),
    ] {
        let ran = Launch::with_config(config).arguments(command).run().await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        let told = format!("cannot read {pipe}: it is not a regular file");
        assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    }
}

#[tokio::test]
async fn every_mistake_is_told_with_its_place_and_remedy_and_nothing_starts() {
    let mistakes = [
        (
            "an unknown key",
            "primaries:\n  - name: paris\n    url: https://nbu.example.com:1556/netbackup\n    api_kee: x\n",
            "4:5",
            "api_kee",
        ),
        (
            "a bad duration",
            "primaries:\n  - name: paris\n    url: https://nbu.example.com:1556/netbackup\n    api_key: x\n    request_timeout: 30 parsecs\n",
            "5:22",
            "request_timeout",
        ),
        (
            "missing credentials",
            "primaries:\n  - name: paris\n    url: https://nbu.example.com:1556/netbackup\n",
            "2:5",
            "api_key",
        ),
        (
            "two of one name",
            "primaries:\n  - {name: paris, url: \"https://a.example.com/netbackup\", api_key: x}\n  - {name: paris, url: \"https://b.example.com/netbackup\", api_key: x}\n",
            "3:12",
            "paris",
        ),
        (
            "an unset variable",
            "primaries:\n  - name: paris\n    url: https://nbu.example.com:1556/netbackup\n    api_key: ${NOBODY_SETS_THIS}\n",
            "4:14",
            "NOBODY_SETS_THIS",
        ),
    ];
    for (what, config, place, word) in mistakes {
        let mut exporter = Launch::with_config(config).spawn();
        let status = exporter.ended().await;
        assert_eq!(status.code(), Some(2), "{what}");
        let place = format!("nbu-exporter.yml:{place}: ");
        let told = exporter.logged(word).await;
        assert!(told.contains(&place), "{what} is at {place}\n{told}");
        assert!(told.contains("; "), "{what} comes with a remedy\n{told}");
        assert!(
            !exporter.log().contains("listening"),
            "{what}: nothing starts"
        );
    }
}

#[tokio::test]
async fn all_problems_are_reported_at_once() {
    let config = "primaries:\n  - name: paris\n    url: nonsense\n    api_kee: x\n  - name: paris\n    url: https://nbu.example.com:1556/netbackup\n    api_key: y\n    request_timeout: soon\n";
    let mut exporter = Launch::with_config(config)
        .arguments(["--config.check"])
        .spawn();
    assert_eq!(exporter.ended().await.code(), Some(2));
    for word in ["nonsense", "api_kee", "paris", "soon"] {
        exporter.logged(word).await;
    }
}

#[tokio::test]
async fn a_port_that_is_taken_ends_with_1_and_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    let mut exporter = Launch::with_config(configuration([&watched]))
        .arguments(["--web.listen-address", &address])
        .spawn();
    assert_eq!(exporter.ended().await.code(), Some(1));
    assert!(
        exporter.logged(&address).await.contains("level=error"),
        "{}",
        exporter.log()
    );
}

#[tokio::test]
async fn a_good_configuration_is_checked_without_starting() {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    let mut exporter = Launch::with_config(configuration([&watched]))
        .arguments(["--config.check"])
        .spawn();
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
    assert!(watched.sim.requests().is_empty());
}

/// True for what a build may have as its revision: a commit of git, `none` outside a checkout, or what it was told.
fn is_revision(text: &str) -> bool {
    let is_commit = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_commit || text == "none" || option_env!("NBU_EXPORTER_REVISION") == Some(text)
}

/// The revision in the first line of `--version`.
fn revision_of(line: &str) -> &str {
    let version = env!("CARGO_PKG_VERSION");
    let before = format!("nbu-exporter, version {version} (revision: ");
    let behind = line.strip_prefix(&*before);
    behind
        .and_then(|behind| behind.strip_suffix(')'))
        .unwrap_or_else(|| panic!("{line}"))
}

#[tokio::test]
async fn the_version_names_revision_date_compiler_and_platform() {
    for flag in ["--version", "-V"] {
        let ran = Launch::default().arguments([flag]).run().await;
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert!(is_revision(revision_of(lines[0])), "{}", lines[0]);
        for (line, name) in lines[1..]
            .iter()
            .zip(["build date:", "rustc:", "platform:"])
        {
            let value = line.strip_prefix("  ").unwrap().strip_prefix(name);
            assert!(value.is_some_and(|value| value.trim().len() >= 4), "{line}");
        }
        assert_eq!(lines.len(), 4, "{}", ran.stdout);
    }
}

#[tokio::test]
async fn the_log_and_the_page_begin_with_version_and_revision() {
    let exporter = Launch::with_config("primaries: []\n").start().await;
    let started = exporter.logged("starting nbu-exporter").await;
    let version = env!("CARGO_PKG_VERSION");
    let told = Launch::default().arguments(["--version"]).run().await;
    let revision = revision_of(told.stdout.lines().next().unwrap());
    let build = format!("version={version} revision={revision} ");
    assert!(started.contains(&build), "{started}");
    assert!(exporter.log().starts_with(&started), "{}", exporter.log());
    let page = exporter.scrape().await;
    let build = [("version", version), ("revision", revision)];
    let info = page.select("netbackup_exporter_build_info", &build);
    assert_eq!(info.count(), 1, "{}", page.text());
}

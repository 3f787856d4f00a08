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

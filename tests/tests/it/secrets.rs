//! Secrets leave the process in one place only: towards the primary or the proxy that they are for. Whoever says them back,
//! and however they are spelled then, they are told in no line, page, report or file.

mod spelling;
mod traced;
mod world;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use nbu_exporter::config::Config;
use nbu_exporter::environment::Environment;
use nbu_exporter::shutdown::{Signal, Signals};
use nbu_exporter::{App, Options};
use nbu_sim::{Fault, Population, Route, Sim};
use nbu_tests::{API_KEY, Launch, Page, Watched, configuration, http};
use tracing::Level;

use traced::{Ear, Line};
use world::World;

#[tokio::test]
async fn the_api_key_is_in_no_log_line_page_or_redirect() {
    let wrong = Watched::start("wrong", Sim::builder().population(Population::empty())).await;
    let sent = Watched::start("sent", Sim::builder().population(Population::finished(50))).await;
    let stranger = Watched::start("stranger", Sim::builder().population(Population::empty())).await;
    wrong.sim.revoke(API_KEY);
    sent.sim.faults().always(
        Route::StorageServers,
        Fault::Redirect(format!("{}/storage/storage-servers", stranger.sim.url())),
    );

    let launch =
        Launch::with_config(configuration([&wrong, &sent])).arguments(["--log.level", "debug"]);
    let mut exporter = launch.start().await;
    let failing = |page: &Page, primary, collector| {
        let labels = [("primary", primary), ("collector", collector)];
        page.select("netbackup_exporter_collector_status", &labels)
            .any(|(series, value)| value == 1.0 && series.labels["reason"] != "ok")
    };
    let page = exporter
        .scrape_until("both failures", |page| {
            failing(page, "wrong", "jobs") && failing(page, "sent", "storage")
        })
        .await;
    let landing = exporter.request("/").await.text().await.unwrap();
    assert!(exporter.terminated().await.success());

    let log = exporter.log();
    assert!(
        log.contains("level=debug"),
        "the test looks at debug lines:\n{log}"
    );
    for (place, text) in [
        ("log", log.as_str()),
        ("metrics", page.text()),
        ("landing page", &landing),
    ] {
        assert!(
            !text.contains(API_KEY),
            "the key is in the {place}:\n{text}"
        );
    }
    assert!(
        sent.sim
            .requests()
            .iter()
            .any(|request| request.header("authorization") == Some(API_KEY)),
        "the key was used"
    );
    assert!(
        stranger.sim.requests().is_empty(),
        "a redirect was followed"
    );
}

/// Every collector of every primary has run, or was kept from it, and both are shown.
fn all_tried(page: &Page, primaries: &[Watched]) -> bool {
    primaries.iter().all(|watched| {
        ["primary", "jobs", "storage", "protection"]
            .iter()
            .all(|collector| {
                let labels = [("primary", &*watched.name), ("collector", collector)];
                page.select("netbackup_exporter_collector_status", &labels)
                    .any(|(_, value)| value == 1.0)
            })
    })
}

/// Every file below `directory` but the configuration, with its content.
fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if !path.ends_with("nbu-exporter.yml") {
            let content = std::fs::read(&path).unwrap();
            files.push((path.display().to_string(), content));
        }
    }
    files
}

#[tokio::test]
async fn whatever_is_said_back_is_told_in_no_line_page_or_file() {
    let world = World::new().await;
    let launch = Launch::with_config(world.configuration());
    let arguments = ["--log.level", "debug", "--web.enable-lifecycle"];
    let mut exporter = launch.arguments(arguments).start().await;
    exporter
        .scrape_until("every collector's outcome", |page| {
            all_tried(page, &world.primaries)
        })
        .await;
    let mut places = Vec::new();
    let http = http();
    for accept in [
        "text/plain;version=0.0.4",
        "application/openmetrics-text;version=1.0.0",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    ] {
        let asked = http.get(exporter.url("/metrics")).header("accept", accept);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        places.push((accept.to_owned(), answer.bytes().await.unwrap().to_vec()));
    }
    let reloaded = http.post(exporter.url("/-/reload")).send().await.unwrap();
    places.push((
        "a reload".to_owned(),
        reloaded.bytes().await.unwrap().to_vec(),
    ));
    for path in [
        "/",
        "/config",
        "/api/v1/status",
        "/sd",
        "/probe?target=http1-0",
        "/nowhere",
        "/-/ready",
    ] {
        // Some of these may not be served: then that is said without a secret.
        let answer = exporter.request(path).await;
        places.push((path.to_owned(), answer.bytes().await.unwrap().to_vec()));
    }
    exporter.terminated().await;
    let log = exporter.log();
    assert!(
        log.contains("level=debug") && log.contains("target=nbu_client"),
        "{log}"
    );
    assert!(log.contains("<secret>"), "something was said back:\n{log}");
    places.push(("the log".to_owned(), log.into_bytes()));
    let files = files(exporter.directory());
    for expected in ["stdout", "nbu-exporter-data"] {
        assert!(
            files.iter().any(|(path, _)| path.contains(expected)),
            "{expected}"
        );
    }
    places.extend(files);
    world.assert_that_they_were_sent();
    for (place, text) in &places {
        assert_eq!(world.told(text), None, "{place}");
    }
}

#[tokio::test]
async fn a_check_tells_none_in_a_table_or_in_json() {
    let world = World::new().await;
    for output in ["table", "json"] {
        let launch = Launch::with_config(world.configuration());
        let ran = launch
            .arguments(["check", "--show-ca", "--output", output])
            .run()
            .await;
        assert_eq!(ran.code, Some(1));
        assert!(ran.stdout.contains("<secret>"), "{}", ran.stdout);
        for text in [ran.stdout, ran.stderr] {
            assert_eq!(world.told(text.as_bytes()), None, "{output}");
        }
    }
    world.assert_that_they_were_sent();
    let checked = Launch::with_config(world.configuration()).arguments(["config", "check"]);
    let ran = checked.run().await;
    assert_eq!(ran.code, Some(2), "the file of two lines");
    assert_eq!(world.told(ran.stderr.as_bytes()), None);
}

#[tokio::test]
async fn a_configuration_that_is_wrong_is_told_without_what_is_secret_in_it() {
    let primary = "primaries:\n  - name: paris\n    url: https://nbu.example.com:1556/netbackup\n";
    for wrong in [
        "    api_key: [s3cr3t]",
        "    api_key: {s3cr3t: 1}",
        "    api_key: \"s3cr3t\\nsecond line\"",
        "    api_key: s3cr3t\n    api_key_file: x",
        "    api_key: s3cr3t\n    api_kee: x",
        "    login: {user_name: u, password: [s3cr3t]}",
        "    api_key: x\n    proxy_url: ftp://user:s3cr3t@proxy.example.com",
        "    api_key: x\n    proxy_url: 'http://user:s3cr3t@'",
        "    api_key: x\n    proxy_url: 'user:s3cr3t@proxy.example.com:3128'",
    ] {
        let config = format!("{primary}{wrong}\n");
        let ran = Launch::with_config(config)
            .arguments(["config", "check"])
            .run()
            .await;
        assert_eq!(ran.code, Some(2), "{wrong}\n{}", ran.stderr);
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains("s3cr3t"), "{wrong}\n{text}");
        }
    }
}

/// What our log lets through of what others say: informational lines and worse (`nbu_exporter::log`).
fn is_let_through(line: &Line) -> bool {
    line.target.starts_with("nbu_") || line.level <= Level::INFO
}

#[test]
fn with_everything_at_trace_level_what_is_let_through_tells_none() {
    // The primaries on threads of their own, which nobody listens to.
    let theirs = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = theirs.block_on(World::new());
    let ear = Ear::default();
    log::set_logger(Box::leak(Box::new(ear.clone()))).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let _heard = tracing::subscriber::set_default(ear.clone());
    let ours = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    ours.block_on(lived_through(&world));
    world.assert_that_they_were_sent();
    let lines = ear.lines();
    for target in [
        "nbu_client",
        "nbu_exporter",
        "hyper",
        "h2",
        "rustls",
        "reqwest",
    ] {
        let heard = lines.iter().any(|line| line.target.starts_with(target));
        assert!(heard, "nothing was heard of {target}");
    }
    let mut held_back = BTreeSet::new();
    for line in &lines {
        let Some(told) = world.told(line.text.as_bytes()) else {
            continue;
        };
        let Line { target, level, .. } = line;
        assert!(!is_let_through(line), "{target} at {level} tells {told}");
        held_back.insert(target.clone());
    }
    // Why they are held back at any level that can be chosen.
    println!("libraries that tell secrets at debug or trace: {held_back:?}");
}

/// The application in this process, from its start to its end.
async fn lived_through(world: &World) {
    let path = Path::new("nbu-exporter.yml");
    let config = Config::parse(path, &world.configuration(), &Environment::of([])).unwrap();
    let options = Options {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        ..Options::default()
    };
    let app = App::bind(config, options).await.unwrap();
    let url = format!("http://{}/metrics", app.addresses()[0]);
    let (signals, arrivals) = Signals::channel();
    let run = tokio::spawn(app.run(arrivals));
    let scraped = async {
        let http = http();
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        loop {
            tick.tick().await;
            let answer = http.get(&url).send().await.unwrap();
            let page = Page::parse(&answer.text().await.unwrap());
            if all_tried(&page, &world.primaries) {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), scraped)
        .await
        .unwrap();
    signals.send(Signal::Terminate).await.unwrap();
    run.await.unwrap();
}

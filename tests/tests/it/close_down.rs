//! SIGTERM and SIGINT: what runs is finished, what hangs is cut at the deadline, and the exit code tells which.

use nbu_exporter::shutdown::REPEATED;
use nbu_sim::{Fault, Outage, Population, Route, Sim};
use nbu_tests::{Exporter, Launch, Watched, configuration};
use nix::sys::signal::Signal;
use std::time::Duration;

/// Less than the default grace: who ends within it heeded the configured one.
const SHORT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_idle_exporter_ends_at_once_with_0() {
    let watched =
        Watched::start("paris", Sim::builder().population(Population::finished(20))).await;
    let mut exporter = Launch::with_config(configuration([&watched])).start().await;
    up(&exporter, "paris").await;
    assert_eq!(
        exporter.terminated().await.code(),
        Some(0),
        "{}",
        exporter.log()
    );
}

#[tokio::test]
async fn sigint_is_as_good_as_sigterm() {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    let mut exporter = Launch::with_config(configuration([&watched])).start().await;
    exporter.signal(Signal::SIGINT);
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

#[tokio::test]
async fn a_walk_of_a_thousand_pages_stops_between_two_pages() {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    for client in 0..100_000 {
        watched.sim.add_active(&nbu_sim::JobSpec::backup(
            "night",
            "STANDARD",
            &format!("client-{client}"),
        ));
    }
    let launch = Launch::with_config(configuration([&watched])).arguments(["--log.level", "debug"]);
    let mut exporter = launch.start().await;
    let pages = [("endpoint", "/admin/jobs"), ("code", "200")];
    exporter
        .scrape_until("some pages", |page| {
            page.sum("netbackup_exporter_api_requests_total", &pages) > 2.0
        })
        .await;
    let gate = watched.sim.hold(Route::Jobs);
    gate.reached().await;
    exporter.signal(Signal::SIGTERM);
    exporter.logged("msg=closing ").await;
    let asked = watched.sim.requests_to(Route::Jobs).len();
    gate.release();
    assert_eq!(
        exporter.ended().await.code(),
        Some(0),
        "the page on the wire was allowed to finish:\n{}",
        exporter.log()
    );
    assert_eq!(
        watched.sim.requests_to(Route::Jobs).len(),
        asked,
        "no further page was asked for"
    );
}

#[tokio::test]
async fn a_hung_primary_is_cut_at_the_grace_and_named() {
    let hung = Watched::start("hung", Sim::builder().population(Population::empty())).await;
    let other = Watched::start("other", Sim::builder().population(Population::empty())).await;
    hung.sim.faults().always(Route::Any, Fault::Hang);
    let launch =
        Launch::with_config(configuration([&hung, &other])).arguments(["--shutdown.grace", "1s"]);
    let mut exporter = launch.start().await;
    in_flight(&exporter, "hung").await;
    exporter.signal(Signal::SIGTERM);
    assert_eq!(
        exporter.ended_within(SHORT).await.code(),
        Some(1),
        "{}",
        exporter.log()
    );
    let named: Vec<_> = exporter
        .log()
        .lines()
        .filter(|line| line.contains("in_flight=") && line.contains("primary="))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        named.len(),
        1,
        "one line per primary with something in flight:\n{}",
        exporter.log()
    );
    assert!(named[0].contains("primary=hung"), "{}", named[0]);
}

#[tokio::test]
async fn back_off_does_not_hold_up_the_end() {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    watched.sim.faults().always(
        Route::Any,
        Fault::RetryAfter {
            status: 503,
            value: "3600".into(),
        },
    );
    let mut exporter = Launch::with_config(configuration([&watched])).start().await;
    exporter
        .scrape_until("a refused request", |page| {
            page.sum("netbackup_exporter_api_requests_total", &[("code", "503")]) > 0.0
        })
        .await;
    assert_eq!(
        exporter.terminated().await.code(),
        Some(0),
        "{}",
        exporter.log()
    );
}

#[tokio::test]
async fn version_detection_of_a_dead_host_does_not_hold_up_the_end() {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    watched.sim.set_outage(Outage::Down);
    let mut exporter = Launch::with_config(configuration([&watched])).start().await;
    exporter
        .scrape_until("an attempt", |page| {
            page.sum(
                "netbackup_exporter_api_requests_total",
                &[("code", "connect")],
            ) > 0.0
        })
        .await;
    assert_eq!(
        exporter.terminated().await.code(),
        Some(0),
        "{}",
        exporter.log()
    );
}

#[tokio::test]
async fn version_detection_of_a_black_hole_is_cut_at_the_grace() {
    let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    watched.sim.set_outage(Outage::BlackHole);
    let mut exporter = Launch::with_config(configuration([&watched]))
        .arguments(["--shutdown.grace", "1s"])
        .start()
        .await;
    in_flight(&exporter, "paris").await;
    exporter.signal(Signal::SIGTERM);
    assert_eq!(
        exporter.ended_within(SHORT).await.code(),
        Some(1),
        "{}",
        exporter.log()
    );
}

#[tokio::test]
async fn a_reload_under_way_does_not_hold_up_the_end() {
    let old = Watched::start("old", Sim::builder().population(Population::empty())).await;
    let new = Watched::start("new", Sim::builder().population(Population::empty())).await;
    let mut exporter = Launch::with_config(configuration([&old]))
        .arguments(["--shutdown.grace", "20s"])
        .start()
        .await;
    up(&exporter, "old").await;
    // The primary that the reload removes still has a request on the wire, so the reload is draining it.
    let gate = old.sim.hold(Route::Any);
    gate.reached().await;
    exporter.rewrite_config(&configuration([&new]));
    exporter.signal(Signal::SIGHUP);
    up(&exporter, "new").await;
    exporter.signal(Signal::SIGTERM);
    exporter.logged("stopping").await;
    gate.release();
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

#[tokio::test]
async fn a_signal_a_second_after_the_first_aborts_with_itself_in_the_exit_code() {
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130)] {
        let watched = Watched::start("paris", Sim::builder().population(Population::empty())).await;
        watched.sim.faults().always(Route::Any, Fault::Hang);
        let mut exporter = Launch::with_config(configuration([&watched]))
            .arguments(["--shutdown.grace", "10m"])
            .start()
            .await;
        in_flight(&exporter, "paris").await;
        exporter.signal(Signal::SIGTERM);
        exporter.logged("stopping").await;
        // One that comes sooner is the first one again.
        tokio::time::sleep(REPEATED).await;
        exporter.signal(signal);
        assert_eq!(
            exporter.ended().await.code(),
            Some(code),
            "{}",
            exporter.log()
        );
    }
}

#[tokio::test]
async fn a_scrape_in_progress_is_answered_in_full() {
    let counts = nbu_sim::StorageCounts {
        units: 1_250,
        pools: 600,
        servers: 10,
    };
    let sim = Sim::builder()
        .population(Population::empty())
        .storage(counts);
    let watched = Watched::start("paris", sim).await;
    let mut exporter = Launch::with_config(configuration([&watched])).start().await;
    exporter
        .scrape_until("storage", |page| {
            page.has("netbackup_storage_unit_info", &[])
        })
        .await;
    // Uncompressed: the harness's client hides the length of what it unpacks.
    let mut response = nbu_tests::http()
        .get(exporter.url("/metrics"))
        .header("accept-encoding", "identity")
        .send()
        .await
        .unwrap();
    let announced = response
        .content_length()
        .expect("a page that is kept ready has a length");
    let mut body = response
        .chunk()
        .await
        .unwrap()
        .expect("a first piece")
        .to_vec();
    exporter.signal(Signal::SIGTERM);
    exporter.logged("stopping").await;
    while let Some(piece) = response.chunk().await.expect("the rest of the page") {
        body.extend_from_slice(&piece);
    }
    assert_eq!(body.len() as u64, announced);
    let page = nbu_tests::Page::parse(&String::from_utf8(body).unwrap());
    assert_eq!(
        page.select("netbackup_storage_unit_info", &[]).count(),
        1_250
    );
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

async fn up(exporter: &Exporter, primary: &str) {
    exporter
        .scrape_until("up", |page| {
            page.value("netbackup_up", &[("primary", primary)]) == Some(1.0)
        })
        .await;
}

async fn in_flight(exporter: &Exporter, primary: &str) {
    let labels = [("primary", primary)];
    let flying = |page: &nbu_tests::Page| {
        page.value("netbackup_exporter_api_in_flight_requests", &labels)
            .is_some_and(|flying| flying > 0.0)
    };
    exporter.scrape_until("a request in flight", flying).await;
}

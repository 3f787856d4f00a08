//! The API key leaves the process in one place only: the `Authorization` header to its own primary.

use nbu_sim::{Fault, Population, Route, Sim};
use nbu_tests::{API_KEY, Launch, Watched, configuration};

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
    let failing = |page: &nbu_tests::Page, primary, collector| {
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

//! One primary is nobody else's business; and reloads.

use nbu_exporter::reload::Source;
use nbu_exporter::shutdown::Signal;
use nbu_sim::Outage;

use super::harness::{Exporter, KEY, primary, sim};

#[tokio::test]
async fn a_primary_that_never_answers_delays_no_other_one() {
    let (directory, healthy, hung) = (tempfile::tempdir().unwrap(), sim().await, sim().await);
    hung.set_outage(Outage::BlackHole);
    let both =
        primary("paris", &healthy, &directory, "") + &primary("tokyo", &hung, &directory, "");
    let exporter = Exporter::start(&both, &directory, |_| ()).await;
    let page = exporter
        .until("netbackup_exporter_collector_success{primary=\"paris\",collector=\"storage\"} 1")
        .await;
    assert!(
        page.contains("netbackup_up{primary=\"tokyo\"} 0\n"),
        "{page}"
    );
    // Its first attempt takes 10 s at least, so this cannot be too late to look.
    assert_eq!(exporter.get("/-/ready").await.status, 503);
    assert_eq!(exporter.get("/-/healthy").await.status, 200);
    exporter.signal(Signal::Terminate).await;
    exporter.signal(Signal::Terminate).await;
    exporter.ended().await;
}

#[tokio::test]
async fn a_key_that_cannot_be_read_stops_its_own_primary_only() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let good = primary("paris", &sim, &directory, "");
    let bad = primary("tokyo", &sim, &directory, "")
        .replace(&format!("api_key: {KEY}"), "api_key_file: /nonexistent/key");
    let exporter = Exporter::start(&(good + &bad), &directory, |_| ()).await;
    exporter.until("netbackup_up{primary=\"paris\"} 1").await;
    let status = "netbackup_exporter_collector_status{primary=\"tokyo\",collector=\"jobs\",reason=\"credentials\"} 1";
    let page = exporter.until(status).await;
    assert!(page.contains("netbackup_up{primary=\"tokyo\"} 0\n"));
    assert_eq!(
        exporter.get("/-/ready").await.status,
        200,
        "its first attempt has ended"
    );
    assert!(exporter.get("/").await.text().contains("/nonexistent/key"));
    exporter.terminated().await;
}

#[tokio::test]
async fn a_reload_touches_only_what_has_changed() {
    let (directory, one, two, three) = (
        tempfile::tempdir().unwrap(),
        sim().await,
        sim().await,
        sim().await,
    );
    let paris = primary("paris", &one, &directory, "");
    let before = paris.clone() + &primary("tokyo", &two, &directory, "");
    let exporter = Exporter::start(&before, &directory, |_| ()).await;
    exporter.until("netbackup_up{primary=\"paris\"} 1").await;
    exporter.until("netbackup_up{primary=\"tokyo\"} 1").await;
    let connections = one.connections_accepted();

    let after = paris + &primary("quito", &three, &directory, "");
    exporter.rewrite(&format!("primaries:\n{after}"));
    assert_eq!(exporter.request("POST", "/-/reload", "").await.status, 200);
    let page = exporter.until("netbackup_up{primary=\"quito\"} 1").await;
    assert!(
        !page.contains("primary=\"tokyo\""),
        "what was removed is gone"
    );
    assert_eq!(
        one.connections_accepted(),
        connections,
        "the unchanged one keeps its connections"
    );

    let changed = after.replace(
        &format!("api_key: {KEY}"),
        &format!("api_key: {KEY}, request_timeout: 29s"),
    );
    exporter.rewrite(&format!("primaries:\n{changed}"));
    exporter.signal(Signal::Hangup).await;
    let waiting = async {
        while one.connections_accepted() == connections {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(super::harness::HANG, waiting)
        .await
        .unwrap();
    exporter.terminated().await;
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_says_why() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let exporter =
        Exporter::start(&primary("paris", &sim, &directory, ""), &directory, |_| ()).await;
    exporter.until("netbackup_up{primary=\"paris\"} 1").await;
    exporter.rewrite("primaries:\n  - {name: paris, nonsense: 1}\n");
    let refused = exporter.request("POST", "/-/reload", "").await;
    assert_eq!(refused.status, 500);
    let text = refused.text();
    assert!(
        text.starts_with("failed to reload config: ") && text.contains("nonsense"),
        "{text}"
    );
    let page = exporter.get("/metrics").await.text();
    assert!(
        page.contains("netbackup_exporter_config_last_reload_successful 0\n"),
        "{page}"
    );
    assert!(
        page.contains("netbackup_up{primary=\"paris\"} 1\n"),
        "{page}"
    );
    exporter.terminated().await;
}

#[tokio::test]
async fn a_reload_of_a_configuration_without_a_file_succeeds_and_changes_nothing() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let paris = primary("paris", &sim, &directory, "");
    let exporter = Exporter::start(&paris, &directory, |options| {
        options.source = Source::Fixed;
    })
    .await;
    exporter.until("netbackup_up{primary=\"paris\"} 1").await;
    let connections = sim.connections_accepted();
    let reloaded = exporter.request("POST", "/-/reload", "").await;
    assert_eq!(reloaded.status, 200);
    let text = reloaded.text();
    assert!(text.contains("built in"), "{text}");
    let page = exporter.get("/metrics").await.text();
    for line in [
        "netbackup_exporter_config_last_reload_successful 1\n",
        "netbackup_up{primary=\"paris\"} 1\n",
    ] {
        assert!(page.contains(line), "{page}");
    }
    assert_eq!(sim.connections_accepted(), connections);
    exporter.terminated().await;
}

#[tokio::test]
async fn a_primary_with_too_much_is_cut_and_says_so() {
    let (directory, sim) = (tempfile::tempdir().unwrap(), sim().await);
    let paris = primary("paris", &sim, &directory, "");
    let budget = "metrics: {max_series_per_family: 3}\n";
    let exporter = Exporter::start(&(paris + budget), &directory, |_| ()).await;
    let dropped = "netbackup_exporter_series_dropped_total{primary=\"paris\",family=\"netbackup_storage_unit_info\"} ";
    let page = exporter.until(dropped).await;
    let units = page
        .lines()
        .filter(|line| line.starts_with("netbackup_storage_unit_info{"));
    assert_eq!(units.count(), 3);
    assert!(page.contains("netbackup_up{primary=\"paris\"} 1\n"));
    exporter.terminated().await;
}

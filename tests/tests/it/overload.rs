//! A primary that says it has enough is asked less, by all its collectors, and one beside it is not touched.

use nbu_sim::{Fault, Population, Route, Sim};
use nbu_tests::{Launch, Page, Watched, configuration};

fn ok(page: &Page, primary: &str) -> bool {
    ["primary", "jobs", "storage"].iter().all(|collector| {
        let labels = [
            ("primary", primary),
            ("collector", *collector),
            ("reason", "ok"),
        ];
        page.value("netbackup_exporter_collector_status", &labels) == Some(1.0)
    })
}

#[tokio::test]
async fn a_storm_of_429_slows_the_requests_down_and_ends() {
    let start = async |name| {
        let sim = Sim::builder().population(Population::finished(20));
        Watched::start(name, sim).await
    };
    let (calm, full) = (start("calm").await, start("full").await);
    let exporter = Launch::with_config(configuration([&calm, &full]))
        .start()
        .await;
    let both = |page: &Page| ok(page, "calm") && ok(page, "full");
    let before = exporter.scrape_until("both", both).await;

    let storm = Fault::RetryAfter {
        status: 429,
        value: "3".to_owned(),
    };
    full.sim.faults().always(Route::Any, storm);
    exporter.logged("says that it is overloaded").await;
    calm.sim.forget_requests();
    full.sim.forget_requests();
    // While the one is asked sixty times …
    exporter
        .scrape_until("many requests to the other", |page| {
            assert!(ok(page, "calm"), "{}", page.text());
            calm.sim.requests().len() >= 60
        })
        .await;
    // … the other is asked every three seconds, and by whoever was on the way when it said so.
    let asked = full.sim.requests().len();
    assert!(asked <= 12, "{asked} requests in the storm");

    full.sim.faults().clear();
    let after = exporter.scrape_until("both again", both).await;
    exporter.logged("keeps up again").await;
    let log = exporter.log();
    assert!(log.contains("asked_for=3s"), "{log}");
    let begins = log.matches("says that it is overloaded").count();
    assert_eq!(begins, 1, "told once:\n{log}");
    let finished = |page: &Page| page.sum("netbackup_jobs_finished_total", &[("primary", "full")]);
    assert_eq!(finished(&before), finished(&after), "what is counted stays");
}

//! Keys and sessions that end, are exchanged, revoked and come back, while the exporter collects.

use std::os::unix::fs::symlink;

use nbu_sim::{Clock, Fault, Permission, Population, Route, Sim, SimBuilder};
use nbu_tests::{API_KEY, Exporter, Launch, Page, Watched, configuration};
use nix::sys::signal::Signal;

const PASSWORD: &str = "a-very-secret-password";
const STATUS: &str = "netbackup_exporter_collector_status";

fn sim() -> SimBuilder {
    Sim::builder().population(Population::finished(50))
}

/// A primary at which the exporter logs in with the password in the file `password`.
async fn with_login(validity: i64, password: &str) -> Watched {
    let sim = sim()
        .clock(Clock::system())
        .user("monitor", PASSWORD, &Permission::ALL)
        .token_validity(validity);
    let watched = Watched::start("paris", sim).await.credential(
        "login: {domain_type: unixpwd, domain_name: primary.example.com, user_name: monitor, password_file: DIR/password}",
    );
    watched.write("password", password);
    watched.sim.revoke(API_KEY);
    watched
}

fn up(page: &Page) -> bool {
    page.value("netbackup_up", &[("primary", "paris")]) == Some(1.0)
}

fn shows(page: &Page, collector: &str, reason: &str) -> bool {
    let labels = [
        ("primary", "paris"),
        ("collector", collector),
        ("reason", reason),
    ];
    page.value(STATUS, &labels) == Some(1.0)
}

/// Every collector has run, and none has failed.
fn all_well(page: &Page) -> bool {
    ["primary", "jobs", "storage"]
        .iter()
        .all(|collector| shows(page, collector, "ok"))
}

/// Scrapes until `done`; at each scrape every collector's last run was a success.
async fn well_until(exporter: &Exporter, what: &str, done: impl Fn() -> bool) -> Page {
    exporter.scrape_until("all collectors", all_well).await;
    exporter
        .scrape_until(what, |page| {
            assert!(
                all_well(page),
                "a failed cycle:\n{}\n{}",
                page.text(),
                exporter.log()
            );
            done()
        })
        .await
}

#[tokio::test]
async fn sessions_that_end_every_two_seconds_fail_no_collection() {
    let watched = with_login(2, PASSWORD).await;
    let launch = Launch::with_config(configuration([&watched])).arguments(["--log.level", "debug"]);
    let mut exporter = launch.start().await;
    let logins = || watched.sim.logins().accepted;
    let page = well_until(&exporter, "four sessions", || logins() >= 4).await;
    let expiry = "netbackup_exporter_credential_expiry_timestamp_seconds";
    assert!(page.has(expiry, &[("primary", "paris"), ("kind", "session")]));
    assert_eq!(watched.sim.logins().rejected, 0);
    assert!(
        watched.sim.requests().iter().all(|seen| seen.http2),
        "HTTP/2, where it is offered"
    );
    let landing = exporter.request("/").await.text().await.unwrap();
    let metrics = exporter.scrape().await;
    assert!(exporter.terminated().await.success());
    let log = exporter.log();
    assert!(log.contains("logged in"), "{log}");
    assert!(!log.contains("fails"), "{log}");
    for text in [&log, &landing, metrics.text()] {
        assert!(!text.contains(PASSWORD), "the password is told:\n{text}");
        assert!(!text.contains("session."), "a token is told:\n{text}");
    }
}

#[tokio::test]
async fn a_key_that_kubernetes_exchanges_fails_no_collection_even_if_the_old_one_dies_at_once() {
    let watched = Watched::start("paris", sim()).await;
    // As a mounted secret looks: key -> ..data/key, ..data -> a directory of this version.
    let at = |name: &str| watched.directory().join(name);
    let version = |name: &str, key: &str| {
        std::fs::create_dir(at(name)).unwrap();
        std::fs::write(at(name).join("key"), key).unwrap();
    };
    version("..v1", API_KEY);
    std::fs::remove_file(at("key")).unwrap();
    symlink("..v1", at("..data")).unwrap();
    symlink("..data/key", at("key")).unwrap();
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    exporter.scrape_until("all collectors", all_well).await;

    let new = "another-very-secret-api-key-456789";
    watched.sim.set_key(new, &Permission::ALL, None);
    version("..v2", new);
    symlink("..v2", at("..data_tmp")).unwrap();
    std::fs::rename(at("..data_tmp"), at("..data")).unwrap();
    watched.sim.revoke(API_KEY);
    let with_new = |route| {
        let seen = watched.sim.requests_to(route);
        seen.iter()
            .filter(|seen| seen.header("authorization") == Some(new))
            .count()
    };
    let page = well_until(&exporter, "three cycles with the new key", || {
        with_new(Route::Jobs) >= 3 && with_new(Route::StorageUnits) >= 3
    })
    .await;
    let cut = [("primary", "paris"), ("code", "cancelled")];
    assert_eq!(page.sum("netbackup_exporter_api_requests_total", &cut), 0.0);
    let log = exporter.log();
    assert!(log.contains("the credential has changed"), "{log}");
    assert!(!log.contains("fails"), "{log}");
    assert!(!log.contains(new) && !log.contains(API_KEY), "{log}");
}

#[tokio::test]
async fn a_revoked_key_is_unauthorized_and_a_restored_one_is_up_again() {
    let watched = Watched::start("paris", sim()).await;
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    exporter.scrape_until("up", up).await;
    watched.sim.revoke(API_KEY);
    exporter
        .scrape_until("down", |page| {
            !up(page) && shows(page, "primary", "unauthorized")
        })
        .await;
    watched.sim.set_key(API_KEY, &Permission::ALL, None);
    exporter.scrape_until("up again", up).await;
}

#[tokio::test]
async fn a_rejected_password_is_not_tried_in_a_loop_and_a_changed_file_is_tried_at_once() {
    let watched = with_login(3600, "wrong").await;
    let exporter = Launch::with_config(configuration([&watched])).start().await;
    let cycles = || watched.sim.requests_to(Route::Ping).len();
    exporter
        .scrape_until("some cycles", |page| {
            shows(page, "primary", "unauthorized") && cycles() >= 4
        })
        .await;
    assert_eq!(watched.sim.logins().rejected, 1);
    exporter.logged("rejects user name and password").await;
    watched.write("password", PASSWORD);
    exporter.scrape_until("up", up).await;
    let logins = watched.sim.logins();
    assert_eq!((logins.accepted, logins.rejected), (1, 1));
}

#[tokio::test]
async fn no_session_is_left_behind_by_renewals_and_at_the_end() {
    let watched = with_login(8, PASSWORD).await;
    let mut exporter = Launch::with_config(configuration([&watched])).start().await;
    let logins = || watched.sim.logins();
    // One was replaced, and ended long before its time.
    well_until(&exporter, "a renewal and a logout", || {
        logins().accepted >= 2 && logins().ended >= 1
    })
    .await;
    assert!(watched.sim.sessions() >= 1);
    assert!(exporter.terminated().await.success());
    assert_eq!(watched.sim.sessions(), 0);
}

#[tokio::test]
async fn a_password_that_is_exchanged_and_a_primary_that_is_removed_leave_no_session() {
    let watched = with_login(3600, PASSWORD).await;
    let other = Watched::start("other", sim()).await;
    let exporter = Launch::with_config(configuration([&watched, &other]))
        .start()
        .await;
    exporter.scrape_until("all collectors", all_well).await;
    assert_eq!(watched.sim.sessions(), 1);
    // With its sessions revoked, so that the file is read at once.
    watched
        .sim
        .set_user("monitor", "another-password", &Permission::ALL);
    watched.write("password", "another-password");
    watched.sim.revoke_sessions();
    well_until(&exporter, "the next session", || {
        watched.sim.logins().accepted == 2
    })
    .await;
    exporter.rewrite_config(&configuration([&other]));
    exporter.signal(Signal::SIGHUP);
    exporter.logged("configuration reloaded").await;
    let gone = |page: &Page| !page.has("netbackup_up", &[("primary", "paris")]);
    exporter
        .scrape_until("removed", |page| gone(page) && watched.sim.sessions() == 0)
        .await;
    assert_eq!(watched.sim.logins().ended, 1, "the revoked one needed none");
}

#[tokio::test]
async fn a_logout_that_is_never_answered_keeps_nobody_longer_than_the_grace() {
    let watched = with_login(3600, PASSWORD).await;
    watched.sim.faults().always(Route::Logout, Fault::Hang);
    let launch = Launch::with_config(configuration([&watched]));
    let mut exporter = launch.arguments(["--shutdown.grace", "1s"]).start().await;
    exporter.scrape_until("all collectors", all_well).await;
    assert!(exporter.terminated().await.success(), "{}", exporter.log());
    assert_eq!(watched.sim.requests_to(Route::Logout).len(), 1);
    assert_eq!(watched.sim.logins().ended, 0);
}

//! `nbu-exporter check`: what it finds, what it advises, and what it never does.

mod asked;

use std::collections::BTreeSet;

use nbu_sim::{Fault, Identity, Outage, Permission, Population, Route, Sim, SimBuilder};
use nbu_tests::{API_KEY, Launch, Ran, Watched, configuration};
use nix::sys::signal::Signal;
use serde_json::Value;

fn sim() -> SimBuilder {
    Sim::builder()
        .population(Population::empty())
        .clock(nbu_sim::Clock::system())
}

async fn check(watched: &[&Watched], arguments: &[&str]) -> Ran {
    let launch = Launch::with_config(configuration(watched.iter().copied()));
    let ran = launch
        .arguments(["check"])
        .arguments(arguments.iter().copied())
        .run()
        .await;
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains(API_KEY), "{text}");
    }
    ran
}

/// The report in its machine form, and the exit code.
async fn report(watched: &[&Watched], arguments: &[&str]) -> (Value, i32) {
    let arguments = [&["--output", "json"], arguments].concat();
    let ran = check(watched, &arguments).await;
    let report = serde_json::from_str(&ran.stdout);
    (
        report.unwrap_or_else(|error| panic!("{error}: {ran:?}")),
        ran.code.unwrap(),
    )
}

fn rows(report: &Value, primary: usize) -> &[Value] {
    report["primaries"][primary]["checks"].as_array().unwrap()
}

fn row<'a>(report: &'a Value, check: &str, subject: &str) -> &'a Value {
    rows(report, 0)
        .iter()
        .find(|row| row["check"] == check && row["subject"].as_str().unwrap().contains(subject))
        .unwrap_or_else(|| panic!("no {check} {subject} in {report:#}"))
}

#[tokio::test]
async fn where_everything_works_it_says_so_and_asks_each_endpoint_once_for_little() {
    let watched = Watched::start("paris", sim()).await;
    let (report, code) = report(&[&watched], &[]).await;
    assert_eq!((code, &report["ok"]), (0, &Value::Bool(true)), "{report:#}");
    assert_eq!(report["schema"], 1);
    for row in rows(&report, 0) {
        assert!(
            row["status"] == "ok" || row["status"] == "skipped",
            "{row:#}"
        );
    }
    assert!(
        row(&report, "tls", "127.0.0.1")["detail"]
            .as_str()
            .unwrap()
            .contains("TLS 1.3")
    );
    let clock = row(&report, "clock", "")["skew_seconds"].as_f64().unwrap();
    assert!(clock.abs() < 5.0, "{clock}");
    for (route, name) in [
        (Route::Jobs, "/admin/jobs"),
        (Route::StorageUnits, "/storage/storage-units"),
        (Route::DiskPools, "/storage/disk-pools"),
        (Route::StorageServers, "/storage/storage-servers"),
    ] {
        let row = row(&report, "endpoint", name);
        assert!(
            row["permission"].as_str().unwrap().starts_with('|'),
            "{row:#}"
        );
        assert!(!row["collectors"].as_array().unwrap().is_empty());
        let asked = watched.sim.requests_to(route);
        assert_eq!(asked.len(), 1, "{name}");
        assert_eq!(asked[0].parameter("page[limit]"), Some("1"));
    }

    let table = check(&[&watched], &[]).await;
    assert_eq!(table.code, Some(0), "{table:?}");
    assert!(
        table.stdout.contains("everything works"),
        "{}",
        table.stdout
    );
    assert!(
        !table.stdout.contains('\u{1b}'),
        "no colours without a terminal"
    );
}

#[tokio::test]
async fn what_is_missing_is_named_with_the_permission_and_the_request() {
    let watched = Watched::start("paris", sim()).await;
    watched
        .sim
        .set_key(API_KEY, &[Permission::Jobs, Permission::DiskPools], None);
    let (report, code) = report(&[&watched], &[]).await;
    assert_eq!((code, &report["ok"]), (1, &Value::Bool(false)));
    assert_eq!(row(&report, "endpoint", "/admin/jobs")["status"], "ok");
    let missing = row(&report, "endpoint", "/storage/storage-units");
    assert_eq!(missing["status"], "failed");
    assert_eq!(missing["reason"], "forbidden");
    assert_eq!(missing["http_status"], 401);
    assert_eq!(missing["permission"], "|STORAGE|STORAGE-UNITS|");
    let remedy = missing["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("VIEW operation on |STORAGE|STORAGE-UNITS|"),
        "{remedy}"
    );
    let seen = watched.sim.requests_to(Route::StorageUnits);
    assert_eq!(
        seen[0].header("x-request-id"),
        missing["request_id"].as_str()
    );

    watched.sim.revoke(API_KEY);
    let (report, code) = self::report(&[&watched], &[]).await;
    assert_eq!(code, 1);
    let credential = row(&report, "credential", "API key");
    assert_eq!(credential["reason"], "unauthorized");
    let remedy = credential["remedy"].as_str().unwrap();
    assert!(remedy.contains("create a new one"), "{remedy}");
    assert!(
        !rows(&report, 0)
            .iter()
            .any(|row| row["check"] == "endpoint")
    );
}

#[tokio::test]
async fn an_unknown_authority_is_shown_without_showing_the_credential_to_it_and_can_then_be_pinned()
{
    let watched = Watched::start("paris", sim()).await;
    let stranger = Watched::start("stranger", sim()).await;
    watched.write("ca.pem", stranger.sim.ca_pem());
    let (report, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 1);
    let tls = row(&report, "tls", "127.0.0.1");
    assert_eq!(
        (&tls["status"], &tls["reason"]),
        (&"failed".into(), &"tls".into())
    );
    assert!(
        tls["remedy"]
            .as_str()
            .unwrap()
            .contains("compare the fingerprint of the authority in this report"),
        "{tls:#}"
    );
    let authorities = report["primaries"][0]["authorities"].as_array().unwrap();
    assert_eq!(authorities.len(), 1, "{report:#}");
    let authority = &authorities[0];
    let shown: BTreeSet<_> = authority["shown_by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert_eq!(shown, BTreeSet::from(["/security/cacert", "handshake"]));
    let plain = |pem: &str| pem.replace(['\r', '\n'], "");
    assert_eq!(
        plain(authority["pem"].as_str().unwrap()),
        plain(watched.sim.ca_pem())
    );
    assert!(authority["subject"].as_str().unwrap().contains("CN=nbatd"));
    for request in watched.sim.requests() {
        assert_eq!(request.header("authorization"), None, "{request:?}");
    }

    let table = check(&[&watched], &[]).await;
    let fingerprint = authority["fingerprint"].as_str().unwrap();
    for part in [
        "NOTHING PROVES YET",
        fingerprint,
        "-----BEGIN CERTIFICATE-----",
    ] {
        assert!(table.stdout.contains(part), "{part}:\n{}", table.stdout);
    }
    let pins = [
        fingerprint.to_owned(),
        fingerprint.replace(':', "").to_lowercase(),
    ];
    let mut watched = watched;
    for pin in pins {
        watched = watched.tls(&format!("ca_fingerprint: \"{pin}\""));
        let (report, code) = self::report(&[&watched], &[]).await;
        assert_eq!(code, 0, "{report:#}");
        let shown = &report["primaries"][0]["authorities"];
        assert!(shown.as_array().unwrap().is_empty(), "nobody asked for it");
    }
    let (report, code) = self::report(&[&watched], &["--show-ca"]).await;
    assert_eq!(code, 0);
    let shown = &report["primaries"][0]["authorities"][0];
    assert_eq!(shown["fingerprint"], fingerprint);
}

#[tokio::test]
async fn an_authority_that_is_not_in_the_handshake_is_asked_for() {
    // The two versions tell it in two forms.
    for version in [nbu_api::ApiVersion::V8_0, nbu_api::ApiVersion::V14_0] {
        let identity = Identity {
            shows_authority: false,
            ..Identity::default()
        };
        let sim = sim().identity(identity).api_version(version);
        let watched = Watched::start("paris", sim).await;
        let (report, code) = report(&[&watched], &["--show-ca"]).await;
        assert_eq!(code, 0);
        let authority = &report["primaries"][0]["authorities"][0];
        assert_eq!(authority["shown_by"][0], "/security/cacert", "{version}");
        let table = check(&[&watched], &["--show-ca"]).await;
        assert!(table.stdout.contains("needs it in ca_file as well"));
    }
}

#[tokio::test]
async fn a_primary_that_swallows_everything_ends_and_delays_nobody() {
    let hole = Watched::start("hole", sim())
        .await
        .setting("request_timeout: 10m");
    let hung = Watched::start("hung", sim())
        .await
        .setting("request_timeout: 10m");
    let down = Watched::start("down", sim()).await;
    let well = Watched::start("well", sim()).await;
    hole.sim.set_outage(Outage::BlackHole);
    hung.sim.faults().always(Route::Any, Fault::Hang);
    down.sim.set_outage(Outage::Down);
    let all = [&hole, &hung, &down, &well];
    let (report, code) = report(&all, &["--timeout", "2s"]).await;
    assert_eq!(code, 1);
    let ok: Vec<_> = (0..4)
        .map(|number| &report["primaries"][number]["ok"])
        .collect();
    assert_eq!(ok, [false, false, false, true], "{report:#}");
    let reasons = |number| {
        let rows = rows(&report, number).iter();
        rows.filter_map(|row| row["reason"].as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(reasons(0), ["timeout"]);
    assert_eq!(reasons(1), ["timeout"]);
    assert_eq!(reasons(2), ["connect"]);

    let (report, code) = self::report(&[&hole, &well], &["well"]).await;
    assert_eq!(
        (code, report["primaries"].as_array().unwrap().len()),
        (0, 1)
    );
}

#[tokio::test]
async fn it_can_be_interrupted() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let hole = Watched::start("hole", sim()).await;
        hole.sim.set_outage(Outage::BlackHole);
        let mut exporter = Launch::with_config(configuration([&hole]))
            .arguments(["check", "--timeout", "10m"])
            .spawn();
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(20));
        while hole.sim.connections_accepted() == 0 {
            tick.tick().await;
        }
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
async fn files_that_cannot_be_used_are_a_finding_and_a_bad_configuration_is_none() {
    let watched = Watched::start("paris", sim()).await;
    watched.write("key", "");
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 1);
    let files = row(&found, "files", "");
    assert_eq!(files["reason"], "credentials");
    assert!(
        files["remedy"].as_str().unwrap().contains("/key"),
        "{files:#}"
    );

    watched.write("key", API_KEY);
    watched.write(
        "ca.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let (found, code) = report(&[&watched], &[]).await;
    let files = row(&found, "files", "");
    assert_eq!((code, &files["reason"]), (1, &"tls".into()));
    let detail = files["detail"].as_str().unwrap();
    assert!(
        detail.contains("ca.pem: ") && detail.contains("certificate 1"),
        "{detail}"
    );
    let authorities = found["primaries"][0]["authorities"].as_array().unwrap();
    assert_eq!(authorities.len(), 1, "what to write into the file is shown");

    let ran = check(&[&watched], &["london"]).await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("london"), "{}", ran.stderr);
    let ran = Launch::with_config("primaries: 7")
        .arguments(["check"])
        .run()
        .await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
}

#[tokio::test]
async fn a_clock_that_is_wrong_and_a_key_that_ends_soon_are_told() {
    let watched = Watched::start("paris", sim()).await;
    let soon = watched.sim.now() + jiff::SignedDuration::from_hours(48);
    watched.sim.set_key(API_KEY, &Permission::ALL, Some(soon));
    let (found, code) = report(&[&watched], &[]).await;
    let credential = row(&found, "credential", "API key");
    assert_eq!(
        (code, &credential["status"]),
        (0, &"warning".into()),
        "{found:#}"
    );
    let expires: jiff::Timestamp = credential["expires"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires.as_second(), soon.as_second());

    watched.sim.step_clock(jiff::SignedDuration::from_mins(10));
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(
        (code, &row(&found, "clock", "")["status"]),
        (1, &"failed".into())
    );
    watched
        .sim
        .step_clock(jiff::SignedDuration::from_secs(-10 * 60 - 60));
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(
        (code, &row(&found, "clock", "")["status"]),
        (0, &"warning".into())
    );
}

#[tokio::test]
async fn a_proxy_that_does_not_let_through_is_told_as_the_proxy() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    drop(proxy);
    let through = format!("proxy_url: 'http://me:{API_KEY}@{address}'");
    let watched = Watched::start("paris", sim()).await.setting(&through);
    let (found, code) = report(&[&watched], &[]).await;
    let connect = row(&found, "connect", &format!("proxy {address}"));
    assert_eq!((code, &connect["status"]), (1, &"failed".into()));
    let remedy = connect["remedy"].as_str().unwrap();
    assert!(remedy.contains("check that the proxy"), "{remedy}");

    let watched = watched.setting("no_proxy: [127.0.0.0/8]");
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 0, "{found:#}");
}

#[tokio::test]
async fn a_list_that_is_silently_cut_to_what_the_key_may_see_is_told() {
    let watched = Watched::start("paris", sim()).await;
    let mut some = Permission::ALL.to_vec();
    some.retain(|permission| *permission != Permission::Jobs);
    some.push(Permission::VmwareJobs);
    watched.sim.set_key(API_KEY, &some, None);
    let (found, code) = report(&[&watched], &[]).await;
    let jobs = row(&found, "endpoint", "/admin/jobs");
    assert_eq!((code, &jobs["status"]), (0, &"warning".into()), "{jobs:#}");
    let remedy = jobs["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("VIEW operation on |MANAGE|JOBS|"),
        "{remedy}"
    );
    assert_eq!(
        row(&found, "endpoint", "/storage/disk-pools")["status"],
        "ok"
    );
}

#[tokio::test]
async fn what_the_collectors_can_do_without_is_a_warning() {
    let watched = Watched::start("paris", sim()).await;
    for route in [Route::ServerInfo, Route::AuthorizationContext] {
        watched.sim.faults().always(route, Fault::Status(404));
    }
    let (found, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 0, "{found:#}");
    for name in ["/security/serverinfo", "/authorization-context"] {
        let row = row(&found, "endpoint", name);
        assert_eq!(row["status"], "warning", "{row:#}");
        assert_eq!(row["http_status"], 404);
    }
    assert_eq!(row(&found, "credential", "")["status"], "skipped");
    assert_eq!(row(&found, "endpoint", "/admin/jobs")["status"], "ok");
    watched.sim.revoke(API_KEY);
    let (_, code) = report(&[&watched], &[]).await;
    assert_eq!(code, 1, "the endpoints tell what the context does not");
}

#[tokio::test]
async fn plain_http_is_warned_of_and_asked_all_the_same() {
    let watched = Watched::start("paris", sim().tls(false)).await;
    let (found, code) = report(&[&watched], &["--show-ca"]).await;
    assert_eq!(code, 0, "{found:#}");
    assert_eq!(row(&found, "tls", "")["status"], "warning");
    let shown = found["primaries"][0]["authorities"].as_array().unwrap();
    assert!(shown.is_empty(), "nothing to show without TLS");
}

#[tokio::test]
async fn a_login_is_tried_and_its_end_is_told_and_the_password_is_not() {
    const PASSWORD: &str = "B2-very-secret-password";
    let sim = sim().user("monitor", PASSWORD, &Permission::ALL);
    let watched = Watched::start("paris", sim).await;
    watched.write("password", PASSWORD);
    let login = |password_file: &str| {
        let config = configuration([&watched]);
        let key = config
            .lines()
            .find(|line| line.contains("api_key_file"))
            .unwrap();
        let file = key
            .split(": ")
            .nth(1)
            .unwrap()
            .replace("/key", password_file);
        config.replace(
            key,
            &format!("    login: {{domain_type: vx, user_name: monitor, password_file: {file}}}"),
        )
    };
    let check = async |config: String| {
        let launch = Launch::with_config(config).arguments(["check", "--output", "json"]);
        let ran = launch.run().await;
        assert!(!ran.stdout.contains(PASSWORD) && !ran.stderr.contains(PASSWORD));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        (report, ran.code)
    };
    let (found, code) = check(login("/password")).await;
    assert_eq!(code, Some(0), "{found:#}");
    let credential = row(&found, "credential", "login");
    assert_eq!(credential["status"], "ok", "a session is renewed by itself");
    assert!(credential["expires"].is_string(), "{credential:#}");
    let detail = credential["detail"].as_str().unwrap();
    assert!(detail.contains("POST /login"), "{detail}");
    let logins = watched.sim.logins();
    assert_eq!((logins.accepted, logins.ended), (1, 1), "and logged out of");
    assert_eq!(watched.sim.sessions(), 0);

    watched.write("wrong", "B2-another-password");
    let (found, code) = check(login("/wrong")).await;
    assert_eq!(code, Some(1));
    let credential = row(&found, "credential", "login");
    assert_eq!(credential["reason"], "unauthorized", "{credential:#}");
    let remedy = credential["remedy"].as_str().unwrap();
    assert!(remedy.contains("monitor"), "{remedy}");
    let tried = watched.sim.requests_to(Route::Login);
    assert_eq!(tried.len(), 2, "once each: no account is locked by a check");
}

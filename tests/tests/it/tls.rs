//! Each way in which TLS can fail, as the exporter's metrics, log and page tell it.

use nbu_sim::{Identity, Population, Sim, SimBuilder};
use nbu_tests::{Launch, Page, Watched, configuration};

fn sim() -> SimBuilder {
    Sim::builder().population(Population::empty())
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

async fn shows(name: &str, shape: impl FnOnce(&mut Identity)) -> Watched {
    let mut identity = Identity::default();
    shape(&mut identity);
    Watched::start(name, sim().identity(identity)).await
}

#[tokio::test]
async fn every_fault_has_the_reason_tls_and_says_what_to_do() {
    let stranger = Watched::start("stranger", sim()).await;
    let unknown = Watched::start("unknown", sim()).await;
    unknown.write("ca.pem", stranger.sim.ca_pem());
    let expired = shows("expired", |it| it.not_after = at("2021-01-01T00:00:00Z")).await;
    let early = shows("early", |it| it.not_before = at("2090-01-01T00:00:00Z")).await;
    let name = shows("name", |it| it.names = vec!["nbu.example.com".into()]).await;
    let client = shows("client", |it| it.client_certificate = true).await;
    let pin = Watched::start("pin", sim())
        .await
        .tls(&format!("ca_fingerprint: \"{}\"", "AB".repeat(32)));
    let garbage = Watched::start("garbage", sim()).await;
    garbage.write("ca.pem", "this is no certificate");
    let key = Watched::start("key", sim())
        .await
        .tls("ca_file: DIR/ca.pem, cert_file: DIR/cert.pem, key_file: DIR/other.pem");
    let (one, other) = (
        key.sim.client_certificate().unwrap(),
        key.sim.client_certificate().unwrap(),
    );
    key.write("cert.pem", &one.certificate);
    key.write("other.pem", &other.key);
    let cases = [
        (&unknown, "not trusted here", "--show-ca"),
        (
            &expired,
            "expired (on 2021-01-01T00:00:00Z; this machine's clock says",
            "renew",
        ),
        (
            &early,
            "not valid yet (before 2090-01-01T00:00:00Z;",
            "clock",
        ),
        (
            &name,
            "not for 127.0.0.1 but for nbu.example.com",
            "server_name: nbu.example.com",
        ),
        (
            &client,
            "wants a client certificate",
            "cert_file and key_file",
        ),
        (&pin, "has the pinned fingerprint", "--show-ca"),
        (&garbage, "ca.pem: ", "PEM"),
        (&key, "other.pem: ", "PEM"),
    ];
    let well = Watched::start("well", sim()).await;
    let all = cases.iter().map(|(watched, ..)| *watched).chain([&well]);
    let exporter = Launch::with_config(configuration(all)).start().await;
    let reason = |page: &Page, primary: &str| {
        let labels = [("primary", primary), ("reason", "tls")];
        page.has("netbackup_exporter_collector_status", &labels)
    };
    let page = exporter
        .scrape_until("every fault", |page| {
            cases
                .iter()
                .all(|(watched, ..)| reason(page, &watched.name))
        })
        .await;
    let landing = exporter.request("/").await.text().await.unwrap();
    for (watched, error, remedy) in cases {
        let name = format!("primary={}", watched.name);
        let log = exporter.log();
        let told: Vec<&str> = log
            .lines()
            .filter(|line| line.contains(&name) && line.contains("reason=tls"))
            .collect();
        assert!(!told.is_empty(), "{name}\n{log}");
        for line in &told {
            assert!(line.contains(error), "{error}:\n{line}");
            let advice = line.split("remedy=").nth(1).unwrap();
            assert!(advice.contains(remedy), "{remedy}:\n{line}");
        }
        let row = landing
            .lines()
            .find(|line| line.contains(&format!("<td>{}</td>", watched.name)));
        let row = row.unwrap_or_else(|| panic!("{landing}"));
        assert!(row.contains("What to do: "), "{row}");
        assert!(
            !watched
                .sim
                .requests()
                .iter()
                .any(|one| one.header("authorization").is_some()),
            "{name}: the key was shown to somebody who was not verified"
        );
    }
    assert!(!reason(&page, "well"));
    let healthy = exporter.request("/-/healthy").await;
    assert_eq!(healthy.status(), 200, "whatever NetBackup does");
}

#[tokio::test]
async fn a_connection_that_is_not_verified_is_warned_of_at_each_start_and_measured() {
    let unsafe_one = Watched::start("unsafe", sim())
        .await
        .tls("insecure_skip_verify: true");
    let plain = Watched::start("plain", sim().tls(false)).await;
    let safe = Watched::start("safe", sim()).await;
    for _start in 0..2 {
        let exporter = Launch::with_config(configuration([&unsafe_one, &plain, &safe]))
            .start()
            .await;
        let disabled = |page: &Page, primary| {
            let labels = [("primary", primary)];
            page.value("netbackup_exporter_tls_verification_disabled", &labels)
        };
        exporter
            .scrape_until("who is not verified", |page| {
                let all = ["unsafe", "plain", "safe"].map(|primary| disabled(page, primary));
                all == [Some(1.0), Some(1.0), Some(0.0)]
            })
            .await;
        let warning = exporter.logged("insecure_skip_verify").await;
        assert!(warning.contains("level=warn"), "{warning}");
    }
}

#[tokio::test]
async fn a_client_certificate_opens_the_door() {
    let strict = shows("strict", |it| it.client_certificate = true)
        .await
        .tls("ca_file: DIR/ca.pem, cert_file: DIR/cert.pem, key_file: DIR/key.pem, min_version: TLS13");
    let pair = strict.sim.client_certificate().unwrap();
    strict.write("cert.pem", &pair.certificate);
    strict.write("key.pem", &pair.key);
    let exporter = Launch::with_config(configuration([&strict])).start().await;
    exporter
        .scrape_until("up", |page| {
            page.value("netbackup_up", &[("primary", "strict")]) == Some(1.0)
        })
        .await;
}

#[tokio::test]
async fn the_system_s_authorities_are_trusted_beside_ca_file() {
    let system = Watched::start("system", sim()).await.tls("");
    let own = Watched::start("own", sim()).await;
    let strict = Watched::start("strict", sim()).await;
    // Both authorities are known here, and only the pinned one counts for the third.
    let pin = "ca_fingerprint: \"PIN\"".replace("PIN", &"AB".repeat(32));
    let strict = strict.tls(&pin);
    let store = tempfile::NamedTempFile::new().unwrap();
    let authorities = [system.sim.ca_pem(), strict.sim.ca_pem()].concat();
    std::fs::write(store.path(), authorities).unwrap();
    let path = store.path().display().to_string();
    let config = configuration([&system, &own, &strict]);
    let launch = Launch::with_config(config.clone()).environment("SSL_CERT_FILE", &path);
    let exporter = launch.start().await;
    let up = |page: &Page, primary| page.value("netbackup_up", &[("primary", primary)]);
    let reason = |page: &Page, primary| {
        let labels = [("primary", primary), ("reason", "tls")];
        page.has("netbackup_exporter_collector_status", &labels)
    };
    exporter
        .scrape_until("who is trusted", |page| {
            up(page, "system") == Some(1.0)
                && up(page, "own") == Some(1.0)
                && reason(page, "strict")
        })
        .await;

    // An empty store is an error only for the one that relies on it.
    std::fs::write(store.path(), "").unwrap();
    let launch = Launch::with_config(config)
        .environment("SSL_CERT_FILE", &path)
        .environment("SSL_CERT_DIR", "/nonexistent");
    let exporter = launch.start().await;
    exporter
        .scrape_until("who is trusted", |page| {
            reason(page, "system") && up(page, "own") == Some(1.0)
        })
        .await;
    let told = exporter
        .logged("the system has no certificate authorities")
        .await;
    assert!(told.contains("primary=system"), "{told}");
}

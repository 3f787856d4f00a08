//! A real Prometheus server scrapes the real binary, and promtool reads its page. `cargo xtask prometheus` runs this.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the functions below the tests fail the test by panicking"
)]

use nbu_sim::{Fault, JobSpec, Malformed, Population, Route, Sim, StorageCounts};
use nbu_tests::{Authority, Exporter, Launch, Page, Watched, configuration};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// Prometheus scrapes every second; a minute of silence is a failure.
const HANG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn prometheus_scrapes_every_series_and_promtool_has_nothing_to_say() {
    let sim = Sim::builder()
        .seed(5)
        .population(Population::living(20_000));
    let storage = StorageCounts {
        units: 40,
        pools: 20,
        servers: 5,
    };
    let paris = Watched::start("paris", sim.storage(storage)).await;
    let silent = Watched::start("silent", Sim::builder().population(Population::empty())).await;
    silent.sim.set_outage(nbu_sim::Outage::Down);
    let exporter = Launch::with_config(configuration([&paris, &silent]))
        .start()
        .await;
    exporter.scrape_until("the first walk", counted).await;
    paris.sim.advance(Duration::from_secs(1800));
    let now = paris.sim.now().as_millisecond() as f64 / 1000.0;
    let mark = "netbackup_jobs_watermark_timestamp_seconds";
    let page = exporter
        .scrape_until("the second walk", |page| page.sum(mark, &[]) >= now)
        .await;

    promtool(page.text()).await;

    let prometheus = Prometheus::scraping(&exporter).await;
    let finished = page.sum("netbackup_jobs_finished_total", &[]);
    assert!(finished > 0.0, "nothing finished in half an hour");
    prometheus
        .shows("sum(netbackup_jobs_finished_total)", finished)
        .await;
    prometheus
        .shows("netbackup_up{primary=\"paris\"}", 1.0)
        .await;
    prometheus
        .shows("netbackup_up{primary=\"silent\"}", 0.0)
        .await;
    prometheus
        .shows("count(netbackup_storage_unit_info)", 40.0)
        .await;
    prometheus
        .shows(
            "sum(netbackup_job_duration_seconds_count)",
            page.sum("netbackup_job_duration_seconds_count", &[]),
        )
        .await;
    // Every family that the exporter's page declares arrived, whichever of the formats Prometheus asked for.
    let names = prometheus.names().await;
    for (series, _) in page.select_all() {
        assert!(
            names.contains(&series.name),
            "{} did not arrive",
            series.name
        );
    }
}

#[tokio::test]
async fn names_that_no_page_should_hold_are_scraped_all_the_same() {
    let storage = StorageCounts {
        units: 12,
        pools: 4,
        servers: 2,
    };
    let sim = Sim::builder().population(Population::empty());
    let odd = Watched::start("odd", sim.storage(storage)).await;
    // Newlines, quotes, backslashes, braces and NUL at the end of every text.
    let fault = Fault::Malformed {
        every: 1,
        how: Malformed::ControlCharacters,
    };
    odd.sim.faults().always(Route::StorageUnits, fault);
    let exporter = Launch::with_config(configuration([&odd])).start().await;
    let page = exporter
        .scrape_until("storage", |page| {
            page.has("netbackup_storage_unit_info", &[])
        })
        .await;
    promtool(page.text()).await;
    let prometheus = Prometheus::scraping(&exporter).await;
    prometheus
        .shows("count(netbackup_storage_unit_info)", 12.0)
        .await;
    prometheus.shows("min(up)", 1.0).await;
}

#[tokio::test]
async fn increase_sees_the_first_job_with_a_new_status() {
    let paris = Watched::start("paris", Sim::builder().population(Population::empty())).await;
    // Long enough for two scrapes at 0, short enough for a test.
    let config = configuration([&paris]).replace("counter_birth: 0s", "counter_birth: 5s");
    let exporter = Launch::with_config(config).start().await;
    exporter.scrape_until("the first walk", counted).await;
    let prometheus = Prometheus::scraping(&exporter).await;
    prometheus.shows("netbackup_up", 1.0).await;

    paris.sim.advance(Duration::from_secs(60));
    paris
        .sim
        .add_done(&JobSpec::backup("night", "STANDARD", "client-1"), 2106);
    prometheus
        .shows(
            "increase(netbackup_jobs_finished_total{status=\"2106\"}[1m]) > bool 0",
            1.0,
        )
        .await;
}

#[tokio::test]
async fn a_scraper_comes_in_over_tls_with_its_certificate_and_password() {
    let authority = Authority::new("site");
    let directory = tempfile::tempdir().unwrap();
    let path = |file: &str| directory.path().join(file).display().to_string();
    let write = |file: &str, content: &str| std::fs::write(path(file), content).unwrap();
    let (server, scraper) = (authority.server(), authority.issue(Vec::new()));
    write("ca.pem", &authority.pem());
    write("server.pem", &server.certificate);
    write("server.key", &server.key);
    write("scraper.pem", &scraper.certificate);
    write("scraper.key", &scraper.key);
    let hash = bcrypt::hash("right", 10).unwrap();
    write(
        "web.yml",
        &format!(
            "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\nbasic_auth_users: {{scraper: '{hash}'}}\n"
        ),
    );
    let exporter = Launch::with_config("primaries: []\n")
        .arguments(["--web.config.file", &path("web.yml")])
        .start()
        .await;
    let with = |password: &str, http2: bool| {
        format!(
            "    scheme: https\n    enable_http2: {http2}\n    basic_auth: {{username: scraper, password: {password}}}\n    tls_config: {{ca_file: '{}', cert_file: '{}', key_file: '{}'}}\n",
            path("ca.pem"),
            path("scraper.pem"),
            path("scraper.key")
        )
    };
    for (password, http2, up) in [
        ("right", true, 1.0),
        ("right", false, 1.0),
        ("wrong", true, 0.0),
    ] {
        let prometheus = Prometheus::scraping_with(&exporter, &with(password, http2)).await;
        prometheus.shows("up", up).await;
    }
}

fn counted(page: &Page) -> bool {
    page.has(
        "netbackup_jobs_watermark_timestamp_seconds",
        &[("primary", "paris")],
    )
}

async fn promtool(page: &str) {
    let mut check = Command::new("promtool");
    check
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut check = check.spawn().expect("promtool starts");
    let mut input = check.stdin.take().unwrap();
    input.write_all(page.as_bytes()).await.unwrap();
    drop(input);
    let said = check.wait_with_output().await.unwrap();
    let words = [said.stdout, said.stderr].concat();
    assert!(
        said.status.success() && words.is_empty(),
        "promtool: {}",
        String::from_utf8_lossy(&words)
    );
}

/// A Prometheus server with one target; killed when dropped.
struct Prometheus {
    _process: Child,
    _directory: TempDir,
    http: reqwest::Client,
    address: String,
}

impl Prometheus {
    async fn scraping(exporter: &Exporter) -> Self {
        Self::scraping_with(exporter, "").await
    }

    /// `how` is what the job says besides its target; each line begins with four spaces.
    async fn scraping_with(exporter: &Exporter, how: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n  - job_name: nbu\n{how}    static_configs:\n      - targets: ['{}']\n",
            exporter.address()
        );
        std::fs::write(directory.path().join("prometheus.yml"), config).unwrap();
        let address = free_address().await;
        let mut process = Command::new("prometheus");
        process
            .arg(format!(
                "--config.file={}",
                directory.path().join("prometheus.yml").display()
            ))
            .arg(format!(
                "--storage.tsdb.path={}",
                directory.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        Self {
            _process: process.spawn().expect("prometheus starts"),
            _directory: directory,
            http: nbu_tests::http(),
            address,
        }
    }

    /// Waits until the query has exactly this value.
    async fn shows(&self, query: &str, value: f64) {
        let mut last = Value::Null;
        let waiting = async {
            let mut tick = tokio::time::interval(Duration::from_millis(200));
            loop {
                tick.tick().await;
                last = self.get("query", &[("query", query)]).await;
                let found = last["data"]["result"][0]["value"][1].as_str();
                if found.and_then(|found| found.parse::<f64>().ok()) == Some(value) {
                    break;
                }
            }
        };
        let shown = tokio::time::timeout(HANG, waiting).await.is_ok();
        assert!(
            shown,
            "Prometheus never showed {query} = {value}; last: {last}"
        );
    }

    /// The names of all series.
    async fn names(&self) -> Vec<String> {
        let answer = self.get("label/__name__/values", &[]).await;
        let names = answer["data"].as_array().cloned().unwrap_or_default();
        names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    }

    /// Null while the server is not up yet.
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let mut url =
            reqwest::Url::parse(&format!("http://{}/api/v1/{path}", self.address)).unwrap();
        url.query_pairs_mut().extend_pairs(query);
        let Ok(response) = self.http.get(url).send().await else {
            return Value::Null;
        };
        let body = response.bytes().await.unwrap_or_default();
        serde_json::from_slice(&body).unwrap_or_default()
    }
}

/// Prometheus cannot be asked for the port it chose, so one is chosen for it.
async fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

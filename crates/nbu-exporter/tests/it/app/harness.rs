//! Starts the application beside simulated primaries, and speaks HTTP to it.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use nbu_exporter::config::Config;
use nbu_exporter::environment::Environment;
use nbu_exporter::reload::Source;
use nbu_exporter::shutdown::{Outcome, Signal, Signals};
use nbu_exporter::{App, Options};
use nbu_sim::{Population, Running, Sim};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

/// Long enough for the slowest machine; a test that needs it has failed.
pub(super) const HANG: Duration = Duration::from_secs(60);

pub(super) const KEY: &str = "very-secret";

/// A simulated primary with a few jobs.
pub(super) async fn sim() -> Running {
    let sim = Sim::builder()
        .api_key(KEY)
        .population(Population::finished(20));
    sim.start("127.0.0.1:0".parse().unwrap()).await.unwrap()
}

/// A primary's part of the configuration.
pub(super) fn primary(name: &str, sim: &Running, directory: &TempDir, more: &str) -> String {
    let ca = directory.path().join(format!("{name}.pem"));
    std::fs::write(&ca, sim.ca_pem()).unwrap();
    format!(
        "  - {{name: {name}, url: '{}', api_key: {KEY}, tls_config: {{ca_file: '{}'}}{more}}}\n",
        sim.url(),
        ca.display()
    )
}

/// The application, running.
pub(super) struct Exporter {
    pub(super) address: SocketAddr,
    pub(super) signals: mpsc::Sender<Signal>,
    file: PathBuf,
    run: JoinHandle<Outcome>,
}

impl Exporter {
    pub(super) async fn start(
        primaries: &str,
        directory: &TempDir,
        change: impl FnOnce(&mut Options),
    ) -> Self {
        let file = directory.path().join("nbu-exporter.yml");
        std::fs::write(&file, format!("primaries:\n{primaries}")).unwrap();
        let environment = Environment::of([]);
        let config = Config::load(&file, &environment).unwrap();
        let mut options = Options {
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            lifecycle: true,
            source: Source::File {
                path: file.clone(),
                environment,
            },
            ..Options::default()
        };
        change(&mut options);
        let app = App::bind(config, options).await.unwrap();
        let address = app.addresses()[0];
        let (signals, arrivals) = Signals::channel();
        Self {
            address,
            signals,
            file,
            run: tokio::spawn(app.run(arrivals)),
        }
    }

    pub(super) fn rewrite(&self, text: &str) {
        std::fs::write(&self.file, text).unwrap();
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.request("GET", path, "").await
    }

    /// `headers` are whole lines.
    pub(super) async fn request(&self, method: &str, path: &str, headers: &str) -> Response {
        let exchange = async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let mut request =
                format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
            for line in headers.lines() {
                let _ = write!(request, "{line}\r\n");
            }
            request.push_str("\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).await.unwrap();
            Response::parse(&bytes)
        };
        timeout(HANG, exchange).await.unwrap()
    }

    /// As [`get`](Self::get), without letting anything else run on this thread.
    pub(super) fn get_blocking(&self, path: &str) -> Response {
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Response::parse(&bytes)
    }

    /// Scrapes until a line begins like this.
    pub(super) async fn until(&self, line: &str) -> String {
        let has = |page: &str| page.lines().any(|found| found.starts_with(line));
        self.until_page(line, has).await
    }

    /// Scrapes until a page is as wanted.
    pub(super) async fn until_page(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let waiting = async {
            let mut tick = interval(Duration::from_millis(20));
            loop {
                tick.tick().await;
                let page = self.get("/metrics").await.text();
                if is(&page) {
                    return page;
                }
            }
        };
        let seen = timeout(HANG, waiting).await;
        seen.unwrap_or_else(|_| panic!("never saw {what}"))
    }

    pub(super) async fn signal(&self, signal: Signal) {
        self.signals.send(signal).await.unwrap();
    }

    pub(super) async fn ended(self) -> Outcome {
        timeout(HANG, self.run).await.unwrap().unwrap()
    }

    pub(super) async fn terminated(self) -> Outcome {
        self.signal(Signal::Terminate).await;
        self.ended().await
    }
}

/// A response, taken apart.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Response {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(bytes[..end].to_vec())
            .unwrap()
            .to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            status,
            head,
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub(super) fn text(self) -> String {
        String::from_utf8(self.body).unwrap()
    }
}

//! `--web.config.file`: who may connect, and how; on the real binary, over real TLS.

mod clients;
mod conformance;
mod live;
mod password;
mod tls;

use nbu_tests::{Authority, Exporter, Launch, Pair, Visitor};
use std::future::Future;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Long enough for the slowest machine; a test that needs it has failed.
const HANG: Duration = Duration::from_secs(60);

/// A configuration of no primary: these tests are about the exporter's own port.
const NOTHING: &str = "primaries: []\nweb: {auth_exempt: [/-/healthy]}\n";

/// A directory with a web configuration and what it names: `web.yml`, `server.pem`, `server.key`, `ca.pem`.
struct Site {
    directory: TempDir,
    authority: Authority,
}

impl Site {
    fn new() -> Self {
        let site = Self {
            directory: tempfile::tempdir().unwrap(),
            authority: Authority::new("site"),
        };
        site.install(&site.authority.server());
        site.write("ca.pem", &site.authority.pem());
        site
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, file: &str, content: &str) {
        std::fs::write(self.path().join(file), content).unwrap();
    }

    /// Makes this the certificate of the server.
    fn install(&self, pair: &Pair) {
        self.write("server.key", &pair.key);
        self.write("server.pem", &pair.certificate);
    }

    fn launch(&self, web: &str) -> Launch {
        self.write("web.yml", web);
        let file = self.path().join("web.yml").display().to_string();
        Launch::with_config(NOTHING).arguments(["--web.config.file", &file])
    }

    async fn start(&self, web: &str) -> Exporter {
        self.launch(web).start().await
    }

    fn visitor(&self) -> Visitor {
        Visitor::trusting(&self.authority)
    }
}

/// The least that is TLS.
const TLS: &str = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n";

/// TLS with these lines more.
fn tls_with(lines: &[&str]) -> String {
    let mut text = TLS.to_owned();
    for line in lines {
        text.extend(["  ", line, "\n"]);
    }
    text
}

/// A line of `basic_auth_users`; with a cost that suits a test.
fn user(name: &str, password: &str) -> String {
    format!("  {name}: {}\n", bcrypt::hash(password, 4).unwrap())
}

/// The status with which this client is answered; `None` if it is not.
async fn status(client: reqwest::Client, exporter: &Exporter, path: &str) -> Option<u16> {
    let url = format!("https://{}{path}", exporter.address());
    let answer = client.get(url).send().await.ok()?;
    Some(answer.status().as_u16())
}

/// Asks again and again until the answer is yes.
async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let waiting = async {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        loop {
            tick.tick().await;
            if ask().await {
                return;
            }
        }
    };
    let seen = tokio::time::timeout(HANG, waiting).await;
    assert!(seen.is_ok(), "never: {what}");
}

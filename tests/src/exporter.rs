//! The exporter as a process.

use crate::{Memory, Page, binary};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// Long enough for the slowest machine; a test that needs it has already failed.
const HANG: Duration = Duration::from_secs(60);

/// How the process is started.
#[derive(Debug, Default)]
pub struct Launch {
    config: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    file_limit: Option<u32>,
    descriptor_limit: Option<u32>,
}

impl Launch {
    /// Starts from this configuration file's text.
    pub fn with_config(config: impl Into<String>) -> Self {
        Self {
            config: config.into(),
            ..Self::default()
        }
    }

    /// Adds command line arguments.
    #[must_use]
    pub fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(str::to_owned));
        self
    }

    /// Sets an environment variable of the process.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// No file of the process can become larger than so many blocks of 512 bytes, as on a disk that is full, until
    /// [`Exporter::lift_file_limit`].
    #[must_use]
    pub fn file_limit(mut self, blocks: u32) -> Self {
        self.file_limit = Some(blocks);
        self
    }

    /// The process can have no more than so many file descriptors.
    #[must_use]
    pub fn descriptor_limit(mut self, descriptors: u32) -> Self {
        self.descriptor_limit = Some(descriptors);
        self
    }

    /// Spawns the process without waiting for it to listen.
    pub fn spawn(self) -> Exporter {
        let (mut command, directory) = self.command();
        // Nothing is expected there; who wants to know looks into the file.
        let stdout = std::fs::File::create(directory.path().join("stdout"));
        command.stdout(stdout.expect("a file for standard output"));
        let mut child = command.spawn().expect("the exporter starts");
        let log = Log::follow(child.stderr.take().expect("standard error is piped"));
        Exporter {
            child,
            log,
            directory,
            address: String::new(),
            http: http(),
        }
    }

    /// Runs the process to its end, for what it writes to standard output.
    pub async fn run(self) -> Ran {
        let (mut command, _directory) = self.command();
        command.stdout(Stdio::piped());
        let Ok(output) = timeout(HANG, command.output()).await else {
            panic!("the command does not end")
        };
        let output = output.expect("the exporter starts");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    fn command(&self) -> (Command, tempfile::TempDir) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let config = directory.path().join("nbu-exporter.yml");
        std::fs::write(&config, &self.config).expect("the configuration is written");
        let mut limits = Vec::new();
        if let Some(blocks) = self.file_limit {
            // The signal that comes with the error is for programs that do not look at errors.
            limits.push(format!("trap '' XFSZ; ulimit -S -f {blocks}; "));
        }
        if let Some(descriptors) = self.descriptor_limit {
            limits.push(format!("ulimit -n {descriptors}; "));
        }
        let mut command = if limits.is_empty() {
            Command::new(binary::path())
        } else {
            let mut shell = Command::new("sh");
            let script = format!("{}exec \"$0\" \"$@\"", limits.concat());
            shell.args(["-c", &script]).arg(binary::path());
            shell
        };
        command
            .arg("--config.file")
            .arg(&config)
            .args(["--web.listen-address", "127.0.0.1:0"])
            .args(&self.arguments)
            .envs(self.environment.clone())
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        (command, directory)
    }

    /// Spawns the process and waits until it listens.
    pub async fn start(self) -> Exporter {
        let mut exporter = self.spawn();
        exporter.listening().await;
        exporter
    }
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A running exporter; killed when dropped.
#[derive(Debug)]
pub struct Exporter {
    child: Child,
    log: Log,
    directory: tempfile::TempDir,
    address: String,
    http: reqwest::Client,
}

impl Exporter {
    /// The directory that holds its configuration and that it runs in.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Rewrites its configuration file.
    pub fn rewrite_config(&self, config: &str) {
        std::fs::write(self.directory.path().join("nbu-exporter.yml"), config)
            .expect("the configuration is written");
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child
            .id()
            .expect("the process has not been waited for")
    }

    /// What it takes in memory.
    pub fn memory(&self) -> Memory {
        Memory::of(self.pid())
    }

    /// `http://127.0.0.1:PORT` + path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// GET with the harness's client.
    pub async fn request(&self, path: &str) -> reqwest::Response {
        self.http
            .get(self.url(path))
            .send()
            .await
            .unwrap_or_else(|error| panic!("GET {path}: {error}\n{}", self.log.text()))
    }

    /// The metrics page in the text format, parsed.
    pub async fn scrape(&self) -> Page {
        let text = self
            .request("/metrics")
            .await
            .text()
            .await
            .expect("a whole page");
        Page::parse(&text)
    }

    /// Scrapes until the page satisfies the condition.
    pub async fn scrape_until(&self, what: &str, condition: impl Fn(&Page) -> bool) -> Page {
        let waiting = async {
            let mut tick = tokio::time::interval(Duration::from_millis(50));
            loop {
                tick.tick().await;
                let page = self.scrape().await;
                if condition(&page) {
                    return page;
                }
            }
        };
        let Ok(page) = timeout(HANG, waiting).await else {
            panic!(
                "the page never showed: {what}\n{}\n{}",
                self.scrape().await.text(),
                self.log.text()
            )
        };
        page
    }

    /// Waits for a log line that contains this.
    pub async fn logged(&self, part: &str) -> String {
        self.log.wait_for(part).await
    }

    /// The log is not read from now on, as if what takes it had stopped; what was read already stays.
    pub fn stop_reading_log(&self) {
        self.log.reading.send_replace(Reading::Paused);
    }

    /// The log is read again.
    pub fn read_log_again(&self) {
        self.log.reading.send_replace(Reading::On);
    }

    /// Nothing can be written to the log any more.
    pub async fn close_log(&self) {
        self.log.reading.send_replace(Reading::Closed);
        self.log.reading.closed().await;
    }

    /// Everything logged so far.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Makes room again.
    pub async fn lift_file_limit(&self) {
        let pid = self.pid().to_string();
        let mut command = Command::new("prlimit");
        let lifted = command
            .args(["--pid", &pid, "--fsize=unlimited"])
            .status()
            .await;
        assert!(lifted.expect("util-linux is installed").success());
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("the process takes signals");
    }

    /// Waits for the process to end.
    pub async fn ended(&mut self) -> ExitStatus {
        self.ended_within(HANG).await
    }

    /// Waits so long for the process to end.
    pub async fn ended_within(&mut self, patience: Duration) -> ExitStatus {
        let Ok(status) = timeout(patience, self.child.wait()).await else {
            panic!("the exporter does not end\n{}", self.log.text())
        };
        status.expect("the process can be waited for")
    }

    /// SIGTERM, then the exit status.
    pub async fn terminated(&mut self) -> ExitStatus {
        self.signal(Signal::SIGTERM);
        self.ended().await
    }

    /// Reads the address from the log, whichever form it has.
    async fn listening(&mut self) {
        let line = self.log.wait_for("127.0.0.1:").await;
        let from = line.find("127.0.0.1:").expect("an address");
        let address = line[from..]
            .split(|char: char| !char.is_ascii_digit() && !".:".contains(char))
            .next();
        address.expect("an address").clone_into(&mut self.address);
    }
}

/// A client for loopback addresses, without a proxy.
pub fn http() -> reqwest::Client {
    // Two crates of the tree name a provider; the first to install wins and both are ring.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(
        clippy::disallowed_methods,
        reason = "the harness is a client of the exporter, not of a primary server"
    )]
    reqwest::Client::builder()
        .no_proxy()
        .timeout(HANG)
        .build()
        .expect("a client")
}

/// A client of a simulated primary, trusting this authority and nothing else.
pub fn https(ca_pem: &[u8]) -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem) {
        let certificate = certificate.expect("a certificate in PEM");
        roots.add(certificate).expect("a root certificate");
    }
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    over(tls)
}

/// A client over this TLS.
pub(crate) fn over(tls: rustls::ClientConfig) -> reqwest::Client {
    #[expect(
        clippy::disallowed_methods,
        reason = "the harness measures against a client that is not ours"
    )]
    reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(tls)
        .timeout(HANG)
        .build()
        .expect("a client")
}

/// The lines of the process's standard error, as they come.
#[derive(Debug)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    count: watch::Receiver<usize>,
    reading: watch::Sender<Reading>,
}

/// Whether they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    On,
    Paused,
    Closed,
}

impl Log {
    fn follow(stderr: tokio::process::ChildStderr) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (counted, count) = watch::channel(0);
        let (reading, mut wanted) = watch::channel(Reading::On);
        let kept = Arc::clone(&lines);
        tokio::spawn(async move {
            let mut reader = BufReader::new(stderr).lines();
            loop {
                let wanted = wanted.wait_for(|reading| *reading != Reading::Paused).await;
                if wanted.is_ok_and(|reading| *reading == Reading::Closed) {
                    return;
                }
                let Ok(Some(line)) = reader.next_line().await else {
                    return;
                };
                let mut lines = kept.lock().unwrap_or_else(PoisonError::into_inner);
                lines.push(line);
                counted.send_replace(lines.len());
            }
        });
        Self {
            lines,
            count,
            reading,
        }
    }

    fn text(&self) -> String {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .join("\n")
    }

    async fn wait_for(&self, part: &str) -> String {
        let mut count = self.count.clone();
        let waiting = async {
            loop {
                count.borrow_and_update();
                let found = self
                    .lines
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .iter()
                    .find(|line| line.contains(part))
                    .cloned();
                if let Some(line) = found {
                    return line;
                }
                assert!(
                    count.changed().await.is_ok(),
                    "the exporter ended without logging {part:?}\n{}",
                    self.text()
                );
            }
        };
        let Ok(line) = timeout(HANG, waiting).await else {
            panic!("never logged: {part:?}\n{}", self.text())
        };
        line
    }
}

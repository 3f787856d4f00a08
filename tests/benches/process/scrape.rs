//! Scrapes of 100,000 lines: how long they take while everything is collected, and what one costs beside sending the same bytes.

use super::{MIB, millis_within};
use nbu_sim::{Population, Sim};
use nbu_tests::{Launch, Watched, configuration, cpu};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// Samples on the page; a histogram has many.
const LINES: usize = 100_000;
/// Steps in which the page grows to that, at most.
const STEPS: usize = 200;
/// How often a page is asked for, after once that is not measured.
const TIMES: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// How much happens on the primary between two cycles, of which there is one a second.
const MINUTE: Duration = Duration::from_secs(60);
/// Longer than it takes to collect everything once.
const CALM: Duration = Duration::from_secs(10);

/// Who asks for the page, over one connection.
struct Scraper {
    stream: TcpStream,
    request: String,
    /// The last answer, head and body.
    answer: Vec<u8>,
}

pub(crate) async fn bench() {
    let population = Population {
        preloaded: 100_000,
        jobs_per_day: 700 * 60 * 24,
        clients: 20_000,
        policies: 200,
        ..Population::default()
    };
    let watched = Watched::start("bench", Sim::builder().population(population)).await;
    println!(
        "\nscrapes of {LINES} lines over one connection, the only one that asks; 700 jobs a minute, four collectors that run and publish\n\
         every second (target: 99 % within 10 ms); processor time is that of scrapes while nothing is collected, beside that of a\n\
         loop that sends the same bytes (target: 2)"
    );
    println!(
        "{:>5} {:>7} {:>10} {:>8} {:>11} {:>13} {:>9} {:>6}",
        "page", "MiB", "median ms", "99 % ms", "longest ms", "µs/scrape", "bare µs", "ratio"
    );
    grow(&watched).await;
    let mut rows = Vec::new();
    for encoding in ["identity", "gzip"] {
        rows.push(row(&watched, encoding).await);
    }
    println!("{}", serde_json::json!({ "scrape": rows }));
}

/// Measures one encoding, with an exporter that was never asked for another.
async fn row(watched: &Watched, encoding: &'static str) -> serde_json::Value {
    let config = configuration([watched]);
    let exporter = Launch::with_config(&*config).start().await;
    let address = exporter.address();
    sleep(CALM).await;
    let scraper = Scraper::connect(address, encoding).await;
    let asking = tokio::spawn(scraper.scrape());
    while !asking.is_finished() {
        watched.sim.advance(MINUTE);
        sleep(Duration::from_secs(1)).await;
    }
    let (took, _) = asking.await.expect("every scrape is answered");

    exporter.rewrite_config(&config.replace("interval: 1s", "interval: 1h"));
    exporter.signal(Signal::SIGHUP);
    exporter.logged("configuration reloaded").await;
    sleep(CALM).await;
    let scraper = Scraper::connect(address, encoding).await;
    let busy = cpu::of_process(exporter.pid());
    let (_, bytes) = scraper.scrape().await;
    let own = (cpu::of_process(exporter.pid()) - busy) / (TIMES + 1) as f64;
    drop(exporter);
    let bare = bare(bytes).await;

    let [median, most, longest] = [50, 99, 100].map(|percent| millis_within(&took, percent));
    let page = if encoding == "gzip" { "gzip" } else { "plain" };
    println!(
        "{page:>5} {:>7.2} {median:>10.1} {most:>8.1} {longest:>11.1} {:>13.0} {:>9.0} {:>6.2}",
        bytes as f64 / MIB,
        own * 1e6,
        bare * 1e6,
        own / bare,
    );
    serde_json::json!({
        "page": page,
        "bytes": bytes,
        "seconds": took.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
        "cpu_seconds": own,
        "bare_cpu_seconds": bare,
    })
}

/// Lets time pass on the primary until an exporter that has read it all has enough to show. It is none of those that are measured:
/// whatever is asked for is kept warm.
async fn grow(watched: &Watched) {
    let exporter = Launch::with_config(configuration([watched])).start().await;
    let mut steps = 0;
    while exporter.scrape().await.len() < LINES {
        steps += 1;
        assert!(steps < STEPS, "the page does not grow to {LINES} lines");
        watched.sim.advance(10 * MINUTE);
        sleep(PAUSE).await;
    }
}

impl Scraper {
    async fn connect(address: &str, encoding: &str) -> Self {
        Self {
            stream: TcpStream::connect(address).await.expect("a connection"),
            request: format!(
                "GET /metrics HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: {encoding}\r\n\r\n"
            ),
            answer: Vec::new(),
        }
    }

    /// How long it takes from each request to the last byte of its answer, the shortest first, and how many bytes that has.
    async fn scrape(mut self) -> (Vec<Duration>, usize) {
        // The first makes the page warm.
        let mut bytes = self.ask().await;
        let mut tick = interval(PAUSE);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut took = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            tick.tick().await;
            let began = Instant::now();
            bytes = self.ask().await;
            took.push(began.elapsed());
        }
        took.sort_unstable();
        (took, bytes)
    }

    /// One request and its answer, to the length of its body.
    async fn ask(&mut self) -> usize {
        let request = self.request.as_bytes();
        self.stream.write_all(request).await.expect("sent");
        self.answer.clear();
        let head = loop {
            self.read().await;
            let mut fours = self.answer.windows(4);
            if let Some(end) = fours.position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let length = length(&self.answer[..head]);
        while self.answer.len() < head + length {
            self.read().await;
        }
        length
    }

    async fn read(&mut self) {
        let read = self.stream.read_buf(&mut self.answer).await;
        assert_ne!(read.expect("an answer"), 0, "the connection was closed");
    }
}

/// What `content-length` says.
fn length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).expect("a head");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    let length = lines.find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse())
    });
    length.expect("a length").expect("a number")
}

/// Processor time in seconds of an answer of so many bytes, from a thread that does nothing but send them.
async fn bare(bytes: usize) -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let listener = listener.into_std().expect("a listener");
    let server = cpu::of_task(move || serve(listener, bytes));
    let scraper = Scraper::connect(&address, "identity").await;
    scraper.scrape().await;
    let whole = server.join().expect("the loop ends");
    whole / (TIMES + 1) as f64
}

/// Answers each request of one connection with so many bytes, until that is closed.
async fn serve(listener: std::net::TcpListener, bytes: usize) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    let (mut stream, _) = listener.accept().await.expect("a connection");
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + bytes, b'x');
    // A request comes in one piece: it is short.
    let mut request = [0; 1024];
    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
        stream.write_all(&answer).await.expect("sent");
    }
}

//! Scrapes of 100,000 series: how long they take while jobs are collected, and what one costs beside sending the same bytes.

use super::{MIB, until, walked};
use nbu_sim::{Population, Sim};
use nbu_tests::{Exporter, Launch, Watched, configuration, cpu};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval, sleep};

const SERIES: usize = 100_000;
/// How often a page is asked for, after once that is not measured.
const TIMES: usize = 100;
const PAUSE: Duration = Duration::from_millis(100);
/// How much happens on the primary between two cycles, of which there is one a second.
const MINUTE: Duration = Duration::from_secs(60);
/// Longer than it takes to collect everything once.
const CALM: Duration = Duration::from_secs(10);

/// Scrapes over one connection.
struct Scrapes {
    /// From the request to the last byte, the shortest first.
    took: Vec<Duration>,
    bytes: usize,
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
    let config = configuration([&watched]);
    let exporter = Launch::with_config(&*config).start().await;
    let mut page = until(&exporter, walked).await;
    while page.len() < SERIES {
        watched.sim.advance(10 * MINUTE);
        page = exporter.scrape().await;
        sleep(PAUSE).await;
    }
    println!(
        "\nscrapes over one connection: {} series, 700 jobs a minute, a cycle a second; processor time is that of scrapes while\n\
         nothing is collected, beside that of a loop that sends the same bytes",
        page.len()
    );
    println!(
        "{:>5} {:>7} {:>10} {:>8} {:>11} {:>13} {:>9} {:>6}",
        "page", "MiB", "median ms", "99 % ms", "longest ms", "µs/scrape", "bare µs", "ratio"
    );
    let mut collecting = Vec::new();
    for gzip in [false, true] {
        let scrapes = tokio::spawn(scrape(exporter.address().to_owned(), gzip));
        while !scrapes.is_finished() {
            watched.sim.advance(MINUTE);
            sleep(Duration::from_secs(1)).await;
        }
        collecting.push((gzip, scrapes.await.expect("every scrape is answered")));
    }
    exporter.rewrite_config(&config.replace("interval: 1s", "interval: 1h"));
    exporter.signal(Signal::SIGHUP);
    exporter.logged("configuration reloaded").await;
    sleep(CALM).await;
    let mut rows = Vec::new();
    for (gzip, scrapes) in collecting {
        rows.push(row(&exporter, gzip, &scrapes).await);
    }
    println!("{}", serde_json::json!({ "scrape": rows }));
}

/// Asks for the page so often again, and prints what was measured.
async fn row(exporter: &Exporter, gzip: bool, scrapes: &Scrapes) -> serde_json::Value {
    let busy = cpu::of_process(exporter.pid());
    let calm = scrape(exporter.address().to_owned(), gzip).await;
    let own = (cpu::of_process(exporter.pid()) - busy) / (TIMES + 1) as f64;
    let bare = bare(calm.bytes).await;
    let name = if gzip { "gzip" } else { "plain" };
    let [median, most, longest] = [50, 99, 100].map(|percent| scrapes.percentile(percent) * 1e3);
    println!(
        "{name:>5} {:>7.2} {median:>10.1} {most:>8.1} {longest:>11.1} {:>13.0} {:>9.0} {:>6.2}",
        calm.bytes as f64 / MIB,
        own * 1e6,
        bare * 1e6,
        own / bare,
    );
    serde_json::json!({
        "page": name,
        "bytes": calm.bytes,
        "seconds": scrapes.took.iter().map(Duration::as_secs_f64).collect::<Vec<_>>(),
        "cpu_seconds": own,
        "bare_cpu_seconds": bare,
    })
}

async fn scrape(address: String, gzip: bool) -> Scrapes {
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    let encoding = if gzip { "gzip" } else { "identity" };
    let request =
        format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nAccept-Encoding: {encoding}\r\n\r\n");
    let mut buffer = vec![0; 1 << 18];
    // The first makes the page warm.
    let mut bytes = exchange(&mut stream, &request, &mut buffer).await;
    let mut tick = interval(PAUSE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        tick.tick().await;
        let began = Instant::now();
        bytes = exchange(&mut stream, &request, &mut buffer).await;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Scrapes { took, bytes }
}

/// One request and its answer, whose body is counted and thrown away.
async fn exchange(stream: &mut TcpStream, request: &str, buffer: &mut [u8]) -> usize {
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    let end = loop {
        let read = stream.read(buffer).await.expect("an answer");
        assert!(read > 0, "the connection was closed");
        head.extend_from_slice(&buffer[..read]);
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let length = length(&head[..end]);
    let mut left = length - (head.len() - end);
    while left > 0 {
        let read = stream.read(buffer).await.expect("a body");
        assert!(read > 0, "the connection was closed");
        left -= read;
    }
    length
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
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let began = cpu::of_this_thread();
        runtime.block_on(serve(listener, bytes));
        cpu::of_this_thread() - began
    });
    scrape(address, false).await;
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

impl Scrapes {
    /// Seconds within which so many of a hundred were over.
    fn percentile(&self, percent: usize) -> f64 {
        self.took[self.took.len() * percent / 100 - 1].as_secs_f64()
    }
}

//! HTTP/2 refused, and HTTP/1.1 spoken instead.

use std::sync::{Arc, Mutex};

use nbu_client::{Client, ClientBuilder, Credential, Reason, RetryPolicy};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Ca, Side, ca, leaf, trusting};
use crate::server::{KEY, Reply, Server, within};

const PROTOCOL_ERROR: u8 = 0x1;
const INADEQUATE_SECURITY: u8 = 0xc;
const HTTP_1_1_REQUIRED: u8 = 0xd;

/// What a front does with HTTP/2.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    /// Resets the stream of each request.
    Stream(u8),
    /// Ends the connection at the first request.
    Connection(u8),
    /// Ends the connection before any request.
    Greeting(u8),
    /// Answers 505.
    Status,
}

/// A server that takes HTTP/1.1 only, though it offers both.
struct Front {
    url: url::Url,
    /// The protocol of every request, in order.
    seen: Arc<Mutex<Vec<&'static str>>>,
    ca: Ca,
}

impl Front {
    async fn start(refusal: Refusal) -> Self {
        let ca = ca();
        let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
        let side = Side {
            chain: vec![certificate.der().clone()],
            key,
            clients: None,
            only_tls12: false,
        };
        let mut config = side.config();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, log) = (acceptor.clone(), Arc::clone(&log));
                tokio::spawn(async move {
                    let stream = acceptor.accept(stream).await.ok()?;
                    let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    if http2 {
                        refuse(stream, refusal, &log).await
                    } else {
                        speak(stream, &log).await
                    }
                });
            }
        });
        Self {
            url: format!("https://{address}/netbackup").parse().unwrap(),
            seen,
            ca,
        }
    }

    /// A client that makes one attempt per call.
    fn client(&self) -> ClientBuilder {
        Client::builder("paris", self.url.clone())
            .credential(Credential::api_key(KEY))
            .tls(trusting(&self.ca))
            .retry(RetryPolicy::never())
    }

    fn take_seen(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// HTTP/1.1: answers everything like a ping.
async fn speak(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    log: &Mutex<Vec<&'static str>>,
) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        log.lock().unwrap().push("http1");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-NetBackup-API-Version: 12.0\r\nContent-Length: 13\r\n\r\n1700000000123";
        stream.write_all(answer).await.ok()?;
    }
}

/// HTTP/2, as far as it goes.
async fn refuse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    refusal: Refusal,
    log: &Mutex<Vec<&'static str>>,
) -> Option<()> {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const HEADERS: u8 = 1;
    let go_away = |code: u8| [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, code];
    stream.write_all(&SETTINGS).await.ok()?;
    if let Refusal::Greeting(code) = refusal {
        stream.write_all(&go_away(code)).await.ok()?;
    }
    stream.flush().await.ok()?;
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.ok()?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let [_, high, low, kind, _, stream_id @ ..] = head;
        let length = usize::from(u16::from_be_bytes([high, low]));
        stream.read_exact(&mut vec![0; length]).await.ok()?;
        if kind != HEADERS {
            continue;
        }
        log.lock().unwrap().push("http2");
        let answer = match refusal {
            Refusal::Stream(code) => [&[0, 0, 4, 3, 0], &stream_id[..], &[0, 0, 0, code]].concat(),
            Refusal::Connection(code) => go_away(code).to_vec(),
            Refusal::Greeting(_) => Vec::new(),
            // HEADERS that end the stream: `:status` with a literal value.
            Refusal::Status => [&[0, 0, 5, 1, 5], &stream_id[..], &[0x08, 3], b"505"].concat(),
        };
        stream.write_all(&answer).await.ok()?;
        stream.flush().await.ok()?;
    }
}

#[tokio::test]
async fn a_primary_that_refuses_http2_is_asked_over_http1_from_then_on() {
    for refusal in [
        Refusal::Stream(HTTP_1_1_REQUIRED),
        Refusal::Stream(INADEQUATE_SECURITY),
        Refusal::Connection(HTTP_1_1_REQUIRED),
        Refusal::Connection(INADEQUATE_SECURITY),
        Refusal::Greeting(HTTP_1_1_REQUIRED),
        Refusal::Status,
    ] {
        let front = Front::start(refusal).await;
        let client = front.client().build().unwrap();
        let ping = within(client.ping()).await;
        assert!(ping.is_ok(), "{refusal:?}: {}", ping.unwrap_err());
        let seen = front.take_seen();
        assert_eq!(seen.last(), Some(&"http1"), "{refusal:?}");
        for _ in 0..3 {
            within(client.ping()).await.unwrap();
        }
        assert_eq!(front.take_seen(), ["http1"; 3], "{refusal:?}");
    }
}

#[tokio::test]
async fn requests_that_are_refused_together_are_all_sent_again() {
    let front = Front::start(Refusal::Stream(HTTP_1_1_REQUIRED)).await;
    let client = front.client().build().unwrap();
    let pings = (0..4).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.ping().await.map(drop) })
    });
    for ping in pings.collect::<Vec<_>>() {
        within(ping).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn another_error_of_http2_is_no_reason_for_http1() {
    for refusal in [
        Refusal::Stream(PROTOCOL_ERROR),
        Refusal::Connection(PROTOCOL_ERROR),
    ] {
        let front = Front::start(refusal).await;
        let client = front.client().build().unwrap();
        let error = within(client.ping()).await.unwrap_err();
        assert_eq!(error.reason(), Reason::Connect, "{error}");
        assert_eq!(front.take_seen(), ["http2"], "{refusal:?}");
    }
}

#[tokio::test]
async fn http2_is_not_offered_where_it_is_not_wanted() {
    let front = Front::start(Refusal::Stream(PROTOCOL_ERROR)).await;
    let client = front.client().http2(false).build().unwrap();
    within(client.ping()).await.unwrap();
    assert_eq!(front.take_seen(), ["http1"]);
    // The stack cannot say another authority than the url's over HTTP/2.
    let client = front.client().host_header(Some("nbu:1556".to_owned()));
    within(client.build().unwrap().ping()).await.unwrap();
    assert_eq!(front.take_seen(), ["http1"]);
}

#[tokio::test]
async fn the_host_header_is_the_given_one() {
    let server = Server::start(|_| Reply::ping("12.0")).await;
    within(server.client().build().unwrap().ping())
        .await
        .unwrap();
    for host in ["nbu.example.com", "nbu.example.com:1556", "[fd00::1]:1556"] {
        let client = server.client().host_header(Some(host.to_owned()));
        within(client.build().unwrap().ping()).await.unwrap();
    }
    let seen = server.seen();
    let hosts: Vec<_> = seen.iter().map(|seen| seen.header("host")).collect();
    let address = server.url().socket_addrs(|| None).unwrap()[0].to_string();
    assert_eq!(
        hosts,
        [
            Some(&*address),
            Some("nbu.example.com"),
            Some("nbu.example.com:1556"),
            Some("[fd00::1]:1556")
        ]
    );
    assert!(
        seen.iter().all(|seen| {
            let hosts = seen.headers.iter();
            hosts
                .filter(|(name, _)| name.eq_ignore_ascii_case("host"))
                .count()
                == 1
        }),
        "one host each"
    );
}

#[tokio::test]
async fn what_is_no_host_header_makes_no_client() {
    let server = Server::start(|_| Reply::ping("12.0")).await;
    for host in [
        "",
        "a b",
        "user@nbu",
        "nbu:port",
        "nbu:",
        "https://nbu",
        "nbu/x",
        "nbu\r\n",
    ] {
        let client = server.client().host_header(Some(host.to_owned()));
        let error = client.build().unwrap_err();
        assert!(
            error.to_string().contains("host header"),
            "{host:?}: {error}"
        );
    }
}

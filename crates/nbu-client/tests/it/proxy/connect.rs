//! A small HTTP proxy that makes tunnels, or fails to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// What it does when it is asked for a tunnel.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    /// Makes it.
    Passes,
    /// Makes it for who sends this `Proxy-Authorization`.
    Wants(&'static str),
    /// Answers with this status.
    Declines(u16),
    /// Never answers.
    Hangs,
    /// Closes the connection.
    Closes,
    /// Resets it.
    Resets,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self::nobody(listener.local_addr().unwrap());
        let heads = Arc::clone(&proxy.heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner, Arc::clone(&heads)));
            }
        });
        proxy
    }

    /// One that does not run.
    pub(crate) fn nobody(address: SocketAddr) -> Self {
        Self {
            address,
            heads: Arc::default(),
        }
    }

    /// The requests for tunnels, as they came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if !head.starts_with("CONNECT") {
        // What a TLS port says to a request that is not encrypted, passed on.
        return answer(stream, 400).await;
    }
    match manner {
        Manner::Passes => tunnel(stream, &target).await,
        Manner::Wants(credentials) => {
            let sent = head
                .lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
            if sent.is_some_and(|(_, value)| value == credentials) {
                tunnel(stream, &target).await;
            } else {
                answer(stream, 407).await;
            }
        }
        Manner::Declines(status) => answer(stream, status).await,
        Manner::Hangs => {
            let _ = stream.read_u8().await;
        }
        Manner::Closes => {}
        Manner::Resets => {
            let _ = stream.set_zero_linger();
        }
    }
}

async fn answer(mut stream: TcpStream, status: u16) {
    let answer = format!(
        "HTTP/1.1 {status} Scripted\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"
    );
    let _ = stream.write_all(answer.as_bytes()).await;
}

async fn tunnel(mut stream: TcpStream, target: &str) {
    let mut primary = TcpStream::connect(target).await.unwrap();
    let made = b"HTTP/1.1 200 Connection established\r\n\r\n";
    if stream.write_all(made).await.is_ok() {
        let _ = copy_bidirectional(&mut stream, &mut primary).await;
    }
}

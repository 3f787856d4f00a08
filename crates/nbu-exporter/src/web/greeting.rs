//! How a connection to the TLS port begins: a handshake, or a client that does not know that there is TLS.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::debug;
use tracing::field::{self, display};

use super::live::Live;

/// What a plain HTTP client reads.
const PLAIN: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\n\
HTTP was spoken to a port that speaks HTTPS only: write https:// into the URL (scheme: https in Prometheus).\n";

/// Most that is read of what a plain client still sends; without reading it the answer might not arrive.
const REST: u64 = 64 * 1024;

/// What came of it.
pub(super) enum Greeting {
    /// A TLS client that speaks HTTP/1.1.
    Http1(Box<TlsStream<TcpStream>>),
    /// A TLS client that speaks HTTP/2.
    Http2(Box<TlsStream<TcpStream>>),
    /// The connection has ended, or will now.
    Over,
}

/// Greets a client, within `patience`. Which certificate it is shown is decided when it has begun to speak.
pub(super) async fn greet(stream: TcpStream, live: &Live, patience: Duration) -> Greeting {
    let peer = stream.peer_addr().ok().map(display);
    match timeout(patience, shake_hands(stream, live)).await {
        Ok(Ok(Some(stream))) => {
            let (_, session) = stream.get_ref();
            let version = session.protocol_version().map(field::debug);
            debug!(peer, version, "TLS client");
            if session.alpn_protocol() == Some(b"h2") {
                Greeting::Http2(Box::new(stream))
            } else {
                Greeting::Http1(Box::new(stream))
            }
        }
        Ok(Ok(None)) => Greeting::Over,
        Ok(Err(error)) => {
            debug!(peer, %error, "TLS handshake failed");
            Greeting::Over
        }
        Err(_) => {
            debug!(peer, ?patience, "TLS handshake not finished in time");
            Greeting::Over
        }
    }
}

async fn shake_hands(
    mut stream: TcpStream,
    live: &Live,
) -> io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    // Waits for the client to speak, without taking what it says.
    stream.peek(&mut first).await?;
    // TLS begins with the number 22, and every HTTP method with a letter.
    if first[0].is_ascii_alphabetic() {
        debug!("plain HTTP on the TLS port");
        refuse(&mut stream).await?;
        return Ok(None);
    }
    let standing = live.current();
    let Some(tls) = &standing.tls else {
        return Ok(None);
    };
    TlsAcceptor::from(tls.clone())
        .accept(stream)
        .await
        .map(Some)
}

/// Answers in plain HTTP, and waits for the client to have read it.
async fn refuse(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(PLAIN.as_bytes()).await?;
    stream.shutdown().await?;
    let mut rest = stream.take(REST);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await?;
    Ok(())
}

//! An HTTP proxy that makes tunnels, or says back what it was told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What it does when it is asked for a tunnel.
#[derive(Debug, Clone)]
pub enum Manner {
    /// Makes it.
    Tunnels,
    /// Answers with this status, and with this text in a header and in the body.
    Says(u16, String),
}

/// A running proxy; it ends when dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Proxy {
    /// Starts it on a free port.
    pub async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let heads = Arc::<Mutex<Vec<_>>>::default();
        let seen = Arc::clone(&heads);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner.clone(), Arc::clone(&seen)));
            }
        });
        Self {
            address,
            heads,
            task: task.abort_handle(),
        }
    }

    /// The heads of the requests to it, as they came.
    pub fn heads(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        heads.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    manner: Manner,
    heads: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let target = head.split(' ').nth(1)?.to_owned();
    heads
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(head);
    match manner {
        Manner::Tunnels => {
            let mut primary = TcpStream::connect(target).await.ok()?;
            let made = b"HTTP/1.1 200 Connection established\r\n\r\n";
            stream.write_all(made).await.ok()?;
            copy_bidirectional(&mut stream, &mut primary).await.ok()?;
        }
        Manner::Says(status, text) => {
            let length = text.len();
            let answer = format!(
                "HTTP/1.1 {status} {text}\r\nX-Said: {text}\r\nProxy-Authenticate: Basic realm=\"{text}\"\r\n\
                 Content-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{text}"
            );
            stream.write_all(answer.as_bytes()).await.ok()?;
            stream.shutdown().await.ok()?;
        }
    }
    Some(())
}

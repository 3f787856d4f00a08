//! TLS where there is none, and none where there is TLS.

use std::sync::Arc;

use nbu_client::{Client, Error, Reason, RetryPolicy, TlsFault, TlsSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Side, ca, leaf};
use crate::server::within;

const BAD_REQUEST: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\nno thanks";

async fn asked(scheme: &str, port: u16) -> Error {
    let url = format!("{scheme}://127.0.0.1:{port}/netbackup");
    let mut tls = TlsSettings::default();
    tls.insecure_skip_verify = true;
    let client = Client::builder("paris", url.parse().unwrap())
        .tls(tls)
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    within(client.ping()).await.unwrap_err()
}

fn fault(error: &Error) -> &TlsFault {
    assert_eq!(error.reason(), Reason::Tls, "{error:?}");
    match error {
        Error::Tls { fault, .. } => fault,
        other => panic!("{other}"),
    }
}

/// A port that serves every connection like this.
async fn port<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}

fn acceptor() -> TlsAcceptor {
    let (certificate, key) = leaf(&ca(), "127.0.0.1", |_| {});
    let side = Side {
        chain: vec![certificate.der().clone()],
        key,
        clients: None,
        only_tls12: false,
    };
    TlsAcceptor::from(Arc::new(side.config()))
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_named() {
    // What web servers do with a handshake: they cannot read it as HTTP and say so in HTTP.
    let port = port(async |mut stream| {
        stream.read_u8().await.unwrap();
        let _ = stream.write_all(BAD_REQUEST).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let error = asked("https", port).await;
    assert_eq!(fault(&error), &TlsFault::NotTls);
    assert!(error.to_string().contains("http://"), "{error}");
}

#[tokio::test]
async fn tls_on_the_plain_port_is_named() {
    let acceptor = acceptor();
    // It answers a plain request with a TLS alert.
    let port = port(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let _ = acceptor.accept(stream).await;
        }
    })
    .await;
    let error = asked("http", port).await;
    assert_eq!(fault(&error), &TlsFault::NotPlain);
    assert!(error.to_string().contains("write https://"), "{error}");
}

#[tokio::test]
async fn a_web_server_that_answers_in_plain_http_that_it_wants_tls_is_named() {
    let acceptor = acceptor();
    // Tomcat and others look at the first byte.
    let port = port(move |mut stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut first = [0];
            if stream.peek(&mut first).await.is_ok() && first[0] == 22 {
                let _ = acceptor.accept(stream).await;
            } else {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(BAD_REQUEST).await;
            }
        }
    })
    .await;
    assert_eq!(fault(&asked("http", port).await), &TlsFault::NotPlain);
}

#[tokio::test]
async fn a_plain_port_that_answers_nonsense_is_not_blamed_on_tls() {
    for answer in [BAD_REQUEST, b"SSH-2.0-OpenSSH_9.2\r\n"] {
        let port = port(async move |mut stream: TcpStream| {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer).await;
        })
        .await;
        let error = asked("http", port).await;
        assert_ne!(error.reason(), Reason::Tls, "{error:?}");
    }
}

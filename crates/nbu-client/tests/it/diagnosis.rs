//! The connections that are made to find out why one failed: on the way of the requests, in their attempt, and none after
//! the close has begun.

use std::sync::{Arc, Mutex};

use nbu_client::{Client, Error, Event, Observer, ProxyFault, RetryPolicy, TlsFault, TlsSettings};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto::ring::default_provider};

use crate::certificates::{Ca, ca, leaf, trusting};
use crate::proxy::connect::{Manner, Proxy};
use crate::server::{Gate, within};

/// A TLS port of `ca`, HTTP/2 alone, that asks for a client certificate. Without one nobody gets in, if it is `strict`.
fn asking(ca: &Ca, strict: bool) -> TlsAcceptor {
    let provider = Arc::new(default_provider());
    let mut clients = RootCertStore::empty();
    clients.add(ca.der().clone()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(clients.into(), provider.clone());
    let verifier = if strict {
        verifier
    } else {
        verifier.allow_unauthenticated()
    };
    let (certificate, key) = leaf(ca, "127.0.0.1", |_| {});
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![certificate.der().clone()],
            key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// A port, the connections to it so far, and what becomes of the first one: it ends when the gate is open. What becomes of
/// the others is up to `second`.
async fn port(acceptor: TlsAcceptor, first: Gate, second: Gate) -> (u16, watch::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (count, connections) = watch::channel(0);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.send_modify(|count| *count += 1);
            let gate = if *count.borrow() == 1 {
                first.clone()
            } else {
                second.clone()
            };
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await.ok()?;
                let _ = stream.read(&mut [0; 1024]).await;
                gate.passed().await;
                Some(())
            });
        }
    });
    (port, connections)
}

/// The attempts under way.
#[derive(Default)]
struct Tally(Mutex<Vec<&'static str>>);

impl Observer for Tally {
    fn event(&self, event: &Event<'_>) {
        let mut under_way = self.0.lock().unwrap();
        match event {
            Event::AttemptStarted { endpoint, .. } => under_way.push(endpoint),
            Event::AttemptEnded { endpoint, .. } => {
                let at = under_way.iter().position(|one| one == endpoint).unwrap();
                under_way.remove(at);
            }
            _ => {}
        }
    }
}

fn client(port: u16, ca: &Ca, tally: &Arc<Tally>) -> Client {
    let observer = Arc::clone(tally);
    let url = format!("https://127.0.0.1:{port}/netbackup");
    Client::builder("paris", url.parse().unwrap())
        .tls(trusting(ca))
        .retry(RetryPolicy::never())
        .observer(observer)
        .build()
        .unwrap()
}

#[tokio::test]
async fn it_is_part_of_the_attempt_that_failed() {
    let ca = ca();
    let (first, second) = (Gate::shut(), Gate::shut());
    let (port, mut connections) = port(asking(&ca, false), first.clone(), second.clone()).await;
    let tally = Arc::new(Tally::default());
    let client = client(port, &ca, &tally);
    let asking = client.clone();
    let call = tokio::spawn(async move { asking.ping().await });
    within(connections.wait_for(|count| *count == 1))
        .await
        .unwrap();
    first.open();
    within(connections.wait_for(|count| *count == 2))
        .await
        .unwrap();
    assert_eq!(client.in_flight(), 1, "under the permit of the attempt");
    assert_eq!(
        *tally.0.lock().unwrap(),
        ["/ping"],
        "and seen by the observer"
    );
    second.open();
    let error = within(call).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
    assert_eq!(client.in_flight(), 0);
    assert_eq!(*connections.borrow(), 2);
}

#[tokio::test]
async fn none_is_made_once_the_close_has_begun() {
    let ca = ca();
    let (first, second) = (Gate::shut(), Gate::shut());
    let (port, mut connections) = port(asking(&ca, false), first.clone(), second.clone()).await;
    let client = client(port, &ca, &Arc::default());
    let asking = client.clone();
    let call = tokio::spawn(async move { asking.ping().await });
    within(connections.wait_for(|count| *count == 1))
        .await
        .unwrap();
    let closing = client.close();
    first.open();
    within(call).await.unwrap().unwrap_err();
    assert_eq!(within(closing).await, Ok(()));
    assert_eq!(*connections.borrow(), 1);
}

#[tokio::test]
async fn a_close_ends_the_one_that_is_under_way() {
    let ca = ca();
    let (first, second) = (Gate::shut(), Gate::shut());
    let (port, mut connections) = port(asking(&ca, false), first.clone(), second).await;
    let client = client(port, &ca, &Arc::default());
    let asking = client.clone();
    let call = tokio::spawn(async move { asking.ping().await });
    within(connections.wait_for(|count| *count == 1))
        .await
        .unwrap();
    first.open();
    within(connections.wait_for(|count| *count == 2))
        .await
        .unwrap();
    // Nobody answers there: left alone it would take its time, which is told by a clock that moves when nothing else does.
    tokio::time::pause();
    let began = Instant::now();
    assert_eq!(client.close().await, Ok(()));
    assert!(began.elapsed().is_zero());
    call.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn it_goes_through_the_proxy_with_its_credentials() {
    let ca = ca();
    let (port, connections) = port(asking(&ca, true), Gate::shut(), Gate::shut()).await;
    let credentials = "Basic dXNlcjpwYS9zcw==";
    let proxy = Proxy::start(Manner::Wants(credentials)).await;
    let address = format!("http://user:pa%2Fss@{}", proxy.address);
    let url = format!("https://127.0.0.1:{port}/netbackup");
    let client = Client::builder("paris", url.parse().unwrap())
        .tls(trusting(&ca))
        .retry(RetryPolicy::never())
        .proxy(address.parse().unwrap(), [])
        .build()
        .unwrap();
    let error = within(client.ping()).await.unwrap_err();
    let Error::Tls { fault, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(fault, &TlsFault::ClientCertificateRequired);
    let heads = proxy.heads();
    assert_eq!(heads.len(), *connections.borrow(), "nothing goes past it");
    assert!(heads.len() >= 2, "the attempt, and the one that finds out");
    let target = format!("CONNECT 127.0.0.1:{port} HTTP/1.1");
    for head in heads {
        assert!(head.starts_with(&target), "{head}");
        assert!(head.contains(credentials), "{head}");
    }
}

/// What is said of an `http://` url whose requests the proxy answers with 400.
async fn plain(port: u16, proxy: &Proxy) -> Error {
    let url = format!("http://127.0.0.1:{port}/netbackup");
    let client = Client::builder("paris", url.parse().unwrap())
        .tls(TlsSettings::default())
        .retry(RetryPolicy::never())
        .proxy(format!("http://{}", proxy.address).parse().unwrap(), [])
        .build()
        .unwrap();
    within(client.ping()).await.unwrap_err()
}

#[tokio::test]
async fn tls_on_a_plain_port_behind_a_proxy_is_found_through_it() {
    let ca = ca();
    let (tls, connections) = port(asking(&ca, false), Gate::shut(), Gate::shut()).await;
    let proxy = Proxy::start(Manner::Passes).await;
    let error = plain(tls, &proxy).await;
    let Error::Tls { fault, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(fault, &TlsFault::NotPlain);
    let heads = proxy.heads();
    assert!(heads[0].starts_with("GET http://127.0.0.1:"), "{heads:?}");
    assert!(heads[1].starts_with("CONNECT 127.0.0.1:"), "{heads:?}");
    assert_eq!(*connections.borrow(), 1);

    // A proxy that makes no tunnel there leaves it at what it said.
    let proxy = Proxy::start(Manner::Declines(403)).await;
    let error = plain(tls, &proxy).await;
    let declined = |fault: &ProxyFault| *fault == ProxyFault::Declined;
    assert!(!matches!(&error, Error::Tls { .. }), "{error:?}");
    assert!(
        !matches!(&error, Error::Proxy { fault, .. } if declined(fault)),
        "{error:?}"
    );
    assert_eq!(*connections.borrow(), 1);
}

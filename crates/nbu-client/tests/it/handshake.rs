//! TLS with certificates made for each case: whom the client believes.

use std::sync::Arc;

use nbu_client::{
    Client, Credential, Fingerprint, Reason, RetryPolicy, TlsFault, TlsSettings, TlsVersion,
};
use rcgen::date_time_ymd;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Side, ca, client, fault, leaf, pinning, primary, trusting};
use crate::server::{KEY, Reply, Server, within};

#[tokio::test]
async fn the_ca_of_the_primary_is_enough() {
    let ca = ca();
    let server = primary(&ca, "127.0.0.1", |_| {}).await;
    within(client(&server, trusting(&ca)).ping()).await.unwrap();
}

#[tokio::test]
async fn another_ca_is_unknown() {
    let server = primary(&ca(), "127.0.0.1", |_| {}).await;
    assert_eq!(fault(&server, trusting(&ca())).await, TlsFault::UnknownCa);
}

#[tokio::test]
async fn a_pin_needs_no_other_trust() {
    let ca = ca();
    let server = primary(&ca, "127.0.0.1", |_| {}).await;
    within(client(&server, pinning(ca.der())).ping())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_pin_excludes_every_other_trust() {
    let (ca, other) = (ca(), ca());
    let server = primary(&ca, "127.0.0.1", |_| {}).await;
    let mut tls = pinning(other.der());
    tls.ca_pem = Some(ca.pem().into_bytes());
    let TlsFault::PinMismatch { presented } = fault(&server, tls).await else {
        panic!("it is no match")
    };
    assert_eq!(presented[1], Fingerprint::of(ca.der()));
}

#[tokio::test]
async fn a_pin_is_no_excuse_for_another_name_or_another_issuer() {
    let ca = ca();
    let server = primary(&ca, "other.example.com", |_| {}).await;
    assert!(matches!(
        fault(&server, pinning(ca.der())).await,
        TlsFault::WrongName { .. }
    ));

    // The pinned CA is in the chain, but the certificate is from another of the same name.
    let forger = self::ca();
    let (certificate, key) = leaf(&forger, "127.0.0.1", |_| {});
    let chain = vec![certificate.der().clone(), ca.der().clone()];
    let side = Side {
        chain,
        key,
        clients: None,
        only_tls12: false,
    };
    let server = Server::start_tls(side.config(), |_| Reply::ping("12.0")).await;
    let error = within(client(&server, pinning(ca.der())).ping())
        .await
        .unwrap_err();
    assert_eq!(error.reason(), Reason::Tls, "{error}");
}

#[tokio::test]
async fn the_certificate_of_the_server_itself_can_be_pinned() {
    let ca = ca();
    let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
    let chain = vec![certificate.der().clone()];
    let side = Side {
        chain,
        key,
        clients: None,
        only_tls12: false,
    };
    let server = Server::start_tls(side.config(), |_| Reply::ping("12.0")).await;
    within(client(&server, pinning(certificate.der())).ping())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_wrong_name_says_which_names_are_right() {
    let ca = ca();
    let server = primary(&ca, "nbu.example.com", |_| {}).await;
    let found = fault(&server, trusting(&ca)).await;
    let TlsFault::WrongName { expected, .. } = &found else {
        panic!("{found}")
    };
    assert_eq!(expected, "127.0.0.1");
    assert!(found.to_string().contains("nbu.example.com"), "{found}");

    let mut tls = trusting(&ca);
    tls.server_name = Some("nbu.example.com".to_owned());
    within(client(&server, tls).ping()).await.unwrap();
}

#[tokio::test]
async fn the_key_is_told_in_no_name_of_a_certificate() {
    let ca = ca();
    let server = primary(&ca, &format!("{KEY}.example.com"), |_| {}).await;
    let found = fault(&server, trusting(&ca)).await;
    let said = format!("{found} {found:?}");
    assert!(said.contains("<secret>.example.com"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

#[tokio::test]
async fn expired_and_not_yet_valid_are_told_apart() {
    let ca = ca();
    let server = primary(&ca, "127.0.0.1", |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    })
    .await;
    let found = fault(&server, trusting(&ca)).await;
    assert!(matches!(found, TlsFault::Expired { .. }), "{found:?}");
    let said = found.to_string();
    assert!(said.contains("expired (on 2002-01-01T00:00:00Z;"), "{said}");
    assert!(said.contains("this machine's clock says 20"), "{said}");
    let server = primary(&ca, "127.0.0.1", |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    })
    .await;
    let found = fault(&server, trusting(&ca)).await;
    assert!(matches!(found, TlsFault::NotYetValid { .. }), "{found:?}");
    let said = found.to_string();
    assert!(said.contains("(before 4000-01-01T00:00:00Z;"), "{said}");
}

#[tokio::test]
async fn insecure_skip_verify_believes_anyone() {
    let server = primary(&ca(), "other.example.com", |params| {
        params.not_after = date_time_ymd(2002, 1, 1);
    })
    .await;
    let mut tls = TlsSettings::default();
    tls.insecure_skip_verify = true;
    within(client(&server, tls).ping()).await.unwrap();
}

#[tokio::test]
async fn the_oldest_version_of_tls_is_respected() {
    let ca = ca();
    let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
    let side = Side {
        chain: vec![certificate.der().clone()],
        key,
        clients: None,
        only_tls12: true,
    };
    let server = Server::start_tls(side.config(), |_| Reply::ping("12.0")).await;
    within(client(&server, trusting(&ca)).ping()).await.unwrap();
    let mut tls = trusting(&ca);
    tls.min_version = TlsVersion::Tls13;
    assert_eq!(fault(&server, tls).await, TlsFault::Version);
}

#[tokio::test]
async fn the_key_is_not_told_in_the_farewell_of_an_http2_connection() {
    let ca = ca();
    let (certificate, key) = leaf(&ca, "127.0.0.1", |_| {});
    let side = Side {
        chain: vec![certificate.der().clone(), ca.der().clone()],
        key,
        clients: None,
        only_tls12: false,
    };
    let mut config = side.config();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/netbackup", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut stream = acceptor.accept(stream).await.unwrap();
        stream.read_exact(&mut [0; 24]).await.unwrap();
        // Frame by frame, up to the request's HEADERS.
        let mut frame = [0; 9];
        while frame[3] != 1 {
            stream.read_exact(&mut frame).await.unwrap();
            let length = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]);
            let mut payload = vec![0; length.try_into().unwrap()];
            stream.read_exact(&mut payload).await.unwrap();
        }
        // SETTINGS without any, then GOAWAY: no stream was served, the reason is 11, and the text.
        let length = u8::try_from(8 + KEY.len()).unwrap();
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
        let away = [0, 0, length, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11];
        let farewell = [&settings[..], &away, KEY.as_bytes()].concat();
        stream.write_all(&farewell).await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let client = Client::builder("paris", url.parse().unwrap())
        .credential(Credential::api_key(KEY))
        .tls(trusting(&ca))
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let error = within(client.ping()).await.unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(said.contains("<secret>"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

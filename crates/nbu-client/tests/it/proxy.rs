//! Through an HTTP proxy, or past it.

pub(crate) mod connect;

use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use nbu_client::{Client, ClientBuilder, Credential, Error, ProxyFault, Reason, RetryPolicy};
use tokio::net::{TcpListener, TcpSocket};

use crate::certificates::{ca, primary, trusting};
use crate::server::{KEY, Reply, Server, within};
use connect::{Manner, Proxy};

#[tokio::test]
async fn requests_go_through_the_proxy_with_its_credentials() {
    let proxy = Server::start(|_| Reply::ping("12.0")).await;
    let mut address = proxy.url();
    address.set_username("user").unwrap();
    address.set_password(Some("pass")).unwrap();
    // A name that nobody resolves: the proxy would.
    let url = "http://nbu.example.com:1556/netbackup".parse().unwrap();
    let client = Client::builder("paris", url)
        .proxy(address, [])
        .build()
        .unwrap();
    within(client.ping()).await.unwrap();
    let seen = &proxy.seen()[0];
    assert_eq!(seen.target, "http://nbu.example.com:1556/netbackup/ping");
    assert_eq!(
        seen.header("proxy-authorization"),
        Some("Basic dXNlcjpwYXNz")
    );
}

#[tokio::test]
async fn what_is_excepted_is_reached_directly() {
    for direct in ["127.0.0.0/8", "127.0.0.1"] {
        let proxy = Server::start(|_| Reply::status(502)).await;
        let server = Server::start(|_| Reply::ping("12.0")).await;
        let client = server
            .client()
            .proxy(proxy.url(), [direct.to_owned()])
            .build()
            .unwrap();
        within(client.ping()).await.unwrap();
        assert!(proxy.seen().is_empty(), "{direct}");
    }
    let proxy = Server::start(|_| Reply::status(502)).await;
    let server = Server::start(|_| Reply::ping("12.0")).await;
    let mut url = server.url();
    url.set_host(Some("localhost")).unwrap();
    for (direct, through) in [
        (".localhost", false),
        ("localhost", false),
        ("*", false),
        ("host", true),
    ] {
        let client = Client::builder("paris", url.clone())
            .proxy(proxy.url(), [direct.to_owned()])
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        assert_eq!(within(client.ping()).await.is_err(), through, "{direct}");
    }
}

/// A client of a TLS primary behind the proxy.
async fn behind(proxy: &Proxy, userinfo: &str) -> (Server, ClientBuilder) {
    let ca = ca();
    let server = primary(&ca, "127.0.0.1", |_| {}).await;
    let address = format!("http://{userinfo}{}", proxy.address);
    let client = server
        .client()
        .tls(trusting(&ca))
        .proxy(address.parse().unwrap(), []);
    (server, client)
}

async fn fault(proxy: &Proxy, userinfo: &str) -> (ProxyFault, Error) {
    let (server, client) = behind(proxy, userinfo).await;
    let client = client
        .connect_timeout(Duration::from_millis(300))
        .build()
        .unwrap();
    let error = within(client.ping()).await.unwrap_err();
    let said = error.to_string();
    assert!(said.contains(&proxy.address.to_string()), "{said}");
    assert!(!said.contains("s3cr3t"), "{said}");
    assert!(server.seen().is_empty());
    match &error {
        Error::Proxy { fault, .. } => (fault.clone(), error),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_tunnel_carries_tls_to_the_primary_and_the_proxy_sees_no_key() {
    let proxy = Proxy::start(Manner::Wants("Basic dXNlcjpwYS9zcw==")).await;
    let (server, client) = behind(&proxy, "user:pa%2Fss@").await;
    let client = client.build().unwrap();
    within(client.ping()).await.unwrap();
    assert_eq!(server.count("/ping"), 1);
    let heads = proxy.heads();
    let to = server.url();
    let target = format!("CONNECT 127.0.0.1:{} HTTP/1.1", to.port().unwrap());
    assert!(heads[0].starts_with(&target), "{heads:?}");
    assert!(!heads.concat().contains(KEY));
}

#[tokio::test]
async fn a_proxy_that_wants_other_credentials_is_to_blame_and_not_asked_again() {
    let proxy = Proxy::start(Manner::Wants("Basic b3RoZXI6b3RoZXI=")).await;
    for userinfo in ["", "user:s3cr3t@"] {
        let (fault, error) = fault(&proxy, userinfo).await;
        assert_eq!(fault, ProxyFault::Credentials);
        assert_eq!(error.reason(), Reason::Connect);
        assert!(error.to_string().contains("407"), "{error}");
    }
    let before = proxy.heads().len();
    let (_server, client) = behind(&proxy, "").await;
    let client = client.retry(RetryPolicy::default()).build().unwrap();
    within(client.ping()).await.unwrap_err();
    assert_eq!(proxy.heads().len(), before + 1, "no retry makes it better");
    // The same where there is no tunnel.
    let plain = Server::start(|_| Reply::status(407)).await;
    let client = Client::builder("paris", "http://nbu.example.com/netbackup".parse().unwrap())
        .proxy(plain.url(), [])
        .build()
        .unwrap();
    let error = within(client.ping()).await.unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Proxy {
                fault: ProxyFault::Credentials,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn each_way_in_which_the_proxy_fails_is_told_from_the_primary() {
    for (manner, expected, reason) in [
        (Manner::Declines(502), ProxyFault::Declined, Reason::Connect),
        (Manner::Declines(403), ProxyFault::Declined, Reason::Connect),
        (Manner::Closes, ProxyFault::Broken, Reason::Connect),
        (Manner::Resets, ProxyFault::Broken, Reason::Connect),
        (
            Manner::Hangs,
            ProxyFault::Silent {
                after: Duration::from_millis(300),
            },
            Reason::Timeout,
        ),
    ] {
        let proxy = Proxy::start(manner).await;
        let (fault, error) = fault(&proxy, "").await;
        assert_eq!(fault, expected);
        assert_eq!(error.reason(), reason);
    }
    // Bound, so that nobody else can have the port, but nobody listens.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let gone = Proxy::nobody(socket.local_addr().unwrap());
    assert_eq!(fault(&gone, "").await.0, ProxyFault::Unreachable);
    let client = Client::builder("paris", "http://nbu.example.com/netbackup".parse().unwrap())
        .proxy(format!("http://{}", gone.address).parse().unwrap(), [])
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let error = within(client.ping()).await.unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Proxy {
                fault: ProxyFault::Unreachable,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn behind_a_good_proxy_it_is_the_primary_that_is_told() {
    let proxy = Proxy::start(Manner::Passes).await;
    let (_server, client) = behind(&proxy, "").await;
    // Another authority than the primary's.
    let client = client.tls(trusting(&ca())).build().unwrap();
    let error = within(client.ping()).await.unwrap_err();
    assert_eq!(error.reason(), Reason::Tls, "{error:?}");
}

#[tokio::test]
async fn ipv6_addresses_and_names_with_both_kinds_are_reached() {
    // Port by port, since the answers are all that is looked at.
    let any = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    let Ok(listener) = TcpListener::bind(any).await else {
        // A machine without IPv6.
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let server = Server::on(listener, |_| Reply::ping("12.0"));
    // On 127.0.0.1 nobody listens at this port: the name is tried on both.
    for host in ["[::1]", "localhost"] {
        let url = format!("http://{host}:{port}/netbackup").parse().unwrap();
        let client = Client::builder("six", url)
            .credential(Credential::api_key(KEY))
            .build()
            .unwrap();
        match within(client.ping()).await {
            Ok(_) => {}
            // Where localhost is IPv4 alone there is nothing to try.
            Err(error) => assert_eq!(host, "localhost", "{error:?}"),
        }
    }
    assert!(server.count("/ping") >= 1);
    // Past a proxy by its network, and by its address.
    let proxy = Server::start(|_| Reply::status(502)).await;
    for direct in ["::1", "::/64"] {
        let url = format!("http://[::1]:{port}/netbackup").parse().unwrap();
        let client = Client::builder("six", url)
            .proxy(proxy.url(), [direct.to_owned()])
            .build()
            .unwrap();
        within(client.ping()).await.unwrap();
    }
    assert!(proxy.seen().is_empty());
}

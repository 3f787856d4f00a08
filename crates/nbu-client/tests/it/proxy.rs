//! Through an HTTP proxy, or past it.

use nbu_client::Client;

use crate::server::{Reply, Server, within};

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
    let proxy = Server::start(|_| Reply::status(502)).await;
    let server = Server::start(|_| Reply::ping("12.0")).await;
    let client = server
        .client()
        .proxy(proxy.url(), ["127.0.0.0/8".to_owned()])
        .build()
        .unwrap();
    within(client.ping()).await.unwrap();
    assert!(proxy.seen().is_empty());
}

//! Whether anything answers where the primary, or the proxy in front of it, should be.

use std::net::SocketAddr;
use std::time::Duration;

use nbu_client::{Reason, goes_direct};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use super::{Check, Finding};
use crate::config;
use crate::remedy::{Facts, Reader, remedy};

/// The longest time for one address: packets that are dropped are not waited for until the deadline.
const CONNECT: Duration = Duration::from_secs(10);

/// What has to be reached first.
struct Target {
    host: String,
    port: u16,
    /// As shown.
    subject: String,
}

/// Resolves and connects. False if nothing answered, so that there is no point in going on.
pub(super) async fn reach(
    primary: &config::Primary,
    deadline: Instant,
    found: &mut Vec<Finding>,
) -> bool {
    let target = target(primary);
    let advice = remedy(Reason::Connect, &Facts::default(), primary, Reader::Check);
    let began = Instant::now();
    let resolved = timeout_at(deadline, lookup_host((target.host.as_str(), target.port))).await;
    let took = began.elapsed();
    let addresses: Vec<SocketAddr> = match resolved {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => {
            let detail = format!("the name cannot be resolved: {error}");
            let finding =
                Finding::failed(Check::Dns, &target.subject, Reason::Connect, detail, advice);
            found.push(finding.took(took));
            return false;
        }
        Err(_) => {
            let detail = "the name server did not answer in time";
            let remedy = "check the resolver of this machine";
            let finding =
                Finding::failed(Check::Dns, &target.subject, Reason::Timeout, detail, remedy);
            found.push(finding.took(took));
            return false;
        }
    };
    let listed: Vec<String> = addresses.iter().map(|one| one.ip().to_string()).collect();
    if !is_address(&target.host) {
        found.push(Finding::good(Check::Dns, &target.subject, listed.join(", ")).took(took));
    }
    let finding = connect(&target, &addresses, deadline, &advice).await;
    let reached = finding.reason.is_none();
    found.push(finding);
    reached
}

/// Tries the addresses one after the other, as the client does.
async fn connect(
    target: &Target,
    addresses: &[SocketAddr],
    deadline: Instant,
    advice: &str,
) -> Finding {
    let mut refusals = Vec::new();
    let mut silent = false;
    let began = Instant::now();
    for address in addresses {
        let attempt = timeout(CONNECT, TcpStream::connect(address));
        match timeout_at(deadline, attempt).await {
            Ok(Ok(Ok(_))) => {
                let finding = Finding::good(Check::Connect, &target.subject, address.to_string());
                return finding.took(began.elapsed());
            }
            Ok(Ok(Err(error))) => refusals.push(format!("{address}: {error}")),
            Ok(Err(_)) | Err(_) => {
                silent = true;
                refusals.push(format!("{address}: no answer"));
            }
        }
    }
    let (reason, advice) = if silent {
        let firewall = "a firewall drops the packets, or the host is down";
        (Reason::Timeout, format!("{firewall}; {advice}"))
    } else {
        (Reason::Connect, advice.to_owned())
    };
    Finding::failed(
        Check::Connect,
        &target.subject,
        reason,
        refusals.join("; "),
        advice,
    )
    .took(began.elapsed())
}

fn target(primary: &config::Primary) -> Target {
    let (url, through) = match &primary.proxy {
        Some(proxy) if !goes_direct(&primary.url, &primary.no_proxy) => (proxy.expose(), "proxy "),
        _ => (&primary.url, ""),
    };
    let host = host(url);
    let port = url.port_or_known_default().unwrap_or(443);
    let subject = format!("{through}{}:{port}", url.host_str().unwrap_or_default());
    Target {
        host,
        port,
        subject,
    }
}

/// Without the brackets of an IPv6 address.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    host.trim_matches(['[', ']']).to_owned()
}

fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

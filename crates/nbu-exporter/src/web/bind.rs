//! Opens the listeners.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use thiserror::Error;
use tokio::net::TcpListener;

use crate::cli::ListenAddress;

/// An address that cannot be listened on.
#[derive(Debug, Error)]
#[error("cannot listen on {address}: {source}; {remedy}")]
pub struct BindError {
    /// As given by the user.
    pub address: ListenAddress,
    /// What the user can do about it.
    pub remedy: &'static str,
    /// The system's answer. Part of the text as well: without it the line says nothing.
    pub source: io::Error,
}

/// Listens on each of the addresses; on any error on none.
///
/// Call it inside the runtime.
pub(crate) async fn bind(addresses: &[ListenAddress]) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners = Vec::with_capacity(addresses.len());
    for address in addresses {
        let listener = listen(address).await.map_err(|source| BindError {
            address: address.clone(),
            remedy: remedy(&source),
            source,
        })?;
        listeners.push(listener);
    }
    Ok(listeners)
}

async fn listen(address: &ListenAddress) -> io::Result<TcpListener> {
    match address.host.as_deref() {
        Some(host) => TcpListener::bind((host, address.port)).await,
        // One socket takes both families; where IPv6 is switched off, IPv4 alone.
        None => {
            match TcpListener::bind(SocketAddr::from((Ipv6Addr::UNSPECIFIED, address.port))).await {
                Err(error)
                    if error.kind() != io::ErrorKind::AddrInUse
                        && error.kind() != io::ErrorKind::PermissionDenied =>
                {
                    TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port))).await
                }
                outcome => outcome,
            }
        }
    }
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another process has the port: stop it or choose another one with --web.listen-address"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine does not have the address: correct --web.listen-address"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege: choose a higher one with --web.listen-address"
        }
        _ => "correct --web.listen-address",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_taken_is_named_with_a_remedy() {
        let taken = bind(&["127.0.0.1:0".parse().unwrap()])
            .await
            .unwrap()
            .remove(0);
        let address: ListenAddress = taken.local_addr().unwrap().to_string().parse().unwrap();
        let error = bind(std::slice::from_ref(&address))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("cannot listen on {address}: ")),
            "{error}"
        );
        assert!(
            error.contains("another process has the port") && !error.contains('\n'),
            "{error}"
        );
    }
}

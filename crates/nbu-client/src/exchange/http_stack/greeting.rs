//! Whether a port speaks TLS: a TLS greeting is sent, and the first bytes of the answer tell.

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::way::Stream;
use crate::sync::Arc;
use crate::tls;

/// Greets `host` at the other end of `stream` in TLS; nothing but the greeting is sent.
pub(super) async fn is_answered(host: &str, stream: Box<dyn Stream>) -> bool {
    answer(host, stream).await.is_some_and(is_tls)
}

async fn answer(host: &str, mut stream: Box<dyn Stream>) -> Option<[u8; 3]> {
    let greeting = greeting(host)?;
    stream.write_all(&greeting).await.ok()?;
    let mut answer = [0; 3];
    stream.read_exact(&mut answer).await.ok()?;
    Some(answer)
}

fn greeting(host: &str) -> Option<Vec<u8>> {
    // The answer is not looked into, so nobody has to be trusted.
    let config = rustls::ClientConfig::builder_with_provider(tls::provider())
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    let mut greeting = Vec::new();
    connection.write_tls(&mut greeting).ok()?;
    Some(greeting)
}

/// A record of a handshake or an alert, of any version since SSL 3.
fn is_tls([kind, major, minor]: [u8; 3]) -> bool {
    matches!(kind, 21 | 22) && major == 3 && minor <= 4
}

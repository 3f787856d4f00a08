//! What the other side says after the handshake, when it goes away: with TLS 1.3 the refusal of a client comes only then.

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsConnector;

use super::way::Stream;
use crate::TlsFault;
use crate::sync::Arc;

/// Makes a handshake with `host` at the other end of `stream`, and sends nothing. `None` if the other side then speaks
/// instead of going away.
pub(super) async fn after_handshake(
    config: Arc<ClientConfig>,
    host: &str,
    stream: Box<dyn Stream>,
) -> Option<TlsFault> {
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let mut stream = match TlsConnector::from(config).connect(name, stream).await {
        Ok(stream) => stream,
        Err(error) => return TlsFault::find(&error),
    };
    let error = stream.read_u8().await.err()?;
    TlsFault::find(&error)
}

//! HTTP/2, where it is spoken and where it is refused.

use std::error::Error as StdError;

use http::{StatusCode, Version};
use rustls::ClientConfig;

/// HTTP/2 in the TLS handshake (ALPN).
pub(super) const HTTP2: &[u8] = b"h2";

/// The same TLS, offering HTTP/1.1 alone.
pub(crate) fn http1_only(mut tls: ClientConfig) -> ClientConfig {
    tls.alpn_protocols.retain(|name| name != HTTP2);
    tls
}

/// Tells that the server wants HTTP/1.1 for this request, or for everything: it ends the stream or the connection with
/// `HTTP_1_1_REQUIRED` or `INADEQUATE_SECURITY` (RFC 9113, 7), or answers 505.
pub(super) fn is_refused(outcome: &reqwest::Result<reqwest::Response>) -> bool {
    match outcome {
        Ok(response) => {
            response.status() == StatusCode::HTTP_VERSION_NOT_SUPPORTED
                && response.version() == Version::HTTP_2
        }
        Err(error) => {
            let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
            while let Some(error) = cause {
                if let Some(error) = error.downcast_ref::<h2::Error>() {
                    return error.is_remote()
                        && matches!(
                            error.reason(),
                            Some(h2::Reason::HTTP_1_1_REQUIRED | h2::Reason::INADEQUATE_SECURITY)
                        );
                }
                cause = error.source();
            }
            false
        }
    }
}

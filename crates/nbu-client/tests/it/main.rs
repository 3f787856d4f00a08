//! The client through its public API, against real sockets.
#![cfg(all(feature = "http", not(any(loom, miri))))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod authorization;
mod certificates;
mod client_certificate;
mod close;
mod detection;
mod diagnosis;
mod fallbacks;
mod handshake;
mod hostile;
mod http2;
mod limit;
mod observing;
mod ports;
mod presented;
mod proxy;
mod retries;
mod secrets;
mod server;
mod settings;
mod tls_situations;
mod walks;

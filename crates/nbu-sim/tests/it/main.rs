//! The simulator through its front door: real sockets, real TLS, an HTTP client that knows nothing of it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code: a failure to set up is a failed test"
)]

mod access;
mod asking;
mod configuration;
mod faults;
mod filters;
mod life;
mod negotiation;
mod paging;
mod traffic;

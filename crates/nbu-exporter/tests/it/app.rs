//! The application as a whole, with simulated primaries, over real sockets.

mod counters;
mod ending;
#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a harness fails its test by panicking"
)]
mod harness;
mod primaries;
mod web;

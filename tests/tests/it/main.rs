//! The real binary against the simulated primary, over TLS.

#![expect(
    clippy::float_cmp,
    reason = "counts are whole numbers, and ratios are computed in one way"
)]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that cannot go on has failed its test"
)]

mod check;
mod close_down;
mod command_line;
mod connections;
mod credentials;
mod failures;
mod gateways;
mod hostile;
mod isolation;
mod killed;
mod overload;
mod protection;
mod secrets;
mod state;
mod tls;
mod truth;
mod unread_log;
mod values;
mod web_config;

//! The crate as its users see it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail loudly, as tests do"
)]

mod api_metrics;
mod budget;
mod catalogue;
mod collectors;
mod exposition;
mod ledger;
mod zero_first;

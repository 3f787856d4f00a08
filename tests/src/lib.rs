//! The real binary, end to end: spawned as a user would, scraped over HTTP, stopped by signals.
//!
//! [`Exporter`] is the process, [`Page`] a parsed scrape. The simulated primaries it watches run inside the test (`nbu-sim`), so that
//! what the exporter serves can be compared with the simulator's own truth.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a harness fails the test by panicking"
)]

mod authority;
mod binary;
pub mod cpu;
mod exporter;
pub mod hostile;
mod memory;
mod page;
mod proxy;
mod watched;

pub use authority::{Authority, Pair, Visitor};
pub use exporter::{Exporter, Launch, Ran, http, https};
pub use memory::Memory;
pub use page::{Page, Series};
pub use proxy::{Manner, Proxy};
pub use watched::{API_KEY, Watched, configuration};

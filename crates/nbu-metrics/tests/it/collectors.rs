//! The collectors against a simulated primary, over real sockets.

#![expect(
    clippy::float_cmp,
    reason = "what is compared are whole numbers, or the result of the same arithmetic"
)]

mod bench;
mod divided;
mod dropped;
mod jobs;
mod primary;
mod protection;
mod slices;
mod storage;
mod turns;

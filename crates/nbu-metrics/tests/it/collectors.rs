//! The collectors against a simulated primary, over real sockets.

mod bench;
mod dropped;
mod jobs;
mod primary;
mod storage;

//! The crate through its front door.
#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails here fails the test it serves"
)]

mod authorities;
mod contract;
mod detection;
mod endpoints;
mod errors;
mod filters;
mod job_ending;
mod jobs;
mod lenient;
mod login;
mod pages;
mod paging;
mod protection;
mod storage;
mod values;
mod words;

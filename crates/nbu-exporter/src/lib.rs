//! The process behind the `nbu-exporter` command, as a library over which the binary is one screen.
//!
//! The stages are types: text becomes a checked [`Config`](config::Config), and what is checked is never checked
//! again. Each module below owns one subject; the environment, the clock and the file system have one door each
//! ([`environment`], [`clock`], [`files`]).

pub mod cli;
pub mod clock;
pub mod config;
pub mod environment;
pub mod files;
pub mod log;
pub mod version;

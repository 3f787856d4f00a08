//! The process behind the `nbu-exporter` command, as a library over which the binary is one screen.
//!
//! The stages are types: text becomes a checked [`Config`](config::Config), and what is checked is never checked
//! again; a `Config` is bound to its addresses as an [`App`]; that runs to its [`Outcome`](shutdown::Outcome), which is
//! an exit code. Each module below owns one subject; the environment, the clock and the file system have one door each
//! ([`environment`], [`clock`], [`files`]).
//!
//! ```text
//! config ─► supervisor ─► one task per primary ─► collections ─► board ─► encoder ─► web
//! ```
//!
//! What flows to the right is immutable: a primary publishes on the board, the encoder renders what is there, a scrape takes
//! what is rendered. So a scrape never waits for a primary, and a primary never waits for another.
//!
//! ```
//! use std::path::Path;
//! use nbu_exporter::{App, Options, config::Config, environment::Environment, shutdown::{Outcome, Signal, Signals}};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = "primaries: [{name: paris, url: 'https://nbu.example.com:1556/netbackup', api_key: '${KEY}'}]";
//! let config = Config::parse(Path::new("nbu-exporter.yml"), text, &Environment::of([("KEY", "secret")]))?;
//! let options = Options { listen: vec!["127.0.0.1:0".parse()?], ..Options::default() };
//! let app = App::bind(config, options).await?;
//!
//! let (sender, signals) = Signals::channel();
//! sender.send(Signal::Terminate).await?;
//! assert_eq!(app.run(signals).await, Outcome::Clean);
//! # Ok(()) }
//! ```
//!
//! # What it does not do
//!
//! It sends nothing to NetBackup but reads, asks nothing while it is scraped, and keeps no history: that is Prometheus' part.

pub mod app;
mod board;
mod checkup;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
#[cfg(feature = "demo")]
mod demo;
mod encoder;
pub mod environment;
pub mod files;
mod heartbeat;
pub mod log;
mod patient;
mod primary;
mod process;
mod readiness;
pub mod reload;
mod remedy;
pub mod shutdown;
mod storage;
mod supervisor;
mod threads;
pub mod version;
mod web;

pub use app::{App, BindError, Options, StartError, StorageError};
pub use patient::Unread;

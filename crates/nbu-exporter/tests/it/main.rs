//! The crate through its front door.

mod app;
mod config;
mod docs;

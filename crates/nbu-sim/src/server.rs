//! Sockets, TLS and HTTP around the primary.

mod accept;
mod body;
mod bomb;
mod line;
mod service;

pub(crate) use accept::{Listening, listen};

//! The application as a whole, with simulated primaries, over real sockets.

mod ending;
mod harness;
mod primaries;
mod web;

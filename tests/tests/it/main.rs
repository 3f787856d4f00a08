//! The real binary against the simulated primary, over TLS.

mod close_down;
mod command_line;
mod isolation;
mod secrets;
mod truth;

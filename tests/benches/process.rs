//! The real binary's memory and time against the simulator.
fn main() {}

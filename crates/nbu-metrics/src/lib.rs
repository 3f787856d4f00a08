//! From NetBackup answers to Prometheus numbers.

pub mod catalogue;
pub mod histogram;
pub mod samples;
pub mod snapshot;

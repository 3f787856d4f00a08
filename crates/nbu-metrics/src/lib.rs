//! From NetBackup answers to Prometheus numbers.

pub mod catalogue;
pub mod histogram;
pub mod ledger;
pub mod samples;
pub mod snapshot;

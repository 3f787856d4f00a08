//! From NetBackup answers to Prometheus numbers.

pub mod catalogue;
pub mod collector;
pub mod collectors;
pub mod exposition;
pub mod histogram;
pub mod ledger;
pub mod negotiation;
pub mod samples;
pub mod schedule;
pub mod snapshot;

//! The ledger against a model that counts the truth once.

mod driver;
mod faulty_store;
mod laws;
mod single;
mod truth;
mod world;

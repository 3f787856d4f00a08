//! The ledger against a model that counts the truth once.

#![expect(
    clippy::float_cmp,
    reason = "what is compared are whole numbers, or the result of the same arithmetic"
)]

mod damage;
mod driver;
mod faulty_store;
mod laws;
mod older;
mod order;
mod runs;
mod single;
mod sizes;
mod times;
mod truth;
mod world;

//! What a scrape looks like, in every format.

mod arbitrary;
mod golden;
mod model;
mod parts;
mod pieces;
mod protobuf;
mod round_trip;
mod text;

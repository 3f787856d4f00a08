//! Log lines on standard error, in logfmt or JSON, with a level that can be changed while running.

mod level;

pub use self::level::{Format, Level};

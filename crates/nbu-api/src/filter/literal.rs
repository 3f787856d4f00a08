//! Values in filters, and the kinds of attributes they fit.

use std::fmt::Write as _;
use std::marker::PhantomData;

use jiff::Timestamp;

/// Kind: a string.
#[derive(Debug)]
pub struct Text(());

/// Kind: a number.
#[derive(Debug)]
pub struct Number(());

/// Kind: a point in time.
#[derive(Debug)]
pub struct Time(());

/// Kind: true or false.
#[derive(Debug)]
pub struct Flag(());

/// Kind: a word of the open enum `E`, such as [`JobState`](crate::JobState).
#[derive(Debug)]
pub struct Word<E>(PhantomData<fn() -> E>);

/// A value that can stand in a filter on an attribute of kind `K`.
///
/// Sealed: only this crate knows how a value is written, so none is written wrong.
#[diagnostic::on_unimplemented(
    message = "a filter on this attribute does not take `{Self}`",
    label = "not a value for an attribute of kind `{K}`"
)]
pub trait Literal<K>: Written<K> {}

impl<K, V: Written<K>> Literal<K> for V {}

pub(crate) mod sealed {
    /// Implemented for the values of each kind, here and by open enums.
    pub trait Written<K>: Sized {
        /// Appends the value as OData writes it.
        fn write(self, text: &mut String);
    }
}

use sealed::Written;

impl Written<Text> for &str {
    fn write(self, text: &mut String) {
        quote(self, text);
    }
}

impl Written<Text> for &String {
    fn write(self, text: &mut String) {
        quote(self, text);
    }
}

impl Written<Time> for Timestamp {
    /// Bare, UTC, milliseconds (finer parts are cut off), `Z`.
    fn write(self, text: &mut String) {
        let _ = write!(text, "{self:.3}");
    }
}

impl Written<Flag> for bool {
    fn write(self, text: &mut String) {
        text.push_str(if self { "true" } else { "false" });
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Written<Number> for $number {
            fn write(self, text: &mut String) {
                let _ = write!(text, "{self}");
            }
        }
    )*};
}

numbers!(i32 i64 u32 u64);

/// A string literal: in single quotes, those within doubled.
pub(crate) fn quote(value: &str, text: &mut String) {
    text.reserve(value.len() + 2);
    text.push('\'');
    for (index, part) in value.split('\'').enumerate() {
        if index > 0 {
            text.push_str("''");
        }
        text.push_str(part);
    }
    text.push('\'');
}

//! Fields that never fail: they take any JSON value, and what does not fit is counted and read as absent.
//!
//! A number may come as `12`, `12.0` or `"12"`, an id as number or text, a flag as `0` or `"true"`. The
//! empty string and `null` mean "absent" everywhere.

mod any;
mod duration;
mod key;
mod number;
mod object;
mod quantity;
mod text;
mod time;
mod values;

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use self::any::{drain_array, drain_object};

pub(crate) use self::any::{Any, Reader, ignore};
pub(crate) use self::key::{Key, fingerprint};
pub(crate) use self::object::{Attributes, Merge, object};
pub use self::quantity::Quantity;
pub(crate) use self::quantity::{believe, believed};
use crate::paging::Mismatches;

/// What became of one value.
#[derive(Debug, PartialEq)]
pub(crate) enum Read<T> {
    Value(T),
    /// A value that means "none".
    Absent,
    /// A value of another kind, out of range or unreadable.
    Mismatch,
}

/// A type that can be made from a JSON scalar, whichever kind the server chose.
pub(crate) trait Scalar<'de>: Sized {
    fn integer(_value: i128) -> Read<Self> {
        Read::Mismatch
    }

    fn float(_value: f64) -> Read<Self> {
        Read::Mismatch
    }

    fn boolean(_value: bool) -> Read<Self> {
        Read::Mismatch
    }

    fn text(text: &str) -> Read<Self>;

    /// Text that can be borrowed from the body because it has no escapes.
    fn borrowed(text: &'de str) -> Read<Self> {
        Self::text(text)
    }
}

/// A value that reads itself from any JSON without failing on its kind. Only broken syntax is an error.
pub(crate) trait Field<'de>: Sized {
    fn read<D: Deserializer<'de>>(
        source: D,
        field: &'static str,
        notes: &Notes,
    ) -> Result<Self, D::Error>;
}

impl<'de, T: Scalar<'de>> Field<'de> for Option<T> {
    fn read<D: Deserializer<'de>>(
        source: D,
        field: &'static str,
        notes: &Notes,
    ) -> Result<Self, D::Error> {
        Ok(match source.deserialize_any(ScalarVisitor(PhantomData))? {
            Read::Value(value) => Some(value),
            Read::Absent => None,
            Read::Mismatch => {
                notes.mismatch(field);
                None
            }
        })
    }
}

/// Mismatches noted while one page is read.
#[derive(Default)]
pub struct Notes {
    mismatches: Cell<Mismatches>,
    stopped_at: Cell<Option<&'static str>>,
}

impl Notes {
    #[cold]
    pub(crate) fn mismatch(&self, field: &'static str) {
        let mut mismatches = self.mismatches.take();
        mismatches.add(field, 1);
        self.mismatches.set(mismatches);
    }

    /// Adds what was noted elsewhere.
    pub(crate) fn add(&self, more: &Mismatches) {
        let mut mismatches = self.mismatches.take();
        mismatches.merge(more);
        self.mismatches.set(mismatches);
    }

    /// The outermost field whose value could not be read to its end, which is forgotten.
    pub(crate) fn take_stopped_at(&self) -> Option<&'static str> {
        self.stopped_at.take()
    }

    #[cold]
    fn stop_at(&self, field: &'static str) {
        self.stopped_at.set(Some(field));
    }

    /// What was noted, which is forgotten.
    pub(crate) fn take(&self) -> Mismatches {
        self.mismatches.take()
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notes").finish_non_exhaustive()
    }
}

/// Reads one field as [`Field`].
pub(crate) struct Seed<'n, T> {
    field: &'static str,
    notes: &'n Notes,
    target: PhantomData<fn() -> T>,
}

impl<'n, T> Seed<'n, T> {
    pub(crate) const fn new(field: &'static str, notes: &'n Notes) -> Self {
        Self {
            field,
            notes,
            target: PhantomData,
        }
    }
}

impl<'de, T: Field<'de>> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<T, D::Error> {
        let Self { field, notes, .. } = self;
        T::read(source, field, notes).inspect_err(|_| notes.stop_at(field))
    }
}

struct ScalarVisitor<T>(PhantomData<fn() -> T>);

impl<'de, T: Scalar<'de>> Visitor<'de> for ScalarVisitor<T> {
    type Value = Read<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Read<T>, E> {
        Ok(Read::Absent)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Read<T>, E> {
        Ok(T::boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Read<T>, E> {
        Ok(T::integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Read<T>, E> {
        Ok(T::integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Read<T>, E> {
        Ok(T::float(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Read<T>, E> {
        Ok(T::borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Read<T>, E> {
        Ok(T::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Read<T>, A::Error> {
        drain_array(array).map(|()| Read::Mismatch)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Read<T>, A::Error> {
        drain_object(object).map(|()| Read::Mismatch)
    }
}

//! Reading a value without knowing what it will be.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A reader that takes every kind of JSON value: what it does not want is read to its end all the same.
pub(crate) trait Reader<'de>: Sized {
    /// What it makes of a value.
    type Value;

    /// Takes an object.
    fn object<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        drain_object(object).map(|()| self.other())
    }

    /// Takes an array.
    fn array<A: SeqAccess<'de>>(self, array: A) -> Result<Self::Value, A::Error> {
        drain_array(array).map(|()| self.other())
    }

    /// Takes `null`.
    fn null(self) -> Self::Value {
        self.other()
    }

    /// Takes a value of a kind this reader has no use for; it is consumed already.
    fn other(self) -> Self::Value;
}

/// Makes a [`Reader`] readable by serde, which asks for a visitor and calls it a seed elsewhere.
pub(crate) struct Any<R>(pub(crate) R);

impl<'de, R: Reader<'de>> DeserializeSeed<'de> for Any<R> {
    type Value = R::Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<R::Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de, R: Reader<'de>> Visitor<'de> for Any<R> {
    type Value = R::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<R::Value, A::Error> {
        self.0.object(object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<R::Value, A::Error> {
        self.0.array(array)
    }

    fn visit_unit<E: Error>(self) -> Result<R::Value, E> {
        Ok(self.0.null())
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<R::Value, E> {
        Ok(self.0.other())
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<R::Value, E> {
        Ok(self.0.other())
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<R::Value, E> {
        Ok(self.0.other())
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<R::Value, E> {
        Ok(self.0.other())
    }

    fn visit_str<E: Error>(self, _text: &str) -> Result<R::Value, E> {
        Ok(self.0.other())
    }
}

/// Reads the rest of an array and forgets it.
pub(crate) fn drain_array<'de, A: SeqAccess<'de>>(mut array: A) -> Result<(), A::Error> {
    while array.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Reads the rest of an object and forgets it.
pub(crate) fn drain_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<(), A::Error> {
    while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Drops the value of a key nobody reads.
pub(crate) fn ignore<'de, A: MapAccess<'de>>(object: &mut A) -> Result<(), A::Error> {
    object.next_value::<IgnoredAny>().map(drop)
}

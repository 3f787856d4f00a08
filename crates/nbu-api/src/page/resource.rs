//! One element of a page: `{"type": …, "id": …, "attributes": {…}, "relationships": {…}}`.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::lenient::{Attributes, Key, Merge, Notes, Read, Seed, drain_array, ignore};
use crate::paging::SkipReason;

/// A model that is filled from an element of a page.
pub trait Resource<'de>: Attributes<'de> {
    /// Takes what stands beside the attributes, after all of the element was read.
    ///
    /// `false`: this is no record, for want of an identity.
    fn identify(&mut self, identity: Identity<'de>) -> bool;

    /// Takes the value of `relationships`. Most models need nothing from there.
    fn relationships<D: Deserializer<'de>>(
        &mut self,
        source: D,
        _notes: &Notes,
    ) -> Result<(), D::Error> {
        source.deserialize_ignored_any(IgnoredAny).map(drop)
    }
}

/// The `id` and `type` of an element, as text whichever way they were written.
#[derive(Debug, Default)]
pub struct Identity<'de> {
    pub(crate) id: Option<Cow<'de, str>>,
    pub(crate) kind: Option<Cow<'de, str>>,
}

/// Reads one element, whatever it is.
pub(super) struct Element<'n, T> {
    notes: &'n Notes,
    target: PhantomData<fn() -> T>,
}

impl<'n, T> Element<'n, T> {
    pub(super) const fn new(notes: &'n Notes) -> Self {
        Self {
            notes,
            target: PhantomData,
        }
    }
}

type Outcome<T> = Result<T, SkipReason>;

impl<'de, T: Resource<'de>> DeserializeSeed<'de> for Element<'_, T> {
    type Value = Outcome<T>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Outcome<T>, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de, T: Resource<'de>> Visitor<'de> for Element<'_, T> {
    type Value = Outcome<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Outcome<T>, A::Error> {
        let notes = self.notes;
        let mut record = T::default();
        let mut identity = Identity::default();
        while let Some(key) = object.next_key_seed(Key)? {
            match &*key {
                "attributes" => {
                    if object.next_value_seed(Merge {
                        target: &mut record,
                        notes,
                    })? == Read::Mismatch
                    {
                        notes.mismatch("attributes");
                    }
                }
                "id" => identity.id = object.next_value_seed(Seed::new("id", notes))?,
                "type" => identity.kind = object.next_value_seed(Seed::new("type", notes))?,
                "relationships" => object.next_value_seed(Relationships {
                    record: &mut record,
                    notes,
                })?,
                _ => ignore(&mut object)?,
            }
        }
        Ok(if record.identify(identity) {
            Ok(record)
        } else {
            Err(SkipReason::Id)
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Outcome<T>, A::Error> {
        drain_array(array).map(|()| Err(SkipReason::NotAnObject))
    }

    fn visit_unit<E: Error>(self) -> Result<Outcome<T>, E> {
        Ok(Err(SkipReason::NotAnObject))
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<Outcome<T>, E> {
        Ok(Err(SkipReason::NotAnObject))
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<Outcome<T>, E> {
        Ok(Err(SkipReason::NotAnObject))
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<Outcome<T>, E> {
        Ok(Err(SkipReason::NotAnObject))
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<Outcome<T>, E> {
        Ok(Err(SkipReason::NotAnObject))
    }

    fn visit_str<E: Error>(self, _text: &str) -> Result<Outcome<T>, E> {
        Ok(Err(SkipReason::NotAnObject))
    }
}

struct Relationships<'r, 'n, T> {
    record: &'r mut T,
    notes: &'n Notes,
}

impl<'de, T: Resource<'de>> DeserializeSeed<'de> for Relationships<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        self.record.relationships(source, self.notes)
    }
}

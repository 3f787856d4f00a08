//! One element of a page: `{"type": …, "id": …, "attributes": {…}, "relationships": {…}}`.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess};

use crate::lenient::{Any, Attributes, Key, Merge, Notes, Quantity, Read, Reader, Seed, ignore};
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

impl Identity<'_> {
    /// The number that a record gives itself or, where that is 0, the `id` of its element; 0 if that is none.
    pub(crate) fn number_or(&self, own: u64) -> u64 {
        match (own, &self.id) {
            (0, Some(id)) => {
                let id = id.trim().parse().ok();
                id.filter(|id| *id <= Quantity::Identity.largest())
                    .unwrap_or(0)
            }
            (own, _) => own,
        }
    }
}

/// Reads one element, whatever it is, into a record that is new.
pub(super) struct Element<'t, 'n, T> {
    record: &'t mut T,
    notes: &'n Notes,
}

impl<'t, 'n, T> Element<'t, 'n, T> {
    pub(super) const fn new(record: &'t mut T, notes: &'n Notes) -> Self {
        Self { record, notes }
    }
}

impl<'de, T: Resource<'de>> Reader<'de> for Element<'_, '_, T> {
    /// Why it is no record.
    type Value = Result<(), SkipReason>;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let Self { record, notes } = self;
        let mut identity = Identity::default();
        while let Some(key) = object.next_key_seed(Key)? {
            match &*key {
                b"attributes" => {
                    let merge = Merge {
                        target: &mut *record,
                        notes,
                    };
                    if object.next_value_seed(Any(merge))? == Read::Mismatch {
                        notes.mismatch("attributes");
                    }
                }
                b"id" => identity.id = object.next_value_seed(Seed::new("id", notes))?,
                b"type" => identity.kind = object.next_value_seed(Seed::new("type", notes))?,
                b"relationships" => {
                    object.next_value_seed(Relationships {
                        record: &mut *record,
                        notes,
                    })?;
                }
                _ => ignore(&mut object)?,
            }
        }
        Ok(if record.identify(identity) {
            Ok(())
        } else {
            Err(SkipReason::Id)
        })
    }

    fn other(self) -> Self::Value {
        Err(SkipReason::NotAnObject)
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

//! Lists of texts; elements that are none are counted and left out.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess};

use super::{Any, Field, Notes, Reader, Seed};

impl<'de> Field<'de> for Vec<Cow<'de, str>> {
    fn read<D: Deserializer<'de>>(
        source: D,
        field: &'static str,
        notes: &Notes,
    ) -> Result<Self, D::Error> {
        Any(Texts {
            field,
            notes,
            found: Self::new(),
        })
        .deserialize(source)
    }
}

struct Texts<'n, 'de> {
    field: &'static str,
    notes: &'n Notes,
    found: Vec<Cow<'de, str>>,
}

impl<'de> Reader<'de> for Texts<'_, 'de> {
    type Value = Vec<Cow<'de, str>>;

    fn array<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<Self::Value, A::Error> {
        while let Some(text) = array.next_element_seed(Seed::new(self.field, self.notes))? {
            let text: Option<Cow<'de, str>> = text;
            self.found.extend(text);
        }
        Ok(self.found)
    }

    fn null(self) -> Self::Value {
        self.found
    }

    fn other(self) -> Self::Value {
        self.notes.mismatch(self.field);
        self.found
    }
}

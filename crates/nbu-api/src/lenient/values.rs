//! Lists of texts and of numbers; elements that are neither are counted and left out.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, SeqAccess};

use super::{Any, Field, Notes, Reader, Scalar, Seed};

macro_rules! lists {
    ($($element:ty)*) => {$(
        impl<'de> Field<'de> for Vec<$element> {
            fn read<D: Deserializer<'de>>(
                source: D,
                field: &'static str,
                notes: &Notes,
            ) -> Result<Self, D::Error> {
                Any(Values::<$element> {
                    field,
                    notes,
                    found: Self::new(),
                })
                .deserialize(source)
            }
        }
    )*};
}

lists!(Cow<'de, str> u64);

struct Values<'n, T> {
    field: &'static str,
    notes: &'n Notes,
    found: Vec<T>,
}

impl<'de, T: Scalar<'de>> Reader<'de> for Values<'_, T> {
    type Value = Vec<T>;

    fn array<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<Vec<T>, A::Error> {
        let seed = || Seed::<Option<T>>::new(self.field, self.notes);
        while let Some(value) = array.next_element_seed(seed())? {
            self.found.extend(value);
        }
        Ok(self.found)
    }

    fn null(self) -> Vec<T> {
        self.found
    }

    fn other(self) -> Vec<T> {
        self.notes.mismatch(self.field);
        self.found
    }
}

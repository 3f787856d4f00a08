//! A document around one resource, of which only the attributes count.

use serde::de::MapAccess;

use super::{DecodeError, decode_flat};
use crate::lenient::Notes;
use crate::lenient::{Any, Attributes, Field, Merge, Read, Seed, ignore};

/// Reads the attributes of the only resource of a document: `{"data": {"attributes": …}}`.
pub(crate) fn decode_wrapped<'de, T>(body: &'de [u8], notes: &Notes) -> Result<T, DecodeError>
where
    Option<T>: Field<'de>,
{
    let Document(attributes) = decode_flat(body, notes)?;
    attributes.ok_or(DecodeError::NoData)
}

struct Document<T>(Option<T>);

/// The value of `data`.
struct Data<T>(Option<T>);

impl<T> Default for Document<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Default for Data<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T> Attributes<'de> for Document<T>
where
    Option<T>: Field<'de>,
{
    fn attribute<A: MapAccess<'de>>(
        &mut self,
        key: &[u8],
        object: &mut A,
        notes: &Notes,
    ) -> Result<(), A::Error> {
        if key != b"data" {
            return ignore(object);
        }
        let mut data = Data(None);
        let target = &mut data;
        if object.next_value_seed(Any(Merge { target, notes }))? == Read::Mismatch {
            notes.mismatch("data");
        }
        self.0 = data.0;
        Ok(())
    }
}

impl<'de, T> Attributes<'de> for Data<T>
where
    Option<T>: Field<'de>,
{
    fn attribute<A: MapAccess<'de>>(
        &mut self,
        key: &[u8],
        object: &mut A,
        notes: &Notes,
    ) -> Result<(), A::Error> {
        if key != b"attributes" {
            return ignore(object);
        }
        self.0 = object.next_value_seed(Seed::new("attributes", notes))?;
        Ok(())
    }
}

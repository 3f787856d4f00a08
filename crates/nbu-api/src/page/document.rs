//! The document around the records: `data` and `meta`, in any order, among keys nobody reads.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::DecodeError;
use super::resource::{Element, Resource};
use crate::lenient::{Attributes, Key, Merge, Notes, Read, drain_array, ignore, object};
use crate::paging::{Next, PageInfo};

object! {
    /// The value of `meta`.
    pub(super) struct Meta {
        /// Where lists tell about themselves.
        pagination: Option<PaginationMeta> = "pagination",
    }
}

object! {
    /// The value of `meta.pagination`, in all its forms.
    pub(super) struct PaginationMeta {
        /// Page size.
        limit: Option<u64> = "limit",
        /// Offset of this page.
        offset: Option<u64> = "offset",
        /// Records in all.
        count: Option<u64> = "count",
        /// Offset or cursor of the next page.
        next: Option<Next> = "next",
        /// Look-ahead lists.
        has_next: Option<bool> = "hasNext",
        /// Cursor lists.
        range_truncated: Option<bool> = "rangeTruncated",
    }
}

/// Reads a page, visiting its records.
pub(super) fn fold<'de, T: Resource<'de>>(
    body: &'de [u8],
    visit: &mut impl FnMut(T),
) -> Result<PageInfo, DecodeError> {
    let notes = Notes::default();
    let mut page = PageInfo::default();
    let mut source = serde_json::Deserializer::from_slice(body);
    let document = Document {
        visit,
        page: &mut page,
        notes: &notes,
        record: PhantomData,
    };
    let shape = source
        .deserialize_any(document)
        .map_err(DecodeError::Syntax)?;
    source.end().map_err(DecodeError::Syntax)?;
    page.mismatches = notes.mismatches();
    match shape {
        Shape::NotAnObject => Err(DecodeError::NotAnObject),
        Shape::NoData => Err(DecodeError::NoData),
        Shape::Page => Ok(page),
    }
}

/// Reads a body that is one object, without records.
pub(crate) fn decode_flat<'de, T: Attributes<'de>>(body: &'de [u8]) -> Result<T, DecodeError> {
    let notes = Notes::default();
    let mut target = T::default();
    let mut source = serde_json::Deserializer::from_slice(body);
    let read = Merge {
        target: &mut target,
        notes: &notes,
    }
    .deserialize(&mut source)
    .map_err(DecodeError::Syntax)?;
    source.end().map_err(DecodeError::Syntax)?;
    if read == Read::Value(()) {
        Ok(target)
    } else {
        Err(DecodeError::NotAnObject)
    }
}

enum Shape {
    Page,
    NoData,
    NotAnObject,
}

struct Document<'s, V, T> {
    visit: &'s mut V,
    page: &'s mut PageInfo,
    notes: &'s Notes,
    record: PhantomData<fn() -> T>,
}

impl<'de, V: FnMut(T), T: Resource<'de>> Visitor<'de> for Document<'_, V, T> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Shape, A::Error> {
        let Self {
            visit, page, notes, ..
        } = self;
        let mut shape = Shape::NoData;
        let mut meta = Meta::default();
        while let Some(key) = object.next_key_seed(Key)? {
            match &*key {
                // A second list would count its records twice.
                "data" if matches!(shape, Shape::Page) => {
                    notes.mismatch("data");
                    ignore(&mut object)?;
                }
                "data" => {
                    let data = Data {
                        visit: &mut *visit,
                        page: &mut *page,
                        notes,
                        record: PhantomData,
                    };
                    if object.next_value_seed(data)? {
                        shape = Shape::Page;
                    }
                }
                "meta" => {
                    if object.next_value_seed(Merge {
                        target: &mut meta,
                        notes,
                    })? == Read::Mismatch
                    {
                        notes.mismatch("meta");
                    }
                }
                _ => ignore(&mut object)?,
            }
        }
        let told = meta.pagination.unwrap_or_default();
        page.limit = told.limit;
        page.offset = told.offset;
        page.count = told.count;
        page.next = told.next;
        page.has_next = told.has_next;
        page.range_truncated = told.range_truncated;
        Ok(shape)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Shape, A::Error> {
        drain_array(array).map(|()| Shape::NotAnObject)
    }

    fn visit_unit<E: Error>(self) -> Result<Shape, E> {
        Ok(Shape::NotAnObject)
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<Shape, E> {
        Ok(Shape::NotAnObject)
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<Shape, E> {
        Ok(Shape::NotAnObject)
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<Shape, E> {
        Ok(Shape::NotAnObject)
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<Shape, E> {
        Ok(Shape::NotAnObject)
    }

    fn visit_str<E: Error>(self, _text: &str) -> Result<Shape, E> {
        Ok(Shape::NotAnObject)
    }
}

/// The value of `data`: yields whether it was a list (or `null`, an empty one).
struct Data<'s, V, T> {
    visit: &'s mut V,
    page: &'s mut PageInfo,
    notes: &'s Notes,
    record: PhantomData<fn() -> T>,
}

impl<'de, V: FnMut(T), T: Resource<'de>> DeserializeSeed<'de> for Data<'_, V, T> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<bool, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de, V: FnMut(T), T: Resource<'de>> Visitor<'de> for Data<'_, V, T> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<bool, A::Error> {
        while let Some(element) = array.next_element_seed(Element::<T>::new(self.notes))? {
            match element {
                Ok(record) => {
                    self.page.records = self.page.records.saturating_add(1);
                    (self.visit)(record);
                }
                Err(reason) => self.page.skipped.add(reason),
            }
        }
        Ok(true)
    }

    /// A single record, as the endpoint of one resource answers.
    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<bool, A::Error> {
        match Element::<T>::new(self.notes).visit_map(object)? {
            Ok(record) => {
                self.page.records = self.page.records.saturating_add(1);
                (self.visit)(record);
            }
            Err(reason) => self.page.skipped.add(reason),
        }
        Ok(true)
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(true)
    }

    fn visit_bool<E: Error>(self, _value: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E: Error>(self, _value: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E: Error>(self, _value: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E: Error>(self, _text: &str) -> Result<bool, E> {
        Ok(false)
    }
}

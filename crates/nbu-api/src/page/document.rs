//! The document around the records: `data` and `meta`, in any order, among keys nobody reads.

use std::marker::PhantomData;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::DecodeError;
use super::resource::{Element, Resource};
use super::salvage::salvage;
use crate::lenient::{Any, Attributes, Key, Merge, Notes, Read, Reader, ignore, object};
use crate::paging::{Next, PageInfo};
use crate::scan::Scanner;

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
        limit: Option<u64> = "limit" in Count,
        /// Offset of this page.
        offset: Option<u64> = "offset" in Count,
        /// Records in all.
        count: Option<u64> = "count" in Count,
        /// Offset or cursor of the next page.
        next: Option<Next> = "next",
        /// Look-ahead lists.
        has_next: Option<bool> = "hasNext",
        /// Cursor lists.
        range_truncated: Option<bool> = "rangeTruncated",
    }
}

impl Meta {
    /// Tells the page what it said.
    pub(super) fn tell(self, page: &mut PageInfo) {
        let told = self.pagination.unwrap_or_default();
        page.limit = told.limit;
        page.offset = told.offset;
        page.count = told.count;
        page.next = told.next;
        page.has_next = told.has_next;
        page.range_truncated = told.range_truncated;
    }
}

/// Reads a page, visiting its records.
///
/// Nearly every page is read by the [quick reader](crate::scan). One in which it stops is read once more with `serde_json`,
/// which visits only what was not visited before.
pub(super) fn fold<'de, T: Resource<'de>>(
    body: &'de [u8],
    visit: &mut impl FnMut(T),
) -> Result<PageInfo, DecodeError> {
    let mut visited = 0_u64;
    let quick = std::str::from_utf8(body).ok().and_then(|text| {
        quickly(text, &mut |record| {
            visited += 1;
            visit(record);
        })
    });
    if let Some(page) = quick {
        return page;
    }
    thoroughly(body, &mut |record| match visited {
        0 => visit(record),
        _ => visited -= 1,
    })
}

/// `None` where the quick reader stops.
fn quickly<'de, T: Resource<'de>>(
    text: &'de str,
    visit: &mut impl FnMut(T),
) -> Option<Result<PageInfo, DecodeError>> {
    let notes = Notes::default();
    let mut page = PageInfo::default();
    let mut scanner = Scanner::new(text);
    let document = Document::new(visit, &mut page, &notes);
    let shape = Any(document).deserialize(&mut scanner).ok()?;
    scanner.is_at_end().then(|| shape.of(page, &notes))
}

fn thoroughly<'de, T: Resource<'de>>(
    body: &'de [u8],
    visit: &mut impl FnMut(T),
) -> Result<PageInfo, DecodeError> {
    let notes = Notes::default();
    let mut page = PageInfo::default();
    match read(body, Document::new(visit, &mut page, &notes)) {
        Ok(shape) => shape.of(page, &notes),
        Err(error) => salvage(body, visit, page, &notes).ok_or(error),
    }
}

/// Reads a body that is one object, without records.
pub(crate) fn decode_flat<'de, T: Attributes<'de>>(
    body: &'de [u8],
    notes: &Notes,
) -> Result<T, DecodeError> {
    let mut target = T::default();
    merge(body, &mut target, notes)?;
    Ok(target)
}

/// Reads an object into an existing value.
pub(super) fn merge<'de, T: Attributes<'de>>(
    body: &'de [u8],
    target: &mut T,
    notes: &Notes,
) -> Result<(), DecodeError> {
    match read(body, Merge { target, notes })? {
        Read::Value(()) => Ok(()),
        Read::Absent | Read::Mismatch => Err(DecodeError::NotAnObject),
    }
}

/// Reads a body to its very end.
pub(super) fn read<'de, R: Reader<'de>>(
    body: &'de [u8],
    reader: R,
) -> Result<R::Value, DecodeError> {
    let mut source = serde_json::Deserializer::from_slice(body);
    let value = Any(reader)
        .deserialize(&mut source)
        .map_err(DecodeError::Syntax)?;
    source.end().map_err(DecodeError::Syntax)?;
    Ok(value)
}

enum Shape {
    Page,
    NoData,
    NotAnObject,
}

impl Shape {
    /// What comes of a body of this shape.
    fn of(self, mut page: PageInfo, notes: &Notes) -> Result<PageInfo, DecodeError> {
        page.mismatches = notes.take();
        match self {
            Self::NotAnObject => Err(DecodeError::NotAnObject),
            Self::NoData => Err(DecodeError::NoData),
            Self::Page => Ok(page),
        }
    }
}

struct Document<'s, V, T> {
    visit: &'s mut V,
    page: &'s mut PageInfo,
    notes: &'s Notes,
    record: PhantomData<fn() -> T>,
}

impl<'s, V, T> Document<'s, V, T> {
    const fn new(visit: &'s mut V, page: &'s mut PageInfo, notes: &'s Notes) -> Self {
        Self {
            visit,
            page,
            notes,
            record: PhantomData,
        }
    }
}

impl<'de, V: FnMut(T), T: Resource<'de>> Reader<'de> for Document<'_, V, T> {
    type Value = Shape;

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Shape, A::Error> {
        let Self {
            visit,
            page,
            notes,
            record,
        } = self;
        let mut shape = Shape::NoData;
        let mut meta = Meta::default();
        while let Some(key) = object.next_key_seed(Key)? {
            match &*key {
                // A second list would count its records twice.
                b"data" if matches!(shape, Shape::Page) => {
                    notes.mismatch("data");
                    ignore(&mut object)?;
                }
                b"data" => {
                    let data = Data {
                        visit: &mut *visit,
                        page: &mut *page,
                        notes,
                        record,
                    };
                    if object.next_value_seed(Any(data))? {
                        shape = Shape::Page;
                    }
                }
                b"meta" => {
                    let merge = Merge {
                        target: &mut meta,
                        notes,
                    };
                    if object.next_value_seed(Any(merge))? == Read::Mismatch {
                        notes.mismatch("meta");
                    }
                }
                _ => ignore(&mut object)?,
            }
        }
        meta.tell(page);
        Ok(shape)
    }

    fn other(self) -> Shape {
        Shape::NotAnObject
    }
}

/// The value of `data`: yields whether it held records, be it none.
struct Data<'s, V, T> {
    visit: &'s mut V,
    page: &'s mut PageInfo,
    notes: &'s Notes,
    record: PhantomData<fn() -> T>,
}

impl<'de, V: FnMut(T), T: Resource<'de>> Reader<'de> for Data<'_, V, T> {
    type Value = bool;

    fn array<A: SeqAccess<'de>>(self, mut array: A) -> Result<bool, A::Error> {
        // A record is large: it is read where it is visited from.
        loop {
            let mut record = T::default();
            let element = Element::new(&mut record, self.notes);
            match array.next_element_seed(Any(element))? {
                Some(read) => self.page.take(read.map(|()| record), self.visit),
                None => return Ok(true),
            }
        }
    }

    /// A single record, as the endpoint of one resource answers.
    fn object<A: MapAccess<'de>>(self, object: A) -> Result<bool, A::Error> {
        let mut record = T::default();
        let read = Element::new(&mut record, self.notes).object(object)?;
        self.page.take(read.map(|()| record), self.visit);
        Ok(true)
    }

    fn null(self) -> bool {
        true
    }

    fn other(self) -> bool {
        false
    }
}

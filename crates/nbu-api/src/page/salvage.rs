//! The second look at a page in which valid JSON could not be represented.
//!
//! `1e999` is a JSON number and `"\ud800"` a JSON string, yet no type of ours holds them, and the parser
//! stops there for good. One such value must lose neither the page nor its record. So the page is taken apart into its
//! elements, unparsed, and an element that cannot be read into its attributes. This happens next to never, which
//! is why the extra pass does not matter.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeSeed, MapAccess};
use serde_json::value::RawValue;

use super::document::{self, Meta};
use super::resource::{Element, Identity, Resource};
use crate::lenient::{Key, Notes, Seed};
use crate::paging::{PageInfo, SkipReason};

/// The page, its elements unparsed. Fails where the body is no valid JSON.
#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

/// The members of an object, unparsed.
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// Reads the elements of `body` behind the `page.elements()` already taken.
///
/// `None` when there is nothing to salvage: broken syntax, or page information that cannot be read,
/// without which nobody could tell whether a page follows.
pub(super) fn salvage<'de, T: Resource<'de>>(
    body: &'de [u8],
    visit: &mut impl FnMut(T),
    mut page: PageInfo,
    notes: &Notes,
) -> Option<PageInfo> {
    let parts: Parts<'de> = serde_json::from_slice(body).ok()?;
    // How far they reach is not known: all of it is noted again.
    notes.take();
    let mut meta = Meta::default();
    if let Some(raw) = parts.meta {
        document::merge(raw.get().as_bytes(), &mut meta, notes).ok()?;
    }
    let taken = usize::try_from(page.elements()).ok()?;
    for (index, raw) in elements(parts.data)?.into_iter().enumerate() {
        let record = element(raw, notes);
        if index >= taken {
            page.take(record, visit);
        }
    }
    meta.tell(&mut page);
    page.mismatches = notes.take();
    Some(page)
}

/// The elements of a list, or the only resource.
fn elements(data: &RawValue) -> Option<Vec<&RawValue>> {
    match data.get().as_bytes().first()? {
        b'[' => serde_json::from_str(data.get()).ok(),
        b'{' => Some(vec![data]),
        _ => None,
    }
}

fn element<'de, T: Resource<'de>>(raw: &'de RawValue, notes: &Notes) -> Result<T, SkipReason> {
    let mut record = T::default();
    let its = Notes::default();
    match document::read(raw.get().as_bytes(), Element::new(&mut record, &its)) {
        Ok(read) => {
            notes.add(&its.take());
            read.map(|()| record)
        }
        Err(_) => piecewise(raw, notes).ok_or(SkipReason::Unreadable)?,
    }
}

/// Reads an element value by value, without those that cannot be held. `None` if it has a key that cannot.
fn piecewise<'de, T: Resource<'de>>(
    raw: &'de RawValue,
    notes: &Notes,
) -> Option<Result<T, SkipReason>> {
    let mut element: Members<'de> = serde_json::from_str(raw.get()).ok()?;
    let mut record = T::default();
    if let Some(raw) = element.get("attributes") {
        let attributes: Members<'de> = serde_json::from_str(raw.get()).ok()?;
        for (key, value) in attributes {
            attribute(&mut record, &key, value, notes);
        }
    }
    let mut text = |field| {
        let raw = element.remove(field)?;
        let text = Seed::new(field, notes).deserialize(raw);
        text.unwrap_or_else(|_| {
            notes.mismatch(field);
            None
        })
    };
    let (id, kind) = (text("id"), text("type"));
    if let Some(raw) = element.get("relationships")
        && record.relationships(*raw, notes).is_err()
    {
        notes.mismatch("relationships");
    }
    let is_record = record.identify(Identity { id, kind });
    Some(is_record.then_some(record).ok_or(SkipReason::Id))
}

fn attribute<'de, T: Resource<'de>>(
    record: &mut T,
    key: &str,
    value: &'de RawValue,
    notes: &Notes,
) {
    let mut object =
        MapDeserializer::<_, serde_json::Error>::new(std::iter::once((key.as_bytes(), value)));
    let Ok(Some(key)) = object.next_key_seed(Key) else {
        return;
    };
    if record.attribute(&key, &mut object, notes).is_err() {
        notes.mismatch(notes.take_stopped_at().unwrap_or("attributes"));
    }
}

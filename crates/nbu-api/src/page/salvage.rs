//! The second look at a page in which valid JSON could not be represented.
//!
//! `1e999` is a JSON number and `"\ud800"` a JSON string, yet no type of ours holds them, and the parser
//! stops there for good. One such field must not lose the page. So the page is taken apart into its
//! elements, unparsed, and reading goes on behind those already seen. This happens next to never, which
//! is why the extra pass does not matter.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{self, Meta};
use super::resource::{Element, Resource};
use crate::lenient::Notes;
use crate::paging::{PageInfo, SkipReason};

/// The page, its elements unparsed. Fails where the body is no valid JSON.
#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    meta: Option<&'a RawValue>,
}

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
    let mut meta = Meta::default();
    if let Some(raw) = parts.meta {
        document::merge(raw.get().as_bytes(), &mut meta, notes).ok()?;
    }
    let taken = usize::try_from(page.elements()).ok()?;
    for raw in parts.data.into_iter().skip(taken) {
        let mut record = T::default();
        match document::read(raw.get().as_bytes(), Element::new(&mut record, notes)) {
            Ok(read) => page.take(read.map(|()| record), visit),
            Err(_) => page.skipped.add(SkipReason::Unreadable),
        }
    }
    meta.tell(&mut page);
    page.mismatches = notes.mismatches();
    Some(page)
}

//! Page parameters and the `meta` and `links` around a page.

use crate::{jobs::LINK_BASE, json::Object, query::Query, reply::Refusal};

/// What an endpoint accepts as `page[limit]`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) default: u32,
    pub(crate) min: u32,
    pub(crate) max: u32,
}

impl Limits {
    pub(crate) const fn up_to(max: u32) -> Self {
        Self {
            default: 10,
            min: 1,
            max,
        }
    }

    /// Reads `page[limit]`; out of range is refused, not clipped.
    pub(crate) fn read(self, query: &Query) -> Result<usize, Refusal> {
        let limit = match query.value("page[limit]") {
            None => self.default,
            Some(text) => text.parse().map_err(|_| invalid("page[limit]", text))?,
        };
        if (self.min..=self.max).contains(&limit) {
            Ok(limit as usize)
        } else {
            Err(invalid("page[limit]", &limit.to_string()))
        }
    }
}

/// Refuses a `page[limit]` above `most`.
pub(crate) fn within(most: u64, query: &Query) -> Result<(), Refusal> {
    let asked = query.value("page[limit]");
    match asked.and_then(|text| text.parse::<u64>().ok()) {
        Some(asked) if asked > most => Err(Refusal::Parameter(format!(
            "page[limit] must be less than or equal to {most}"
        ))),
        _ => Ok(()),
    }
}

/// Reads `page[offset]`, a record number.
pub(crate) fn offset(query: &Query) -> Result<usize, Refusal> {
    query.value("page[offset]").map_or(Ok(0), |text| {
        text.parse().map_err(|_| invalid("page[offset]", text))
    })
}

fn invalid(name: &str, value: &str) -> Refusal {
    Refusal::Parameter(format!("{name}={value}"))
}

/// The `meta.pagination` of an offset page: next and prev are absent at the ends.
pub(crate) fn offset_meta(to: &mut Object<'_>, offset: usize, limit: usize, count: usize) {
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let size = limit.max(1);
    let last = count.saturating_sub(1) / size * size;
    let meta = to.key("meta");
    let mut meta = Object::begin(meta);
    let mut pagination = Object::begin(meta.key("pagination"));
    pagination.unsigned("count", number(count));
    pagination.unsigned("pages", number(count.div_ceil(size)));
    pagination.unsigned("page", number(offset / size));
    pagination.unsigned("offset", number(offset));
    pagination.unsigned("limit", number(limit));
    pagination.unsigned("first", 0);
    pagination.unsigned("last", number(last));
    if offset + limit < count {
        pagination.unsigned("next", number(offset + limit));
    }
    if offset > 0 {
        pagination.unsigned("prev", number(offset.saturating_sub(limit)));
    }
    pagination.end();
    meta.end();
}

/// Links that lead nowhere: the primary's own idea of its name, and no port.
pub(crate) fn links(to: &mut Object<'_>, path: &str, names: &[&str]) {
    let out = to.key("links");
    let mut links = Object::begin(out);
    for name in names {
        let link = links.key(name);
        let mut href = Object::begin(link);
        href.string("href", &format!("{LINK_BASE}{path}?page[of]={name}"));
        href.end();
    }
    links.end();
}

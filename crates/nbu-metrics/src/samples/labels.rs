//! The label values of one series, in one shared piece of text.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use crate::catalogue::Family;

/// What an empty value becomes: an empty label is no label to Prometheus.
const NONE: &str = "none";

/// What ends a value that was cut.
const MARK: char = '…';

/// What stands for a NUL: Prometheus reads one as the end of the page and refuses all of it.
const NUL: &str = "\u{fffd}";

/// Label values in the catalogue's order, without `primary`.
///
/// Each value stands behind a character that says its length in bytes. So a series costs one
/// allocation whatever the number of its labels, and a clone costs none.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Labels(Arc<str>);

impl Labels {
    /// Packs the values. A value that is missing becomes `none`, one too many is left out.
    pub(super) fn new(family: &Family, values: &[&str]) -> Self {
        debug_assert_eq!(
            values.len(),
            family.labels.len(),
            "labels of {}",
            family.name
        );
        let padded = values.iter().copied().chain(std::iter::repeat(NONE));
        Self::pack(padded.take(family.labels.len()))
    }

    /// Packs these values, however many the family has.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        Self::pack(values)
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let length = rest.chars().next()?;
            let (value, behind) = rest
                .get(length.len_utf8()..)?
                .split_at_checked(decode(length))?;
            rest = behind;
            Some(value)
        })
    }

    /// The same, each value at most `limit` characters long; one that is longer is cut and ends in `…`.
    /// `None` if no value is too long.
    pub(crate) fn cut(&self, limit: usize) -> Option<Self> {
        // A value has at least as many bytes as characters, so most series need not be looked at.
        if self.0.len() <= limit || self.values().all(|value| value.chars().count() <= limit) {
            return None;
        }
        let cut: Vec<_> = self.values().map(|value| cut(value, limit)).collect();
        Some(Self::pack(cut.iter().map(String::as_str)))
    }

    fn pack<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut text = String::new();
        for value in values {
            let value = if value.is_empty() { NONE } else { value };
            let value = readable(value);
            let value = longest(&value);
            text.push(encode(value.len()));
            text.push_str(value);
        }
        Self(text.into())
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.values().cmp(other.values())
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Debug for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}

fn readable(value: &str) -> Cow<'_, str> {
    if value.contains('\0') {
        Cow::Owned(value.replace('\0', NUL))
    } else {
        Cow::Borrowed(value)
    }
}

fn cut(value: &str, limit: usize) -> String {
    if value.chars().count() <= limit {
        return value.to_owned();
    }
    value
        .chars()
        .take(limit.saturating_sub(1))
        .chain([MARK])
        .collect()
}

/// The lengths that one character can say end where the surrogates begin, which are no characters.
const LONGEST: usize = 0xD7FF;

fn encode(length: usize) -> char {
    u32::try_from(length)
        .ok()
        .and_then(char::from_u32)
        .unwrap_or('\0')
}

fn decode(length: char) -> usize {
    length as usize
}

/// The value, or as much of it as can be packed: 55 KB.
fn longest(value: &str) -> &str {
    let ends = (0..=LONGEST.min(value.len())).rev();
    let end = ends.into_iter().find(|end| value.is_char_boundary(*end));
    &value[..end.unwrap_or(0)]
}

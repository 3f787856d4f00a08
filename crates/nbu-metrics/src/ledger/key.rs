//! The text under which a total is kept: its label values, in the catalogue's order.

use std::borrow::Cow;

/// Stands between two values; a value that holds it is not worth keeping as it is.
const BETWEEN: char = '\u{1f}';
/// What stands in for [`BETWEEN`] inside a value.
const INSTEAD: &str = "\u{fffd}";

/// Writes the key of these values in place of what was in the buffer.
pub(crate) fn write<'v>(key: &mut String, values: impl IntoIterator<Item = &'v str>) {
    key.clear();
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            key.push(BETWEEN);
        }
        key.push_str(&clean(value));
    }
}

/// The key of these values.
pub(crate) fn of<'v>(values: impl IntoIterator<Item = &'v str>) -> String {
    let mut key = String::new();
    write(&mut key, values);
    key
}

/// The value as it comes back from a key.
pub(super) fn clean(value: &str) -> Cow<'_, str> {
    if value.contains(BETWEEN) {
        Cow::Owned(value.replace(BETWEEN, INSTEAD))
    } else {
        Cow::Borrowed(value)
    }
}

/// The values of a key.
pub(crate) fn values(key: &str) -> impl Iterator<Item = &str> {
    key.split(BETWEEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_in_their_places() {
        let mut key = String::from("old");
        write(&mut key, ["BACKUP", "", "a\u{1f}b"]);
        assert_eq!(
            values(&key).collect::<Vec<_>>(),
            ["BACKUP", "", "a\u{fffd}b"]
        );
    }
}

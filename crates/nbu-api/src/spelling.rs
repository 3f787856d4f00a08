//! Spellings of a word: parts of the API write the same word in other cases and with other separators.

use std::borrow::Cow;

use crate::lenient::Read;

/// Tells that two words have the same letters and digits, whatever stands between them and of whichever case they are.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// The normal form: letters and digits in upper case, one `_` for whatever stands between them.
///
/// `None` for what has no letters, such as `""`, `-` or a number, and so is no word.
pub(crate) fn normal(word: &str) -> Option<Cow<'_, str>> {
    if !word.chars().any(char::is_alphabetic) {
        return None;
    }
    if is_normal(word.as_bytes()) {
        return Some(Cow::Borrowed(word));
    }
    let mut normal = String::with_capacity(word.len());
    for part in word.split(|c: char| !c.is_alphanumeric()) {
        if part.is_empty() {
            continue;
        }
        if !normal.is_empty() {
            normal.push('_');
        }
        normal.extend(part.chars().flat_map(char::to_uppercase));
    }
    Some(Cow::Owned(normal))
}

/// What becomes of text that is no word: `-` and the like mean "none", a number is none.
pub(crate) fn no_word<T>(text: &str) -> Read<T> {
    if text.bytes().any(|byte| byte.is_ascii_digit()) {
        Read::Mismatch
    } else {
        Read::Absent
    }
}

fn letters(word: &str) -> impl Iterator<Item = char> {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_uppercase)
}

fn is_normal(word: &[u8]) -> bool {
    let allowed = |byte: &u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_');
    word.iter().all(allowed)
        && !word.starts_with(b"_")
        && !word.ends_with(b"_")
        && !word.windows(2).any(|pair| pair == b"__")
}

//! The encoding of certificates: elements of a kind, a length and a content.

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const IDENTIFIER: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]`: the version of a certificate.
pub(super) const VERSION: u8 = 0xa0;
/// `[3]`: its extensions.
pub(super) const EXTENSIONS: u8 = 0xa3;

/// Splits the first element off: its kind, its content, and what follows it. `None` for what is no element.
pub(super) fn first(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&kind, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        // Four bytes of length are more than any certificate has, and cannot overflow below.
        if digits.len() > 4 {
            return None;
        }
        (
            digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit)),
            rest,
        )
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((kind, content, rest))
}

/// Splits an element of the expected kind off the front: its content, and what follows it.
pub(super) fn element(bytes: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    first(bytes)
        .filter(|(found, ..)| *found == kind)
        .map(|(_, content, rest)| (content, rest))
}

/// The elements in a content, up to the first that is none.
pub(super) fn elements(mut content: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, inner, rest) = first(content)?;
        content = rest;
        Some((kind, inner))
    })
}

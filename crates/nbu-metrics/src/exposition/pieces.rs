//! Bytes in pieces: what is as long as a page never lies in one block of memory.
//!
//! An allocator gives a large block back to the system when it is freed, and some learn from that: glibc
//! takes the size of the largest block freed so far for the size up to which it keeps memory, in every
//! arena and for good. A page of some megabytes, rendered anew each minute, would make the whole process
//! keep what it no longer needs.

use std::fmt;
use std::mem;

use bytes::Bytes;

/// The longest piece: with the allocator's header 64 KiB, well below the 128 KiB from which glibc takes
/// a block from the system, and enough for one write to a socket.
pub const PIECE: usize = 64 * 1024 - 16;

/// A text, or other bytes, to which is only appended. A piece ends where it is full, which may be
/// within a line or a character.
#[derive(Debug)]
pub(super) struct Pieces {
    most: usize,
    full: Vec<Bytes>,
    /// The piece that is being written. It stays here until something is to follow it, so that the
    /// last byte written is always its last one.
    open: Vec<u8>,
}

impl Pieces {
    /// Nothing yet; pieces have at most `most` bytes, at least one.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            full: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Appends.
    pub(super) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.open.len() == self.most || self.open.is_empty() {
                self.begin();
            }
            let room = self.most - self.open.len();
            let (fits, rest) = bytes.split_at(bytes.len().min(room));
            self.open.extend_from_slice(fits);
            bytes = rest;
        }
    }

    pub(super) fn push_str(&mut self, text: &str) {
        self.push(text.as_bytes());
    }

    /// Appends what another one holds, and frees it on the way.
    pub(super) fn append(&mut self, other: Self) {
        for piece in other.finish() {
            self.push(&piece);
        }
    }

    pub(super) fn ends_with(&self, byte: u8) -> bool {
        self.open.last() == Some(&byte)
    }

    pub(super) fn len(&self) -> usize {
        self.full.iter().map(Bytes::len).sum::<usize>() + self.open.len()
    }

    /// The pieces, none of them empty, none with more memory than it needs.
    pub(super) fn finish(mut self) -> Vec<Bytes> {
        self.open.shrink_to_fit();
        self.close(Vec::new());
        self.full
    }

    fn begin(&mut self) {
        self.close(Vec::with_capacity(self.most));
    }

    fn close(&mut self, next: Vec<u8>) {
        let open = mem::replace(&mut self.open, next);
        if !open.is_empty() {
            self.full.push(open.into());
        }
    }
}

impl<'a> Extend<&'a str> for Pieces {
    fn extend<T: IntoIterator<Item = &'a str>>(&mut self, texts: T) {
        for text in texts {
            self.push_str(text);
        }
    }
}

impl fmt::Write for Pieces {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_full_but_for_the_last_and_hold_what_was_written(
            texts in proptest::collection::vec("[ é\u{10ffff}a]{0,12}", 0..12),
            most in 1..=40usize,
        ) {
            let (mut pieces, mut whole) = (Pieces::new(most), String::new());
            for text in &texts {
                pieces.push_str(text);
                whole.push_str(text);
                prop_assert_eq!(pieces.ends_with(b' '), whole.ends_with(' '));
                prop_assert_eq!(pieces.len(), whole.len());
            }
            let pieces = pieces.finish();
            prop_assert_eq!(pieces.concat(), whole.as_bytes());
            let lengths: Vec<_> = pieces.iter().map(Bytes::len).collect();
            let full: Vec<_> = whole.as_bytes().chunks(most).map(<[u8]>::len).collect();
            prop_assert_eq!(lengths, full);
        }

        #[test]
        fn no_piece_takes_more_memory_than_it_has_bytes(length in 0..200usize, most in 1..=40usize) {
            let mut pieces = Pieces::new(most);
            pieces.push(&vec![b'x'; length]);
            for piece in pieces.finish() {
                let length = piece.len();
                prop_assert_eq!(piece.try_into_mut().unwrap().capacity(), length);
            }
        }
    }
}

//! Strings.

use serde::de::Visitor;

use super::{Scanner, Stopped};

/// Each byte of a word is this.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A string without its quotes, as it is written.
struct Raw {
    start: usize,
    end: usize,
    escaped: bool,
}

impl<'de> Scanner<'de> {
    #[inline]
    pub(super) fn visit_string<V: Visitor<'de>>(
        &mut self,
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        let raw = self.string()?;
        if raw.escaped {
            return visitor.visit_string(self.unescaped(&raw)?);
        }
        let text = self.text.get(raw.start..raw.end).ok_or(Stopped)?;
        visitor.visit_borrowed_str(text)
    }

    #[inline]
    pub(super) fn visit_key<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Stopped> {
        if self.peek() != Some(b'"') {
            return Err(Stopped);
        }
        let raw = self.string()?;
        if raw.escaped {
            return visitor.visit_byte_buf(self.unescaped(&raw)?.into_bytes());
        }
        let bytes = self.text.as_bytes();
        visitor.visit_borrowed_bytes(bytes.get(raw.start..raw.end).ok_or(Stopped)?)
    }

    /// Steps over a string, whose first quote is next.
    #[inline]
    pub(super) fn skip_string(&mut self) -> Result<(), Stopped> {
        self.string().map(drop)
    }

    #[inline]
    fn string(&mut self) -> Result<Raw, Stopped> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = special(bytes, at);
            match bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(Raw {
                        start,
                        end: at,
                        escaped,
                    });
                }
                Some(b'\\') => {
                    escaped = true;
                    at = escape(bytes, at)?;
                }
                // The end of the body, or a control character, which is not allowed here.
                _ => return Err(Stopped),
            }
        }
    }

    /// The text of a string with escapes. Half of a surrogate pair is none.
    #[cold]
    fn unescaped(&self, raw: &Raw) -> Result<String, Stopped> {
        let quoted = self.text.get(raw.start - 1..=raw.end).ok_or(Stopped)?;
        serde_json::from_str(quoted).map_err(|_| Stopped)
    }
}

/// Where the next quote, backslash or control character is; the end of the bytes if there is none.
#[inline]
fn special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        // Borrows go from lower to higher bytes only, so the lowest mark is right, whatever is marked above it.
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let quote = zeros(word ^ (ONES * 0x22));
        let backslash = zeros(word ^ (ONES * 0x5c));
        let marks = (control | quote | backslash) & HIGH;
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    let found = rest
        .iter()
        .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    at + found.unwrap_or(rest.len())
}

/// Marks the bytes that are 0.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word
}

/// Behind the escape that begins at `at`.
fn escape(bytes: &[u8], at: usize) -> Result<usize, Stopped> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match bytes.get(at + 2..at + 6) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(at + 6),
            _ => Err(Stopped),
        },
        _ => Err(Stopped),
    }
}

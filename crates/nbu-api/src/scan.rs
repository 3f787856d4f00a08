//! A quick reader of JSON text for serde, for bodies that are read at the rate of the network.
//!
//! A page of jobs is mostly keys and values that nobody reads, and between them short strings and whole numbers. This reader
//! takes the whole body as text, so that no string is checked again, and steps over what is not read without a call per
//! token. It accepts what `serde_json` accepts and gives the same values. Where it does not go on, for broken syntax as well
//! as for valid JSON that no type of ours holds, it says only that it stopped: [`Stopped`]. The caller then reads the body
//! with `serde_json`, which knows how to explain, and [salvages](crate::page) what there is.

mod number;
mod skip;
mod string;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The reader does not go on from where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// A body, and how far it was read.
pub(crate) struct Scanner<'de> {
    text: &'de str,
    at: usize,
}

impl<'de> Scanner<'de> {
    pub(crate) fn new(text: &'de str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether nothing but white space is left.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// The next byte that is no white space; it is not consumed.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    /// Consumes this byte, or stops.
    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Stopped> {
        if self.peek() != Some(byte) {
            return Err(Stopped);
        }
        self.at += 1;
        Ok(())
    }

    /// Consumes this word, or stops.
    fn word(&mut self, word: &str) -> Result<(), Stopped> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(Stopped);
        }
        self.at += word.len();
        Ok(())
    }

    /// Goes to the next member of an object or element of a list, which begins with a byte that is not consumed; `None` at
    /// its end, which is.
    #[inline]
    fn next(&mut self, first: &mut bool, end: u8) -> Result<Option<u8>, Stopped> {
        let byte = self.peek().ok_or(Stopped)?;
        if byte == end {
            self.at += 1;
            return Ok(None);
        }
        if std::mem::take(first) {
            return Ok(Some(byte));
        }
        if byte != b',' {
            return Err(Stopped);
        }
        self.at += 1;
        match self.peek() {
            Some(byte) if byte != end => Ok(Some(byte)),
            _ => Err(Stopped),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Scanner<'de> {
    type Error = Stopped;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        match self.peek().ok_or(Stopped)? {
            b'"' => self.visit_string(visitor),
            b'-' | b'0'..=b'9' => self.visit_number(visitor),
            b'n' => self.word("null").and_then(|()| visitor.visit_unit()),
            b't' => self.word("true").and_then(|()| visitor.visit_bool(true)),
            b'f' => self.word("false").and_then(|()| visitor.visit_bool(false)),
            b'{' => {
                self.at += 1;
                let mut members = Within::new(self);
                let value = visitor.visit_map(&mut members)?;
                members.close().map(|()| value)
            }
            b'[' => {
                self.at += 1;
                let mut elements = Within::new(self);
                let value = visitor.visit_seq(&mut elements)?;
                elements.close().map(|()| value)
            }
            _ => Err(Stopped),
        }
    }

    /// Keys; what stands between quotes, without a look at whether it is text, which it is.
    #[inline]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        self.visit_key(visitor)
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Stopped> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}

/// An object or a list that is being read.
struct Within<'s, 'de> {
    scanner: &'s mut Scanner<'de>,
    first: bool,
    closed: bool,
}

impl<'s, 'de> Within<'s, 'de> {
    fn new(scanner: &'s mut Scanner<'de>) -> Self {
        Self {
            scanner,
            first: true,
            closed: false,
        }
    }

    /// Whoever visits reads to the end; one that does not is not served here.
    fn close(self) -> Result<(), Stopped> {
        if self.closed { Ok(()) } else { Err(Stopped) }
    }

    #[inline]
    fn next(&mut self, end: u8) -> Result<Option<u8>, Stopped> {
        if self.closed {
            return Ok(None);
        }
        let next = self.scanner.next(&mut self.first, end)?;
        self.closed = next.is_none();
        Ok(next)
    }
}

impl<'de> MapAccess<'de> for &mut Within<'_, 'de> {
    type Error = Stopped;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Stopped> {
        match self.next(b'}')? {
            None => Ok(None),
            Some(b'"') => seed.deserialize(&mut *self.scanner).map(Some),
            Some(_) => Err(Stopped),
        }
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Stopped> {
        self.scanner.expect(b':')?;
        seed.deserialize(&mut *self.scanner)
    }
}

impl<'de> SeqAccess<'de> for &mut Within<'_, 'de> {
    type Error = Stopped;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Stopped> {
        match self.next(b']')? {
            None => Ok(None),
            Some(_) => seed.deserialize(&mut *self.scanner).map(Some),
        }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the quick reader stopped")
    }
}

impl std::error::Error for Stopped {}

impl de::Error for Stopped {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

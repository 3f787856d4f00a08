//! Bytes, little-endian, read without trusting them.

use jiff::Timestamp;

/// The bytes are not what they should be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Malformed;

/// What is left to read. Reading past the end gives `None`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl Reader<'_> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]: [u8; 1]| byte)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn timestamp(&mut self) -> Option<Timestamp> {
        let nanoseconds = self.array().map(i128::from_le_bytes)?;
        Timestamp::from_nanosecond(nanoseconds).ok()
    }

    /// One byte says whether there is one.
    pub(super) fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Result<Option<T>, Malformed> {
        match self.u8() {
            Some(0) => Ok(None),
            Some(1) => read(self).map(Some).ok_or(Malformed),
            _ => Err(Malformed),
        }
    }

    /// A length, then so many of them; a length that the bytes cannot hold is none.
    pub(super) fn list<T>(
        &mut self,
        each: usize,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let len = usize::try_from(self.u32()?).ok()?;
        if len.checked_mul(each)? > self.0.len() {
            return None;
        }
        (0..len).map(|_| read(self)).collect()
    }

    /// `value`, if everything was read.
    pub(super) fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

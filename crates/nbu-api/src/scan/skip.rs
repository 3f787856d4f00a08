//! Stepping over values that nobody reads.

use super::{Scanner, Stopped};

/// How deep what is stepped over may be nested.
const DEEPEST: u32 = 128;

/// The open objects and lists around a place: a bit each, the innermost lowest.
#[derive(Default)]
struct Nest {
    lists: u128,
    depth: u32,
}

impl Nest {
    fn enter(&mut self, is_list: bool) -> Result<(), Stopped> {
        if self.depth == DEEPEST {
            return Err(Stopped);
        }
        self.depth += 1;
        self.lists = self.lists << 1 | u128::from(is_list);
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
        self.lists >>= 1;
    }

    const fn is_list(&self) -> bool {
        self.lists & 1 == 1
    }
}

impl Scanner<'_> {
    /// Steps over the next value, whatever it is.
    #[inline]
    pub(super) fn skip(&mut self) -> Result<(), Stopped> {
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'-' | b'0'..=b'9') => self.skip_number(),
            Some(b'{' | b'[') => self.skip_nested(),
            Some(b'n') => self.word("null"),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            _ => Err(Stopped),
        }
    }

    /// Steps over an object or a list, whose bracket is next.
    fn skip_nested(&mut self) -> Result<(), Stopped> {
        let mut nest = Nest::default();
        let mut first = self.open(&mut nest)?;
        loop {
            let end = if nest.is_list() { b']' } else { b'}' };
            let Some(mut byte) = self.next(&mut first, end)? else {
                nest.leave();
                first = false;
                if nest.depth == 0 {
                    return Ok(());
                }
                continue;
            };
            if !nest.is_list() {
                if byte != b'"' {
                    return Err(Stopped);
                }
                self.skip_string()?;
                self.expect(b':')?;
                byte = self.peek().ok_or(Stopped)?;
            }
            if matches!(byte, b'{' | b'[') {
                first = self.open(&mut nest)?;
            } else {
                self.skip()?;
            }
        }
    }

    /// Goes into the object or list whose bracket is next. Nothing of it was read.
    fn open(&mut self, nest: &mut Nest) -> Result<bool, Stopped> {
        let is_list = self.peek() == Some(b'[');
        self.at += 1;
        nest.enter(is_list).map(|()| true)
    }
}

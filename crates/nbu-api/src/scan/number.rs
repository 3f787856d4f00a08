//! Numbers: whole ones of up to 19 digits at once, the others by the standard library.

use serde::de::Visitor;

use super::{Scanner, Stopped};

/// Nineteen digits always fit.
const DIGITS: usize = 19;

impl<'de> Scanner<'de> {
    #[inline]
    pub(super) fn visit_number<V: Visitor<'de>>(
        &mut self,
        visitor: V,
    ) -> Result<V::Value, Stopped> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let negative = bytes.get(start) == Some(&b'-');
        let first = start + usize::from(negative);
        let mut at = first;
        let mut value = 0_u64;
        while let Some(digit) = bytes.get(at).filter(|byte| byte.is_ascii_digit()) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            at += 1;
        }
        let leading_zero = bytes.get(first) == Some(&b'0') && at - first > 1;
        if at == first || leading_zero {
            return Err(Stopped);
        }
        let is_whole = !matches!(bytes.get(at), Some(b'.' | b'e' | b'E'));
        if is_whole && at - first <= DIGITS {
            self.at = at;
            if !negative {
                return visitor.visit_u64(value);
            }
            // Minus zero is a float, and so is what no i64 holds.
            if value > 0
                && let Some(value) = 0_i64.checked_sub_unsigned(value)
            {
                return visitor.visit_i64(value);
            }
        }
        self.at = start;
        self.skip_number()?;
        let text = self.text.get(start..self.at).ok_or(Stopped)?;
        if is_whole && let Ok(value) = text.parse::<u64>() {
            return visitor.visit_u64(value);
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => visitor.visit_f64(value),
            _ => Err(Stopped),
        }
    }

    /// Steps over a number: `-`, digits without a leading zero, a fraction, an exponent.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Result<(), Stopped> {
        let bytes = self.text.as_bytes();
        let negative = bytes.get(self.at) == Some(&b'-');
        let first = self.at + usize::from(negative);
        let mut at = digits(bytes, first)?;
        if bytes.get(first) == Some(&b'0') && at - first > 1 {
            return Err(Stopped);
        }
        if bytes.get(at) == Some(&b'.') {
            at = digits(bytes, at + 1)?;
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            let signed = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
            at = digits(bytes, at + 1 + usize::from(signed))?;
        }
        self.at = at;
        Ok(())
    }
}

/// Behind the digits that begin at `at`; there must be one.
#[inline]
fn digits(bytes: &[u8], at: usize) -> Result<usize, Stopped> {
    let rest = bytes.get(at..).unwrap_or_default();
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        Err(Stopped)
    } else {
        Ok(at + count)
    }
}

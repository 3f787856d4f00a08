//! How notes are written: numbers and texts one after the other, sealed with a digest of key and value.
//!
//! Whatever bytes come back, reading them ends with a value or with `None`: a length is believed only as far as there are
//! bytes, and nothing is made of a value whose seal does not fit its key.

use std::sync::Arc;

use super::finished_job::Digest;

/// Bytes of the seal.
const SEAL: usize = 4;

/// Writes one value.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

/// Reads one value.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl Writer {
    /// Begins a value of this form; a form is never changed, it gets a new number.
    pub(crate) fn new(form: u8) -> Self {
        Self(vec![form])
    }

    pub(crate) fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.0.push(low_bits(number) | 0x80);
            number >>= 7;
        }
        self.0.push(low_bits(number));
    }

    pub(crate) fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63).cast_unsigned());
    }

    /// A number or none.
    pub(crate) fn maybe(&mut self, number: Option<i64>) {
        self.number(u64::from(number.is_some()));
        if let Some(number) = number {
            self.signed(number);
        }
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    /// The value, sealed for this key.
    pub(crate) fn seal(mut self, key: &str) -> Arc<[u8]> {
        let seal = seal(key, &self.0);
        self.0.extend_from_slice(&seal);
        self.0.into()
    }

    /// The value, to be sealed by somebody else.
    pub(crate) fn bare(self) -> Vec<u8> {
        self.0
    }
}

impl<'a> Reader<'a> {
    /// Opens the value of this key, if it is of this form and whole.
    pub(crate) fn open(form: u8, key: &str, bytes: &'a [u8]) -> Option<Self> {
        Self::bare(form, unsealed(key, bytes)?)
    }

    /// Opens a value whose seal was looked at before, if it is of this form.
    pub(crate) fn bare(form: u8, value: &'a [u8]) -> Option<Self> {
        let (first, rest) = value.split_first()?;
        (*first == form).then_some(Self(rest))
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// A number or none.
    #[expect(
        clippy::option_option,
        reason = "the outer one says whether it could be read"
    )]
    pub(crate) fn maybe(&mut self) -> Option<Option<i64>> {
        match self.number()? {
            0 => Some(None),
            1 => Some(Some(self.signed()?)),
            _ => None,
        }
    }

    /// How many things follow, each of which takes at least a byte.
    pub(crate) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.count()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// Whether everything was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// The value with a seal for this key.
pub(crate) fn sealed(key: &str, value: Vec<u8>) -> Arc<[u8]> {
    Writer(value).seal(key)
}

/// The value, if it is the one that was sealed for this key.
pub(crate) fn unsealed<'b>(key: &str, bytes: &'b [u8]) -> Option<&'b [u8]> {
    let (value, found) = bytes.split_last_chunk::<SEAL>()?;
    (*found == seal(key, value)).then_some(value)
}

fn seal(key: &str, value: &[u8]) -> [u8; SEAL] {
    let mut digest = Digest::new();
    digest.bytes(key.as_bytes());
    digest.bytes(&[0]);
    digest.bytes(value);
    let whole = digest.whole();
    let [one, two, three, four, ..] = (whole ^ whole >> 32).to_le_bytes();
    [one, two, three, four]
}

const fn low_bits(number: u64) -> u8 {
    (number & 0x7f) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(numbers: &[u64], signed: &[i64], text: &str) -> Arc<[u8]> {
        let mut writer = Writer::new(3);
        writer.count(numbers.len());
        for number in numbers {
            writer.number(*number);
        }
        writer.count(signed.len());
        for number in signed {
            writer.signed(*number);
        }
        writer.text(text);
        writer.maybe(signed.first().copied());
        writer.seal("key")
    }

    type Told = (Vec<u64>, Vec<i64>, String, Option<i64>);

    fn read(bytes: &[u8]) -> Option<Told> {
        let mut reader = Reader::open(3, "key", bytes)?;
        let numbers = reader.count()?;
        let numbers = (0..numbers)
            .map(|_| reader.number())
            .collect::<Option<_>>()?;
        let signed = reader.count()?;
        let signed = (0..signed)
            .map(|_| reader.signed())
            .collect::<Option<_>>()?;
        let text = reader.text()?.to_owned();
        let maybe = reader.maybe()?;
        reader.is_at_end().then_some((numbers, signed, text, maybe))
    }

    proptest! {
        #[test]
        fn values_come_back(numbers: Vec<u64>, signed: Vec<i64>, text: String) {
            let first = signed.first().copied();
            let bytes = value(&numbers, &signed, &text);
            prop_assert_eq!(read(&bytes), Some((numbers, signed, text, first)));
        }

        #[test]
        fn damaged_bytes_are_nothing(place: prop::sample::Index, bit in 0_u8..8, cut: prop::sample::Index) {
            let bytes = value(&[1, u64::MAX], &[i64::MIN, 0], "text");
            let mut damaged = bytes.to_vec();
            let place = place.index(damaged.len());
            damaged[place] ^= 1 << bit;
            prop_assert_eq!(read(&damaged), None);
            prop_assert_eq!(read(&bytes[..cut.index(bytes.len())]), None);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
            // Past the seal, too.
            let mut reader = Reader(&bytes);
            let _ = (reader.text(), reader.maybe(), reader.signed(), reader.count());
        }
    }

    #[test]
    fn a_value_belongs_to_its_key_and_form() {
        let bytes = value(&[7], &[], "");
        assert!(Reader::open(3, "other", &bytes).is_none());
        assert!(Reader::open(4, "key", &bytes).is_none());
    }
}

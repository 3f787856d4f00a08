//! A checksum in front of every value, over its key as well: what was written under one key is never taken for another's.

/// Bytes of a seal.
const LEN: usize = 4;

/// The value with its seal.
pub(super) fn seal(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(LEN + value.len());
    sealed.extend_from_slice(&checksum(key, value).to_le_bytes());
    sealed.extend_from_slice(value);
    sealed
}

/// The value, if it is the one that was sealed under this key.
pub(super) fn open<'v>(key: &[u8], sealed: &'v [u8]) -> Option<&'v [u8]> {
    let (seal, value) = sealed.split_first_chunk::<LEN>()?;
    (u32::from_le_bytes(*seal) == checksum(key, value)).then_some(value)
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    // The length keeps key and value apart.
    hasher.update(&key.len().to_le_bytes());
    hasher.update(key);
    hasher.update(value);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_under_its_key_and_unchanged() {
        let sealed = seal(b"one", b"value");
        assert_eq!(open(b"one", &sealed), Some(b"value".as_slice()));
        assert_eq!(open(b"two", &sealed), None);
        assert_eq!(open(b"onev", &seal(b"one", b"value")), None);
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut damaged = sealed.clone();
                damaged[at] ^= 1 << bit;
                assert_eq!(open(b"one", &damaged), None, "byte {at}, bit {bit}");
            }
            assert_eq!(open(b"one", &sealed[..at]), None, "{at} bytes of it");
        }
    }
}

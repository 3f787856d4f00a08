//! A small answer that becomes a large one.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::{Compression, Crc, write::DeflateEncoder};

/// How many blanks are compressed at a time.
const BLOCK: usize = 1 << 20;
/// The header of a gzip member: deflate, no name, no time.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];

/// Blanks in one gzip member. Only the first two blocks are compressed: to whoever unpacks it, every further one looks like the
/// second, so that a bomb costs the simulator next to nothing and takes no time away from the primaries beside this one.
#[derive(Debug, Default)]
pub(crate) struct Bomb {
    first: Option<Bytes>,
    again: Bytes,
    times: u64,
    last: Option<Bytes>,
}

impl Bomb {
    /// One that unpacks to so many bytes.
    pub(crate) fn new(bytes: u64) -> io::Result<Self> {
        let block = vec![b' '; BLOCK];
        let blocks = bytes / BLOCK as u64;
        let rest = usize::try_from(bytes % BLOCK as u64).unwrap_or(0);
        let mut encoder = DeflateEncoder::new(HEADER.to_vec(), Compression::best());
        let mut compress = |blanks: &[u8]| {
            encoder.write_all(blanks)?;
            encoder.flush()?;
            Ok::<_, io::Error>(Bytes::from(std::mem::take(encoder.get_mut())))
        };
        let first = compress(if blocks > 0 { &block } else { &[] })?;
        let again = if blocks > 1 {
            compress(&block)?
        } else {
            Bytes::new()
        };
        encoder.write_all(&block[..rest])?;
        let mut last = encoder.finish()?;
        let mut of_block = Crc::new();
        of_block.update(&block);
        let mut whole = Crc::new();
        for _ in 0..blocks {
            whole.combine(&of_block);
        }
        whole.update(&block[..rest]);
        last.extend(whole.sum().to_le_bytes());
        last.extend(whole.amount().to_le_bytes());
        Ok(Self {
            first: Some(first),
            again,
            times: blocks.saturating_sub(1),
            last: Some(last.into()),
        })
    }
}

impl Iterator for Bomb {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.times > 0 {
            self.times -= 1;
            return Some(self.again.clone());
        }
        self.last.take()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn it_unpacks_to_so_many_blanks_and_is_small() {
        for bytes in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 37 * BLOCK + 5] {
            let packed: Vec<u8> = Bomb::new(bytes as u64).unwrap().flatten().collect();
            assert!(packed.len() < 2_000 + bytes / 500, "{}", packed.len());
            let mut unpacked = Vec::new();
            // The checksum at the end is looked at, too.
            GzDecoder::new(&packed[..])
                .read_to_end(&mut unpacked)
                .unwrap();
            assert_eq!(unpacked.len(), bytes);
            assert!(unpacked.iter().all(|byte| *byte == b' '));
        }
    }
}

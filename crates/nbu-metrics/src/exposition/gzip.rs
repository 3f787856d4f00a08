//! Compressed answers, of which only the end is compressed for each scrape.
//!
//! A gzip stream may have several members, but clients exist that read only the first one. So there is
//! one, made of two deflate streams: the shared part ends in a sync flush, which completes its last
//! byte without saying that the data ends, and the part of this scrape is a fresh stream that does.
//! It refers to nothing before itself, so both can be made apart from each other. The checksum over
//! both goes on from the one over the first.

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::{Document, Parts};

/// Deflate, no file name, no time, unknown system: the same bytes for the same content.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Level 1: the text is so repetitive that a higher level costs far more time than it saves bytes.
const LEVEL: Compression = Compression::new(1);

/// By how much the output grows when it is full.
const STEP: usize = 64 * 1024;

/// A document compressed for many answers.
#[derive(Debug)]
pub struct Compressed {
    head: Bytes,
    /// Checksum and length of what the head inflates to.
    crc: Crc,
}

impl Compressed {
    pub(super) fn new(body: &[u8]) -> Self {
        let mut head = HEADER.to_vec();
        deflate(&mut head, body, FlushCompress::Sync);
        head.shrink_to_fit();
        let mut crc = Crc::new();
        crc.update(body);
        Self {
            head: head.into(),
            crc,
        }
    }

    /// The answer to a scrape, as [`Document::parts`] gives it, as one gzip member. `document` is the
    /// one that was compressed.
    pub fn parts(&self, document: &Document, rest: &Document) -> Parts {
        Parts {
            head: self.head.clone(),
            tail: self.finish(&document.ending(rest)).into(),
        }
    }

    /// The compressed size in bytes, without what a scrape adds.
    pub fn len(&self) -> usize {
        self.head.len()
    }

    /// Whether nothing was compressed.
    pub fn is_empty(&self) -> bool {
        self.crc.amount() == 0
    }

    fn finish(&self, ending: &[u8]) -> Vec<u8> {
        let mut tail = Vec::new();
        deflate(&mut tail, ending, FlushCompress::Finish);
        let mut crc = Crc::new();
        crc.combine(&self.crc);
        crc.update(ending);
        tail.extend_from_slice(&crc.sum().to_le_bytes());
        tail.extend_from_slice(&crc.amount().to_le_bytes());
        tail
    }
}

/// Appends `input` as a raw deflate stream that ends as `flush` says.
fn deflate(out: &mut Vec<u8>, input: &[u8], flush: FlushCompress) {
    let mut compress = Compress::new(LEVEL, false);
    loop {
        out.reserve(STEP);
        let done = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let rest = input.get(done..).unwrap_or_default();
        let status = compress.compress_vec(rest, out, flush);
        let room = out.len() < out.capacity();
        let complete = match flush {
            FlushCompress::Finish => matches!(status, Ok(Status::StreamEnd)),
            // A sync flush is complete once the output was not filled to the brim.
            _ => room,
        };
        // Only a compressor that was already finished refuses.
        if complete || status.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::bufread::GzDecoder;

    use super::*;

    /// Inflates the one member; the rest that is not part of it comes second.
    fn inflate(compressed: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let mut decoder = GzDecoder::new(compressed);
        let mut plain = Vec::new();
        decoder.read_to_end(&mut plain).unwrap();
        (plain, decoder.into_inner().to_vec())
    }

    #[test]
    fn head_and_tail_are_one_member() {
        // Incompressible and compressible, around the size of the output's steps.
        let noise: Vec<u8> = (0..400_000u32)
            .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        for length in [0, 1, 100, STEP - 12, STEP, STEP + 1, 400_000] {
            for ending in [&b""[..], b"# EOF\n", &noise[..70_000]] {
                let body = &noise[..length];
                let compressed = Compressed::new(body);
                let whole = [&*compressed.head, &compressed.finish(ending)].concat();
                let (plain, rest) = inflate(&whole);
                assert_eq!(plain, [body, ending].concat(), "{length}");
                assert!(
                    rest.is_empty(),
                    "{length}: {} bytes after the member",
                    rest.len()
                );
            }
        }
    }

    #[test]
    fn one_head_serves_many_tails() {
        let compressed = Compressed::new(b"netbackup_up 1\n");
        for ending in [&b"a 1\n"[..], b"a 2\n"] {
            let whole = [&*compressed.head, &compressed.finish(ending)].concat();
            assert_eq!(inflate(&whole).0, [b"netbackup_up 1\n", ending].concat());
        }
    }
}

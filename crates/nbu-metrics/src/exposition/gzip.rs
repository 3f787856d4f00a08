//! Compressed answers, of which only the end is compressed for each scrape.
//!
//! A gzip stream may have several members, but clients exist that read only the first one. So there is
//! one, made of two deflate streams: the shared part ends in a sync flush, which completes its last
//! byte without saying that the data ends, and the part of this scrape is a fresh stream that does.
//! It refers to nothing before itself, so both can be made apart from each other. The checksum over
//! both goes on from the one over the first.
//!
//! A compressor takes a block of some 370 KiB, whatever it compresses: one is kept from page to page, and the part of a
//! scrape, a few kilobytes, is not compressed but stored as it is.

use std::sync::Arc;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};

use super::pieces::{PIECE, Pieces};
use super::{Document, Parts};

/// Deflate, no file name, no time, unknown system: the same bytes for the same content.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Level 1: the text is so repetitive that a higher level costs far more time than it saves bytes.
const LEVEL: Compression = Compression::new(1);

/// How much of the output is taken from the compressor at once.
const STEP: usize = 8 * 1024;

/// The most that a block holds of what is stored as it is.
const STORED: usize = 0xffff;

/// Compresses documents, one after the other, in the same memory.
#[derive(Debug)]
pub struct Compressor(Compress);

/// A document compressed for many answers.
#[derive(Debug)]
pub struct Compressed {
    head: Arc<[Bytes]>,
    /// Checksum and length of what the head inflates to.
    crc: Crc,
}

impl Default for Compressor {
    fn default() -> Self {
        Self(Compress::new(LEVEL, false))
    }
}

impl Compressor {
    /// Compresses the families, for many answers.
    pub fn compress(&mut self, document: &Document) -> Compressed {
        self.compress_to(document.pieces(), PIECE)
    }

    /// To pieces of at most `most` bytes.
    pub(super) fn compress_to(&mut self, body: &[Bytes], most: usize) -> Compressed {
        let mut head = Pieces::new(most);
        head.push(&HEADER);
        let mut crc = Crc::new();
        self.0.reset();
        for piece in body {
            crc.update(piece);
            feed(&mut self.0, &mut head, piece, FlushCompress::None);
        }
        feed(&mut self.0, &mut head, &[], FlushCompress::Sync);
        Compressed {
            head: head.finish().into(),
            crc,
        }
    }
}

impl Compressed {
    /// The answer to a scrape, as [`Document::parts`] gives it, as one gzip member. `document` is the
    /// one that was compressed.
    pub fn parts(&self, document: &Document, rest: &Document) -> Parts {
        Parts {
            head: Arc::clone(&self.head),
            tail: self.finish(document.ending(rest)),
        }
    }

    /// The compressed size in bytes, without what a scrape adds.
    pub fn len(&self) -> usize {
        self.head.iter().map(Bytes::len).sum()
    }

    /// Whether nothing was compressed.
    pub fn is_empty(&self) -> bool {
        self.crc.amount() == 0
    }

    fn finish(&self, ending: impl IntoIterator<Item = Bytes>) -> Vec<Bytes> {
        let mut tail = Pieces::new(PIECE);
        let mut crc = Crc::new();
        crc.combine(&self.crc);
        for piece in ending {
            crc.update(&piece);
            for block in piece.chunks(STORED) {
                store(&mut tail, block, false);
            }
        }
        store(&mut tail, &[], true);
        tail.push(&crc.sum().to_le_bytes());
        tail.push(&crc.amount().to_le_bytes());
        tail.finish()
    }
}

/// Appends one deflate block of what is stored as it is: whether it is the last, its length, the same with all bits
/// turned, itself. It begins with a new byte, for what stands before it ends with one.
fn store(out: &mut Pieces, block: &[u8], is_last: bool) {
    let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
    out.push(&[u8::from(is_last)]);
    out.push(&length.to_le_bytes());
    out.push(&(!length).to_le_bytes());
    out.push(block);
}

/// Hands over all of `input`, and takes what the compressor gives for it.
fn feed(compress: &mut Compress, out: &mut Pieces, mut input: &[u8], flush: FlushCompress) {
    let mut buffer = [0; STEP];
    loop {
        let (read, written) = (compress.total_in(), compress.total_out());
        let status = compress.compress(input, &mut buffer, flush);
        input = input
            .get(since(read, compress.total_in())..)
            .unwrap_or_default();
        let taken = buffer.get(..since(written, compress.total_out()));
        out.push(taken.unwrap_or_default());
        // There is more to come if the output was filled to the brim. Only a compressor that was already finished refuses.
        if status.is_err() || taken.is_none_or(|taken| taken.len() < STEP) {
            return;
        }
    }
}

fn since(before: u64, now: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
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

    fn cut(bytes: &[u8], most: usize) -> Vec<Bytes> {
        bytes.chunks(most).map(Bytes::copy_from_slice).collect()
    }

    /// The one member of these two: input in pieces of `cut_at`, output in those of `most`.
    fn member(body: &[u8], ending: &[u8], cut_at: usize, most: usize) -> Vec<u8> {
        let compressed = Compressor::default().compress_to(&cut(body, cut_at), most);
        assert!(compressed.head.iter().all(|piece| piece.len() <= most));
        let tail = compressed.finish(cut(ending, cut_at));
        [compressed.head.concat(), tail.concat()].concat()
    }

    #[test]
    fn head_and_tail_are_one_member() {
        // Incompressible and compressible, around the size of the output's steps.
        let noise: Vec<u8> = (0..400_000u32)
            .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0])
            .collect();
        for length in [0, 1, 100, STEP - 12, STEP, STEP + 1, 400_000] {
            for ending in [&b""[..], b"# EOF\n", &noise[..70_000], &noise[..STORED]] {
                for (cut_at, most) in [(1_000_000, PIECE), (PIECE, PIECE), (777, 1_000)] {
                    let body = &noise[..length];
                    let (plain, rest) = inflate(&member(body, ending, cut_at, most));
                    assert_eq!(plain, [body, ending].concat(), "{length} by {cut_at}");
                    assert!(
                        rest.is_empty(),
                        "{length}: {} bytes after the member",
                        rest.len()
                    );
                }
            }
        }
    }

    #[test]
    fn the_smallest_pieces_are_as_good() {
        let text = "netbackup_up{primary=\"é\"} 1\n".repeat(200);
        for size in 1..=40 {
            let (plain, rest) = inflate(&member(text.as_bytes(), b"# EOF\n", size, size));
            assert_eq!(plain, [text.as_bytes(), b"# EOF\n"].concat(), "{size}");
            assert!(rest.is_empty(), "{size}");
        }
        let empty = [Bytes::new(), Bytes::from_static(b"a 1\n"), Bytes::new()];
        let compressed = Compressor::default().compress_to(&empty, PIECE);
        let whole = [compressed.head.concat(), compressed.finish(empty).concat()].concat();
        assert_eq!(inflate(&whole), (b"a 1\na 1\n".to_vec(), Vec::new()));
    }

    #[test]
    fn one_head_serves_many_tails() {
        let compressed =
            Compressor::default().compress_to(&[Bytes::from_static(b"netbackup_up 1\n")], PIECE);
        for ending in [&b"a 1\n"[..], b"a 2\n"] {
            let tail = compressed.finish([Bytes::copy_from_slice(ending)]);
            let whole = [compressed.head.concat(), tail.concat()].concat();
            assert_eq!(inflate(&whole).0, [b"netbackup_up 1\n", ending].concat());
        }
    }

    #[test]
    fn a_compressor_remembers_nothing_of_the_page_before() {
        let page = |text: &str| [Bytes::copy_from_slice(text.repeat(3_000).as_bytes())];
        let (one, other) = (page("netbackup_up 1\n"), page("netbackup_jobs 2\n"));
        let mut kept = Compressor::default();
        for body in [&one, &other, &one] {
            let fresh = Compressor::default().compress_to(body, PIECE);
            let again = kept.compress_to(body, PIECE);
            assert_eq!(again.head, fresh.head);
            assert_eq!(
                (again.crc.sum(), again.crc.amount()),
                (fresh.crc.sum(), fresh.crc.amount())
            );
        }
    }
}

//! How much of an answer is taken before it is refused.

/// Bounds on what one primary can make this process hold or do. Exceeding one ends the call with
/// [`Reason::Limit`](crate::Reason::Limit).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest body of one answer, in bytes after decompression. 64 MiB.
    pub response_bytes: u64,
    /// The most header lines of one answer, over HTTP/1. 100. A header beyond the stack's own buffer of some 400 KiB
    /// counts as too many.
    pub header_count: usize,
    /// The largest header of one answer in bytes, over HTTP/2. 64 KiB.
    pub header_bytes: u32,
    /// The most pages of one walk. 20 000.
    pub pages: u32,
    /// The most records of one page. 5 000.
    pub records_per_page: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            response_bytes: 64 << 20,
            header_count: 100,
            header_bytes: 64 << 10,
            pages: 20_000,
            records_per_page: 5_000,
        }
    }
}

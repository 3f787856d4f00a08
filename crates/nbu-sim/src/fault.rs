//! What goes wrong, and when.

mod error_body;
mod page;
mod script;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

pub use error_body::ErrorShape;
pub(crate) use page::disturb;
pub use script::Faults;
pub(crate) use script::Script;

/// One way in which an answer is not the honest one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// This status with an error body in the vendor's shape.
    Status(u16),
    /// This status with an error body of another shape.
    Refusal {
        /// The status.
        status: u16,
        /// What the body looks like.
        shape: ErrorShape,
    },
    /// This status with `Retry-After` as given: seconds, an HTTP date, an ISO-8601 date, or nonsense.
    RetryAfter {
        /// Usually 429 or 503.
        status: u16,
        /// The header's value.
        value: String,
    },
    /// Any status, headers and body.
    Answer {
        /// The status.
        status: u16,
        /// `Content-Type`, if any.
        content_type: Option<String>,
        /// Further headers.
        headers: Vec<(String, String)>,
        /// The body.
        body: Bytes,
    },
    /// The honest answer, later. Goes together with other faults on the same route.
    Delay(Duration),
    /// The request is read and never answered.
    Hang,
    /// The connection is reset before any byte of the answer.
    Reset,
    /// The connection is reset in the middle of the answer's header.
    ResetInHeaders,
    /// The connection is reset after half of the body.
    ResetInBody,
    /// Half of the body the header announced, then an orderly close.
    Truncate,
    /// A chunked body whose second chunk has no readable size (HTTP/1; a reset on HTTP/2).
    BrokenChunks,
    /// These bytes instead of an HTTP answer (HTTP/1; a reset on HTTP/2).
    Raw(Bytes),
    /// The stream is refused with `HTTP_1_1_REQUIRED` (HTTP/2; no fault on HTTP/1).
    Http1Required,
    /// The honest body, one byte at a time.
    Drip {
        /// The pause before each byte.
        every: Duration,
    },
    /// A body of white space that never ends.
    Endless,
    /// A small gzip body that becomes this many bytes.
    GzipBomb {
        /// Decompressed size.
        bytes: u64,
    },
    /// 200 with a login page.
    Html,
    /// The honest body under another content type, or none.
    ContentType(Option<String>),
    /// 302 to this address.
    Redirect(String),
    /// 302 to the very same path.
    RedirectToSelf,
    /// 204 without a body.
    NoContent,
    /// 200 and the right content type, but this body.
    Body(Bytes),
    /// The honest body changed by a function.
    Edit(Edit),
    /// The page's `next` leads back to the page itself.
    RepeatCursor,
    /// `next` alternates between two values for ever.
    AlternateCursors,
    /// The first page again and again, each time with another `next` (lists by cursor).
    EndlessCursors,
    /// An empty page that promises a next one.
    EmptyPageWithNext,
    /// `meta.pagination.count` lies by this much.
    CountLies(i64),
    /// Every page but the first begins this many records away from where it should: what happens to a list by offset in
    /// which records came (negative: some are answered twice) or went (positive: some are never answered) meanwhile.
    Shift(i64),
    /// Every record of a page comes so many times.
    Repeated(usize),
    /// So many further header lines.
    Headers(usize),
    /// A further header line of so many bytes.
    LongHeader(usize),
    /// The filter is ignored.
    IgnoreFilter,
    /// The sort order is ignored.
    IgnoreSort,
    /// Every n-th record (1: every one) has something wrong with it.
    Malformed {
        /// Which records.
        every: usize,
        /// What is wrong.
        how: Malformed,
    },
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// The record is a string.
    NotAnObject,
    /// `attributes` is missing.
    NoAttributes,
    /// Every attribute is an array.
    WrongTypes,
    /// Every attribute is null.
    Nulls,
    /// Every number is a string.
    NumbersAsStrings,
    /// Every number has a fraction `.0`.
    NumbersAsFloats,
    /// Every number is larger than 64 bits.
    HugeNumbers,
    /// Every number is negative.
    NegativeNumbers,
    /// Every number is the text `NaN`.
    NotANumber,
    /// Every time is in a form that is not the documented one.
    BadTimes,
    /// Every string contains bytes that are not UTF-8.
    InvalidUtf8,
    /// Every string contains newlines, quotes, backslashes and NUL.
    ControlCharacters,
    /// One attribute is nested this deeply.
    Deep(usize),
    /// One attribute is a string of this many bytes.
    LongString(usize),
    /// Every attribute comes twice, the second time with another value.
    DuplicateKeys,
    /// The record says the same name or id as the first one of the page.
    SameAsFirst,
    /// Every number but those of the record's identity and its times of the week is this one, at every depth: 2^63−1, 2^64−1, −1
    /// and the like, which say "no limit" or "not known". What no 64 bits hold is left out.
    Sentinel(i128),
    /// Every word of a vocabulary is in another of its spellings: `Full Backup` for `FULL_BACKUP`.
    OtherSpellings,
    /// Every state is a number.
    StatesAsNumbers,
    /// The totals of sizes are missing, and those of disk volumes are there.
    NoTotals,
    /// The category of storage is missing.
    NoCategory,
}

/// A function over an answer's body.
#[derive(Clone)]
pub struct Edit(Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>);

impl Edit {
    /// Wraps a function.
    pub fn new(edit: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self(Arc::new(edit))
    }

    pub(crate) fn apply(&self, body: Vec<u8>) -> Vec<u8> {
        (self.0)(body)
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edit")
    }
}

/// How the whole server fails, whatever is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outage {
    /// It serves.
    #[default]
    None,
    /// It accepts connections and never says a word, on old connections neither.
    BlackHole,
    /// It resets every new connection as soon as it is accepted.
    Reset,
    /// It resets every new connection after the client's first bytes, in the middle of the TLS handshake.
    ResetInHandshake,
    /// It ends its own half of every new connection and holds the other half open, as a machine that lost its memory does.
    HalfOpen,
    /// Nothing listens on its port.
    Down,
}

//! Pages of records, read one record at a time without keeping any.

mod document;
mod resource;
mod salvage;
mod wrapped;

use crate::lenient::{Attributes, Notes};
use crate::paging::{Mismatches, PageInfo};

pub(crate) use self::document::decode_flat;
pub(crate) use self::resource::{Identity, Resource};
pub(crate) use self::wrapped::decode_wrapped;

/// A kind of record that pages hold. Implemented for the models of this crate; the lifetime of the
/// implementing type means nothing, [`Record::Of`] is what a page is read into.
pub trait Record: sealed::Sealed {
    /// The record, borrowing from the page.
    type Of<'a>: Resource<'a> + std::fmt::Debug;

    /// The word for logs: `job`, `disk pool` and so on.
    const KIND: &'static str;

    /// The vendor's names of the attributes that are read, without those within them.
    const FIELDS: &'static [&'static str] = <Self::Of<'static> as Attributes<'static>>::KEYS;
}

pub(crate) mod sealed {
    use super::DecodeError;
    use crate::lenient::Notes;

    pub trait Sealed {}

    pub trait Decode<'a>: Sized {
        fn decode(body: &'a [u8], notes: &Notes) -> Result<Self, DecodeError>;
    }
}

/// An answer that cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body is not valid JSON or is cut off.
    #[error("the answer is not valid JSON")]
    Syntax(#[source] serde_json::Error),
    /// The body is JSON, but no object.
    #[error("the answer is valid JSON but not an object")]
    NotAnObject,
    /// The body has no `data`, or it is neither a list nor an object.
    #[error("the answer has no list of records under `data`")]
    NoData,
}

/// Reads a page and hands each record to `visit`, in order and borrowing from `body`.
///
/// Elements that are no readable record are skipped and counted, values of another
/// kind or size than a field can have are read as absent and counted ([`PageInfo::mismatches`]). When the page turns out to be broken further down, the
/// records before that place have been visited already: fold into something that can be thrown away or
/// that takes a record twice.
///
/// Cost: one pass; no allocation per record but for strings with escapes and for lists within a record.
///
/// ```
/// use nbu_api::{Job, JobState, fold_page};
///
/// let body = br#"{
///     "data": [
///         {"id": "7", "type": "job", "attributes": {"jobId": 7, "state": "ACTIVE"}},
///         {"id": "8", "type": "job", "attributes": {"jobId": 8, "state": "DONE", "status": "0"}},
///         "not a job"
///     ],
///     "meta": {"pagination": {"limit": 100, "next": "1700000000000:8"}}
/// }"#;
/// let mut done = 0;
/// let page = fold_page::<Job<'_>>(body, |job| done += u32::from(job.state == Some(JobState::Done)))?;
/// assert_eq!((done, page.records, page.skipped.total()), (1, 2, 1));
/// # Ok::<(), nbu_api::DecodeError>(())
/// ```
pub fn fold_page<R: Record>(
    body: &[u8],
    mut visit: impl FnMut(R::Of<'_>),
) -> Result<PageInfo, DecodeError> {
    document::fold::<R::Of<'_>>(body, &mut visit)
}

/// An answer that is one object, such as [`ServerInfo`](crate::ServerInfo). Implemented for the models of this crate.
pub trait Object<'a>: sealed::Decode<'a> {}

impl<'a, T: sealed::Decode<'a>> Object<'a> for T {}

/// Reads an answer that is one object. Fields that hold something else than they should are read as absent.
///
/// ```
/// let body = br#"{"serverName": "primary.example.com", "nbuVersion": "10.5", "nbuKeySize": "2048"}"#;
/// let info: nbu_api::ServerInfo<'_> = nbu_api::decode_object(body)?;
/// assert_eq!(info.nbu_version.as_deref(), Some("10.5"));
/// assert_eq!(info.key_size, Some(2048));
/// # Ok::<(), nbu_api::DecodeError>(())
/// ```
pub fn decode_object<'a, T: Object<'a>>(body: &'a [u8]) -> Result<T, DecodeError> {
    read_object(body).map(|(object, _)| object)
}

/// As [`decode_object`], with the values that could not be used.
pub fn read_object<'a, T: Object<'a>>(body: &'a [u8]) -> Result<(T, Mismatches), DecodeError> {
    let notes = Notes::default();
    let object = T::decode(body, &notes)?;
    Ok((object, notes.take()))
}

//! The primary's own words for a status code: `GET /status-codes/{statusCode}`.

use std::borrow::Cow;

use crate::lenient::object;
use crate::page::{DecodeError, decode_flat, sealed::Decode};

object! {
    /// What a status code means.
    pub struct StatusText<'a> {
        /// `statusMessage`.
        message: Option<Cow<'a, str>> = "statusMessage",
    }
}

object! {
    /// The document.
    struct Document<'a> {
        /// Its only resource.
        data: Option<Data<'a>> = "data",
    }
}

object! {
    /// The resource.
    struct Data<'a> {
        /// Its attributes.
        attributes: Option<StatusText<'a>> = "attributes",
    }
}

impl<'a> Decode<'a> for StatusText<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let document: Document<'a> = decode_flat(body)?;
        document
            .data
            .and_then(|data| data.attributes)
            .ok_or(DecodeError::NoData)
    }
}

//! The primary's own words for a status code: `GET /status-codes/{statusCode}`.

use std::borrow::Cow;

use crate::lenient::{Notes, object};
use crate::page::{DecodeError, decode_wrapped, sealed::Decode};

object! {
    /// What a status code means.
    pub struct StatusText<'a> {
        /// `statusMessage`.
        message: Option<Cow<'a, str>> = "statusMessage",
    }
}

impl<'a> Decode<'a> for StatusText<'a> {
    fn decode(body: &'a [u8], notes: &Notes) -> Result<Self, DecodeError> {
        decode_wrapped(body, notes)
    }
}

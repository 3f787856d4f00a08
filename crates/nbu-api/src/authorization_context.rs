//! Who the credential is: `GET /authorization-context`.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::lenient::object;
use crate::page::{DecodeError, decode_flat, sealed::Decode};

object! {
    /// What the primary knows about the credential. The token in the answer is never read.
    pub struct AuthorizationContext<'a> {
        /// `subject`: domain, user and domain type.
        subject: Option<Cow<'a, str>> = "subject",
        /// `issuer` of the token.
        issuer: Option<Cow<'a, str>> = "issuer",
        /// `issuedAt`.
        issued_at: Option<Timestamp> = "issuedAt",
        /// `expireDate`: when the token stops working.
        expires_at: Option<Timestamp> = "expireDate",
        /// `isAdmin`.
        is_admin: Option<bool> = "isAdmin",
        /// `isMachine`: an API key or a host, not a person.
        is_machine: Option<bool> = "isMachine",
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
        attributes: Option<AuthorizationContext<'a>> = "attributes",
    }
}

impl<'a> Decode<'a> for AuthorizationContext<'a> {
    fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        let document: Document<'a> = decode_flat(body)?;
        document
            .data
            .and_then(|data| data.attributes)
            .ok_or(DecodeError::NoData)
    }
}

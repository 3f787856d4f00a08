//! What `POST /login` answers.

use std::borrow::Cow;
use std::fmt;

use crate::lenient::{Notes, Read, Scalar, object};
use crate::page::{DecodeError, decode_flat, sealed::Decode};

/// A secret in an answer, borrowed from the body where it has no escapes. Its `Debug` does not tell it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Token<'a>(Cow<'a, str>);

impl Token<'_> {
    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl<'de> Scalar<'de> for Token<'de> {
    fn text(text: &str) -> Read<Self> {
        Self::of(Scalar::text(text))
    }

    fn borrowed(text: &'de str) -> Read<Self> {
        Self::of(Scalar::borrowed(text))
    }
}

impl<'a> Token<'a> {
    fn of(text: Read<Cow<'a, str>>) -> Read<Self> {
        match text {
            Read::Value(text) => Read::Value(Self(text)),
            Read::Absent => Read::Absent,
            Read::Mismatch => Read::Mismatch,
        }
    }
}

object! {
    /// The session that a login opened.
    pub struct Login<'a> {
        /// `token`: what to send as `Authorization`, as it is.
        token: Option<Token<'a>> = "token",
        /// `tokenType`: `BEARER`, or `MFA` for a token that only opens the second step of the login.
        token_type: Option<Cow<'a, str>> = "tokenType",
        /// `validity` in seconds.
        validity: Option<u64> = "validity" in Seconds,
    }
}

impl<'a> Decode<'a> for Login<'a> {
    fn decode(body: &'a [u8], notes: &Notes) -> Result<Self, DecodeError> {
        decode_flat(body, notes)
    }
}

object! {
    /// The payload of a token that is a JWT, as far as it tells when the token ends. Nothing is verified: it is the
    /// primary's own token, and only asked how long it is worth sending.
    pub struct TokenClaims {
        /// `iat`: when it was issued, in seconds since the epoch on the primary's clock.
        issued_at: Option<u64> = "iat" in Time,
        /// `exp`: when it ends.
        expires_at: Option<u64> = "exp" in Time,
    }
}

impl<'a> Decode<'a> for TokenClaims {
    fn decode(body: &'a [u8], notes: &Notes) -> Result<Self, DecodeError> {
        decode_flat(body, notes)
    }
}

//! API keys: `GET /security/api-keys`.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};

object! {
    /// What the primary tells about an API key. The key itself is never told.
    pub struct ApiKey<'a> {
        @own {
            /// The element's `id`: the key's tag. Always there in a visited record.
            tag: Option<Cow<'a, str>>,
        }
        /// `userName`: whose key it is.
        user_name: Option<Cow<'a, str>> = "userName",
        /// `userDomain`.
        user_domain: Option<Cow<'a, str>> = "userDomain",
        /// `userDomainType`.
        user_domain_type: Option<Cow<'a, str>> = "userDomainType",
        /// `createdDateTime`.
        created_at: Option<Timestamp> = "createdDateTime",
        /// `expiryDateTime`: when it stops working.
        expires_at: Option<Timestamp> = "expiryDateTime",
    }
}

impl Sealed for ApiKey<'_> {}

impl Record for ApiKey<'_> {
    type Of<'a> = ApiKey<'a>;

    const KIND: &'static str = "API key";
}

impl<'de> Resource<'de> for ApiKey<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.tag = identity.id;
        self.tag.is_some()
    }
}

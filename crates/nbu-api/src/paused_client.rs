//! Clients whose protection is paused: `GET /config/paused-clients`.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};

object! {
    /// A client that no backup runs for.
    pub struct PausedClient<'a> {
        @own {
            /// The element's `id`, else `clientUniqueIdentifier`. Always there in a visited record.
            id: Option<Cow<'a, str>>,
        }
        /// `clientUniqueIdentifier`.
        unique_id: Option<Cow<'a, str>> = "clientUniqueIdentifier",
        /// `displayName`.
        name: Option<Cow<'a, str>> = "displayName",
        /// `triggerMethod`: `AUTOMATIC` or `MANUAL`.
        trigger: Option<Cow<'a, str>> = "triggerMethod",
        /// `blockedUntilTime`.
        until: Option<Timestamp> = "blockedUntilTime",
    }
}

impl Sealed for PausedClient<'_> {}

impl Record for PausedClient<'_> {
    type Of<'a> = PausedClient<'a>;

    const KIND: &'static str = "paused client";
}

impl<'de> Resource<'de> for PausedClient<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.id = identity
            .id
            .or_else(|| self.unique_id.clone())
            .or_else(|| self.name.clone());
        self.id.is_some()
    }
}

//! Clients of all policies: `GET /config/unique-policy-clients`.

use std::borrow::Cow;

use crate::lenient::object;
use crate::page::{Identity, Record, Resource, sealed::Sealed};

object! {
    /// A client that at least one policy names.
    pub struct PolicyClient<'a> {
        @own {
            /// The element's `id`: the name. Always there in a visited record.
            name: Option<Cow<'a, str>>,
        }
        /// `clientInfoType`: `HOST`, or what else a policy may name (`INSTANCE`, `RAC_DATABASE`).
        kind: Option<Cow<'a, str>> = "clientInfoType",
        /// `policyTypes`, in the words of the policies.
        policy_types: Vec<Cow<'a, str>> = "policyTypes",
        /// `policyNames`: the policies that name it.
        policy_names: Vec<Cow<'a, str>> = "policyNames",
    }
}

impl Sealed for PolicyClient<'_> {}

impl Record for PolicyClient<'_> {
    type Of<'a> = PolicyClient<'a>;

    const KIND: &'static str = "policy client";
}

impl<'de> Resource<'de> for PolicyClient<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.name = identity.id;
        self.name.is_some()
    }
}

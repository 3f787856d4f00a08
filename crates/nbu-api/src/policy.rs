//! Policies: `GET /config/policies/` and `GET /config/policies/{policyName}`.

use std::borrow::Cow;

use serde::de::MapAccess;

use crate::lenient::{Any, Attributes, Merge, Notes, Read, ignore, object};
use crate::page::{Identity, Record, Resource, sealed::Sealed};
use crate::policy_type::PolicyType;
use crate::schedule::Schedule;

object! {
    /// A policy as the list shows it: without schedules and clients.
    pub struct Policy<'a> {
        @own {
            /// The element's `id`: the name. Always there in a visited record.
            name: Option<Cow<'a, str>>,
            /// The element's `type`.
            policy_type: Option<PolicyType<'a>>,
        }
        /// `active`: whether its schedules run.
        active: Option<bool> = "active",
        /// `generationId`: another one after every change of the policy.
        generation: Option<i64> = "generationId" in Opaque,
    }
}

/// A policy with its schedules: what `GET /config/policies/{policyName}` holds under the one attribute that is named after
/// its type (`policyStandard`, `policyVMware`, `policyGeneric` and so on).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyDetail<'a> {
    /// The name. Always there in a visited record.
    pub name: Option<Cow<'a, str>>,
    /// `policyType`.
    pub policy_type: Option<PolicyType<'a>>,
    /// `policyAttributes.active`.
    pub active: Option<bool>,
    /// `schedules`.
    pub schedules: Vec<Schedule<'a>>,
    body: Body<'a>,
}

object! {
    /// The value of the attribute that is named after the type.
    struct Body<'a> {
        /// Its name.
        name: Option<Cow<'a, str>> = "policyName",
        /// Its type.
        policy_type: Option<PolicyType<'a>> = "policyType",
        /// What is the same for all types.
        attributes: Option<BodyAttributes> = "policyAttributes",
        /// When it runs.
        schedules: Vec<Schedule<'a>> = "schedules",
    }
}

object! {
    /// The attributes of all types.
    struct BodyAttributes {
        /// Whether it runs.
        active: Option<bool> = "active",
    }
}

impl<'de> Attributes<'de> for PolicyDetail<'de> {
    fn attribute<A: MapAccess<'de>>(
        &mut self,
        key: &[u8],
        object: &mut A,
        notes: &Notes,
    ) -> Result<(), A::Error> {
        if !key.starts_with(b"policy") {
            return ignore(object);
        }
        let merge = Merge {
            target: &mut self.body,
            notes,
        };
        if object.next_value_seed(Any(merge))? == Read::Mismatch {
            notes.mismatch("policy");
        }
        Ok(())
    }
}

impl Sealed for Policy<'_> {}

impl Record for Policy<'_> {
    type Of<'a> = Policy<'a>;

    const KIND: &'static str = "policy";
}

impl<'de> Resource<'de> for Policy<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        self.name = identity.id;
        self.policy_type = identity.kind.map(PolicyType::from);
        self.name.is_some()
    }
}

impl Sealed for PolicyDetail<'_> {}

impl Record for PolicyDetail<'_> {
    type Of<'a> = PolicyDetail<'a>;

    const KIND: &'static str = "policy";
}

impl<'de> Resource<'de> for PolicyDetail<'de> {
    fn identify(&mut self, identity: Identity<'de>) -> bool {
        let body = std::mem::take(&mut self.body);
        self.name = identity.id.or(body.name);
        self.policy_type = body.policy_type;
        self.active = body.attributes.and_then(|attributes| attributes.active);
        self.schedules = body.schedules;
        self.name.is_some()
    }
}

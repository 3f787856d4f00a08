//! Attributes of `GET /config/policies/`. Strings have `contains` only.

use super::{Attribute, Contains, Text};

/// `policyName`: the name.
pub const POLICY_NAME: Attribute<Text, Contains> = Attribute::new("policyName");
/// `policyType`: the type, in the words of the policies (`MS-WINDOWS`).
pub const POLICY_TYPE: Attribute<Text, Contains> = Attribute::new("policyType");
/// `storage`: the storage unit or lifecycle policy.
pub const STORAGE: Attribute<Text, Contains> = Attribute::new("storage");

/// The names of all attributes here, for checks against the vendor's documents.
pub const NAMES: [&str; 3] = [POLICY_NAME.name(), POLICY_TYPE.name(), STORAGE.name()];

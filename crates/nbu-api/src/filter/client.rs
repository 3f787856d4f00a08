//! Attributes of `GET /config/unique-policy-clients`.

use super::{Attribute, ListAttribute, Strings, Text};

/// `id`: the name of the client.
pub const ID: Attribute<Text, Strings> = Attribute::new("id");
/// `policyTypes`: the types of the policies that name it.
pub const POLICY_TYPES: ListAttribute = ListAttribute::new("policyTypes");

/// The names of all attributes here, for checks against the vendor's documents.
pub const NAMES: [&str; 2] = [ID.name(), POLICY_TYPES.name()];

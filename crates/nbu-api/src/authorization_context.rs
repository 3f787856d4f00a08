//! Who the credential is: `GET /authorization-context`.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::lenient::{Notes, object};
use crate::page::{DecodeError, decode_wrapped, sealed::Decode};

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
        /// `permissions`.
        permissions: Vec<Grant<'a>> = "permissions",
    }
}

object! {
    /// What the credential's roles grant.
    pub struct Grant<'a> {
        /// `permission`: the operation, `|OPERATIONS|VIEW|` for example.
        operation: Option<Cow<'a, str>> = "permission",
        /// `collections`: the namespaces on which it is granted.
        namespaces: Vec<Cow<'a, str>> = "collections",
    }
}

/// What it takes to see everything of a namespace.
const VIEW: &str = "|OPERATIONS|VIEW|";

impl AuthorizationContext<'_> {
    /// Whether the credential sees everything in the namespace: an administrator does, and who has the VIEW operation on the
    /// namespace or on one above it. `None` if the primary does not tell what is granted, or not in words we know.
    pub fn sees_all(&self, namespace: &str) -> Option<bool> {
        if self.is_admin == Some(true) {
            return Some(true);
        }
        let mut told = None;
        for grant in &self.permissions {
            let operation = grant.operation.as_deref().unwrap_or_default();
            if !operation.starts_with("|OPERATIONS|") || grant.namespaces.is_empty() {
                continue;
            }
            let all =
                operation == VIEW && grant.namespaces.iter().any(|above| holds(above, namespace));
            told = Some(told.unwrap_or(false) || all);
        }
        told
    }
}

/// Whether `namespace` is `above` or lies in it.
fn holds(above: &str, namespace: &str) -> bool {
    above.ends_with('|') && namespace.starts_with(above)
}

impl<'a> Decode<'a> for AuthorizationContext<'a> {
    fn decode(body: &'a [u8], notes: &Notes) -> Result<Self, DecodeError> {
        decode_wrapped(body, notes)
    }
}

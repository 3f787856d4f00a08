//! Attributes of `GET /catalog/images`. Nearly all of them have `eq` only.

use super::{Attribute, EqualContains, EqualOnly, Text, Time, Window};

/// `backupTime`: when the backup was made. Without it the API answers for the last 24 hours.
pub const BACKUP_TIME: Attribute<Time, Window> = Attribute::new("backupTime");
/// `backupId`: the id of the image.
pub const BACKUP_ID: Attribute<Text, EqualOnly> = Attribute::new("backupId");
/// `clientName`: the client.
pub const CLIENT_NAME: Attribute<Text, EqualOnly> = Attribute::new("clientName");
/// `policyName`: the policy.
pub const POLICY_NAME: Attribute<Text, EqualContains> = Attribute::new("policyName");
/// `policyType`: the policy type, in the words of the catalog (`MS-Windows`).
pub const POLICY_TYPE: Attribute<Text, EqualOnly> = Attribute::new("policyType");
/// `scheduleType`: the schedule type, in the words of the catalog (`FULL`).
pub const SCHEDULE_TYPE: Attribute<Text, EqualOnly> = Attribute::new("scheduleType");

/// The names of all attributes here, for checks against the vendor's documents.
pub const NAMES: [&str; 6] = [
    BACKUP_TIME.name(),
    BACKUP_ID.name(),
    CLIENT_NAME.name(),
    POLICY_NAME.name(),
    POLICY_TYPE.name(),
    SCHEDULE_TYPE.name(),
];

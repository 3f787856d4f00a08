//! Who the primary is: `GET /security/serverinfo`.

use std::borrow::Cow;

use crate::lenient::{Notes, object};
use crate::page::{DecodeError, decode_flat, sealed::Decode};

object! {
    /// What the primary says about itself, without a credential.
    pub struct ServerInfo<'a> {
        /// `serverName`.
        server_name: Option<Cow<'a, str>> = "serverName",
        /// `nbuVersion`: the NetBackup release.
        nbu_version: Option<Cow<'a, str>> = "nbuVersion",
        /// `masterHostId`.
        host_id: Option<Cow<'a, str>> = "masterHostId",
        /// `domainType`.
        domain_type: Option<Cow<'a, str>> = "domainType",
        /// `nbuKeySize`: bits of the keys NetBackup makes for new certificates.
        key_size: Option<u64> = "nbuKeySize" in Setting,
        /// `freezeModeEnabled`, from 11.2 on.
        freeze_mode: Option<bool> = "freezeModeEnabled",
    }
}

impl<'a> Decode<'a> for ServerInfo<'a> {
    fn decode(body: &'a [u8], notes: &Notes) -> Result<Self, DecodeError> {
        decode_flat(body, notes)
    }
}

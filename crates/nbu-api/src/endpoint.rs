//! The table of endpoints: one constant each, read by the client, by checks and by the docs.

mod table;

use std::fmt::Write as _;

pub use self::table::{
    ALL, API_KEYS, AUTHORIZATION_CONTEXT, CACERT, CATALOG_IMAGES, DISK_POOL, DISK_POOLS,
    GENERIC_POLICY_SCHEMA, JOBS, LOGIN, LOGOUT, PAUSED_CLIENTS, PING, POLICIES, POLICY,
    SERVER_INFO, STATUS_CODES, STORAGE_SERVERS, STORAGE_UNITS, UNIQUE_POLICY_CLIENTS,
};
use crate::paging::Paging;
use crate::query::escape;
use crate::version::ApiVersion;

/// One operation of the API. All there are stand in [`ALL`].
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The bounded name for labels and logs: the path without trailing slash, and without what stands behind its parameter;
    /// the template itself where another endpoint has that name.
    pub name: &'static str,
    /// The path under `/netbackup`, exactly as documented; may hold one `{parameter}`.
    pub path: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// How the newest version pages; [`Endpoint::paging`] answers for a given one.
    pub paging: Paging,
    /// The largest `page[limit]` the API accepts; 0 where it takes none.
    pub page_limit: u32,
    /// The oldest API version that may have it. Where the documents do not reach back, the oldest known.
    pub since: ApiVersion,
    /// The oldest API version whose answer is proven to have the fields this crate reads.
    pub version: ApiVersion,
    /// The RBAC namespace that needs `|OPERATIONS|VIEW|`; `None` where no permission is needed.
    pub permission: Option<&'static str>,
    /// Without that permission the list is not refused, but holds only what the credential may see: silently.
    pub filtered: bool,
    /// Whether a credential must be sent.
    pub authenticated: bool,
}

/// The HTTP method of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`: safe to repeat.
    Get,
    /// `POST`.
    Post,
}

impl Method {
    /// `GET` or `POST`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl Endpoint {
    /// How a primary of this version pages. The job list changed from offset to cursor with 9.0.
    pub fn paging(&self, server: ApiVersion) -> Paging {
        match self.paging {
            Paging::Cursor if server < ApiVersion::V9_0 => Paging::Offset,
            paging => paging,
        }
    }

    /// The version to ask for: the oldest that has the fields we read, capped by the primary's.
    ///
    /// `None` when the primary is too old to have the endpoint.
    pub fn request_version(&self, server: ApiVersion) -> Option<ApiVersion> {
        (server >= self.since).then(|| self.version.min(server))
    }

    /// The path with its `{parameter}` replaced by `value`, percent-encoded; the path itself where it has none.
    pub fn path_with(&self, value: &str) -> String {
        match (self.path.find('{'), self.path.rfind('}')) {
            (Some(open), Some(close)) if open < close => {
                let mut path = String::with_capacity(self.path.len() + value.len());
                path.push_str(&self.path[..open]);
                let _ = write!(path, "{}", escape(value));
                path.push_str(&self.path[close + 1..]);
                path
            }
            _ => self.path.to_owned(),
        }
    }
}

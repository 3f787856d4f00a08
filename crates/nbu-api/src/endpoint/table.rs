//! The constants themselves.

use super::{Endpoint, Method};
use crate::paging::Paging;
use crate::version::ApiVersion;

/// `GET /ping`: reachability, the primary's clock (text body, epoch ms) and its API version (header).
///
/// It produces plain text only: a JSON `Accept` is refused.
pub const PING: Endpoint = open("/ping", Method::Get);

/// `GET /security/serverinfo`: name, release and key size of the primary.
pub const SERVER_INFO: Endpoint = open("/security/serverinfo", Method::Get);

/// `GET /authorization-context`: who the credential is. Needs no permission, so it tells a bad credential
/// from a missing permission.
pub const AUTHORIZATION_CONTEXT: Endpoint = Endpoint {
    authenticated: true,
    ..open("/authorization-context", Method::Get)
};

/// `POST /login`: a token for a user and password, or for an API key.
pub const LOGIN: Endpoint = open("/login", Method::Post);

/// `POST /logout`: ends the session whose token is shown.
pub const LOGOUT: Endpoint = Endpoint {
    authenticated: true,
    ..open("/logout", Method::Post)
};

/// `GET /security/api-keys`: one's own key needs no permission, those of others need VIEW on `|SECURITY|USERS|API-KEYS|`.
pub const API_KEYS: Endpoint = Endpoint {
    paging: Paging::Offset,
    page_limit: 100,
    authenticated: true,
    ..open("/security/api-keys", Method::Get)
};

/// `GET /security/cacert`: the certificate authority of the primary.
pub const CACERT: Endpoint = open("/security/cacert", Method::Get);

/// `GET /admin/jobs`: the job list. Offset paging below 9.0, cursors from there on.
///
/// A role may have `|OPERATIONS|MANAGE|JOBS|VIEW|` on single assets instead: then the list holds their jobs only.
pub const JOBS: Endpoint = Endpoint {
    filtered: true,
    ..list("/admin/jobs", Paging::Cursor, 100, "|MANAGE|JOBS|")
};

/// `GET /storage/storage-units`.
pub const STORAGE_UNITS: Endpoint = list(
    "/storage/storage-units",
    Paging::Offset,
    500,
    "|STORAGE|STORAGE-UNITS|",
);

/// `GET /storage/disk-pools`, volumes included.
pub const DISK_POOLS: Endpoint = list(
    "/storage/disk-pools",
    Paging::Offset,
    500,
    "|STORAGE|DISK-POOLS|",
);

/// `GET /storage/disk-pools/{diskPoolId}`: one pool, asked for where the list does not tell how large it is.
pub const DISK_POOL: Endpoint = list(
    "/storage/disk-pools/{diskPoolId}",
    Paging::None,
    0,
    "|STORAGE|DISK-POOLS|",
);

/// `GET /storage/storage-servers`, with the deduplication figures of MSDP.
pub const STORAGE_SERVERS: Endpoint = list(
    "/storage/storage-servers",
    Paging::Offset,
    100,
    "|STORAGE|STORAGE-SERVERS|",
);

/// `GET /config/policies/`: the trailing slash is part of the path.
pub const POLICIES: Endpoint = Endpoint {
    path: "/config/policies/",
    ..list(
        "/config/policies",
        Paging::Offset,
        500,
        "|PROTECTION|POLICIES|",
    )
};

/// `GET /config/policies/{policyName}`: one policy with its schedules.
pub const POLICY: Endpoint = list(
    "/config/policies/{policyName}",
    Paging::None,
    0,
    "|PROTECTION|POLICIES|",
);

/// The header with which [`POLICY`] answers in the one schema that all policy types have. Types that have no schema of their own are
/// answered 501 without it (11.2).
pub const GENERIC_POLICY_SCHEMA: (&str, &str) = ("x-netbackup-policy-use-generic-schema", "true");

/// `GET /config/unique-policy-clients`: every client named in a policy.
pub const UNIQUE_POLICY_CLIENTS: Endpoint = list(
    "/config/unique-policy-clients",
    Paging::Offset,
    5000,
    "|PROTECTION|POLICIES|",
);

/// `GET /config/paused-clients`. Answers without page information: it ends with a short page.
pub const PAUSED_CLIENTS: Endpoint = list(
    "/config/paused-clients",
    Paging::Offset,
    100,
    "|MANAGE|HOSTS|HOST-PROPERTIES|",
);

/// `GET /status-codes/{statusCode}`: the text of a status code. Needs no permission.
pub const STATUS_CODES: Endpoint = Endpoint {
    path: "/status-codes/{statusCode}",
    since: ApiVersion::V11_0,
    version: ApiVersion::V11_0,
    authenticated: true,
    ..open("/status-codes", Method::Get)
};

/// `GET /catalog/images`: without a `backupTime` filter it answers for the last 24 hours only.
pub const CATALOG_IMAGES: Endpoint =
    list("/catalog/images", Paging::Offset, 100, "|MANAGE|IMAGES|");

/// Every endpoint of this table.
pub const ALL: &[&Endpoint] = &[
    &PING,
    &SERVER_INFO,
    &AUTHORIZATION_CONTEXT,
    &LOGIN,
    &LOGOUT,
    &API_KEYS,
    &CACERT,
    &JOBS,
    &STORAGE_UNITS,
    &DISK_POOLS,
    &DISK_POOL,
    &STORAGE_SERVERS,
    &POLICIES,
    &POLICY,
    &UNIQUE_POLICY_CLIENTS,
    &PAUSED_CLIENTS,
    &STATUS_CODES,
    &CATALOG_IMAGES,
];

/// An endpoint that needs neither credential nor permission and answers with one object.
const fn open(path: &'static str, method: Method) -> Endpoint {
    Endpoint {
        name: path,
        path,
        method,
        paging: Paging::None,
        page_limit: 0,
        since: ApiVersion::V4_0,
        version: ApiVersion::V10_0,
        permission: None,
        filtered: false,
        authenticated: false,
    }
}

/// A list that needs a credential and a permission.
const fn list(
    path: &'static str,
    paging: Paging,
    page_limit: u32,
    permission: &'static str,
) -> Endpoint {
    Endpoint {
        paging,
        page_limit,
        permission: Some(permission),
        authenticated: true,
        ..open(path, Method::Get)
    }
}

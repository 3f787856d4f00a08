//! Which answer a path asks for.

use std::fmt;

/// One endpoint of the simulated primary, as faults and gates name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Route {
    /// Every request, whatever its path: as a target of faults and gates.
    Any,
    /// `GET /ping`
    Ping,
    /// `GET /security/ping`
    SecurityPing,
    /// `GET /security/serverinfo`
    ServerInfo,
    /// `GET /security/servertime`
    ServerTime,
    /// `GET /security/cacert`
    CaCert,
    /// `GET /authorization-context`
    AuthorizationContext,
    /// `POST /login`
    Login,
    /// `POST /logout`
    Logout,
    /// `GET /security/api-keys`
    ApiKeys,
    /// `GET /admin/jobs`
    Jobs,
    /// `GET /admin/jobs/{id}`
    Job,
    /// `GET /storage/storage-units`
    StorageUnits,
    /// `GET /storage/disk-pools`
    DiskPools,
    /// `GET /storage/disk-pools/{id}`
    DiskPool,
    /// `GET /storage/storage-servers`
    StorageServers,
    /// `GET /config/policies/`
    Policies,
    /// `GET /config/policies/{name}`
    Policy,
    /// `GET /config/unique-policy-clients`
    UniquePolicyClients,
    /// `GET /config/paused-clients`
    PausedClients,
    /// `GET /catalog/images`
    CatalogImages,
    /// `GET /status-codes/{n}`
    StatusCode,
    /// A path the primary does not know; answered 404.
    Unknown,
}

/// A route and what its path carried.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Matched<'a> {
    pub(crate) route: Route,
    /// The `{…}` part of the path, as sent.
    pub(crate) argument: &'a str,
}

impl Route {
    /// `path` is what follows `/netbackup`.
    pub(crate) fn of(path: &str) -> Matched<'_> {
        let plain = |route| Matched {
            route,
            argument: "",
        };
        let with = |route, argument| Matched { route, argument };
        match path {
            "/ping" => plain(Self::Ping),
            "/security/ping" => plain(Self::SecurityPing),
            "/security/serverinfo" => plain(Self::ServerInfo),
            "/security/servertime" => plain(Self::ServerTime),
            "/security/cacert" => plain(Self::CaCert),
            "/authorization-context" => plain(Self::AuthorizationContext),
            "/login" => plain(Self::Login),
            "/logout" => plain(Self::Logout),
            "/security/api-keys" => plain(Self::ApiKeys),
            "/admin/jobs" => plain(Self::Jobs),
            "/storage/storage-units" => plain(Self::StorageUnits),
            "/storage/disk-pools" => plain(Self::DiskPools),
            "/storage/storage-servers" => plain(Self::StorageServers),
            "/config/policies/" => plain(Self::Policies),
            "/config/unique-policy-clients" => plain(Self::UniquePolicyClients),
            "/config/paused-clients" => plain(Self::PausedClients),
            "/catalog/images" => plain(Self::CatalogImages),
            _ => match path.rsplit_once('/') {
                Some(("/admin/jobs", id)) => with(Self::Job, id),
                Some(("/storage/disk-pools", id)) => with(Self::DiskPool, id),
                Some(("/config/policies", name)) => with(Self::Policy, name),
                Some(("/status-codes", code)) => with(Self::StatusCode, code),
                _ => plain(Self::Unknown),
            },
        }
    }

    pub(crate) fn covers(self, other: Self) -> bool {
        self == Self::Any || self == other
    }

    /// Answered without a credential.
    pub(crate) fn is_open(self) -> bool {
        matches!(
            self,
            Self::Ping
                | Self::SecurityPing
                | Self::ServerInfo
                | Self::ServerTime
                | Self::CaCert
                | Self::Login
        )
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "*",
            Self::Ping => "/ping",
            Self::SecurityPing => "/security/ping",
            Self::ServerInfo => "/security/serverinfo",
            Self::ServerTime => "/security/servertime",
            Self::CaCert => "/security/cacert",
            Self::AuthorizationContext => "/authorization-context",
            Self::Login => "/login",
            Self::Logout => "/logout",
            Self::ApiKeys => "/security/api-keys",
            Self::Jobs => "/admin/jobs",
            Self::Job => "/admin/jobs/{id}",
            Self::StorageUnits => "/storage/storage-units",
            Self::DiskPools => "/storage/disk-pools",
            Self::DiskPool => "/storage/disk-pools/{id}",
            Self::StorageServers => "/storage/storage-servers",
            Self::Policies => "/config/policies/",
            Self::Policy => "/config/policies/{name}",
            Self::UniquePolicyClients => "/config/unique-policy-clients",
            Self::PausedClients => "/config/paused-clients",
            Self::CatalogImages => "/catalog/images",
            Self::StatusCode => "/status-codes/{n}",
            Self::Unknown => "?",
        })
    }
}

/// So that faults and gates can be aimed with the client's own endpoint table.
impl From<&nbu_api::Endpoint> for Route {
    fn from(endpoint: &nbu_api::Endpoint) -> Self {
        Self::of(endpoint.path.trim_start_matches("/netbackup")).route
    }
}

//! Who may ask what: API keys, sessions, and the permissions behind them.

use std::{collections::HashMap, fmt};

use jiff::Timestamp;

use crate::{clock::timestamp, route::Route};

/// A namespace of the role-based access control, with the VIEW operation on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Permission {
    /// `|MANAGE|JOBS|`
    Jobs,
    /// `|STORAGE|STORAGE-UNITS|`
    StorageUnits,
    /// `|STORAGE|DISK-POOLS|`
    DiskPools,
    /// `|STORAGE|STORAGE-SERVERS|`
    StorageServers,
    /// `|PROTECTION|POLICIES|`
    Policies,
    /// `|MANAGE|HOSTS|HOST-PROPERTIES|`
    HostProperties,
    /// `|MANAGE|IMAGES|`
    Images,
    /// The jobs of virtual machines on VMware, and no others: not VIEW on a namespace but
    /// `|OPERATIONS|MANAGE|JOBS|VIEW|` on `|ASSETS|VMWARE|`. The job list is then filtered without a word.
    VmwareJobs,
    /// The jobs that have a parent, and no others: a parent stands for a policy and not for an asset, so
    /// `|OPERATIONS|MANAGE|JOBS|VIEW|` on `|ASSETS|` does not show it. The list is filtered in the same way.
    ChildJobs,
}

impl Permission {
    /// VIEW on every namespace that the simulator knows.
    pub const ALL: [Self; 7] = [
        Self::Jobs,
        Self::StorageUnits,
        Self::DiskPools,
        Self::StorageServers,
        Self::Policies,
        Self::HostProperties,
        Self::Images,
    ];

    /// What `route` needs; `None` where any valid credential will do.
    pub(crate) fn needed(route: Route) -> Option<Self> {
        match route {
            Route::Jobs | Route::Job => Some(Self::Jobs),
            Route::StorageUnits => Some(Self::StorageUnits),
            Route::DiskPools => Some(Self::DiskPools),
            Route::StorageServers => Some(Self::StorageServers),
            Route::Policies | Route::Policy | Route::UniquePolicyClients => Some(Self::Policies),
            Route::PausedClients => Some(Self::HostProperties),
            Route::CatalogImages => Some(Self::Images),
            _ => None,
        }
    }

    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Jobs => "|MANAGE|JOBS|",
            Self::StorageUnits => "|STORAGE|STORAGE-UNITS|",
            Self::DiskPools => "|STORAGE|DISK-POOLS|",
            Self::StorageServers => "|STORAGE|STORAGE-SERVERS|",
            Self::Policies => "|PROTECTION|POLICIES|",
            Self::HostProperties => "|MANAGE|HOSTS|HOST-PROPERTIES|",
            Self::Images => "|MANAGE|IMAGES|",
            Self::VmwareJobs => "|ASSETS|VMWARE|",
            Self::ChildJobs => "|ASSETS|",
        }
    }

    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::VmwareJobs | Self::ChildJobs => "|OPERATIONS|MANAGE|JOBS|VIEW|",
            _ => "|OPERATIONS|VIEW|",
        }
    }
}

/// What a credential stands for.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) user: String,
    /// Not a session.
    pub(crate) is_key: bool,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) issued_ms: i64,
    /// `None`: never.
    pub(crate) expires_ms: Option<i64>,
}

/// All credentials a primary accepts. `Debug` shows how many, not which.
#[derive(Default)]
pub(crate) struct Credentials {
    /// By the exact value of the `Authorization` header: API keys and session tokens alike.
    accepted: HashMap<String, Principal>,
    users: HashMap<String, (String, Vec<Permission>)>,
    /// Seconds.
    pub(crate) token_validity: i64,
    logins: Logins,
}

/// How often somebody tried to log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    /// With the right password: so many sessions were opened.
    pub accepted: u64,
    /// With a wrong one: so many steps towards a locked account.
    pub rejected: u64,
    /// Sessions that were logged out of.
    pub ended: u64,
}

impl Credentials {
    pub(crate) fn new(token_validity: i64) -> Self {
        Self {
            token_validity,
            ..Self::default()
        }
    }

    pub(crate) fn add_key(
        &mut self,
        key: &str,
        permissions: &[Permission],
        now: i64,
        expires: Option<Timestamp>,
    ) {
        let principal = Principal {
            user: "svc-monitoring".to_owned(),
            is_key: true,
            permissions: permissions.to_vec(),
            issued_ms: now,
            expires_ms: expires.map(Timestamp::as_millisecond),
        };
        self.accepted.insert(key.to_owned(), principal);
    }

    pub(crate) fn add_user(&mut self, name: &str, password: &str, permissions: &[Permission]) {
        self.users
            .insert(name.to_owned(), (password.to_owned(), permissions.to_vec()));
    }

    pub(crate) fn revoke(&mut self, credential: &str) {
        self.accepted.remove(credential);
    }

    /// Ends every session; API keys stay.
    pub(crate) fn revoke_sessions(&mut self) {
        self.accepted
            .retain(|credential, _| !credential.starts_with("session."));
    }

    /// Checks the value of the `Authorization` header, with or without `Bearer `.
    pub(crate) fn principal(&self, header: Option<&str>, now: i64) -> Option<&Principal> {
        self.accepted
            .get(bare(header?))
            .filter(|principal| principal.is_good(now))
    }

    /// Ends the session whose token this is. False if there is none.
    pub(crate) fn logout(&mut self, header: Option<&str>, now: i64) -> bool {
        let open = self
            .principal(header, now)
            .is_some_and(Principal::is_session);
        let token = header.map(bare).filter(|_| open);
        let ended = token.is_some_and(|token| self.accepted.remove(token).is_some());
        self.logins.ended += u64::from(ended);
        ended
    }

    /// Sessions that would be accepted now.
    pub(crate) fn sessions(&self, now: i64) -> usize {
        let open = |one: &&Principal| one.is_session() && one.is_good(now);
        self.accepted.values().filter(open).count()
    }

    pub(crate) fn logins(&self) -> Logins {
        self.logins
    }

    /// A new session, if the password is right: the token.
    pub(crate) fn login(&mut self, user: &str, password: &str, now: i64) -> Option<String> {
        let known = self.users.get(user);
        let Some((_, permissions)) = known.filter(|(expected, _)| expected == password) else {
            self.logins.rejected += 1;
            return None;
        };
        self.logins.accepted += 1;
        let token = format!("session.{}.{user}", self.logins.accepted);
        let principal = Principal {
            user: user.to_owned(),
            is_key: false,
            permissions: permissions.clone(),
            issued_ms: now,
            expires_ms: Some(now + self.token_validity * 1000),
        };
        self.accepted.insert(token.clone(), principal);
        Some(token)
    }
}

/// The credential in the value of an `Authorization` header.
fn bare(header: &str) -> &str {
    header.strip_prefix("Bearer ").unwrap_or(header)
}

impl Principal {
    fn is_session(&self) -> bool {
        !self.is_key
    }

    fn is_good(&self, now: i64) -> bool {
        self.expires_ms.is_none_or(|expires| now < expires)
    }

    pub(crate) fn may(&self, route: Route) -> bool {
        Permission::needed(route).is_none_or(|needed| self.permissions.contains(&needed))
            || (route == Route::Jobs && self.sees_only().is_some())
    }

    /// The filter that leaves the jobs it sees, where it does not see all.
    pub(crate) fn sees_only(&self) -> Option<&'static str> {
        let has = |permission| self.permissions.contains(&permission);
        if has(Permission::Jobs) {
            None
        } else if has(Permission::VmwareJobs) {
            Some("policyType eq 'VMWARE'")
        } else if has(Permission::ChildJobs) {
            Some("parentJobId gt 0")
        } else {
            None
        }
    }

    pub(crate) fn expires(&self) -> Option<Timestamp> {
        self.expires_ms.map(timestamp)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("accepted", &self.accepted.len())
            .field("users", &self.users.len())
            .finish_non_exhaustive()
    }
}

//! From wishes to a running primary.

use std::{io, net::SocketAddr, sync::Arc};

use jiff::Timestamp;
use nbu_api::ApiVersion;

use crate::{
    certificate::{Authority, CertificateError, Identity},
    clock::Clock,
    credential::{Credentials, Permission},
    population::{Population, world::World},
    primary::{Parts, Primary},
    running::Running,
    server,
    storage::{self, Storage, StorageCounts},
};

/// Where every simulated primary begins.
#[derive(Clone, Copy, Debug)]
pub struct Sim;

impl Sim {
    /// A primary of API 12.0 (NetBackup 10.5) over TLS with a small living population and a frozen clock.
    pub fn builder() -> SimBuilder {
        SimBuilder {
            seed: 1,
            version: ApiVersion::V12_0,
            clock: Clock::default(),
            population: Population::default(),
            storage: Wanted::Drawn(StorageCounts::default()),
            keys: Vec::new(),
            users: Vec::new(),
            token_validity: 86_400,
            tls: Some(Identity::default()),
        }
    }
}

/// What the primary will be like.
#[derive(Debug)]
#[must_use]
pub struct SimBuilder {
    seed: u64,
    version: ApiVersion,
    clock: Clock,
    population: Population,
    storage: Wanted,
    keys: Vec<(String, Vec<Permission>, Option<Timestamp>)>,
    users: Vec<(String, String, Vec<Permission>)>,
    token_validity: i64,
    tls: Option<Identity>,
}

#[derive(Debug)]
enum Wanted {
    Drawn(StorageCounts),
    Given(Storage),
}

/// Why a primary did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be bound.
    #[error("the simulated primary cannot listen on {address}")]
    Bind {
        /// Where it should have listened.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Its certificate cannot be made.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl SimBuilder {
    /// The same seed, clock and configuration give the same jobs and storage.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The newest API version it speaks.
    pub fn api_version(mut self, version: ApiVersion) -> Self {
        self.version = version;
        self
    }

    /// Accepts this key for everything. Without any key nothing but the open endpoints answers.
    pub fn api_key(self, key: &str) -> Self {
        self.api_key_with(key, &Permission::ALL, None)
    }

    /// Accepts this key for some things, and until some time on the primary's clock.
    pub fn api_key_with(
        mut self,
        key: &str,
        permissions: &[Permission],
        expires: Option<Timestamp>,
    ) -> Self {
        self.keys
            .push((key.to_owned(), permissions.to_vec(), expires));
        self
    }

    /// Lets a user log in.
    pub fn user(mut self, name: &str, password: &str, permissions: &[Permission]) -> Self {
        self.users
            .push((name.to_owned(), password.to_owned(), permissions.to_vec()));
        self
    }

    /// How long a session lives, in seconds of the primary's clock.
    pub fn token_validity(mut self, seconds: i64) -> Self {
        self.token_validity = seconds;
        self
    }

    /// Its jobs.
    pub fn population(mut self, population: Population) -> Self {
        self.population = population;
        self
    }

    /// How much storage to draw.
    pub fn storage(mut self, counts: StorageCounts) -> Self {
        self.storage = Wanted::Drawn(counts);
        self
    }

    /// Exactly this storage.
    pub fn storage_of(mut self, storage: Storage) -> Self {
        self.storage = Wanted::Given(storage);
        self
    }

    /// Its clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// HTTPS (the default) or plain HTTP.
    pub fn tls(mut self, tls: bool) -> Self {
        self.tls = tls.then(Identity::default);
        self
    }

    /// HTTPS with this certificate.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.tls = Some(identity);
        self
    }

    /// Starts it. Port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound or the certificate cannot be made.
    pub async fn start(self, address: SocketAddr) -> Result<Running, StartError> {
        let authority = Authority::new()?;
        let tls = self
            .tls
            .as_ref()
            .map(|identity| authority.server_config(identity))
            .transpose()?;
        let now = self.clock.face_ms();
        let mut credentials = Credentials::new(self.token_validity);
        for (key, permissions, expires) in &self.keys {
            credentials.add_key(key, permissions, now, *expires);
        }
        for (name, password, permissions) in &self.users {
            credentials.add_user(name, password, permissions);
        }
        let primary = Arc::new(Primary::new(Parts {
            world: World::new(self.seed, &self.population, self.clock.life_ms()),
            storage: match self.storage {
                Wanted::Drawn(counts) => storage::draw(self.seed, counts),
                Wanted::Given(storage) => storage,
            },
            clock: self.clock,
            credentials,
            version: self.version,
            record: self.population.record,
            ca_pem: if tls.is_some() {
                authority.pem.clone()
            } else {
                String::new()
            },
        }));
        let listening = server::listen(Arc::clone(&primary), address, tls)
            .await
            .map_err(|source| StartError::Bind { address, source })?;
        Ok(Running::new(primary, authority, listening))
    }
}

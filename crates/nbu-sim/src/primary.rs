//! The simulated primary itself: everything its connections share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use nbu_api::ApiVersion;

use crate::{
    clock::Clock,
    configuration::Configuration,
    credential::Credentials,
    fault::Script,
    gate::Gates,
    jobs::Form,
    lock::{Locked, Shared},
    population::{RecordSize, world::World},
    seen::Traffic,
    storage::Storage,
};

#[derive(Debug)]
pub(crate) struct Primary {
    pub(crate) clock: Clock,
    pub(crate) world: Shared<World>,
    pub(crate) storage: Shared<Storage>,
    pub(crate) configuration: Shared<Configuration>,
    pub(crate) credentials: Shared<Credentials>,
    pub(crate) version: Locked<ApiVersion>,
    /// Versions below are refused.
    pub(crate) oldest: Locked<Option<ApiVersion>>,
    /// Larger pages are refused.
    pub(crate) page_limit: Locked<Option<u64>>,
    pub(crate) ping_header: AtomicBool,
    pub(crate) record: RecordSize,
    pub(crate) gates: Gates,
    pub(crate) script: Arc<Script>,
    pub(crate) traffic: Traffic,
    /// PEM; empty when plain HTTP is served.
    pub(crate) ca_pem: String,
    requests: AtomicU64,
}

/// The parts of a primary that are made elsewhere.
pub(crate) struct Parts {
    pub(crate) clock: Clock,
    pub(crate) world: World,
    pub(crate) storage: Storage,
    pub(crate) credentials: Credentials,
    pub(crate) version: ApiVersion,
    pub(crate) record: RecordSize,
    pub(crate) ca_pem: String,
}

impl Primary {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            clock: parts.clock,
            configuration: Shared::new(Configuration::of(&parts.world)),
            world: Shared::new(parts.world),
            storage: Shared::new(parts.storage),
            credentials: Shared::new(parts.credentials),
            version: Locked::new(parts.version),
            oldest: Locked::new(None),
            page_limit: Locked::new(None),
            ping_header: AtomicBool::new(true),
            record: parts.record,
            gates: Gates::default(),
            script: Arc::default(),
            traffic: Traffic::default(),
            ca_pem: parts.ca_pem,
            requests: AtomicU64::new(0),
        }
    }

    pub(crate) fn version(&self) -> ApiVersion {
        *self.version.lock()
    }

    /// Lets everything happen that is due, then reads the job database. The second argument is what the clock shows.
    pub(crate) fn read_world<T>(&self, read: impl FnOnce(&World, i64) -> T) -> T {
        let life = self.clock.life_ms();
        if self.world.read().is_due(life) {
            self.world.write().live_until(life, self.clock.step_ms());
        }
        read(&self.world.read(), life + self.clock.step_ms())
    }

    /// The same, to change it.
    pub(crate) fn change_world<T>(&self, change: impl FnOnce(&mut World, i64) -> T) -> T {
        let (life, step) = (self.clock.life_ms(), self.clock.step_ms());
        let mut world = self.world.write();
        world.live_until(life, step);
        change(&mut world, life + step)
    }

    pub(crate) fn form(&self, version: ApiVersion, now: i64) -> Form {
        Form {
            version,
            size: self.record,
            now,
        }
    }

    pub(crate) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }
}

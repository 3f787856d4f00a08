//! Storage units, disk pools with their volumes, storage servers.

mod pool_size;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use nbu_api::endpoint::{DISK_POOLS, STORAGE_SERVERS, STORAGE_UNITS};
use nbu_api::{DiskPool, DiskVolume, Endpoint, Query, StorageServer, StorageUnit, UpDown};
use nbu_client::{Client, Error, WalkSummary};

use self::pool_size::{Details, PoolSize, Unsized};
use crate::catalogue::{Family, storage as families};
use crate::collector::{CollectError, CollectFuture, Collected, Collector, Context, State};
use crate::samples::Samples;

/// States of a disk pool.
const POOL_STATES: [&str; 3] = ["UP", "DOWN", "TRANSIENT"];
/// States of a disk volume.
const VOLUME_STATES: [&str; 3] = ["UP", "DOWN", "UNKNOWN"];
/// States of a storage server.
const SERVER_STATES: [&str; 2] = ["UP", "DOWN"];

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Collects the families of `catalogue::storage`.
#[derive(Clone, Copy, Debug)]
pub struct Storage;

impl Collector for Storage {
    fn name(&self) -> &'static str {
        "storage"
    }

    fn default_interval(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn endpoints(&self) -> &'static [&'static Endpoint] {
        // Not `DISK_POOL`: it is asked only where a list lacks sizes, and a primary without it lacks nothing else.
        &[&STORAGE_UNITS, &DISK_POOLS, &STORAGE_SERVERS]
    }

    fn collect<'a>(&'a self, context: Context<'a>, state: &'a State) -> CollectFuture<'a> {
        let details = state.read::<Details>().cloned();
        Box::pin(collect(context.client, details.unwrap_or_default()))
    }
}

/// What one endpoint refuses keeps nothing from the other two; what fails otherwise fails the run, to be repeated soon.
async fn collect(client: &Client, mut details: Details) -> Result<Collected, CollectError> {
    let walk = |endpoint| client.walk(endpoint, Query::new().sort("name"));
    let mut subjects = Subjects::default();
    let units = walk(&STORAGE_UNITS)
        .fold::<StorageUnit<'_>, _>(Found::default(), |found, unit| found.unit(&unit));
    subjects.take(units.await)?;
    let pools = walk(&DISK_POOLS)
        .fold::<DiskPool<'_>, _>(Found::default(), |found, pool| found.pool(&pool));
    let mut pools = pools.await;
    if let Ok((found, _)) = &mut pools {
        found.look_up_sizes(client, &mut details).await;
    }
    subjects.take(pools)?;
    let servers = walk(&STORAGE_SERVERS)
        .fold::<StorageServer<'_>, _>(Found::default(), |found, server| found.server(&server));
    subjects.take(servers.await)?;
    subjects.collected(State::new(details))
}

/// What came of the endpoints so far.
#[derive(Debug, Default)]
struct Subjects {
    samples: Samples,
    /// At least one walk was complete.
    answered: bool,
    /// The first refusal.
    refused: Option<CollectError>,
}

impl Subjects {
    fn take(&mut self, walked: Result<(Found, WalkSummary), Error>) -> Result<(), CollectError> {
        match walked.map_err(CollectError::from) {
            Ok((found, _)) => {
                self.samples.extend(found.samples);
                self.answered = true;
            }
            Err(refusal) if refusal.is_refusal() => {
                self.refused.get_or_insert(refusal);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn collected(self, state: State) -> Result<Collected, CollectError> {
        match self.refused {
            Some(refusal) if !self.answered => Err(refusal),
            refused => Ok(Collected {
                samples: self.samples,
                state,
                refused: refused.map(|source| CollectError::Part {
                    source: Arc::new(source),
                }),
                ..Collected::default()
            }),
        }
    }
}

/// What one walk has found so far. A name that comes again, on a page read twice or for another object, adds nothing: of two
/// series with the same labels only one could be true.
#[derive(Debug, Default)]
struct Found {
    samples: Samples,
    names: BTreeSet<(Kind, String, String)>,
    /// Pools whose size is still to be looked up.
    unsized_pools: Vec<Unsized>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Unit,
    Pool,
    Volume,
    Server,
}

impl Found {
    fn unit(&mut self, unit: &StorageUnit<'_>) {
        let labels = [
            unit.name.as_deref().unwrap_or_default(),
            unit.storage_type.as_deref().unwrap_or_default(),
        ];
        if !self.is_new(Kind::Unit, labels) {
            return;
        }
        if let Some(capacity) = unit.capacity() {
            self.bytes(
                &families::STORAGE_UNIT_CAPACITY_BYTES,
                &labels,
                capacity.total,
            );
            self.bytes(&families::STORAGE_UNIT_USED_BYTES, &labels, capacity.used);
            self.bytes(&families::STORAGE_UNIT_FREE_BYTES, &labels, capacity.free);
        }
        let jobs = unit.max_concurrent_jobs.or(unit.max_concurrent_drives);
        self.bytes(&families::STORAGE_UNIT_MAX_CONCURRENT_JOBS, &labels, jobs);
        let fragment = unit
            .max_fragment_size_megabytes
            .map(|size| size as f64 * MEBIBYTE);
        self.gauge(
            &families::STORAGE_UNIT_MAX_FRAGMENT_SIZE_BYTES,
            &labels,
            fragment,
        );
        let [name, storage_type] = labels;
        let info = [
            name,
            storage_type,
            unit.category
                .as_ref()
                .map_or("", |category| category.as_str()),
            unit.storage_server_type.as_deref().unwrap_or_default(),
            truth(unit.accelerator),
            truth(unit.replication_capable),
            truth(unit.instant_access),
            truth(unit.use_worm),
            truth(unit.on_demand_only),
        ];
        self.samples.info(&families::STORAGE_UNIT_INFO, &info);
    }

    fn pool(&mut self, pool: &DiskPool<'_>) {
        let name = pool.name.as_deref().unwrap_or_default();
        if !self.is_new(Kind::Pool, [name, ""]) {
            return;
        }
        let labels = [
            name,
            pool.category
                .as_ref()
                .map_or("", |category| category.as_str()),
        ];
        match PoolSize::of(pool) {
            Some(size) if size.usable.is_none() => {
                self.unsized_pools.push(Unsized::new(pool, labels, size));
            }
            Some(size) => self.pool_size(&labels, size),
            None => {}
        }
        let mark = |percent: Option<u64>| percent.and_then(|percent| ratio(percent as f64));
        let (high, low) = (mark(pool.high_water_mark), mark(pool.low_water_mark));
        self.gauge(&families::DISK_POOL_HIGH_WATER_MARK_RATIO, &labels, high);
        self.gauge(&families::DISK_POOL_LOW_WATER_MARK_RATIO, &labels, low);
        self.state(
            &families::DISK_POOL_STATE,
            &[name],
            &POOL_STATES,
            pool.state.as_ref(),
        );
        for volume in &pool.volumes {
            self.volume(pool, volume);
        }
    }

    async fn look_up_sizes(&mut self, client: &Client, details: &mut Details) {
        let pools = std::mem::take(&mut self.unsized_pools);
        for ([name, category], size) in details.look_up(client, pools).await {
            self.pool_size(&[&name, &category], size);
        }
    }

    fn pool_size(&mut self, labels: &[&str], size: PoolSize) {
        self.bytes(&families::DISK_POOL_RAW_BYTES, labels, size.raw);
        self.bytes(&families::DISK_POOL_USABLE_BYTES, labels, size.usable);
        self.bytes(&families::DISK_POOL_USED_BYTES, labels, size.used);
        self.bytes(&families::DISK_POOL_AVAILABLE_BYTES, labels, size.available);
    }

    fn volume(&mut self, pool: &DiskPool<'_>, volume: &DiskVolume<'_>) {
        let name = volume.name.as_ref().or(volume.id.as_ref());
        let Some(name) = name else {
            return;
        };
        let labels = [pool.name.as_deref().unwrap_or_default(), &**name];
        if !self.is_new(Kind::Volume, labels) {
            return;
        }
        if let Some(capacity) = pool.volume_capacity(volume) {
            self.bytes(
                &families::DISK_VOLUME_CAPACITY_BYTES,
                &labels,
                capacity.total,
            );
            self.bytes(&families::DISK_VOLUME_FREE_BYTES, &labels, capacity.free);
        }
        self.state(
            &families::DISK_VOLUME_STATE,
            &labels,
            &VOLUME_STATES,
            volume.state.as_ref(),
        );
    }

    fn server(&mut self, server: &StorageServer<'_>) {
        let labels = [
            server.name.as_deref().unwrap_or_default(),
            server.server_type.as_deref().unwrap_or_default(),
        ];
        if !self.is_new(Kind::Server, labels) {
            return;
        }
        self.state(
            &families::STORAGE_SERVER_STATE,
            &labels,
            &SERVER_STATES,
            server.state.as_ref(),
        );
        let Some(msdp) = &server.msdp else {
            return;
        };
        let dedup = msdp.deduplication_ratio.and_then(ratio);
        self.gauge(&families::STORAGE_SERVER_DEDUP_RATIO, &labels, dedup);
        let logical = msdp.catalog_logical_size_bytes;
        self.bytes(&families::STORAGE_SERVER_LOGICAL_BYTES, &labels, logical);
        if let Some(pool) = &msdp.storage_pool {
            self.bytes(
                &families::STORAGE_SERVER_CAPACITY_BYTES,
                &labels,
                pool.size_bytes,
            );
            self.bytes(
                &families::STORAGE_SERVER_USED_BYTES,
                &labels,
                pool.used_space_bytes,
            );
        }
    }

    fn is_new(&mut self, kind: Kind, [name, more]: [&str; 2]) -> bool {
        self.names.insert((kind, name.to_owned(), more.to_owned()))
    }

    fn bytes(&mut self, family: &'static Family, labels: &[&str], value: Option<u64>) {
        self.gauge(family, labels, value.map(|value| value as f64));
    }

    fn gauge(&mut self, family: &'static Family, labels: &[&str], value: Option<f64>) {
        if let Some(value) = value {
            self.samples.gauge(family, labels, value);
        }
    }

    fn state(
        &mut self,
        family: &'static Family,
        labels: &[&str],
        known: &[&str],
        state: Option<&UpDown<'_>>,
    ) {
        if let Some(state) = state {
            self.samples
                .state_set(family, labels, known, state.as_str());
        }
    }
}

fn truth(flag: Option<bool>) -> &'static str {
    match flag {
        Some(true) => "true",
        Some(false) => "false",
        None => "",
    }
}

/// A percent as a ratio; what is no percent is nothing.
fn ratio(percent: f64) -> Option<f64> {
    (0.0..=100.0).contains(&percent).then_some(percent / 100.0)
}

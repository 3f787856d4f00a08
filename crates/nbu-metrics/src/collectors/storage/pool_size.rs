//! Sizes of disk pools, looked up where the list does not tell them: some primaries tell them in the detail of a pool only.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nbu_api::endpoint::DISK_POOL;
use nbu_api::{DiskPool, Query, VolumeSum};
use nbu_client::Client;
use tokio::time::timeout;

use crate::collector::CollectError;

/// Pools whose detail is asked for in one run.
const DETAILS: usize = 50;
/// The time that details take at most in one run: a quarter of the shortest usual deadline.
const AT_MOST: Duration = Duration::from_secs(15);

/// Sizes of a pool, in bytes. What is not known is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PoolSize {
    pub(super) raw: Option<u64>,
    pub(super) usable: Option<u64>,
    pub(super) used: Option<u64>,
    pub(super) available: Option<u64>,
}

/// A pool that the list shows without its size.
#[derive(Debug)]
pub(super) struct Unsized {
    id: String,
    /// Its labels: name and storage category.
    pub(super) labels: [String; 2],
    listed: PoolSize,
    volumes: VolumeSum,
}

impl PoolSize {
    /// As the record tells it; `None` in a cloud, where it means nothing.
    pub(super) fn of(pool: &DiskPool<'_>) -> Option<Self> {
        let capacity = pool.capacity()?;
        Some(Self {
            raw: pool.raw_size_bytes,
            usable: capacity.total,
            used: capacity.used,
            available: capacity.free,
        })
    }

    /// Completed with what another source tells.
    fn or(self, other: Self) -> Self {
        Self {
            raw: self.raw.or(other.raw),
            usable: self.usable.or(other.usable),
            used: self.used.or(other.used),
            available: self.available.or(other.available),
        }
    }
}

impl Unsized {
    pub(super) fn new(pool: &DiskPool<'_>, labels: [&str; 2], listed: PoolSize) -> Self {
        let id = pool.id.as_deref().or(pool.name.as_deref());
        Self {
            id: id.unwrap_or_default().to_owned(),
            labels: labels.map(str::to_owned),
            listed,
            volumes: pool.sum_of_volumes().unwrap_or_default(),
        }
    }
}

/// Sizes that details of pools told, kept from one run to the next, for not all pools are asked in each.
#[derive(Clone, Debug, Default)]
pub(super) struct Details {
    sizes: BTreeMap<String, PoolSize>,
    /// The place of the pool to begin with.
    next: usize,
    /// The log tells that a detail cannot be read.
    is_logged: bool,
}

impl Details {
    /// Looks up the sizes: in the list, else in the detail of the pool, else in the sums over its volumes as far as those are the
    /// same. What fails, or takes too long, is worth no failure of the collector.
    pub(super) async fn look_up(
        &mut self,
        client: &Client,
        pools: Vec<Unsized>,
    ) -> Vec<([String; 2], PoolSize)> {
        let ids: BTreeSet<&str> = pools.iter().map(|pool| &*pool.id).collect();
        self.sizes.retain(|id, _| ids.contains(&**id));
        // What was read until then is there.
        let _ = timeout(AT_MOST, self.ask(client, &pools)).await;
        let sized = pools.into_iter().map(|pool| {
            let detail = self.sizes.get(&pool.id).copied().unwrap_or_default();
            let of_volumes = PoolSize {
                raw: pool.volumes.raw,
                available: pool.volumes.free,
                ..PoolSize::default()
            };
            (pool.labels, pool.listed.or(detail).or(of_volumes))
        });
        sized.collect()
    }

    /// Asks for the details, one request a pool, beginning after the last one that was asked for.
    async fn ask(&mut self, client: &Client, pools: &[Unsized]) {
        let first = self.next.checked_rem(pools.len()).unwrap_or(0);
        let places = (first..pools.len()).chain(0..first).take(DETAILS);
        for place in places {
            let Some(pool) = pools.get(place) else {
                return;
            };
            // Also if this one is never answered.
            self.next = place + 1;
            match detail(client, &pool.id).await {
                Ok(size) => {
                    self.sizes.insert(pool.id.clone(), size);
                }
                Err(error) => {
                    self.sizes.remove(&pool.id);
                    self.log(client, pool, &error);
                    if !error.is_of_one_answer() {
                        return;
                    }
                }
            }
        }
    }

    fn log(&mut self, client: &Client, pool: &Unsized, error: &CollectError) {
        if std::mem::replace(&mut self.is_logged, true) {
            return;
        }
        tracing::info!(
            primary = %client.primary(),
            collector = "storage",
            pool = pool.labels[0],
            reason = error.reason().as_str(),
            endpoint = DISK_POOL.name,
            http_status = error.status(),
            %error,
            "the list of disk pools lacks sizes, and the detail of one cannot be read; of such pools only what their volumes tell is shown"
        );
    }
}

async fn detail(client: &Client, id: &str) -> Result<PoolSize, CollectError> {
    let query = Query::of(id.to_owned()).once();
    let page = client.fetch(&DISK_POOL, query).await?;
    let mut size = PoolSize::default();
    page.fold::<DiskPool<'_>>(|pool| size = PoolSize::of(&pool).unwrap_or_default())?;
    Ok(size)
}

//! Sizes of disk pools, looked up where the list does not tell them: some primaries tell them in the detail of a pool only.

use nbu_api::endpoint::DISK_POOL;
use nbu_api::{DiskPool, Query, VolumeSum};
use nbu_client::{Client, Error};

/// Pools whose detail is asked for in one run.
const DETAILS: usize = 50;

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
    told: PoolSize,
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
    pub(super) fn new(pool: &DiskPool<'_>, labels: [&str; 2], told: PoolSize) -> Self {
        let id = pool.id.as_deref().or(pool.name.as_deref());
        Self {
            id: id.unwrap_or_default().to_owned(),
            labels: labels.map(str::to_owned),
            told,
            volumes: pool.sum_of_volumes().unwrap_or_default(),
        }
    }
}

/// Looks up the sizes: in the list, else in the detail of the pool, else in the sums over its volumes as far as those are the same.
///
/// One request a pool. After one that fails no more are sent in this run: the sizes are worth no failure of the collector.
pub(super) async fn look_up(client: &Client, pools: Vec<Unsized>) -> Vec<([String; 2], PoolSize)> {
    let mut is_answered = true;
    let mut sizes = Vec::with_capacity(pools.len());
    for (index, pool) in pools.into_iter().enumerate() {
        let mut size = pool.told;
        if is_answered && index < DETAILS {
            match detail(client, &pool.id).await {
                Ok(detail) => size = size.or(detail),
                Err(error) => {
                    tracing::debug!(pool = pool.labels[0], %error, "sizes of disk pools without totals are not asked for in this run");
                    is_answered = false;
                }
            }
        }
        let of_volumes = PoolSize {
            raw: pool.volumes.raw,
            available: pool.volumes.free,
            ..PoolSize::default()
        };
        sizes.push((pool.labels, size.or(of_volumes)));
    }
    sizes
}

async fn detail(client: &Client, id: &str) -> Result<PoolSize, Error> {
    let page = client.fetch(&DISK_POOL, Query::of(id.to_owned())).await?;
    let mut size = PoolSize::default();
    page.fold::<DiskPool<'_>>(|pool| size = PoolSize::of(&pool).unwrap_or_default())?;
    Ok(size)
}

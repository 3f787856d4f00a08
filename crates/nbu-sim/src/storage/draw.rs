//! Draws the storage of a primary from its seed.

use fastrand::Rng;

use super::{
    Capacity, DiskPool, DiskVolume, Msdp, PoolSize, Storage, StorageCounts, StorageServer,
    StorageUnit,
};

const TIB: u64 = 1 << 40;

/// Category, type and server type of storage on disk, in the proportions of a mixed domain.
const KINDS: &[(&str, &str, &str)] = &[
    ("MSDP", "MSDP", "PureDisk"),
    ("MSDP", "MSDP", "PureDisk"),
    ("ADVANCED_DISK", "ADVANCED_DISK", "AdvancedDisk"),
    ("MSDP", "MSDP", "PureDisk"),
    ("CLOUD", "CLOUD", "amazon_raw"),
];

pub(crate) fn draw(seed: u64, counts: StorageCounts) -> Storage {
    let mut rng = Rng::with_seed(seed ^ 0x0570_12a6);
    let servers: Vec<_> = (0..counts.servers)
        .map(|index| server(&mut rng, index))
        .collect();
    let pools: Vec<_> = (0..counts.pools)
        .map(|index| pool(&mut rng, index, &servers))
        .collect();
    let units = (0..counts.units)
        .map(|index| unit(&mut rng, index, &pools))
        .collect();
    Storage {
        units,
        pools,
        servers,
    }
}

fn server(rng: &mut Rng, index: usize) -> StorageServer {
    let (category, _, server_type) = KINDS[index % KINDS.len()];
    let name = format!("storage{:03}.example.com", index + 1);
    let msdp = (category == "MSDP").then(|| {
        let raw = rng.u64(20..400) * TIB;
        let size = raw / 100 * 96;
        let used = size / 1000 * rng.u64(100..930);
        let dedup_tenths = rng.u16(700..995);
        Msdp {
            raw,
            size,
            used,
            available: size - used,
            logical: used / u64::from(1000 - dedup_tenths) * 1000,
            files: rng.u64(1_000..50_000_000),
            dedup_tenths: if rng.bool() {
                dedup_tenths
            } else {
                dedup_tenths / 10 * 10
            },
        }
    });
    StorageServer {
        id: format!("{server_type}:{name}"),
        name,
        category: category.to_owned(),
        server_type: server_type.to_owned(),
        state: if rng.u8(..25) == 0 { "DOWN" } else { "UP" }.to_owned(),
        msdp,
    }
}

fn pool(rng: &mut Rng, index: usize, servers: &[StorageServer]) -> DiskPool {
    let (category, _, server_type) = KINDS[index % KINDS.len()];
    let name = format!(
        "{}-pool-{:03}",
        category.to_lowercase().replace('_', "-"),
        index + 1
    );
    let on_disk = category != "CLOUD";
    let volumes: Vec<_> = (0..if category == "ADVANCED_DISK" { 3 } else { 1 })
        .map(|volume| volume_of(rng, &name, volume, on_disk))
        .collect();
    let size = on_disk.then(|| {
        let raw: u64 = volumes
            .iter()
            .filter_map(|volume| volume.size)
            .map(|(raw, _)| raw)
            .sum();
        let free: u64 = volumes
            .iter()
            .filter_map(|volume| volume.size)
            .map(|(_, free)| free)
            .sum();
        let usable = raw / 100 * 98;
        PoolSize {
            raw,
            usable,
            used: usable.saturating_sub(free),
            available: free.min(usable),
        }
    });
    DiskPool {
        id: format!("{server_type}:{name}"),
        name,
        category: category.to_owned(),
        server_type: server_type.to_owned(),
        state: match rng.u8(..30) {
            0 => "DOWN",
            1 => "TRANSIENT",
            _ => "UP",
        }
        .to_owned(),
        size,
        high_water_mark: rng.u8(90..=98),
        low_water_mark: rng.u8(70..=85),
        read_only: rng.u8(..40) == 0,
        volumes,
        server: servers
            .iter()
            .filter(|server| server.category == category)
            .nth(index % 3)
            .or(servers.first())
            .map_or_else(String::new, |server| server.id.clone()),
    }
}

fn volume_of(rng: &mut Rng, pool: &str, index: usize, on_disk: bool) -> DiskVolume {
    let raw = rng.u64(10..300) * TIB;
    DiskVolume {
        name: format!("{pool}-vol-{index}"),
        id: format!("@{:05}", rng.u32(1..100_000)),
        state: if rng.u8(..30) == 0 { "DOWN" } else { "UP" }.to_owned(),
        size: on_disk.then(|| (raw, raw / 1000 * rng.u64(20..900))),
    }
}

fn unit(rng: &mut Rng, index: usize, pools: &[DiskPool]) -> StorageUnit {
    // Every seventh is tape, every ninth a plain directory; the others stand on a disk pool.
    let pool = (index % 7 != 6 && index % 9 != 8 && !pools.is_empty())
        .then(|| &pools[index % pools.len()]);
    let (category, storage_type) = match pool {
        Some(pool) => (pool.category.as_str(), "DISK"),
        None if index % 7 == 6 => ("TAPE", "MEDIA_MANAGER"),
        None => ("BASIC_DISK", "DISK"),
    };
    let capacity = match (pool, category) {
        (Some(pool), _) => pool.size.map(|size| Capacity {
            total: size.usable,
            used: size.used,
            free: size.available,
        }),
        (None, "BASIC_DISK") => {
            let total = rng.u64(1..40) * TIB;
            let used = total / 1000 * rng.u64(10..990);
            Some(Capacity {
                total,
                used,
                free: total - used,
            })
        }
        _ => None,
    };
    let tape = category == "TAPE";
    StorageUnit {
        name: format!(
            "{}-stu-{:04}",
            category.to_lowercase().replace('_', "-"),
            index + 1
        ),
        category: category.to_owned(),
        storage_type: storage_type.to_owned(),
        capacity,
        max_concurrent: if tape {
            rng.u32(1..=12)
        } else {
            rng.u32(1..=200)
        },
        max_fragment_mib: if tape { 1_048_576 } else { 51_200 },
        is_cloud: category == "CLOUD",
        use_worm: rng.u8(..10) == 0,
        on_demand_only: rng.u8(..5) == 0,
        accelerator: !tape,
        replication: category == "MSDP",
        instant_access: category == "MSDP" && rng.bool(),
        pool: pool.map(|pool| pool.id.clone()),
    }
}

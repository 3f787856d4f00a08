//! Storage units, disk pools with their volumes, storage servers.

use super::table::families;

families! {
    /// The families of the `storage` collector.
    FAMILIES: "storage", per_primary true;

    STORAGE_UNIT_CAPACITY_BYTES: Gauge "netbackup_storage_unit_capacity_bytes" ["storage_unit", "storage_type"] Moment Stable from "/storage/storage-units"
        "Size of the storage unit (GET /storage/storage-units, totalCapacityBytes); absent for cloud and tape, which storageCategory tells, or else storageType or storageServerType.";
    STORAGE_UNIT_USED_BYTES: Gauge "netbackup_storage_unit_used_bytes" ["storage_unit", "storage_type"] Moment Stable from "/storage/storage-units"
        "Used space of the storage unit (GET /storage/storage-units, usedCapacityBytes); absent for cloud and tape, which storageCategory tells, or else storageType or storageServerType.";
    STORAGE_UNIT_FREE_BYTES: Gauge "netbackup_storage_unit_free_bytes" ["storage_unit", "storage_type"] Moment Stable from "/storage/storage-units"
        "Free space of the storage unit (GET /storage/storage-units, freeCapacityBytes); absent for cloud and tape, which storageCategory tells, or else storageType or storageServerType.";
    STORAGE_UNIT_MAX_CONCURRENT_JOBS: Gauge "netbackup_storage_unit_max_concurrent_jobs" ["storage_unit", "storage_type"] Moment Stable from "/storage/storage-units"
        "Jobs the storage unit accepts at once (GET /storage/storage-units, maxConcurrentJobs, for tape maxConcurrentDrives).";
    STORAGE_UNIT_MAX_FRAGMENT_SIZE_BYTES: Gauge "netbackup_storage_unit_max_fragment_size_bytes" ["storage_unit", "storage_type"] Moment Stable from "/storage/storage-units"
        "Largest fragment of an image on the storage unit (GET /storage/storage-units, maxFragmentSizeMegabytes).";
    STORAGE_UNIT_INFO: Info "netbackup_storage_unit_info" ["storage_unit", "storage_type", "storage_category", "storage_server_type", "accelerator", "replication", "instant_access", "worm", "on_demand"] Lasting Stable from "/storage/storage-units"
        "Always 1: kind and capabilities of the storage unit (GET /storage/storage-units: storageCategory, storageServerType, accelerator, replicationCapable, instantAccessEnabled, useWorm, onDemandOnly).";

    DISK_POOL_RAW_BYTES: Gauge "netbackup_disk_pool_raw_bytes" ["disk_pool", "storage_category"] Moment Stable from "/storage/disk-pools"
        "Raw size of the disk pool (GET /storage/disk-pools, rawSizeBytes; where the list does not tell sizes, GET /storage/disk-pools/{diskPoolId}, else the sum over its volumes); absent for cloud.";
    DISK_POOL_USABLE_BYTES: Gauge "netbackup_disk_pool_usable_bytes" ["disk_pool", "storage_category"] Moment Stable from "/storage/disk-pools"
        "Size of the disk pool that can be used (GET /storage/disk-pools, usableSizeBytes; where the list does not tell it, GET /storage/disk-pools/{diskPoolId}); absent for cloud.";
    DISK_POOL_USED_BYTES: Gauge "netbackup_disk_pool_used_bytes" ["disk_pool", "storage_category"] Moment Stable from "/storage/disk-pools"
        "Used space of the disk pool (GET /storage/disk-pools, usedCapacityBytes; where the list does not tell sizes, GET /storage/disk-pools/{diskPoolId}); absent for cloud.";
    DISK_POOL_AVAILABLE_BYTES: Gauge "netbackup_disk_pool_available_bytes" ["disk_pool", "storage_category"] Moment Stable from "/storage/disk-pools"
        "Available space of the disk pool (GET /storage/disk-pools, availableSpaceBytes; where the list does not tell sizes, GET /storage/disk-pools/{diskPoolId}, else the sum over its volumes); absent for cloud.";
    DISK_POOL_HIGH_WATER_MARK_RATIO: Gauge "netbackup_disk_pool_high_water_mark_ratio" ["disk_pool", "storage_category"] Moment Stable from "/storage/disk-pools"
        "Share of the usable size at which NetBackup takes the disk pool for full (GET /storage/disk-pools, highWaterMark).";
    DISK_POOL_LOW_WATER_MARK_RATIO: Gauge "netbackup_disk_pool_low_water_mark_ratio" ["disk_pool", "storage_category"] Moment Stable from "/storage/disk-pools"
        "Share of the usable size down to which NetBackup cleans up the disk pool (GET /storage/disk-pools, lowWaterMark).";
    DISK_POOL_STATE: StateSet "netbackup_disk_pool_state" ["disk_pool", "state"] Moment Stable from "/storage/disk-pools"
        "1 for the state the disk pool is in (GET /storage/disk-pools, diskPoolState), 0 for the other known states.";

    DISK_VOLUME_CAPACITY_BYTES: Gauge "netbackup_disk_volume_capacity_bytes" ["disk_pool", "volume"] Moment Stable from "/storage/disk-pools"
        "Size of the disk volume (GET /storage/disk-pools, diskVolumes.rawSizeBytes); absent for cloud.";
    DISK_VOLUME_FREE_BYTES: Gauge "netbackup_disk_volume_free_bytes" ["disk_pool", "volume"] Moment Stable from "/storage/disk-pools"
        "Free space of the disk volume (GET /storage/disk-pools, diskVolumes.freeSizeBytes); absent for cloud.";
    DISK_VOLUME_STATE: StateSet "netbackup_disk_volume_state" ["disk_pool", "volume", "state"] Moment Stable from "/storage/disk-pools"
        "1 for the state the disk volume is in (GET /storage/disk-pools, diskVolumes.state), 0 for the other known states.";

    STORAGE_SERVER_STATE: StateSet "netbackup_storage_server_state" ["storage_server", "storage_type", "state"] Moment Stable from "/storage/storage-servers"
        "1 for the state the storage server is in (GET /storage/storage-servers, storageServerState), 0 for the other known states.";
    STORAGE_SERVER_DEDUP_RATIO: Gauge "netbackup_storage_server_dedup_ratio" ["storage_server", "storage_type"] Moment Stable from "/storage/storage-servers"
        "Share of the data that deduplication saves (GET /storage/storage-servers, deduplicationRatioPercentage, only if from 0 to 100).";
    STORAGE_SERVER_LOGICAL_BYTES: Gauge "netbackup_storage_server_logical_bytes" ["storage_server", "storage_type"] Moment Stable from "/storage/storage-servers"
        "Size of the protected data before deduplication (GET /storage/storage-servers, catalogLogicalSizeBytes).";
    STORAGE_SERVER_CAPACITY_BYTES: Gauge "netbackup_storage_server_capacity_bytes" ["storage_server", "storage_type"] Moment Stable from "/storage/storage-servers"
        "Size of the storage server's pool (GET /storage/storage-servers, storagePoolDetails.sizeBytes).";
    STORAGE_SERVER_USED_BYTES: Gauge "netbackup_storage_server_used_bytes" ["storage_server", "storage_type"] Moment Stable from "/storage/storage-servers"
        "Used space of the storage server's pool (GET /storage/storage-servers, storagePoolDetails.usedSpaceBytes).";
}

//! What a job does.

use crate::open_enum::open_enum;

open_enum! {
    /// `jobType` of a job.
    JobType {
        Backup = "BACKUP",
        Archive = "ARCHIVE",
        Restore = "RESTORE",
        Verify = "VERIFY",
        Duplicate = "DUPLICATE",
        Import = "IMPORT",
        DbBackup = "DBBACKUP",
        Vault = "VAULT",
        Label = "LABEL",
        Erase = "ERASE",
        Tpreq = "TPREQ",
        Tpclean = "TPCLEAN",
        Tpformat = "TPFORMAT",
        Vmphysinv = "VMPHYSINV",
        Dqts = "DQTS",
        DbRecover = "DBRECOVER",
        Mcontents = "MCONTENTS",
        ImageDelete = "IMAGEDELETE",
        Generic = "GENERIC",
        Replicate = "REPLICATE",
        ReplicaImport = "REPLICA_IMPORT",
        Snapdupe = "SNAPDUPE",
        Snapreplicate = "SNAPREPLICATE",
        Snapimport = "SNAPIMPORT",
        AppStateCapture = "APP_STATE_CAPTURE",
        Indexing = "INDEXING",
        Indexcleanup = "INDEXCLEANUP",
        Snapshot = "SNAPSHOT",
        Snapindex = "SNAPINDEX",
        ActivateIr = "ACTIVATE_IR",
        DeactivateIr = "DEACTIVATE_IR",
        ReactivateIr = "REACTIVATE_IR",
        StopIr = "STOP_IR",
        InstantRecovery = "INSTANT_RECOVERY",
        RmanCatalog = "RMAN_CATALOG",
        Lockvm = "LOCKVM",
        Deployment = "DEPLOYMENT",
        InstantAccess = "INSTANT_ACCESS",
        CloudSnapshotReplicate = "CLOUD_SNAPSHOT_REPLICATE",
        PreparingForBackup = "PREPARING_FOR_BACKUP",
        InstantSync = "INSTANT_SYNC",
        TrialBackup = "TRIAL_BACKUP",
        MultipleStorageMetadata = "MULTIPLE_STORAGE_METADATA",
    }
}

impl JobType<'_> {
    /// Whether jobs of this type protect data of a client.
    pub const fn is_backup(&self) -> bool {
        matches!(self, Self::Backup | Self::DbBackup)
    }
}

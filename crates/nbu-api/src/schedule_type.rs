//! Kinds of backups that schedules make.

use crate::open_enum::open_enum;

open_enum! {
    /// `scheduleType` of a job or an image, `backupType` of a policy's schedule: one vocabulary for all of them, in the words of
    /// the job list.
    ScheduleType {
        Full = "FULL_BACKUP" | "FULL" | "ST_FULL",
        Differential = "DIFFERENTIAL_INCREMENTAL_BACKUP" | "DIFFERENTIAL_INCREMENTAL" | "ST_DINC" | "INCR",
        Cumulative = "CUMULATIVE_INCREMENTAL_BACKUP" | "CUMULATIVE_INCREMENTAL" | "ST_CINC" | "CINC",
        UserBackup = "USER_BACKUP" | "UBAK",
        UserArchive = "USER_ARCHIVE" | "UARC",
        VaultCatalogBackup = "VAULT_CATALOG_BACKUP",
        Automatic = "AUTOMATIC_BACKUP",
        Application = "APPLICATION_BACKUP",
        AutomaticFull = "AUTOMATIC_FULL_BACKUP" | "AUTOMATIC_FULL",
        AutomaticIncremental = "AUTOMATIC_INCREMENTAL_BACKUP" | "AUTOMATIC_INCREMENTAL",
        AutomaticDifferential = "AUTOMATIC_DIFFERENTIAL_INCREMENTAL_BACKUP" | "AUTOMATIC_DIFFERENTIAL_INCREMENTAL",
        AutomaticCumulative = "AUTOMATIC_CUMULATIVE_INCREMENTAL_BACKUP" | "AUTOMATIC_CUMULATIVE_INCREMENTAL",
        AutomaticVault = "AUTOMATIC_VAULT",
        ArchivedRedoLog = "ARCHIVE_REDO_LOG_BACKUP" | "ARCHIVED_REDO_LOG_BACKUP" | "ARCHIVE_REDO_LOG" | "ARCHIVED_REDO_LOG",
        TransactionLog = "TRANSACTION_LOG_BACKUP" | "TRANSACTION_LOG",
        PreCheck = "PRE_CHECK",
        StagePackage = "STAGE_PACKAGE" | "STAGE",
        InstallPackage = "INSTALL_PACKAGE" | "INSTALL",
        Unused = "UNUSED",
        Unrecognized = "UNRECOGNIZED_VALUE",
    }
}

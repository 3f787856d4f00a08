//! The words of the job list, whoever says it otherwise: policies say `MS-Windows` and `Full Backup`, the catalog `FULL`.

use std::borrow::Cow;

use crate::ledger::encoding::{Reader, Writer};

/// Policy types: how policies write them, the word of the job list, and what their clients are.
const POLICY_TYPES: &[(&str, &str, Named)] = &[
    ("Standard", "STANDARD", Named::Hosts),
    ("MS-Windows", "WINDOWS_NT", Named::Hosts),
    ("MS-Windows-NT", "WINDOWS_NT", Named::Hosts),
    ("FlashBackup", "FLASHBACKUP", Named::Hosts),
    ("FlashBackup-Windows", "FBU_WINDOWS", Named::Hosts),
    ("FBU-Windows", "FBU_WINDOWS", Named::Hosts),
    ("NDMP", "NDMP", Named::Hosts),
    ("NBU-Catalog", "NBU_CATALOG", Named::Hosts),
    ("Oracle", "OBACKUP", Named::Hosts),
    ("OBACKUP", "OBACKUP", Named::Hosts),
    ("MS-SQL-Server", "SQL_SERVER", Named::Hosts),
    ("SQL-Server", "SQL_SERVER", Named::Hosts),
    ("DB2", "DB2", Named::Hosts),
    ("Sybase", "SYBASE", Named::Hosts),
    ("Informix-On-BAR", "INFORMIX", Named::Hosts),
    ("Informix", "INFORMIX", Named::Hosts),
    ("SAP", "SAP", Named::Hosts),
    ("Lotus-Notes", "LOTUS_NOTES", Named::Hosts),
    ("DataStore", "DATASTORE", Named::Hosts),
    ("Teradata", "NCR_TERADATA", Named::Hosts),
    ("NCR-Teradata", "NCR_TERADATA", Named::Hosts),
    ("Enterprise-Vault", "ENTERPRISE_VAULT", Named::Hosts),
    ("DataTools-SQL-BackTrack", "BACKTRACK", Named::Hosts),
    ("Split-Mirror", "SPLITMIRROR", Named::Hosts),
    ("AFS", "AFS", Named::Hosts),
    ("NetWare", "NETWARE", Named::Hosts),
    ("VMware", "VMWARE", Named::VirtualMachines),
    ("Hyper-V", "HYPERV", Named::VirtualMachines),
    ("Hypervisor", "HYPERVISOR", Named::VirtualMachines),
    ("Nutanix-AHV", "NUTANIX_AHV", Named::VirtualMachines),
    ("OLVM-RHV", "OLVM_RHV", Named::VirtualMachines),
    ("KVM", "KVM", Named::VirtualMachines),
    ("HyperScale", "HYPERSCALE", Named::VirtualMachines),
    ("Cloud", "CLOUD", Named::Cloud),
    ("Cloud-Object-Store", "CLOUD_OBJECT_STORE", Named::Cloud),
    ("Kubernetes", "KUBERNETES", Named::Cloud),
    ("BigData", "BIGDATA", Named::Other),
    ("MS-Exchange-Server", "EXCHANGE", Named::Other),
    ("Exchange", "EXCHANGE", Named::Other),
    ("MS-SharePoint", "SHAREPOINT", Named::Other),
    ("SharePoint", "SHAREPOINT", Named::Other),
    ("NAS-Data-Protection", "NAS_DATA_PROTECTION", Named::Other),
    ("Universal-Share", "UNIVERSAL_SHARE", Named::Other),
    ("MSDP-Object-Store", "MSDP_OBJECT_STORE", Named::Other),
    ("Epic-Large-File", "EPIC_LARGE_FILE", Named::Other),
    ("Deployment", "DEPLOYMENT", Named::Other),
    ("Vault", "VAULT", Named::Other),
    ("Generic", "GENERIC", Named::Other),
];

/// Schedule types: how policies or the catalog write them, and the word of the job list.
const SCHEDULE_TYPES: &[(&str, &str)] = &[
    ("Full Backup", "FULL_BACKUP"),
    ("FULL", "FULL_BACKUP"),
    (
        "Differential Incremental Backup",
        "DIFFERENTIAL_INCREMENTAL_BACKUP",
    ),
    (
        "DIFFERENTIAL_INCREMENTAL",
        "DIFFERENTIAL_INCREMENTAL_BACKUP",
    ),
    (
        "Cumulative Incremental Backup",
        "CUMULATIVE_INCREMENTAL_BACKUP",
    ),
    ("CUMULATIVE_INCREMENTAL", "CUMULATIVE_INCREMENTAL_BACKUP"),
    ("User Backup", "USER_BACKUP"),
    ("User Archive", "USER_ARCHIVE"),
    ("Automatic Backup", "AUTOMATIC_BACKUP"),
    ("Application Backup", "APPLICATION_BACKUP"),
    ("Automatic Full Backup", "AUTOMATIC_FULL_BACKUP"),
    (
        "Automatic Incremental Backup",
        "AUTOMATIC_INCREMENTAL_BACKUP",
    ),
    (
        "Automatic Differential Incremental Backup",
        "AUTOMATIC_DIFFERENTIAL_INCREMENTAL_BACKUP",
    ),
    (
        "Automatic Cumulative Incremental Backup",
        "AUTOMATIC_CUMULATIVE_INCREMENTAL_BACKUP",
    ),
    ("Archived Redo Log Backup", "ARCHIVE_REDO_LOG_BACKUP"),
    ("Transaction Log Backup", "TRANSACTION_LOG_BACKUP"),
    ("Vault Catalog Backup", "VAULT_CATALOG_BACKUP"),
    ("Automatic Vault", "AUTOMATIC_VAULT"),
    ("Precheck", "PRE_CHECK"),
    ("Stage Package", "STAGE_PACKAGE"),
    ("STAGE", "STAGE_PACKAGE"),
    ("Install Package", "INSTALL_PACKAGE"),
    ("INSTALL", "INSTALL_PACKAGE"),
];

/// What the clients of a policy are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Named {
    /// Hosts, under the names that jobs have too.
    Hosts = 0,
    /// Virtual machines, or the servers that know them.
    VirtualMachines = 1,
    /// Accounts and clusters.
    Cloud = 2,
    /// Other things than hosts, or of a type that is not known.
    Other = 3,
}

impl Named {
    /// By the number that is kept of each.
    const ALL: [Self; 4] = [Self::Hosts, Self::VirtualMachines, Self::Cloud, Self::Other];

    pub(super) fn write(self, writer: &mut Writer) {
        writer.number(self as u64);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let number = usize::try_from(reader.number()?).ok()?;
        Self::ALL.get(number).copied()
    }
}

/// The word of the job list for a policy type, and what the policy names.
pub(super) fn policy_type(word: &str) -> (Cow<'static, str>, Named) {
    let found = POLICY_TYPES
        .iter()
        .find(|(theirs, ours, _)| same(theirs, word) || same(ours, word));
    match found {
        Some((_, ours, named)) => (Cow::Borrowed(*ours), *named),
        None => (Cow::Owned(shout(word)), Named::Other),
    }
}

/// The word of the job list for a schedule type.
pub(super) fn schedule_type(word: &str) -> Cow<'static, str> {
    let found = SCHEDULE_TYPES
        .iter()
        .find(|(theirs, ours)| same(theirs, word) || same(ours, word));
    match found {
        Some((_, ours)) => Cow::Borrowed(*ours),
        None => Cow::Owned(shout(word)),
    }
}

/// Whether two words have the same letters and digits, whatever stands between them and however large they are.
fn same(one: &str, other: &str) -> bool {
    let letters = |word: &'_ str| {
        word.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|byte| byte.to_ascii_uppercase())
            .collect::<Vec<u8>>()
    };
    one.eq_ignore_ascii_case(other) || letters(one) == letters(other)
}

/// How the job list would write it, as far as one can tell.
fn shout(word: &str) -> String {
    let letters = word.chars().map(|letter| {
        if letter.is_alphanumeric() {
            letter.to_ascii_uppercase()
        } else {
            '_'
        }
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_speak_like_jobs() {
        for (theirs, ours) in [
            ("MS-Windows", "WINDOWS_NT"),
            ("MS-WINDOWS", "WINDOWS_NT"),
            ("WINDOWS_NT", "WINDOWS_NT"),
            ("Oracle", "OBACKUP"),
            ("NBU-Catalog", "NBU_CATALOG"),
            ("Flash Backup Windows", "FBU_WINDOWS"),
            ("Time-Machine 2", "TIME_MACHINE_2"),
        ] {
            assert_eq!(policy_type(theirs).0, ours, "{theirs}");
        }
        assert_eq!(policy_type("VMware").1, Named::VirtualMachines);
        assert_eq!(policy_type("of tomorrow").1, Named::Other);
    }

    #[test]
    fn schedules_speak_like_jobs() {
        for (theirs, ours) in [
            ("Full Backup", "FULL_BACKUP"),
            ("FULL", "FULL_BACKUP"),
            ("FULL_BACKUP", "FULL_BACKUP"),
            ("Archived Redo Log Backup", "ARCHIVE_REDO_LOG_BACKUP"),
            ("Weekly Backup", "WEEKLY_BACKUP"),
        ] {
            assert_eq!(schedule_type(theirs), ours, "{theirs}");
        }
    }
}

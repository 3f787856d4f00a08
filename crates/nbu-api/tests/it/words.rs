//! One vocabulary: every spelling of a word, wherever the API has it, is the same word.

use nbu_api::{
    Image, Job, JobState, JobType, Policy, PolicyDetail, PolicyType, QueueReason, ScheduleType,
    StorageCategory, UpDown, fold_page,
};
use proptest::prelude::*;

/// Words for schedule types: those of jobs and anomalies, of policies, of images and of the command line.
const SCHEDULE_TYPES: &[(&str, &[&str])] = &[
    (
        "FULL_BACKUP",
        &[
            "FULL",
            "Full Backup",
            "Full",
            "full_backup",
            "FULL-BACKUP",
            "fullBackup",
            "ST_FULL",
        ],
    ),
    (
        "DIFFERENTIAL_INCREMENTAL_BACKUP",
        &[
            "DIFFERENTIAL_INCREMENTAL",
            "Differential Incremental Backup",
            "differential-incremental",
            "ST_DINC",
            "INCR",
        ],
    ),
    (
        "CUMULATIVE_INCREMENTAL_BACKUP",
        &[
            "CUMULATIVE_INCREMENTAL",
            "Cumulative Incremental Backup",
            "ST_CINC",
            "CINC",
        ],
    ),
    ("USER_BACKUP", &["User Backup", "UBAK"]),
    ("USER_ARCHIVE", &["User Archive", "UARC"]),
    ("VAULT_CATALOG_BACKUP", &["Vault Catalog Backup"]),
    ("AUTOMATIC_BACKUP", &["Automatic Backup"]),
    ("APPLICATION_BACKUP", &["Application Backup"]),
    ("AUTOMATIC_FULL_BACKUP", &["Automatic Full Backup"]),
    (
        "AUTOMATIC_INCREMENTAL_BACKUP",
        &["Automatic Incremental Backup"],
    ),
    (
        "AUTOMATIC_DIFFERENTIAL_INCREMENTAL_BACKUP",
        &["Automatic Differential Incremental Backup"],
    ),
    (
        "AUTOMATIC_CUMULATIVE_INCREMENTAL_BACKUP",
        &["Automatic Cumulative Incremental Backup"],
    ),
    ("AUTOMATIC_VAULT", &["Automatic Vault"]),
    ("ARCHIVE_REDO_LOG_BACKUP", &["Archived Redo Log Backup"]),
    (
        "TRANSACTION_LOG_BACKUP",
        &["Transaction Log Backup", "TRANSACTION_LOG"],
    ),
    ("PRE_CHECK", &["Precheck", "PRECHECK", "Pre-check"]),
    ("STAGE_PACKAGE", &["Stage Package", "STAGE"]),
    ("INSTALL_PACKAGE", &["Install Package", "INSTALL"]),
    ("UNUSED", &[]),
    ("UNRECOGNIZED_VALUE", &[]),
];

/// Words for policy types: those of jobs, those of policies, images and clients.
const POLICY_TYPES: &[(&str, &[&str])] = &[
    ("STANDARD", &["Standard"]),
    ("PROXY", &[]),
    ("NONSTANDARD", &["Non-Standard"]),
    ("APOLLO_WBAK", &[]),
    ("OBACKUP", &["Oracle"]),
    ("ANY", &[]),
    ("INFORMIX", &["Informix-On-BAR", "Informix"]),
    ("SYBASE", &["Sybase"]),
    ("SHAREPOINT", &["MS-SharePoint", "SharePoint"]),
    ("WINDOWS", &[]),
    ("NETWARE", &["NetWare"]),
    ("BACKTRACK", &["DataTools-SQL-BackTrack"]),
    ("AUSPEX_FASTBACK", &[]),
    (
        "WINDOWS_NT",
        &["MS-Windows", "MS-WINDOWS", "MS_WINDOWS", "MS-Windows-NT"],
    ),
    ("OS2", &[]),
    (
        "SQL_SERVER",
        &["MS-SQL-Server", "SQL-Server", "MS_SQL_SERVER"],
    ),
    ("EXCHANGE", &["MS-Exchange-Server", "Exchange"]),
    ("SAP", &[]),
    ("DB2", &[]),
    ("NDMP", &[]),
    ("FLASHBACKUP", &["FlashBackup"]),
    ("SPLITMIRROR", &["Split-Mirror"]),
    ("AFS", &[]),
    ("DFS", &[]),
    ("DATASTORE", &["DataStore"]),
    ("LOTUS_NOTES", &["Lotus-Notes"]),
    ("NCR_TERADATA", &["Teradata", "NCR-Teradata"]),
    ("VAX_VMS", &[]),
    ("HP3000_MPE", &[]),
    (
        "FBU_WINDOWS",
        &["FlashBackup-Windows", "FBU-Windows", "Flash Backup Windows"],
    ),
    ("VAULT", &["Vault"]),
    ("BE_SQL_SERVER", &["BE-MS-SQL-Server"]),
    ("BE_EXCHANGE", &["BE-MS-Exchange-Server"]),
    ("MAC", &[]),
    ("DS", &[]),
    ("NBU_CATALOG", &["NBU-Catalog"]),
    ("GENERIC", &["Generic"]),
    ("CMS_DB", &[]),
    ("PUREDISK_EXPORT", &["PureDisk-Export"]),
    ("ENTERPRISE_VAULT", &["Enterprise-Vault"]),
    ("VMWARE", &["VMware"]),
    ("HYPERV", &["Hyper-V", "HYPER_V"]),
    ("NBU_SEARCHSERVER", &["NBU-SearchServer"]),
    ("HYPERSCALE", &["HyperScale"]),
    ("BIGDATA", &["BigData", "Big-Data"]),
    ("CLOUD", &["Cloud"]),
    ("CLOUD_OBJECT_STORE", &["Cloud-Object-Store"]),
    ("DEPLOYMENT", &["Deployment"]),
    ("HYPERVISOR", &["Hypervisor"]),
    ("KUBERNETES", &["Kubernetes"]),
    ("KVM", &[]),
    ("NUTANIX_AHV", &["Nutanix-AHV"]),
    ("OLVM_RHV", &["OLVM-RHV"]),
    ("UNIVERSAL_SHARE", &["Universal-Share"]),
    ("NAS_DATA_PROTECTION", &["NAS-Data-Protection"]),
    ("MSDP_OBJECT_STORE", &["MSDP-Object-Store"]),
    ("EPIC_LARGE_FILE", &["Epic-Large-File"]),
];

/// A word in a place of its own: what it becomes, and how many values were unusable.
fn job_word(
    field: &str,
    json: &str,
    pick: impl Fn(Job<'_>) -> Option<String>,
) -> (Option<String>, u32) {
    let body = format!(r#"{{"data":[{{"id":"1","attributes":{{"{field}":{json}}}}}]}}"#);
    let mut word = None;
    let page = fold_page::<Job<'_>>(body.as_bytes(), |job| word = pick(job)).unwrap();
    (word, page.mismatches.count())
}

fn schedule_type(json: &str) -> (Option<String>, u32) {
    job_word("scheduleType", json, |job| {
        job.schedule_type.map(|word| word.to_string())
    })
}

#[test]
fn every_known_word_is_in_the_tables() {
    let words =
        |table: &[(&'static str, &[&str])]| table.iter().map(|(word, _)| *word).collect::<Vec<_>>();
    assert_eq!(words(SCHEDULE_TYPES), ScheduleType::WORDS);
    assert_eq!(words(POLICY_TYPES), PolicyType::WORDS);
}

#[test]
fn jobs_policies_and_images_name_a_schedule_type_alike() {
    for (word, others) in SCHEDULE_TYPES {
        for spelling in others.iter().chain([word]) {
            let (of_job, unusable) = schedule_type(&format!("\"{spelling}\""));
            assert_eq!(
                (of_job.as_deref(), unusable),
                (Some(*word), 0),
                "{spelling}"
            );

            let policy = format!(
                r#"{{"data":{{"id":"p","attributes":{{"policyX":{{"schedules":[{{"backupType":"{spelling}"}}]}}}}}}}}"#
            );
            fold_page::<PolicyDetail<'_>>(policy.as_bytes(), |policy| {
                let of_policy = policy.schedules[0].backup_type.clone();
                assert_eq!(of_policy.unwrap().into_word(), *word, "{spelling}");
            })
            .unwrap();

            let image = format!(
                r#"{{"data":[{{"id":"i","attributes":{{"scheduleType":"{spelling}"}}}}]}}"#
            );
            fold_page::<Image<'_>>(image.as_bytes(), |image| {
                assert_eq!(image.schedule_type.unwrap().as_str(), *word, "{spelling}");
            })
            .unwrap();
        }
    }
}

#[test]
fn jobs_and_policies_name_a_policy_type_alike() {
    for (word, others) in POLICY_TYPES {
        for spelling in others.iter().chain([word]) {
            let (of_job, unusable) = job_word("policyType", &format!("\"{spelling}\""), |job| {
                job.policy_type.map(|word| word.to_string())
            });
            assert_eq!(
                (of_job.as_deref(), unusable),
                (Some(*word), 0),
                "{spelling}"
            );

            let policy = format!(r#"{{"data":[{{"id":"p","type":"{spelling}"}}]}}"#);
            fold_page::<Policy<'_>>(policy.as_bytes(), |policy| {
                assert_eq!(policy.policy_type.unwrap().as_str(), *word, "{spelling}");
            })
            .unwrap();
        }
    }
}

#[test]
fn states_types_and_reasons_have_one_spelling_each() {
    let job_type = |json: &str| {
        job_word("jobType", json, |job| {
            job.job_type.map(|word| word.to_string())
        })
    };
    for word in JobType::WORDS {
        for spelling in [
            (*word).to_owned(),
            word.to_lowercase(),
            word.replace('_', " "),
            word.replace('_', "-"),
        ] {
            let found = job_type(&format!("\"{spelling}\""));
            assert_eq!(found, (Some((*word).to_owned()), 0), "{spelling}");
        }
    }
    assert_eq!(JobState::from("Re-Queued"), JobState::Requeued);
    assert_eq!(UpDown::from("Up"), UpDown::Up);
    assert_eq!(
        StorageCategory::from("Advanced Disk"),
        StorageCategory::AdvancedDisk
    );
    for (reason, name) in QueueReason::known() {
        for spelling in [
            name.to_owned(),
            name.to_lowercase(),
            name.replace('_', " "),
            reason.0.to_string(),
        ] {
            let found = job_word("jobQueueReason", &format!("\"{spelling}\""), |job| {
                job.queue_reason.map(|reason| reason.to_string())
            });
            assert_eq!(found, (Some(name.to_owned()), 0), "{spelling}");
        }
    }
}

#[test]
fn an_unknown_word_has_one_form_and_what_is_no_word_is_none() {
    for (json, word) in [
        ("\"Time-Machine 2\"", "TIME_MACHINE_2"),
        ("\"TIME_MACHINE_2\"", "TIME_MACHINE_2"),
        ("\" time  machine (2) \"", "TIME_MACHINE_2"),
        ("\"Of \\u0074omorrow\"", "OF_TOMORROW"),
        ("\"übernacht\"", "ÜBERNACHT"),
    ] {
        assert_eq!(schedule_type(json), (Some(word.to_owned()), 0), "{json}");
    }
    for json in ["\"\"", "\"-\"", "\" \"", "\"???\"", "null"] {
        assert_eq!(schedule_type(json), (None, 0), "{json}");
    }
    for json in ["0", "\"0\"", "\" 12 \"", "true", "[\"FULL\"]", "{}"] {
        assert_eq!(schedule_type(json), (None, 1), "{json}");
    }
}

proptest! {
    /// Case and separators make no other word, be it known or not.
    #[test]
    fn case_and_separators_make_no_difference(parts in prop::collection::vec("[a-z][a-z0-9]{0,6}", 1..4), separator in "[-_ .]") {
        let plain = schedule_type(&format!("\"{}\"", parts.join("_")));
        let other = schedule_type(&format!("\"{}\"", parts.join(&separator).to_uppercase()));
        prop_assert_eq!(&plain, &other);
        let again = schedule_type(&format!("\"{}\"", plain.0.unwrap()));
        prop_assert_eq!(again, other);
    }
}

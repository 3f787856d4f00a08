//! Who takes part: policies, their clients, schedules and storage.

use fastrand::Rng;

use super::name::{Name, Names};

/// What kind of work a policy causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Files of hosts, several streams at once.
    Files,
    /// Virtual machines: a discovery parent, a snapshot per machine, a backup under it.
    VirtualMachines,
    /// Databases: small frequent backups of several streams.
    Database,
    /// NetBackup's own catalog.
    Catalog,
}

#[derive(Clone, Debug)]
#[expect(
    clippy::struct_field_names,
    reason = "named as the API names the attribute"
)]
pub(crate) struct Policy {
    pub(crate) name: Name,
    pub(crate) policy_type: Name,
    pub(crate) workload: Workload,
    /// Name, type, and how often of a hundred it is the one that runs.
    pub(crate) schedules: Vec<(Name, Name, u8)>,
    pub(crate) clients: Vec<Name>,
    pub(crate) unit: Name,
    /// Whether that unit deduplicates.
    pub(crate) dedup: bool,
    pub(crate) active: bool,
}

/// All the policies of a primary.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) policies: Vec<Policy>,
    pub(crate) media_servers: Vec<Name>,
}

/// Policy type, what it does, prefix of policy names.
const TYPES: &[(&str, Workload, &str)] = &[
    ("STANDARD", Workload::Files, "linux"),
    ("VMWARE", Workload::VirtualMachines, "vmware"),
    ("WINDOWS_NT", Workload::Files, "windows"),
    ("OBACKUP", Workload::Database, "oracle"),
    ("SQL_SERVER", Workload::Database, "mssql"),
    ("NBU_CATALOG", Workload::Catalog, "catalog"),
    ("NDMP", Workload::Files, "nas"),
    ("HYPERV", Workload::VirtualMachines, "hyperv"),
];

impl Cast {
    pub(crate) fn draw(rng: &mut Rng, names: &mut Names, policies: u32, clients: u32) -> Self {
        let units = [
            "msdp-stu-0001",
            "msdp-stu-0002",
            "advanced-disk-stu-0003",
            "cloud-stu-0005",
            "tape-stu-0007",
        ];
        // As the storage is drawn; two of them deduplicate.
        let units = units.map(|unit| names.name(unit));
        let media_servers = (1..=4)
            .map(|n| names.name(&format!("media{n:02}.example.com")))
            .collect();
        let count = policies.max(1) as usize;
        let mut policies: Vec<Policy> = (0..count)
            .map(|index| {
                let (policy_type, workload, prefix) = TYPES[index % TYPES.len()];
                let unit = rng.usize(..units.len());
                Policy {
                    name: names.name(&format!("{prefix}-{:02}", index / TYPES.len() + 1)),
                    policy_type: names.name(policy_type),
                    workload,
                    schedules: schedules(names, workload),
                    clients: Vec::new(),
                    unit: units[unit],
                    dedup: unit < 2,
                    active: workload == Workload::Catalog || rng.u8(..20) > 0,
                }
            })
            .collect();
        for index in 0..clients.max(1) as usize {
            let policy = &mut policies[index % count];
            let name = match policy.workload {
                Workload::VirtualMachines => format!("vm-{index:05}"),
                Workload::Database => format!("db{index:05}.example.com"),
                Workload::Files | Workload::Catalog => format!("host{index:05}.example.com"),
            };
            policy.clients.push(names.name(&name));
        }
        let primary = names.name("primary.example.com");
        for policy in &mut policies {
            if policy.clients.is_empty() || policy.workload == Workload::Catalog {
                policy.clients = vec![primary];
            }
        }
        Self {
            policies,
            media_servers,
        }
    }
}

fn schedules(names: &mut Names, workload: Workload) -> Vec<(Name, Name, u8)> {
    let table: &[(&str, &str, u8)] = match workload {
        Workload::Files => &[
            ("daily", "DIFFERENTIAL_INCREMENTAL_BACKUP", 80),
            ("weekly", "FULL_BACKUP", 15),
            ("cumulative", "CUMULATIVE_INCREMENTAL_BACKUP", 5),
        ],
        Workload::VirtualMachines => &[
            ("daily", "DIFFERENTIAL_INCREMENTAL_BACKUP", 85),
            ("weekly", "FULL_BACKUP", 15),
        ],
        Workload::Database => &[
            ("log", "APPLICATION_BACKUP", 70),
            ("auto-full", "AUTOMATIC_BACKUP", 30),
        ],
        Workload::Catalog => &[("catalog-full", "FULL_BACKUP", 100)],
    };
    table
        .iter()
        .map(|&(name, kind, share)| (names.name(name), names.name(kind), share))
        .collect()
}

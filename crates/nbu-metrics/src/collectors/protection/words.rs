//! Clients of a policy: what kind of thing its type names.

use nbu_api::PolicyType;

use crate::ledger::encoding::{Reader, Writer};

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

/// The kind of thing that policies of a type name.
pub(super) fn named(policy_type: &PolicyType<'_>) -> Named {
    match policy_type {
        PolicyType::Standard
        | PolicyType::WindowsNt
        | PolicyType::FlashBackup
        | PolicyType::FlashBackupWindows
        | PolicyType::Ndmp
        | PolicyType::NbuCatalog
        | PolicyType::Oracle
        | PolicyType::SqlServer
        | PolicyType::Db2
        | PolicyType::Sybase
        | PolicyType::Informix
        | PolicyType::Sap
        | PolicyType::LotusNotes
        | PolicyType::DataStore
        | PolicyType::Teradata
        | PolicyType::EnterpriseVault
        | PolicyType::BackTrack
        | PolicyType::SplitMirror
        | PolicyType::Afs
        | PolicyType::NetWare => Named::Hosts,
        PolicyType::VMware
        | PolicyType::HyperV
        | PolicyType::Hypervisor
        | PolicyType::NutanixAhv
        | PolicyType::OlvmRhv
        | PolicyType::Kvm
        | PolicyType::HyperScale => Named::VirtualMachines,
        PolicyType::Cloud | PolicyType::CloudObjectStore | PolicyType::Kubernetes => Named::Cloud,
        _ => Named::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_names_the_same_however_it_is_spelled() {
        for (word, kind) in [
            ("MS-Windows", Named::Hosts),
            ("MS_WINDOWS", Named::Hosts),
            ("Oracle", Named::Hosts),
            ("VMware", Named::VirtualMachines),
            ("Hyper-V", Named::VirtualMachines),
            ("Cloud-Object-Store", Named::Cloud),
            ("NAS-Data-Protection", Named::Other),
            ("of tomorrow", Named::Other),
        ] {
            assert_eq!(named(&word.into()), kind, "{word}");
        }
    }
}

//! The metric catalogue: one table, as data, of every family that is exported.
//!
//! Everything that talks about metrics reads this table: [`Samples`](crate::samples::Samples) takes its
//! families from it, the expositions their names, types and help, and the documentation, the dashboards
//! and the rules are checked against it. A family that is not here cannot be exported.
//!
//! The rows live in one module per subject. A label list never names `primary`: it is added, first, to
//! every family with [`Family::per_primary`].

pub mod collection;
mod concat;
mod family;
pub mod jobs;
pub mod process;
pub mod protection;
mod reference;
pub mod storage;
mod table;

pub use family::{Family, Kind, Retention, Stability};
pub use reference::reference;

/// Every family that is exported, in the order of the subjects.
pub static ALL: &[&Family] = &concat::families::<{ concat::len(EXPORTED) }>(EXPORTED);

/// Families whose names are settled and which no collector fills yet: they are not exported.
pub static PLANNED: &[&Family] = &[];

/// The lists that make up [`ALL`].
const EXPORTED: &[&[&Family]] = &[
    collection::FAMILIES,
    collection::API_FAMILIES,
    jobs::FAMILIES,
    jobs::STATUS_FAMILIES,
    protection::FAMILIES,
    storage::FAMILIES,
    process::FAMILIES,
    process::HTTP_FAMILIES,
    process::STANDARD_FAMILIES,
];

/// The exported family of this name; complete, so counters with `_total`.
pub fn find(name: &str) -> Option<&'static Family> {
    ALL.iter().copied().find(|family| family.name == name)
}

#[cfg(test)]
mod tests;

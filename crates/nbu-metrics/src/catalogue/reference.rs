//! The catalogue for people to read.

use std::fmt::Write as _;

use super::{ALL, Family};

/// Every exported family as a table in Markdown, in the order of [`ALL`].
pub fn reference() -> String {
    let mut table = String::from("| metric | type | labels | meaning |\n|---|---|---|---|\n");
    for family in ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {} |",
            family.name,
            family.kind.exposed(),
            labels(family),
            family.help.replace('|', "\\|"),
        );
    }
    table
}

fn labels(family: &Family) -> String {
    let primary = family.per_primary.then_some("primary");
    let labels = primary.into_iter().chain(family.labels.iter().copied());
    labels.collect::<Vec<_>>().join(", ")
}

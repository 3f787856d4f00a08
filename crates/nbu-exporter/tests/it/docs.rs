//! What the pages say that the program knows better.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nbu_metrics::collector;

/// The permissions that the collectors need, from their endpoints.
fn permissions() -> String {
    let mut needed: BTreeMap<&str, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    for collector in collector::ALL {
        for endpoint in collector.endpoints() {
            let Some(namespace) = endpoint.permission else {
                continue;
            };
            let (collectors, endpoints) = needed.entry(namespace).or_default();
            for (list, name) in [(collectors, collector.name()), (endpoints, endpoint.name)] {
                if !list.contains(&name) {
                    list.push(name);
                }
            }
        }
    }
    let mut table = String::from("| VIEW on | for the collectors | which ask |\n|---|---|---|\n");
    for (namespace, (collectors, endpoints)) in needed {
        // A bar would end the cell.
        let namespace = namespace.replace('|', "\\|");
        let _ = writeln!(
            table,
            "| `{namespace}` | {} | {} |",
            collectors.join(", "),
            endpoints.join(", ")
        );
    }
    table
}

#[test]
fn the_least_privilege_is_that_of_the_collectors() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/security.md");
    let page = std::fs::read_to_string(path).unwrap();
    let expected = permissions();
    let table = page
        .split_once("<!-- permissions -->\n\n")
        .and_then(|(_, rest)| rest.split_once("\n<!-- /permissions -->"))
        .map(|(table, _)| table);
    assert_eq!(table, Some(&*expected), "{path} must have:\n\n{expected}");
}

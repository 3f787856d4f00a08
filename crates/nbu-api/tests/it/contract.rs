//! The table against the vendor's own documents, where they are at hand.

use std::path::{Path, PathBuf};

use nbu_api::{endpoint, filter};

#[expect(
    clippy::disallowed_methods,
    reason = "the documents may not be shipped, so only the environment can say where they are"
)]
fn specs() -> Option<PathBuf> {
    std::env::var_os("NBU_SPECS_DIR").map(PathBuf::from)
}

/// All YAML files below a directory, as text.
fn texts(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
        }
    }
    found
}

/// The parts of the documents that describe one path, from its line to the next path.
fn descriptions<'a>(texts: &'a [String], path: &str) -> Vec<&'a str> {
    let keys = [format!("\n  {path}:\n"), format!("\n  '{path}':\n")];
    let mut found = Vec::new();
    for text in texts {
        for key in &keys {
            if let Some(start) = text.find(key.as_str()) {
                let body = &text[start + key.len()..];
                let end = body
                    .find("\n  /")
                    .into_iter()
                    .chain(body.find("\n  '/"))
                    .min();
                found.push(&body[..end.unwrap_or(body.len())]);
            }
        }
    }
    found
}

#[test]
fn every_path_and_filter_name_is_documented() {
    let Some(directory) = specs() else {
        println!("SKIPPED: set NBU_SPECS_DIR to the directory of the vendor's OpenAPI files");
        return;
    };
    let texts = texts(&directory);
    let missing: Vec<_> = endpoint::ALL
        .iter()
        .filter(|endpoint| descriptions(&texts, endpoint.path).is_empty())
        .map(|endpoint| endpoint.path)
        .collect();
    assert_eq!(missing, [""; 0], "paths that no document describes");

    let filters: [(&endpoint::Endpoint, &[&str]); 7] = [
        (&endpoint::JOBS, &filter::job::NAMES),
        (&endpoint::STORAGE_UNITS, &filter::storage_unit::NAMES),
        (&endpoint::DISK_POOLS, &filter::disk_pool::NAMES),
        (&endpoint::STORAGE_SERVERS, &filter::storage_server::NAMES),
        (&endpoint::CATALOG_IMAGES, &filter::image::NAMES),
        (&endpoint::POLICIES, &filter::policy::NAMES),
        (&endpoint::UNIQUE_POLICY_CLIENTS, &filter::client::NAMES),
    ];
    for (endpoint, names) in filters {
        let described = descriptions(&texts, endpoint.path);
        let told = |what: &str| described.iter().any(|text| text.contains(what));
        for name in names {
            assert!(
                told(&format!("|{name}|")),
                "{name} is no filter of {}",
                endpoint.path
            );
        }
        let limit = format!("maximum: {}\n", endpoint.page_limit);
        assert!(
            told(&limit),
            "{} pages of {} are not documented",
            endpoint.path,
            endpoint.page_limit
        );
    }
}

//! The files a configuration consists of: the main one and those named by `primaries_file`.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::zeroize::Zeroizing;

use super::findings::Findings;
use super::interpolate;
use super::problem::Place;
use super::schema;
use super::section::Section;
use super::tree::{self, Content, Node};
use super::value::Fault;
use crate::environment::Environment;
use crate::files::{self, FileError};

/// Longest configuration file, in bytes: tens of thousands of primaries.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Most files that `primaries_file` may name.
const FILES: usize = 10_000;

/// The parsed files, with variables expanded.
#[derive(Debug)]
pub(super) struct Sources {
    pub(super) main: Node,
    pub(super) included: Vec<Node>,
}

/// A file that is to be read, and the key that names it if it is not the main one.
struct Wanted {
    path: PathBuf,
    named: Option<(Place, String)>,
}

/// Reads the file at `path` and what it names. `None` when there is nothing to check; the problems have been told.
pub(super) fn read(path: &Path, environment: &Environment, findings: &Findings) -> Option<Sources> {
    let wanted = Wanted {
        path: path.to_path_buf(),
        named: None,
    };
    let main = read_one(&wanted, environment, findings)?;
    let wanted = included_files(&main, findings);
    let included = wanted
        .iter()
        .filter_map(|wanted| read_one(wanted, environment, findings))
        .collect();
    Some(Sources { main, included })
}

/// Parses one text, as if it stood in the file at `path`.
pub(super) fn parse(
    path: &Path,
    text: &str,
    environment: &Environment,
    findings: &Findings,
) -> Option<Node> {
    let mut problems = Vec::new();
    let file = Arc::new(path.to_path_buf());
    let mut tree = tree::parse(&file, text, &mut problems);
    if let Some(tree) = &mut tree {
        interpolate::expand_tree(tree, "", environment, &mut problems);
    }
    findings.extend(problems);
    let tree = tree?;
    if matches!(tree.content, Content::List(_) | Content::Scalar(_)) {
        let fault = Fault::new(
            "the file is not a map of keys and values",
            "begin it with primaries:",
        );
        findings.problem(&tree.place, "", fault);
        return None;
    }
    Some(tree)
}

fn read_one(wanted: &Wanted, environment: &Environment, findings: &Findings) -> Option<Node> {
    let path = &wanted.path;
    let content = match files::read(path, FILE_BYTES) {
        Ok(content) => Zeroizing::new(content),
        Err(error) => {
            unreadable(wanted, &error, findings);
            return None;
        }
    };
    match std::str::from_utf8(&content) {
        Ok(text) => parse(path, text, environment, findings),
        Err(error) => {
            let place = place_of(path, &content[..error.valid_up_to()]);
            let fault = Fault::new("this is not UTF-8 text", "save the file as UTF-8");
            findings.problem(&place, "", fault);
            None
        }
    }
}

fn unreadable(wanted: &Wanted, error: &FileError, findings: &Findings) {
    let missing =
        matches!(error, FileError::Read { source, .. } if source.kind() == ErrorKind::NotFound);
    let remedy = match error {
        FileError::Read { .. } if missing && wanted.named.is_none() => {
            "create it or name another one with --config.file"
        }
        FileError::Read { .. } if missing => "create it or correct the path",
        FileError::Read { .. } => "make it readable for the user of the exporter",
        _ => "name a YAML file",
    };
    if let Some((place, key)) = &wanted.named {
        findings.problem(place, key, Fault::new(error.to_string(), remedy));
        return;
    }
    let place = Place {
        file: Arc::new(wanted.path.clone()),
        line: 0,
        column: 0,
    };
    findings.problem(&place, "", Fault::new(what(error), remedy));
}

/// What is wrong with a file, where its name is told anyway.
pub(super) fn what(error: &FileError) -> String {
    match error {
        FileError::Read { source, .. } => format!("cannot be read: {source}"),
        FileError::NotAFile { .. } => "is not a regular file".to_owned(),
        FileError::TooLong { limit, .. } => format!("is longer than {limit} bytes"),
        FileError::Utf16 { .. } | FileError::NotText { .. } => "is not UTF-8 text".to_owned(),
    }
}

/// The place right behind `before`, the readable beginning of a file.
pub(super) fn place_of(path: &Path, before: &[u8]) -> Place {
    let line = 1 + before.split(|byte| *byte == b'\n').skip(1).count();
    let last = before
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let column = 1 + String::from_utf8_lossy(last).chars().count();
    Place {
        file: Arc::new(path.to_path_buf()),
        line,
        column,
    }
}

/// The files named by `primaries_file`, each once, those of one pattern in the order of their names.
fn included_files(main: &Node, findings: &Findings) -> Vec<Wanted> {
    let quiet = Findings::default();
    let root = Section::new(&quiet, schema::ROOT, main, "");
    let Some(given) = root.given("primaries_file") else {
        return Vec::new();
    };
    // That it must be a list is told where all keys are checked.
    let Content::List(items) = &given.node.content else {
        return Vec::new();
    };
    let base = main
        .place
        .file
        .parent()
        .map(PathBuf::from)
        .unwrap_or_default();
    let mut wanted = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        let Content::Scalar(scalar) = &item.content else {
            continue;
        };
        let pattern = base.join(scalar.text.as_str());
        let key = format!("primaries_file[{index}]");
        let found = if has_wildcard(&pattern) {
            match matching(&pattern) {
                Ok(found) => found,
                Err(fault) => {
                    findings.problem(&item.place, &key, fault);
                    continue;
                }
            }
        } else {
            vec![pattern]
        };
        if found.is_empty() {
            findings.warning(&item.place, &key, "names no file yet");
        }
        for path in found {
            if seen.insert(path.clone()) {
                let named = Some((item.place.clone(), key.clone()));
                wanted.push(Wanted { path, named });
            }
        }
        if wanted.len() > FILES {
            let what = format!("names more than {FILES} files");
            findings.problem(
                &item.place,
                &key,
                Fault::new(what, "put several primaries into one file"),
            );
            return Vec::new();
        }
    }
    wanted
}

fn has_wildcard(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?'])
}

/// The regular files whose name matches the last part of `pattern`, without hidden ones.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>, Fault> {
    let directory = pattern.parent().unwrap_or(Path::new(""));
    let remedy = "put * and ? into the last part of the path only, such as primaries.d/*.yml";
    if has_wildcard(directory) {
        return Err(Fault::new(
            "has a wildcard in the name of a directory",
            remedy,
        ));
    }
    let name = pattern
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let listed = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let entries = fs::read_dir(listed).map_err(|error| {
        let what = format!("cannot read the directory {}: {error}", listed.display());
        Fault::new(what, "create it or correct the path")
    })?;
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let candidate = entry.file_name().to_string_lossy().into_owned();
        // Hidden ones are an editor's or Kubernetes' own.
        if !candidate.starts_with('.') && matches(&name, &candidate) && entry.path().is_file() {
            found.push(directory.join(entry.file_name()));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether `name` matches `pattern`, in which `*` is any text and `?` any character.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // The last star and where the text it stands for may end next.
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, n + 1));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match retry {
                Some((star, end)) => {
                    retry = Some((star, end + 1));
                    p = star + 1;
                    n = end;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, name) in [
            ("*.yml", "a.yml"),
            ("a?c", "abc"),
            ("*", ""),
            ("**b*", "aab"),
            ("a*b*c", "a-b-b-c"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("*.yml", "a.yaml"),
            ("a?c", "ac"),
            ("", "a"),
            ("a*b", "abc"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn wildcards_agree_with_regular_expressions(pattern in "[ab*?]{0,8}", name in "[ab]{0,10}") {
            let expression = pattern.replace('*', ".*").replace('?', ".");
            let expression = regex::Regex::new(&format!("^{expression}$")).unwrap();
            prop_assert_eq!(matches(&pattern, &name), expression.is_match(&name));
        }
    }
}

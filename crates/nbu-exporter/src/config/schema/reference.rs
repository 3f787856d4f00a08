//! The table as a page of the documentation.

use std::fmt::Write as _;

use super::{Key, Kind, ROOT};
use crate::config::duration;
use std::time::Duration;

/// The reference of all keys of the configuration in Markdown, one table per map.
pub fn reference() -> String {
    reference_of(ROOT)
}

/// The reference of the keys of a file that begins with these.
pub fn reference_of(root: &'static [Key]) -> String {
    let mut page = String::new();
    let mut pending = vec![("The file".to_owned(), String::new(), root)];
    let mut written: Vec<&'static [Key]> = Vec::new();
    while !pending.is_empty() {
        let (title, path, keys) = pending.remove(0);
        // A primary's own collectors have the keys of the common ones, and many collectors have the same keys.
        if written.contains(&keys) {
            continue;
        }
        written.push(keys);
        // Writing to a string cannot fail.
        let _ = write!(
            page,
            "## {title}\n\n| key | value | default | meaning |\n|---|---|---|---|\n"
        );
        for key in keys {
            let default = if key.default.is_empty() {
                String::new()
            } else {
                format!("`{}`", key.default)
            };
            let later = if key.effective {
                ""
            } else {
                " (No effect in this version.)"
            };
            let _ = writeln!(
                page,
                "| `{}` | {} | {default} | {}{later} |",
                key.name,
                kind(key.kind),
                key.doc
            );
            let dot = if path.is_empty() { "" } else { "." };
            match key.kind {
                Kind::Section(below) => {
                    let path = format!("{path}{dot}{}", key.name);
                    pending.push((format!("`{path}`"), path, below));
                }
                Kind::Sections(below) => {
                    let path = format!("{path}{dot}{}[]", key.name);
                    pending.push((format!("`{path}`"), path, below));
                }
                _ => {}
            }
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn kind(kind: Kind) -> String {
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match kind {
        Kind::Section(_) | Kind::Open => "map".to_owned(),
        Kind::Sections(_) => "list of maps".to_owned(),
        Kind::Texts => "list of texts".to_owned(),
        Kind::Words(known) => format!("list of {}", words(known)),
        Kind::Named(what) => format!("map of {what}"),
        Kind::Results(known) => format!("map of status codes to {}", words(known)),
        Kind::Text => "text".to_owned(),
        Kind::Secret => "secret text".to_owned(),
        Kind::File => "path".to_owned(),
        Kind::Url => "URL".to_owned(),
        Kind::Duration(0) => "duration".to_owned(),
        Kind::Duration(least) => format!(
            "duration ≥ {}",
            duration::format(Duration::from_millis(least))
        ),
        Kind::Size(least) => format!("size ≥ {least}"),
        Kind::Count(least, most) => format!("{least} to {most}"),
        Kind::Number => "number ≥ 0".to_owned(),
        Kind::Flag => "`true`, `false`".to_owned(),
        Kind::Word(known) => words(known),
        Kind::Pattern => "regular expression".to_owned(),
        Kind::Version => "`auto` or version".to_owned(),
        Kind::Fingerprint => "SHA-256 in hexadecimal".to_owned(),
    }
}

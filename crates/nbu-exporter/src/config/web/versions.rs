//! `min_version` and `max_version`.

use crate::config::effective::Effective;
use crate::config::section::Section;
use crate::config::suggestion;
use crate::config::value::Fault;

/// The words for TLS versions, oldest first.
pub(super) const VERSIONS: &[&str] = &["TLS10", "TLS11", "TLS12", "TLS13"];

/// The index of the oldest version that is spoken here.
const OLDEST: usize = 2;
const NEWEST: usize = 3;

/// The TLS versions that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    /// 1.2 and 1.3.
    Both,
    /// 1.2.
    Tls12,
    /// 1.3.
    Tls13,
}

/// `None` when it was told that there is none.
pub(super) fn versions(section: &Section<'_>) -> Option<Versions> {
    let (least, most) = (
        version(section, "min_version")?,
        version(section, "max_version")?,
    );
    if least < OLDEST {
        section.warning(
            "min_version",
            "TLS 1.0 and 1.1 are not spoken here: TLS12 is the oldest version",
        );
    }
    if most < OLDEST {
        section.problem(
            "max_version",
            "TLS 1.0 and 1.1 are not spoken here, so that no version is left",
            "write TLS12 or TLS13",
        );
        return None;
    }
    if least > most {
        section.problem(
            "min_version",
            "no supported versions satisfy MinVersion and MaxVersion: it is above max_version",
            "lower it or raise max_version",
        );
        return None;
    }
    Some(match (least, most) {
        (NEWEST, _) => Versions::Tls13,
        (_, NEWEST) => Versions::Both,
        _ => Versions::Tls12,
    })
}

fn version(section: &Section<'_>, name: &'static str) -> Option<usize> {
    let parse = |text: &str| {
        let index = VERSIONS.iter().position(|word| *word == text);
        index.ok_or_else(|| {
            let remedy = suggestion::remedy(text, VERSIONS.iter().copied());
            Fault::new("is an unknown TLS version", remedy)
        })
    };
    section.read(name, parse, |index| {
        Effective::Text(VERSIONS[*index].to_owned())
    })
}

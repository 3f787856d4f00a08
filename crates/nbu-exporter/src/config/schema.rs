//! The keys of the configuration as data: what checks them, suggests them, documents them and renders them reads this
//! one table.

mod collectors;
mod keys;
mod reference;

pub use self::collectors::SIMPLE as SIMPLE_COLLECTORS;
pub use self::keys::{PRIMARIES_FILE_ROOT, ROOT};
pub use self::reference::{reference, reference_of};

/// One key.
#[derive(Debug, PartialEq, Eq)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// What it is when it is not given, as it would be written; empty for none.
    pub default: &'static str,
    /// One line for people.
    pub doc: &'static str,
    /// Whether it does something in this version.
    pub effective: bool,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A map with these keys.
    Section(&'static [Key]),
    /// A list of maps with these keys.
    Sections(&'static [Key]),
    /// A list of words or texts.
    Texts,
    /// A list of words out of these.
    Words(&'static [&'static str]),
    /// A map from status codes to words out of these.
    Results(&'static [&'static str]),
    /// A map from names of the user's own to this.
    Named(&'static str),
    /// A map that is defined by a later version.
    Open,
    /// Any text.
    Text,
    /// A text that is never shown.
    Secret,
    /// The path of a file, relative to the directory of the file in which it stands.
    File,
    /// An absolute http or https address.
    Url,
    /// A duration, at least so many milliseconds.
    Duration(u64),
    /// A number of bytes, at least this.
    Size(u64),
    /// A whole number from the first to the second.
    Count(u64, u64),
    /// A number, zero or more.
    Number,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A regular expression.
    Pattern,
    /// `auto` or a version such as `12.0`.
    Version,
    /// A SHA-256 fingerprint in hexadecimal digits, colons allowed.
    Fingerprint,
}

impl Key {
    /// A key without a default.
    pub(super) const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self {
            name,
            kind,
            default: "",
            doc,
            effective: true,
        }
    }

    /// With a default.
    pub(super) const fn or(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    /// Accepted and checked, but nothing reads it yet.
    pub(super) const fn later(self) -> Self {
        Self {
            effective: false,
            ..self
        }
    }
}

/// The key called `name`.
pub(super) fn find(keys: &'static [Key], name: &str) -> Option<&'static Key> {
    keys.iter().find(|key| key.name == name)
}

//! Certificates and keys: where they come from.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::config::problem::{Place, Problem};
use crate::config::quote;
use crate::config::section::Section;
use crate::config::value::Fault;
use crate::files::{self, FileError};

/// PEM text, or the file that holds it.
#[derive(Clone)]
pub struct Pem {
    place: Place,
    key: String,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Inline(SecretString),
    File(PathBuf),
}

impl Pem {
    /// The one that is given by `inline` or by `file`; the file wins, as in other exporters.
    pub(super) fn of(
        section: &Section<'_>,
        inline: &'static str,
        file: &'static str,
    ) -> Option<Self> {
        let text = section.secret(inline, |text| Ok(SecretString::from(text)));
        let path = section.file(file);
        if text.is_some() && path.is_some() {
            section.warning(
                inline,
                format!("{inline} and {file} are both given: {file} is used"),
            );
        }
        let (name, source) = match (text, path) {
            (_, Some(path)) => (file, Source::File(path)),
            (Some(text), None) => (inline, Source::Inline(text)),
            (None, None) => return None,
        };
        let (place, key) = section.locate(name);
        Some(Self { place, key, source })
    }

    /// What it is now: a file is read at each call. Blocks while it reads.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, Problem> {
        match &self.source {
            Source::Inline(text) => Ok(Zeroizing::new(text.expose_secret().as_bytes().to_vec())),
            Source::File(path) => {
                let mut text = files::read(path, files::PEM_BYTES)
                    .map(Zeroizing::new)
                    .map_err(|error| self.unreadable(path, &error))?;
                files::without_mark(&mut text);
                Ok(text)
            }
        }
    }

    /// The problem of what it holds.
    pub fn problem(&self, what: impl fmt::Display, remedy: &str) -> Problem {
        let what = match &self.source {
            Source::Inline(_) => what.to_string(),
            Source::File(path) => format!("{}: {what}", path.display()),
        };
        self.told(Fault::new(what, remedy))
    }

    fn unreadable(&self, path: &Path, error: &FileError) -> Problem {
        if is_missing(error) {
            let what = format!("no such file or directory: {}", path.display());
            return self.told(Fault::new(what, "create it or correct the path"));
        }
        let remedy = "name a PEM file that the user of the exporter can read";
        self.told(Fault::new(error.to_string(), remedy))
    }

    fn told(&self, Fault { what, remedy }: Fault) -> Problem {
        Problem {
            place: self.place.clone(),
            key: self.key.clone(),
            what: quote::printable(&what),
            remedy,
        }
    }
}

impl PartialEq for Pem {
    fn eq(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::Inline(one), Source::Inline(two)) => {
                one.expose_secret() == two.expose_secret()
            }
            (Source::File(one), Source::File(two)) => one == two,
            _ => false,
        }
    }
}

impl Eq for Pem {}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Inline(_) => f.write_str("Inline"),
            Source::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Whether there is no such file.
pub(super) fn is_missing(error: &FileError) -> bool {
    matches!(error, FileError::Read { source, .. } if source.kind() == ErrorKind::NotFound)
}

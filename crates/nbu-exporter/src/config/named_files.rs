//! The files that the tasks of the primaries will read, for those who want to know beforehand whether they can.

use std::path::{Path, PathBuf};

use super::credential::SecretSource;
use super::problem::{Place, Problem};
use super::section::Section;
use crate::files;

/// A file and the key that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedFile {
    place: Place,
    key: String,
    path: PathBuf,
    content: Content,
}

/// What has to be in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Secret,
    Certificate,
    PrivateKey,
}

/// All files of the primary at `section`.
pub(super) fn of_primary(section: &Section<'_>) -> Vec<NamedFile> {
    let tls = section.child("tls_config");
    let login = section.child("login");
    let named = [
        (section, "api_key_file", Content::Secret),
        (&login, "password_file", Content::Secret),
        (&tls, "ca_file", Content::Certificate),
        (&tls, "cert_file", Content::Certificate),
        (&tls, "key_file", Content::PrivateKey),
    ];
    let files = named.into_iter().filter_map(|(section, name, content)| {
        let path = section.file(name)?;
        let (place, key) = section.locate(name);
        Some(NamedFile {
            place,
            key,
            path,
            content,
        })
    });
    files.collect()
}

impl NamedFile {
    /// What is wrong with the file as it is now. Blocks while it reads.
    pub(super) fn check(&self) -> Option<Problem> {
        let what = match self.content {
            Content::Secret => SecretSource::File(self.path.clone())
                .read()
                .err()?
                .to_string(),
            Content::Certificate => pem(&self.path, "CERTIFICATE-----").err()?,
            Content::PrivateKey => pem(&self.path, "PRIVATE KEY-----").err()?,
        };
        let remedy = "until then the primary is tried again every 30s and shows netbackup_up 0";
        Some(Problem {
            place: self.place.clone(),
            key: self.key.clone(),
            what,
            remedy: remedy.to_owned(),
        })
    }
}

fn pem(path: &Path, block: &str) -> Result<(), String> {
    let text = secrecy::zeroize::Zeroizing::new(
        files::read_text(path, files::PEM_BYTES).map_err(|error| error.to_string())?,
    );
    let found = text
        .lines()
        .any(|line| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(block));
    if found {
        Ok(())
    } else {
        Err(format!(
            "{} holds no PEM block that ends in {block}",
            path.display()
        ))
    }
}

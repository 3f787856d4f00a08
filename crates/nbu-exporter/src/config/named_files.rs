//! The files that the tasks of the primaries will read, for those who want to know beforehand whether they can.

use std::path::{Path, PathBuf};

use nbu_client::{Certificate, ClientIdentity, TlsError, TlsSettings};
use secrecy::SecretString;

use super::credential::SecretSource;
use super::problem::{Place, Problem};
use super::secret_text::SecretKind;
use super::section::Section;
use crate::files::{self, FileError};

/// A file and the key that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamedFile {
    place: Place,
    key: String,
    path: PathBuf,
    content: Content,
}

/// What has to be in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Secret(SecretKind),
    Authorities,
    /// A client certificate, which is looked at together with its key.
    Certificate,
    /// The private key of the certificate in this file.
    PrivateKey(Option<PathBuf>),
}

/// All files of the primary at `section`.
pub(super) fn of_primary(section: &Section<'_>) -> Vec<NamedFile> {
    let tls = section.child("tls_config");
    let login = section.child("login");
    let certificate = tls.file("cert_file");
    let named = [
        (section, "api_key_file", Content::Secret(SecretKind::ApiKey)),
        (
            &login,
            "password_file",
            Content::Secret(SecretKind::Password),
        ),
        (&tls, "ca_file", Content::Authorities),
        (&tls, "cert_file", Content::Certificate),
        (&tls, "key_file", Content::PrivateKey(certificate)),
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
        let what = match &self.content {
            Content::Secret(kind) => SecretSource::File(self.path.clone())
                .read(*kind)
                .err()?
                .to_string(),
            Content::Authorities => self.authorities().err()?,
            Content::Certificate => self.identity(&self.path, None).err()?,
            Content::PrivateKey(certificate) => self
                .identity(certificate.as_deref()?, Some(&self.path))
                .err()?,
        };
        let remedy = "until then the primary is tried again every 30s and shows netbackup_up 0";
        Some(Problem {
            place: self.place.clone(),
            key: self.key.clone(),
            what,
            remedy: remedy.to_owned(),
        })
    }

    fn authorities(&self) -> Result<(), String> {
        let pem = pem(&self.path)?;
        let found = Certificate::all_in_pem(&pem);
        let mut settings = TlsSettings::default();
        settings.ca_pem = Some(pem);
        self.told(settings.check())?;
        let is_authority = |one: &Certificate| one.is_ca || one.subject == one.issuer;
        match found.first() {
            Some(first) if !found.iter().any(is_authority) => Err(format!(
                "{} holds no certificate of an authority but the one of {:?}: give the one of its issuer, {:?}, or pin the server's with ca_fingerprint",
                self.path.display(),
                first.subject,
                first.issuer
            )),
            _ => Ok(()),
        }
    }

    /// Looks at a client certificate, and at its key where that is this file. What is wrong with the other one is told of it.
    fn identity(&self, certificate: &Path, key: Option<&Path>) -> Result<(), String> {
        let certificate_pem = match (pem(certificate), key) {
            (Ok(pem), _) => pem,
            (Err(what), None) => return Err(what),
            (Err(_), Some(_)) => Vec::new(),
        };
        let key_pem = key.map(key_text).transpose()?.unwrap_or_default();
        let mut settings = TlsSettings::default();
        settings.identity = Some(ClientIdentity {
            certificate_pem,
            key_pem,
        });
        let other = match key {
            Some(_) => "cert_file",
            None => "key_file",
        };
        match settings.check() {
            Err(error) if error.setting() == Some(other) => Ok(()),
            checked => self.told(checked),
        }
    }

    fn told(&self, checked: Result<(), TlsError>) -> Result<(), String> {
        checked.map_err(|error| format!("{}: {error}", self.path.display()))
    }
}

fn pem(path: &Path) -> Result<Vec<u8>, String> {
    files::read(path, files::PEM_BYTES).map_err(|error| error.to_string())
}

fn key_text(path: &Path) -> Result<SecretString, String> {
    files::read_text(path, files::PEM_BYTES)
        .map(SecretString::from)
        .map_err(|error: FileError| error.to_string())
}

//! What a primary's client is made of: the secrets and certificates that its configuration only names.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use nbu_client::{
    BuildError, Client, ClientBuilder, ClientIdentity, Credential, Fingerprint, FingerprintError,
    Limits, Login, Observer, Reason, TlsSettings, TlsVersion, WhenFull,
};
use secrecy::{ExposeSecret, SecretString};

use crate::clock::Clock;
use crate::config;
use crate::files::{self, FileError};
use crate::remedy::{Facts, Reader, remedy};

/// Why there is no client: something the configuration names cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// `credentials` or `tls`.
    pub(crate) reason: Reason,
    /// What is wrong, in words.
    pub(crate) error: String,
    /// What to do about it.
    pub(crate) remedy: String,
}

impl Obstacle {
    pub(super) fn new(reason: Reason, error: impl Into<String>, primary: &config::Primary) -> Self {
        Self {
            reason,
            error: error.into(),
            remedy: remedy(reason, &Facts::default(), primary, Reader::Log),
        }
    }
}

/// The content of the files.
#[derive(Clone)]
pub(crate) struct Material {
    secret: SecretString,
    ca: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, SecretString)>,
}

/// What has changed from one reading to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// The secret alone: the client can go on with another one.
    Secret,
    /// What connections are made of.
    Connection,
}

impl Material {
    /// Reads the files. Blocks while it reads.
    pub(crate) fn read(primary: &config::Primary) -> Result<Material, Obstacle> {
        let secret = read_secret(primary)?;
        let unreadable = |error: FileError| Obstacle::new(Reason::Tls, error.to_string(), primary);
        let pem = |path: &Path| files::read(path, files::PEM_BYTES).map_err(unreadable);
        let ca = primary.tls.ca_file.as_deref().map(pem).transpose()?;
        let identity = match &primary.tls.client_certificate {
            None => None,
            Some(certificate) => Some((
                pem(&certificate.cert_file)?,
                files::read_text(&certificate.key_file, files::PEM_BYTES)
                    .map(SecretString::from)
                    .map_err(unreadable)?,
            )),
        };
        Ok(Material {
            secret,
            ca,
            identity,
        })
    }

    /// What has changed since `before`.
    pub(super) fn change(&self, before: &Self) -> Change {
        fn identity(material: &Material) -> Option<(&[u8], &str)> {
            let (certificate, key) = material.identity.as_ref()?;
            Some((certificate, key.expose_secret()))
        }
        if self.ca != before.ca || identity(self) != identity(before) {
            Change::Connection
        } else if self.secret.expose_secret() != before.secret.expose_secret() {
            Change::Secret
        } else {
            Change::None
        }
    }

    /// The credential with this secret.
    pub(super) fn credential(&self, primary: &config::Primary) -> Credential {
        credential(primary, self.secret.clone())
    }

    /// The client of these secrets and certificates.
    pub(crate) fn client(
        &self,
        primary: &config::Primary,
        observer: Arc<dyn Observer>,
        clock: Clock,
    ) -> Result<Client, Obstacle> {
        build(self.builder(primary, observer, clock)?, primary)
    }

    /// What the client is made with.
    pub(crate) fn builder(
        &self,
        primary: &config::Primary,
        observer: Arc<dyn Observer>,
        clock: Clock,
    ) -> Result<ClientBuilder, Obstacle> {
        let mut limits = Limits::default();
        limits.response_bytes = primary.limits.response_bytes;
        limits.header_count = primary.limits.header_count;
        limits.header_bytes = u32::try_from(primary.limits.header_bytes).unwrap_or(u32::MAX);
        limits.pages = primary.limits.pages;
        limits.records_per_page = primary.limits.records_per_page;
        let tls = self
            .tls(&primary.tls)
            .map_err(|error| Obstacle::new(Reason::Tls, error.to_string(), primary))?;
        Ok(bare(primary)
            .credential(self.credential(primary))
            .tls(tls)
            .max_in_flight(primary.max_in_flight)
            .requests_per_second(primary.requests_per_second)
            // Who waits longer than any request may take waits for more than those on the wire: more is asked than fits.
            .when_full(WhenFull::WaitAtMost(primary.request_timeout))
            .limits(limits)
            .api_version(primary.api_version)
            .observer(observer)
            .clock(Arc::new(move || clock.now())))
    }

    fn tls(&self, tls: &config::Tls) -> Result<TlsSettings, FingerprintError> {
        let mut settings = TlsSettings::default();
        settings.ca_pem.clone_from(&self.ca);
        settings.ca_fingerprint = tls.ca_fingerprint.map(fingerprint).transpose()?;
        settings.identity =
            self.identity
                .as_ref()
                .map(|(certificate_pem, key_pem)| ClientIdentity {
                    certificate_pem: certificate_pem.clone(),
                    key_pem: key_pem.clone(),
                });
        settings.server_name.clone_from(&tls.server_name);
        settings.min_version = match tls.min_version {
            config::TlsVersion::Tls12 => TlsVersion::Tls12,
            config::TlsVersion::Tls13 => TlsVersion::Tls13,
        };
        settings.insecure_skip_verify = tls.insecure_skip_verify;
        Ok(settings)
    }
}

/// How a primary is reached, without any credential and with the system's trust alone.
pub(crate) fn bare(primary: &config::Primary) -> ClientBuilder {
    let builder = Client::builder(&*primary.name, primary.url.clone())
        .client_id(concat!("nbu-exporter/", env!("CARGO_PKG_VERSION")))
        .http2(primary.http2)
        .host_header(primary.host_header.clone())
        .request_timeout(primary.request_timeout);
    match &primary.proxy {
        Some(proxy) => builder.proxy(proxy.expose().clone(), primary.no_proxy.clone()),
        None => builder,
    }
}

/// The client, or the file or setting that keeps it from being made.
pub(crate) fn build(builder: ClientBuilder, primary: &config::Primary) -> Result<Client, Obstacle> {
    builder.build().map_err(|error| {
        let mut text = with_causes(&error);
        if let Some(path) = file(&error, &primary.tls) {
            text = format!("{}: {text}", path.display());
        }
        Obstacle::new(reason(&error), text, primary)
    })
}

/// The credential as its file says now, for a client whose credential was refused. Blocks while it reads.
pub(super) fn read_credential(primary: &config::Primary) -> Result<Credential, Obstacle> {
    Ok(credential(primary, read_secret(primary)?))
}

fn read_secret(primary: &config::Primary) -> Result<SecretString, Obstacle> {
    primary
        .credential
        .read()
        .map_err(|error| Obstacle::new(Reason::Credentials, error.to_string(), primary))
}

fn credential(primary: &config::Primary, secret: SecretString) -> Credential {
    match &primary.credential {
        config::Credential::ApiKey(_) => Credential::ApiKey(secret),
        config::Credential::Login(login) => Credential::Login(Login::new(
            &login.domain_type,
            &login.domain_name,
            &login.user_name,
            secret,
        )),
    }
}

fn reason(error: &BuildError) -> Reason {
    match error {
        BuildError::Credential { .. } => Reason::Credentials,
        BuildError::Tls { .. } => Reason::Tls,
        _ => Reason::Http,
    }
}

fn fingerprint(bytes: [u8; 32]) -> Result<Fingerprint, FingerprintError> {
    let mut digits = String::with_capacity(64);
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits.parse()
}

/// The file that a setting of TLS names.
fn file<'a>(error: &BuildError, tls: &'a config::Tls) -> Option<&'a Path> {
    let BuildError::Tls { source, .. } = error else {
        return None;
    };
    let own = tls.client_certificate.as_ref();
    match source.setting()? {
        "ca_file" => tls.ca_file.as_deref(),
        "cert_file" => own.map(|own| own.cert_file.as_path()),
        "key_file" => own.map(|own| own.key_file.as_path()),
        _ => None,
    }
}

/// An error and its causes, from the outermost to the innermost.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        // Some causes already stand in the text of what they caused.
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = error.source();
    }
    text
}

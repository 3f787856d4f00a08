//! What a primary's client is made of: the secrets and certificates that its configuration only names.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use nbu_client::{
    BuildError, Client, ClientIdentity, Credential, Fingerprint, FingerprintError, Limits,
    Observer, Reason, TlsSettings, TlsVersion, WhenFull,
};
use secrecy::{ExposeSecret, SecretString};

use crate::clock::Clock;
use crate::config;
use crate::files;

/// Why there is no client: something the configuration names cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// `credentials` or `tls`.
    pub(crate) reason: Reason,
    /// What is wrong, in words.
    pub(crate) error: String,
}

/// The content of the files.
#[derive(Clone)]
pub(crate) struct Material {
    secret: SecretString,
    ca: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, SecretString)>,
}

impl PartialEq for Material {
    fn eq(&self, other: &Self) -> bool {
        let key = |material: &Self| {
            material
                .identity
                .as_ref()
                .map(|(_, key)| key.expose_secret().to_owned())
        };
        let certificate = |material: &Self| {
            material
                .identity
                .as_ref()
                .map(|(certificate, _)| certificate.clone())
        };
        self.secret.expose_secret() == other.secret.expose_secret()
            && self.ca == other.ca
            && certificate(self) == certificate(other)
            && key(self) == key(other)
    }
}

impl Material {
    /// Reads the files. Blocks while it reads.
    pub(crate) fn read(primary: &config::Primary) -> Result<Material, Obstacle> {
        let secret = primary
            .credential
            .secret()
            .read()
            .map_err(|error| Obstacle {
                reason: Reason::Credentials,
                error: error.to_string(),
            })?;
        let ca = primary.tls.ca_file.as_deref().map(pem).transpose()?;
        let identity = match &primary.tls.client_certificate {
            None => None,
            Some(certificate) => Some((
                pem(&certificate.cert_file)?,
                pem_text(&certificate.key_file)?,
            )),
        };
        Ok(Material {
            secret,
            ca,
            identity,
        })
    }

    /// The client of these secrets and certificates.
    pub(crate) fn client(
        &self,
        primary: &config::Primary,
        observer: Arc<dyn Observer>,
        clock: Clock,
    ) -> Result<Client, Obstacle> {
        let credential = match &primary.credential {
            config::Credential::ApiKey(_) => Credential::ApiKey(self.secret.clone()),
            config::Credential::Login(_) => {
                return Err(Obstacle {
                    reason: Reason::Credentials,
                    error: "this version cannot log in with a password; give api_key_file instead of login".into(),
                });
            }
        };
        let mut limits = Limits::default();
        limits.response_bytes = primary.limits.response_bytes;
        limits.header_count = primary.limits.header_count;
        limits.header_bytes = u32::try_from(primary.limits.header_bytes).unwrap_or(u32::MAX);
        limits.pages = primary.limits.pages;
        limits.records_per_page = primary.limits.records_per_page;
        let mut builder = Client::builder(&*primary.name, primary.url.clone());
        if let Some(proxy) = &primary.proxy {
            builder = builder.proxy(proxy.expose().clone(), primary.no_proxy.clone());
        }
        builder
            .credential(credential)
            .client_id(concat!("nbu-exporter/", env!("CARGO_PKG_VERSION")))
            .tls(self.tls(&primary.tls)?)
            .request_timeout(primary.request_timeout)
            .max_in_flight(primary.max_in_flight)
            // Who waits longer than any request may take waits for more than those on the wire: more is asked than fits.
            .when_full(WhenFull::WaitAtMost(primary.request_timeout))
            .limits(limits)
            .api_version(primary.api_version)
            .observer(observer)
            .clock(Arc::new(move || clock.now()))
            .build()
            .map_err(|error| Obstacle {
                reason: reason(&error),
                error: with_causes(&error),
            })
    }

    fn tls(&self, tls: &config::Tls) -> Result<TlsSettings, Obstacle> {
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

fn reason(error: &BuildError) -> Reason {
    match error {
        BuildError::Credential { .. } => Reason::Credentials,
        BuildError::Tls { .. } => Reason::Tls,
        _ => Reason::Http,
    }
}

fn fingerprint(bytes: [u8; 32]) -> Result<Fingerprint, Obstacle> {
    let mut digits = String::with_capacity(64);
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    digits.parse().map_err(|error: FingerprintError| Obstacle {
        reason: Reason::Tls,
        error: error.to_string(),
    })
}

fn pem(path: &Path) -> Result<Vec<u8>, Obstacle> {
    files::read(path, files::PEM_BYTES).map_err(|error| Obstacle {
        reason: Reason::Tls,
        error: error.to_string(),
    })
}

fn pem_text(path: &Path) -> Result<SecretString, Obstacle> {
    let text = files::read_text(path, files::PEM_BYTES);
    text.map(SecretString::from).map_err(|error| Obstacle {
        reason: Reason::Tls,
        error: error.to_string(),
    })
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

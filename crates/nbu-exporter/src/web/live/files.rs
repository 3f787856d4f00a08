//! One reading of the web configuration: its file, and the files that it names.

use std::path::Path;
use std::sync::Arc;

use ring::digest;

use crate::config::ConfigError;
use crate::config::web::WebConfig;
use crate::web::tls::Material;

/// Distinguishes contents without keeping them.
pub(super) type Digest = [u8; 32];

/// The file itself. A text that was parsed before is not parsed again.
#[derive(Debug, Clone)]
pub(super) struct Parsed {
    digest: Digest,
    pub(super) config: Result<Arc<WebConfig>, Arc<ConfigError>>,
}

/// The contents of the files.
pub(super) struct Files {
    pub(super) parsed: Parsed,
    /// `None` where the file names none, or is wrong.
    pub(super) material: Option<Result<Material, Arc<ConfigError>>>,
    /// That of everything.
    pub(super) digest: Digest,
}

impl Files {
    /// Reads them. Blocks while it reads.
    pub(super) fn read(path: &Path, known: &[&Parsed]) -> Self {
        let parsed = Parsed::read(path, known);
        let tls = parsed
            .config
            .as_ref()
            .ok()
            .and_then(|config| config.tls.as_ref());
        let material = tls
            .map(|tls| Material::read(tls).map_err(|problems| Arc::new(ConfigError { problems })));
        let digest = match &material {
            None => parsed.digest,
            Some(Ok(material)) => {
                digest(&[b"read", &parsed.digest, material.fingerprint().bytes()])
            }
            Some(Err(error)) => digest(&[b"failed", &parsed.digest, error.to_string().as_bytes()]),
        };
        Self {
            parsed,
            material,
            digest,
        }
    }
}

impl Parsed {
    fn read(path: &Path, known: &[&Self]) -> Self {
        let text = WebConfig::read(path);
        let digest = match &text {
            Ok(text) => digest(&[b"text", text.as_bytes()]),
            Err(error) => digest(&[b"failed", error.to_string().as_bytes()]),
        };
        if let Some(known) = known.iter().find(|known| known.digest == digest) {
            return (*known).clone();
        }
        let config = text.and_then(|text| WebConfig::parse(path, &text));
        Self {
            digest,
            config: config.map(Arc::new).map_err(Arc::new),
        }
    }
}

fn digest(parts: &[&[u8]]) -> Digest {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

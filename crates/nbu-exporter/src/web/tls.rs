//! TLS on the exporter's own port: from the files that the web configuration names to what connections are served with.

mod clients;
mod names;
mod server;

use ring::digest;
use secrecy::zeroize::Zeroizing;

use crate::config::Problem;
use crate::config::web::{Pem, ServerTls};

/// What the files hold.
pub(super) struct Material {
    certificate: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    client_ca: Option<Zeroizing<Vec<u8>>>,
}

/// Tells one [`Material`] from another without keeping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Material {
    /// Reads the files; all that is wrong with them is told at once. Blocks while it reads.
    pub(super) fn read(tls: &ServerTls) -> Result<Material, Vec<Problem>> {
        let client_ca = tls.client_ca.as_ref().map(Pem::read).transpose();
        match (tls.certificate.read(), tls.key.read(), client_ca) {
            (Ok(certificate), Ok(key), Ok(client_ca)) => Ok(Material {
                certificate,
                key,
                client_ca,
            }),
            (certificate, key, client_ca) => {
                let problems = [certificate.err(), key.err(), client_ca.err()];
                Err(problems.into_iter().flatten().collect())
            }
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut context = digest::Context::new(&digest::SHA256);
        let parts = [
            Some(&self.certificate),
            Some(&self.key),
            self.client_ca.as_ref(),
        ];
        for part in parts.into_iter().flatten() {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.finish().as_ref());
        Fingerprint(bytes)
    }
}

//! The primary's certificate authorities: `GET /security/cacert`.

use std::borrow::Cow;

use crate::lenient::{Notes, object};
use crate::page::{DecodeError, decode_flat, sealed::Decode};

object! {
    /// The authorities, in either of the two forms in which primaries tell them.
    pub struct CaCertificates<'a> {
        /// `webRootCert`, PEM: the authority of the web service, below API 10.0.
        web_root: Option<Cow<'a, str>> = "webRootCert",
        /// `cacert`, PEM: all authorities, below API 10.0.
        authorities: Vec<Cow<'a, str>> = "cacert",
        /// `webRootCertificateData`, from API 10.0 on.
        web_root_data: Vec<CaCertificate<'a>> = "webRootCertificateData",
        /// `caCertificateData`, from API 10.0 on.
        authority_data: Vec<CaCertificate<'a>> = "caCertificateData",
    }
}

object! {
    /// One authority.
    pub struct CaCertificate<'a> {
        /// `caCert`: PEM; absent where it is to be removed.
        pem: Option<Cow<'a, str>> = "caCert",
        /// `caCertAction`: `ADD` or `REMOVE`; absent for the web service's own.
        action: Option<Cow<'a, str>> = "caCertAction",
    }
}

impl CaCertificates<'_> {
    /// Every authority that is to be trusted, PEM, the web service's own first; the same text may come twice.
    pub fn pems(&self) -> impl Iterator<Item = &str> {
        let data = self.web_root_data.iter().chain(&self.authority_data);
        let data = data
            .filter(|one| one.action.as_deref() != Some("REMOVE"))
            .filter_map(|one| one.pem.as_deref());
        let flat = self.web_root.iter().chain(&self.authorities);
        flat.map(|pem| &**pem).chain(data)
    }
}

impl<'a> Decode<'a> for CaCertificates<'a> {
    fn decode(body: &'a [u8], notes: &Notes) -> Result<Self, DecodeError> {
        decode_flat(body, notes)
    }
}
